// A relay of several tenants for one suite: red with the projects web and ops, and blue, each with tokens of every sort, in front
// of an emulator whose wire keeps every byte that went upstream.
import { Agent, request } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdminClient, type AdminClient } from './admin-client.ts'
import { startApp, type App } from '../../src/app.ts'
import { settingKeys, type Settings, type Sources } from '../../src/config/settings.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { firstAccountId, firstProjectId, firstTenantId, newProcessId, type ProjectId, type TenantId } from '../../src/kernel/ids.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { createOwnership } from '../../src/ownership/objects.ts'
import type { Named, Owner, Ownership } from '../../src/ownership/ownership.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { startTestEmulator, type TestEmulator } from './emulator.ts'
import { startWire, type Wire } from './wire.ts'
import { relayToken, testSettings, upstreamKey } from './world.ts'

/** Who sends a request. `home` has the token of the settings and belongs to the tenant every relay has. */
export type Who = 'red' | 'ops' | 'blue' | 'home' | 'revoked' | 'expired' | 'lacking'

/** The one thing that red's token `lacking` may do. */
export const lackingAllBut = 'moderations:write'

export type Sent = {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export type Got = { readonly status: number; readonly headers: readonly string[]; readonly bytes: Buffer; readonly text: string }

export type GuardedAccount = {
  readonly url: string
  readonly dataDir: string
  readonly tokens: Readonly<Record<Who, string>>
  readonly owners: Readonly<Record<'red' | 'ops' | 'blue' | 'home', Owner>>
  /** The upstream itself, to ask it what the relay would not say. */
  readonly emulator: TestEmulator
  readonly wire: Wire
  readonly admin: AdminClient
  /** A second connection to the database of the relay: what another process would see. */
  readonly store: Store
  /** Writes owners down as the relay would, for kinds nothing here can make. */
  readonly own: (who: 'red' | 'ops' | 'blue' | 'home', named: readonly Named[]) => Promise<void>
  readonly send: (who: Who | null, sent: Sent) => Promise<Got>
  /** Stops the relay and starts it again on the same data. */
  readonly restart: () => Promise<void>
} & AsyncDisposable

export type GuardedAccountOptions = {
  /** Null for SQLite in a folder of its own. */
  readonly databaseUrl?: string | null
  readonly settings?: Partial<Settings>
  /** In place of the emulator: the base URL without `/v1`. */
  readonly upstream?: string
}

export async function startGuardedAccount({
  databaseUrl = null,
  settings = {},
  upstream,
}: GuardedAccountOptions = {}): Promise<GuardedAccount> {
  await using undo = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'relay-tenants-'))
  undo.defer(() => rm(dataDir, { recursive: true, force: true }))
  const emulator = undo.use(await startTestEmulator({ jobPaceMs: 5 }))
  const wire = undo.use(await startWire(upstream ?? emulator.url))
  const all = testSettings(dataDir, {
    upstreamKey: new Secret(upstreamKey),
    upstreamUrl: `${wire.url}/v1`,
    databaseUrl: databaseUrl === null ? null : new Secret(databaseUrl),
    admin: 'on',
    ...settings,
  })
  const sources = Object.fromEntries(settingKeys.map((key) => [key, 'default'])) as Sources
  const start = (port: number): Promise<App> => startApp({ settings: { ...all, port }, sources })
  let app = await start(0)
  undo.defer(() => app.close())
  const port = Number(new URL(app.url).port)
  const admin = createAdminClient(app.url, app.firstAdminToken ?? '')
  const store = await openStore({ dataDir, databaseUrl: all.databaseUrl, tell: () => {} })
  undo.defer(() => store.close())
  const ownership: Ownership = createOwnership({
    store,
    processId: newProcessId(),
    clock: systemClock,
    home: () => null,
    onError: () => {},
  })

  const red = await admin('tenants.create', { name: 'red' })
  const blue = await admin('tenants.create', { name: 'blue' })
  const web = await admin('projects.create', { name: 'web', tenant: 'red' })
  const ops = await admin('projects.create', { name: 'ops', tenant: 'red' })
  const projects = (await admin('projects.list', { tenant: 'blue' }))['data'] as readonly Record<string, unknown>[]
  const token = async (inputs: Readonly<Record<string, unknown>>): Promise<string> =>
    (await admin('tokens.create', inputs))['token'] as string
  const tokens: Record<Who, string> = {
    red: await token({ name: 'web', tenant: 'red', project: 'web' }),
    ops: await token({ name: 'ops', tenant: 'red', project: 'ops' }),
    blue: await token({ name: 'blue', tenant: 'blue' }),
    home: relayToken,
    revoked: await token({ name: 'revoked', tenant: 'red', project: 'web' }),
    expired: await token({ name: 'expired', tenant: 'red', project: 'web', expires: '1s' }),
    lacking: await token({ name: 'lacking', tenant: 'red', project: 'web', permissions: [lackingAllBut] }),
  }
  await admin('tokens.revoke', { token: 'revoked', tenant: 'red' })
  const expired = new Promise((resolve) => setTimeout(resolve, 1_100))

  const owner = (tenant: unknown, project: unknown): Owner => ({ tenant: tenant as TenantId, project: project as ProjectId })
  const owners = {
    red: owner(red['id'], web['id']),
    ops: owner(red['id'], ops['id']),
    blue: owner(blue['id'], projects[0]?.['id']),
    home: owner(firstTenantId, firstProjectId),
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 24 })
  undo.defer(() => agent.destroy())
  await expired
  const kept = undo.move()
  return {
    url: app.url,
    dataDir,
    tokens,
    owners,
    emulator,
    wire,
    admin,
    store,
    own: async (who, named) => {
      const others = await ownership.record(
        owners[who],
        firstAccountId,
        named.map((each) => ({ ...each, parent: null, body: null })),
      )
      if (others.length > 0) throw new Error(`owned by another already: ${others.map(({ id }) => id).join(', ')}`)
    },
    send: (who, sent) => ask(agent, port, who === null ? null : tokens[who], sent),
    restart: async () => {
      agent.destroy()
      await app.close()
      app = await start(port)
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** One request; nothing is followed, decoded or tried again. */
function ask(agent: Agent, port: number, token: string | null, { method, path, headers = {}, body }: Sent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined ? null : Buffer.from(body as string)
    const outgoing = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(bytes === null ? {} : { 'content-length': bytes.length }),
          ...headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const whole = Buffer.concat(chunks)
          resolve({ status: answer.statusCode ?? 0, headers: answer.rawHeaders, bytes: whole, text: whole.toString('utf8') })
        })
      },
    )
    outgoing.setTimeout(30_000, () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)))
    outgoing.on('error', reject)
    outgoing.end(bytes ?? undefined)
  })
}
