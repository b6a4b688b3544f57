// A whole relay for one test: real sockets, a data directory of its own, an upstream, a token; everything is closed at the
// end of the block that took it, also when an assertion fails.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Network } from '../../src/actions/fetch.ts'
import { startApp } from '../../src/app.ts'
import { settingKeys, settingOf, type SettingKey, type Settings, type Sources } from '../../src/config/settings.ts'
import { Secret } from '../../src/kernel/secret.ts'
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
  /** Where files of a conversation are fetched from, in place of the internet. */
  readonly network?: Network
}

export async function startWorld({ upstream, settings = {}, network }: WorldOptions): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), 'relay-test-'))
  const all = testSettings(dataDir, {
    ...(upstream === 'emulator'
      ? {}
      : { upstreamKey: new Secret(upstreamKey), upstreamUrl: typeof upstream === 'string' ? upstream : `${upstream.url}/v1` }),
    ...settings,
  })
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
