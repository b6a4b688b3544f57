// A relay of several tenants for one test, in front of an emulator that can also be asked directly, as an operator could.
import { vocabulary } from '../../src/admin/vocabulary.ts'
import type { Settings } from '../../src/config/settings.ts'
import { createDirectory, type Directory } from '../../src/identity/directory.ts'
import { loadPepper } from '../../src/identity/pepper.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import type { Secret } from '../../src/kernel/secret.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { startTestEmulator, type TestEmulator } from './emulator.ts'
import { startWorld, type World } from './world.ts'

export type Answer = { readonly status: number; readonly text: string; readonly headers: Headers }

export type TenantsWorld = {
  readonly world: World
  readonly emulator: TestEmulator
  /** As another process would have it. */
  readonly store: Store
  readonly directory: Directory
  /** Makes a tenant with a token. */
  readonly tenant: (name: string) => Promise<string>
  /** A request through the relay; `body` is sent as JSON unless it is a form. */
  readonly send: (
    token: string,
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>
  /** The same to the upstream, past the relay. */
  readonly direct: (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>
} & AsyncDisposable

/** @example await using stage = await startTenants(); const red = await stage.tenant('red') */
export async function startTenants(settings: Partial<Settings> = {}): Promise<TenantsWorld> {
  await using undo = new AsyncDisposableStack()
  const emulator = undo.use(await startTestEmulator())
  const world = undo.use(await startWorld({ upstream: `${emulator.url}/v1` as `http://${string}`, settings }))
  const databaseUrl: Secret | null = settings.databaseUrl ?? null
  const store = await openStore({ dataDir: world.dataDir, databaseUrl })
  undo.defer(() => store.close())
  const directory = createDirectory({
    ...{ store, vocabulary, clock: systemClock, hasSettingsToken: true, onChanged: async () => {} },
    pepper: await loadPepper({ store, secret: null }),
  })
  const kept = undo.move()
  return {
    ...{ world, emulator, store, directory },
    tenant: async (name) => {
      await directory.tenants.create('cli:tester', { name })
      const { secret } = await directory.tokens.create('cli:tester', { tenant: name })
      // The relay knows of it once the token counts.
      for (let time = 0; time < 500; time++) {
        const { status } = await ask(world.url, secret, 'GET', '/v1/models/none')
        if (status !== 401) return secret
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      throw new Error(`the relay never learned of ${name}`)
    },
    send: (token, method, path, body, headers) => ask(world.url, token, method, path, body, headers),
    direct: (method, path, body, headers) => ask(emulator.url, 'sk-test', method, path, body, headers),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

async function ask(
  url: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const isJson = body !== undefined && !(body instanceof FormData)
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : body }),
  })
  return { status: response.status, text: await response.text(), headers: response.headers }
}
