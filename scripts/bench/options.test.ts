// Tests of the bench's command line.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeFlags } from './contenders.ts'
import { measurementNames, readOptions } from './options.ts'

test('everything is measured unless told otherwise, and sse stands for both kinds of stream', () => {
  assert.deepEqual([...readOptions([]).only], [...measurementNames])
  assert.deepEqual([...readOptions(['--only', 'json,sse']).only], ['json', 'burst', 'paced'])
})

test('a measurement that does not exist is named', () => {
  assert.throws(() => readOptions(['--only', 'jsno']), /"jsno" is no measurement/)
})

test('the relay runs with the Node flags of its start script', () => {
  assert.deepEqual(nodeFlags('npm run build && node --a --b=1 dist/main.js start --c'), ['--a', '--b=1'])
  assert.deepEqual(nodeFlags('node src/main.ts start'), [])
  assert.deepEqual(nodeFlags(''), [])
})
