// What the relay does by itself about an hour after a crash, done at once: reconciliation, with a clock that is ahead.
import { join } from 'node:path'
import { firstAccountId } from '../../src/kernel/ids.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { createReconcile } from '../../src/ownership/reconcile.ts'
import { openStore } from '../../src/store/open.ts'
import { createAccount } from '../../src/upstreams/account.ts'
import { createAsk } from '../../src/upstreams/ask.ts'
import type { KillableRelay } from '../harness/killable-relay.ts'
import { recordingOf } from '../harness/owned-account.ts'

const aheadMs = 3_600_000

/** @returns how many creates were announced and not told of, before and after, and what went wrong */
export async function settleLeftovers(
  { dataDir, emulator }: KillableRelay,
  databaseUrl: string | null,
): Promise<{ readonly before: number; readonly after: number; readonly orphans: number; readonly errors: readonly unknown[] }> {
  await using undo = new AsyncDisposableStack()
  const store = await openStore({
    dataDir: join(dataDir, 'data'),
    databaseUrl: databaseUrl === null ? null : new Secret(databaseUrl),
    tell: () => {},
  })
  undo.defer(() => store.close())
  const clock = { now: () => Date.now() + aheadMs, tick: () => performance.now() }
  const account = createAccount({
    url: `${emulator.url}/v1`,
    key: new Secret('sk-test'),
    organization: null,
    project: null,
    maxConnections: 8,
    connectMs: 5_000,
    tick: clock.tick,
  })
  undo.defer(() => account.pool.close())
  const accountOf = (id: unknown): typeof account | null => (id === firstAccountId ? account : null)
  const ask = createAsk({ accountOf, maxBytes: 67_108_864, silenceMs: 30_000, onCredentialsRefused: () => {} })
  const errors: unknown[] = []
  let orphans = 0
  const count = async (): Promise<number> => (await store.all('SELECT id FROM intents')).length
  const before = await count()
  const recordTold = recordingOf(store, { clock: { ...clock, advance: () => {} } })
  const run = createReconcile({
    ...{ store, ask, recordTold, clock, graceMs: aheadMs / 2 },
    onOrphans: (_, number) => (orphans += number),
    onError: (error) => errors.push(error),
  })
  await run(new AbortController().signal)
  return { before, after: await count(), orphans, errors }
}
