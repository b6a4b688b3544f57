import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IntentId, ProjectId, TenantId } from '../kernel/ids.ts'
import { assign, type Intent } from './reconcile-assign.ts'
import type { Told } from './upstream.ts'

const object = (id: string, createdAt: number | null): Told => ({ id, createdAt, text: '{}' })
const intent = (id: string, tenant: string, from: number, to: number, isLeft = true): Intent => ({
  id: id as IntentId,
  owner: { tenant: tenant as TenantId, project: `prj_${tenant}` as ProjectId },
  from,
  to,
  isLeft,
})
const shown = ({ owned, orphans, settled }: ReturnType<typeof assign>): unknown => ({
  owned: owned.map(({ owner, objects }) => [owner.tenant, objects.map(({ id }) => id)]),
  orphans: orphans.map(({ id }) => id),
  settled,
})

test('one object that can only come of one create is that of who sent it', () => {
  const result = assign([object('a', 15), object('far', 99)], [intent('1', 'red', 10, 20)], true)
  assert.deepEqual(shown(result), { owned: [['red', ['a']]], orphans: [], settled: ['1'] })
})

test('an object that two tenants may have made is given to neither', () => {
  const result = assign([object('a', 15)], [intent('1', 'red', 10, 20), intent('2', 'blue', 14, 30)], true)
  assert.deepEqual(shown(result), { owned: [], orphans: ['a'], settled: ['1', '2'] })
})

test('two creates of one owner that may have made the same object leave a doubt', () => {
  const creates = [intent('1', 'red', 10, 20), intent('2', 'red', 12, 22)]
  assert.deepEqual(shown(assign([object('a', 15)], creates, true)), { owned: [], orphans: ['a'], settled: ['1', '2'] })
  assert.deepEqual(shown(assign([object('a', 15), object('b', 16)], creates, true)), {
    owned: [],
    orphans: ['a', 'b'],
    settled: ['1', '2'],
  })
})

test('doubt spreads along objects that creates have in common', () => {
  const creates = [intent('1', 'red', 10, 20), intent('2', 'red', 18, 30), intent('3', 'blue', 28, 40), intent('4', 'green', 50, 60)]
  const result = assign([object('a', 11), object('b', 19), object('c', 29), object('d', 55)], creates, true)
  assert.deepEqual(shown(result), { owned: [['green', ['d']]], orphans: ['a', 'b', 'c'], settled: ['1', '2', '3', '4'] })
})

test('more objects than creates: one of them is not of this relay, and nobody knows which', () => {
  const result = assign([object('a', 15), object('b', 16)], [intent('1', 'red', 10, 20)], true)
  assert.deepEqual(shown(result), { owned: [], orphans: ['a', 'b'], settled: ['1'] })
})

test('nothing is decided while a create that may have made the object is under way', () => {
  const result = assign([object('a', 15)], [intent('1', 'red', 10, 20), intent('2', 'blue', 14, 30, false)], true)
  assert.deepEqual(shown(result), { owned: [], orphans: [], settled: [] })
})

test('a create that made nothing is done with, and an object without a time is nobody’s', () => {
  const result = assign([object('a', null)], [intent('1', 'red', 10, 20), intent('2', 'red', 40, 50, false)], true)
  assert.deepEqual(shown(result), { owned: [], orphans: [], settled: ['1'] })
})

test('where objects also come about without a create, none is given to anybody', () => {
  const result = assign([object('a', 15)], [intent('1', 'red', 10, 20)], false)
  assert.deepEqual(shown(result), { owned: [], orphans: ['a'], settled: ['1'] })
})
