// A whole relay for one test: real sockets, a data directory of its own, an upstream, a token; everything is closed at the
// end of the block that took it, also when an assertion fails.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Network } from '../../src/actions/fetch.ts'
import { startApp } from '../../src/app.ts'
import { settingKeys, settingOf, type SettingKey, type Settings, type Sources } from '../../src/config/settings.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { openStore } from '../../src/store/open.ts'
import type { RawUpstream } from './raw-upstream.ts'

export const relayToken = 'rk_test-token-of-the-caller'
export const upstreamKey = 'sk-upstream-Zq7xWv9k2Tb5'

export type World = {
  readonly url: string
  readonly port: number
  readonly token: string
  readonly dataDir: string
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export type WorldOptions = {
  /** A raw upstream, the base URL of any other, or the emulator inside the relay. */
  readonly upstream: RawUpstream | 'emulator' | `http://${string}`
  readonly settings?: Partial<Settings>
  /** One tenant, as without any administration, or the caller's beside another's, so that everything is kept apart. */
  readonly tenants?: 'one' | 'several'
  /** Where files of a conversation are fetched from, in place of the internet. */
  readonly network?: Network
}

export async function startWorld({ upstream, settings = {}, tenants = 'one', network }: WorldOptions): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), 'relay-test-'))
  const all = testSettings(dataDir, {
    ...(upstream === 'emulator'
      ? {}
      : { upstreamKey: new Secret(upstreamKey), upstreamUrl: typeof upstream === 'string' ? upstream : `${upstream.url}/v1` }),
    ...settings,
  })
  if (tenants === 'several') await addTenant(all)
  const sources = Object.fromEntries(settingKeys.map((key) => [key, 'default'])) as Sources
  const app = await startApp({ settings: all, sources, ...(network === undefined ? {} : { network }) })
  return {
    url: app.url,
    port: Number(new URL(app.url).port),
    token: all.token?.reveal() ?? relayToken,
    dataDir,
    [Symbol.asyncDispose]: async () => {
      await app.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The defaults of the product, on a free port, quiet, draining at once, with a token of their own. */
export function testSettings(dataDir: string, overrides: Partial<Settings>): Settings {
  const defaults: Partial<Record<SettingKey, unknown>> = {}
  for (const key of settingKeys) {
    const row = settingOf(key)
    const parsed = row.default === null ? { value: null } : row.kind.parse(row.default, dataDir)
    if (!('value' in parsed)) throw new Error(`the default of ${key} is no value of its kind: ${parsed.fix}`)
    defaults[key] = parsed.value
  }
  return {
    ...(defaults as Settings),
    port: 0,
    log: 'off',
    dataDir,
    drainMs: 0,
    emulatorJobMs: 5,
    token: new Secret(relayToken),
    ...overrides,
  }
}

/** Another tenant, before the relay looks: the one of the token is then no longer alone. */
async function addTenant({ dataDir, databaseUrl }: Settings): Promise<void> {
  const store = await openStore({ dataDir, databaseUrl })
  try {
    await store.run("INSERT INTO tenants (id, name, created_at) VALUES ('ten_other', 'other', 1)")
    await store.run("INSERT INTO projects (id, tenant, name, created_at) VALUES ('prj_other', 'ten_other', 'default', 1)")
  } finally {
    await store.close()
  }
}
