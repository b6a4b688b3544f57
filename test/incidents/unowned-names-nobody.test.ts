// A misspelled name in the setting `unowned` hid every object of an account, and nothing said so.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startRelayProcess } from '../harness/relay-process.ts'

test('a home that is no tenant is told at the start, and one that is, is not', async () => {
  await using misspelled = await startRelayProcess({ env: { RELAY_UNOWNED: 'dfault' } })
  await misspelled.printed('"event":"unowned-names-nobody"')
  await using right = await startRelayProcess({ env: { RELAY_UNOWNED: 'default' } })
  await right.url
  right.child.kill('SIGTERM')
  await right.exited
  assert.ok(!right.stdout().includes('unowned-names-nobody'), right.stdout())
})
