// The short version of `scripts/crash.ts`: a relay that is killed in the middle of creates loses nothing and shows nobody what is another's.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killAgainAndAgain } from './killing.ts'

test('what a tenant was told of is its own after every kill, and no other’s', async () => {
  const { told, problems } = await killAgainAndAgain({ rounds: 12 })
  assert.deepEqual(problems, [])
  assert.ok(told > 10, `${told} ids are too few to mean something`)
})
