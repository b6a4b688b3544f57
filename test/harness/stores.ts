// Runs a test on each database the state of a relay can live in, on a real one.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Secret } from '../../src/kernel/secret.ts'
import { openStore } from '../../src/store/open.ts'
import type { Place } from '../../src/store/place.ts'
import type { Store } from '../../src/store/store.ts'
import { freshDatabase } from './postgres.ts'

export type StoreStage = {
  /** An empty folder and, on Postgres, an empty database. */
  readonly place: Place
  /** Opens the store, once more with each call: what another process of the relay would have. Closed after the test. */
  readonly open: () => Promise<Store>
}

/** @example onEachStore('an owner never changes', async (context, { open }) => { const store = await open() }) */
export function onEachStore(guarantee: string, run: (context: TestContext, stage: StoreStage) => Promise<void>): void {
  test(`SQLite: ${guarantee}`, async (context) => run(context, stageOf(context, null)))
  test(`Postgres: ${guarantee}`, async (context) => {
    const url = await freshDatabase(context)
    if (url !== null) await run(context, stageOf(context, new Secret(url)))
  })
}

/** @param databaseUrl an empty database of its own, or null for SQLite */
export function stageOf(context: TestContext, databaseUrl: Secret | null): StoreStage {
  const dataDir = mkdtempSync(join(tmpdir(), 'relay-store-'))
  const place: Place = { dataDir, databaseUrl }
  const opened: Store[] = []
  context.after(async () => {
    for (const store of opened) await store.close()
    rmSync(dataDir, { recursive: true, force: true })
  })
  return {
    place,
    async open() {
      const store = await openStore({ ...place, tell: () => {} })
      opened.push(store)
      return store
    },
  }
}
