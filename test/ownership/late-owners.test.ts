// What was made just when the database went away has its owner once it is back.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/kernel/clock.ts'
import { firstAccountId, firstProjectId, firstTenantId, newProcessId } from '../../src/kernel/ids.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { createOwnership } from '../../src/ownership/objects.ts'
import { openStore } from '../../src/store/open.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { makeDatabase, ownServer } from '../harness/postgres.ts'

const owner = { tenant: firstTenantId, project: firstProjectId }

test('an owner that could not be written down is written once Postgres is back', async (context) => {
  const server = await ownServer(context)
  if (server === null) return
  const dataDir = await mkdtemp(join(tmpdir(), 'relay-late-'))
  const store = await openStore({ dataDir, databaseUrl: new Secret(await makeDatabase(server.url)) })
  const ownership = createOwnership({ store, clock: systemClock, processId: newProcessId(), home: () => null, onError: () => {} })
  try {
    await server.stop()
    const born = [{ kind: 'file', id: 'file-late', parent: null, body: null }] as const
    await assert.rejects(ownership.record(owner, firstAccountId, born), StoreUnavailable)
    assert.equal(ownership.isReachable(), false)
    await server.start()
    const isOwned = async (): Promise<boolean> => (await ownership.find(owner, born).catch(() => [])).some((found) => found !== null)
    for (let round = 0; round < 200 && !(await isOwned()); round++) await sleep(50)
    assert.ok(await isOwned())
  } finally {
    await ownership.close()
    await store.close()
    await rm(dataDir, { recursive: true, force: true })
  }
})
