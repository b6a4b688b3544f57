// Who owns what, at the table itself: creates and deletes that come at the same time, and what is remembered between them.
import assert from 'node:assert/strict'
import { createOwnership } from '../../src/ownership/objects.ts'
import type { Born, Owner, Ownership } from '../../src/ownership/ownership.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { firstAccountId, newProcessId, type ProjectId, type TenantId } from '../../src/kernel/ids.ts'
import type { Store } from '../../src/store/store.ts'
import { onEachStore } from '../harness/stores.ts'

const owner = (name: string): Owner => ({ tenant: `ten_${name}` as TenantId, project: `prj_${name}` as ProjectId })
const [red, blue] = [owner('red'), owner('blue')]
const account = firstAccountId
const response = (id: string): Born => ({ kind: 'response', id, parent: null, body: null })

const ownershipOf = (store: Store): Ownership =>
  createOwnership({
    store,
    clock: systemClock,
    processId: newProcessId(),
    home: () => null,
    onError(error) {
      throw error
    },
  })

/** Which of the ids are the owner's. */
async function own(ownership: Ownership, whose: Owner, ids: readonly string[]): Promise<readonly string[]> {
  const found = await ownership.find(
    whose,
    ids.map((id) => ({ kind: 'response', id })),
  )
  return ids.filter((_, at) => found[at]?.access === 'own')
}

onEachStore('of creates that come at the same time each is recorded for its own project', async (_context, { open }) => {
  const ownership = ownershipOf(await open())
  const ids = Array.from({ length: 300 }, (_, number) => `resp_${number}`)
  const foreign = await Promise.all(ids.map((id, number) => ownership.record(number % 2 === 0 ? red : blue, account, [response(id)])))
  assert.deepEqual(foreign.flat(), [])
  const even = ids.filter((_, number) => number % 2 === 0)
  assert.deepEqual(await own(ownership, red, ids), even)
  assert.deepEqual(
    await own(ownership, blue, ids),
    ids.filter((id) => !even.includes(id)),
  )
  await ownership.close()
})

onEachStore(
  'an id that two tenants are told at the same time is of one of them, and the other learns of it',
  async (_context, { open }) => {
    const ownership = ownershipOf(await open())
    for (let round = 0; round < 20; round++) {
      const id = `resp_twice_${round}`
      const [first, second] = await Promise.all([
        ownership.record(red, account, [response(id), response(`${id}_red`)]),
        ownership.record(blue, account, [response(`${id}_blue`), response(id)]),
      ])
      assert.deepEqual([...first, ...second], [{ kind: 'response', id }])
      const isRed = second.length === 1
      for (const each of [red, blue]) {
        assert.deepEqual(await own(ownership, each, [id]), (each === red) === isRed ? [id] : [], 'by itself, where leases count')
        const three = await own(ownership, each, [id, `${id}_red`, `${id}_blue`])
        assert.deepEqual(three, [...((each === red) === isRed ? [id] : []), `${id}_${each === red ? 'red' : 'blue'}`])
      }
      assert.equal(ownership.isKnown(red, account, { kind: 'response', id }), isRed)
      assert.equal(ownership.isKnown(blue, account, { kind: 'response', id }), !isRed)
    }
    await ownership.close()
  },
)

onEachStore('a delete is denied at once, also to who asks while it is written down', async (_context, { open }) => {
  const ownership = ownershipOf(await open())
  for (let round = 0; round < 50; round++) {
    const named = { kind: 'response', id: `resp_${round}` } as const
    await ownership.record(red, account, [response(named.id)])
    const deleting = ownership.beginDelete(account, named)
    const meanwhile = [ownership.find(red, [named]), ownership.find(red, [named])]
    await deleting
    await Promise.all(meanwhile)
    assert.equal((await ownership.find(red, [named]))[0]?.access, 'deleting', `round ${round}`)
  }
  await ownership.close()
})

onEachStore('nothing is remembered of an id that is not the asker’s', async (_context, { open }) => {
  const store = await open()
  const ownership = ownershipOf(store)
  await ownership.record(blue, account, [response('resp_blue')])
  for (const id of ['resp_blue', 'resp_later']) assert.deepEqual(await own(ownership, red, [id]), [])
  // By another process of the relay.
  await ownershipOf(store).record(red, account, [response('resp_later')])
  assert.deepEqual(await own(ownership, red, ['resp_later']), ['resp_later'])
  await ownership.close()
})
