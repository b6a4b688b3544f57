// A relay of several tenants in a process of its own, which can be killed and started again on the same data while its upstream lives on.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Inputs } from './admin.ts'
import { createAdminClient, type AdminClient } from './admin-client.ts'
import { startTestEmulator, type TestEmulator } from './emulator.ts'
import { startRelayProcess, type RelayProcess } from './relay-process.ts'

export type KillableRelay = {
  readonly emulator: TestEmulator
  readonly dataDir: string
  /** Of the one that runs, without `/v1`; another after each start. */
  readonly url: () => string
  readonly admin: AdminClient
  /** Another process on the same database. Its place is that of the first after `start`. */
  readonly second: () => Promise<RelayProcess & { readonly base: string }>
  /** SIGKILL: nothing is said, written or closed. */
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
} & AsyncDisposable

export async function startKillableRelay(databaseUrl: string | null = null): Promise<KillableRelay> {
  await using undo = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'relay-killable-'))
  undo.defer(() => rm(dataDir, { recursive: true, force: true }))
  const emulator = undo.use(await startTestEmulator({ jobPaceMs: 5 }))
  const launch = (): Promise<RelayProcess> =>
    startRelayProcess({
      dataDir,
      env: {
        OPENAI_API_KEY: 'sk-test',
        OPENAI_BASE_URL: `${emulator.url}/v1`,
        // Where several processes share a database they share the secret of its tokens as well.
        ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl, RELAY_SECRET: 'a secret of thirty-two characters' }),
      },
    })
  let running = await launch()
  undo.defer(() => running[Symbol.asyncDispose]())
  let url = await running.url
  await running.printed(/admin: +rka_\S+/)
  const secret = /admin: +(rka_\S+)/.exec(running.stdout() + running.stderr())?.[1] ?? ''
  const kept = undo.move()
  return {
    emulator,
    dataDir,
    url: () => url,
    admin: (id, inputs: Inputs) => createAdminClient(url, secret)(id, inputs),
    second: async () => {
      const other = await launch()
      kept.use(other)
      const base = await other.url
      return Object.assign(other, { base })
    },
    kill: async () => {
      running.child.kill('SIGKILL')
      await running.exited
    },
    start: async () => {
      running = await launch()
      url = await running.url
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Tenants red (projects web and ops) and blue, with a token for each. */
export async function makeTenants(admin: AdminClient): Promise<Record<'web' | 'ops' | 'blue', string>> {
  await admin('tenants.create', { name: 'red' })
  await admin('tenants.create', { name: 'blue' })
  for (const name of ['web', 'ops']) await admin('projects.create', { name, tenant: 'red' })
  const token = async (inputs: Inputs): Promise<string> => String((await admin('tokens.create', inputs))['token'])
  return {
    web: await token({ tenant: 'red', project: 'web', name: 'web' }),
    ops: await token({ tenant: 'red', project: 'ops', name: 'ops' }),
    blue: await token({ tenant: 'blue', name: 'blue' }),
  }
}
