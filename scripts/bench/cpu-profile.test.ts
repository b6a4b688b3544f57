// Tests of the reading of a CPU profile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hotFiles, hotFunctions, type CpuProfile } from './cpu-profile.ts'

const frame = (functionName: string, url = ''): CpuProfile['nodes'][number]['callFrame'] => ({ functionName, url, lineNumber: 9 })

// root -> relay -> (relay -> write), and idle
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 5] },
    { id: 2, callFrame: frame('relay', 'file:///somewhere/dist/relay/relay.js'), children: [3] },
    { id: 3, callFrame: frame('relay', 'file:///somewhere/dist/relay/relay.js'), children: [4] },
    { id: 4, callFrame: frame('write', 'node:net') },
    { id: 5, callFrame: frame('(idle)') },
  ],
  startTime: 1000,
  samples: [2, 3, 4, 5, 4],
  timeDeltas: [100, 150, 100, 100, 100],
}

test('self and total time are told per function, recursion counted once and idling not at all', () => {
  assert.deepEqual(hotFunctions(profile, 0, 2000), [
    { functionName: 'relay', file: 'dist/relay/relay.js', line: 10, selfMicroseconds: 250, totalMicroseconds: 450 },
    { functionName: 'write', file: 'node:net', line: 10, selfMicroseconds: 200, totalMicroseconds: 200 },
  ])
})

test('samples outside of the asked time do not count', () => {
  assert.deepEqual(
    hotFunctions(profile, 1150, 1400).map(({ functionName, selfMicroseconds }) => [functionName, selfMicroseconds]),
    [
      ['relay', 150],
      ['write', 100],
    ],
  )
})

test('files sum their functions, native time goes by its own name', () => {
  const functions = [
    { functionName: 'a', file: 'node:net', line: 1, selfMicroseconds: 1, totalMicroseconds: 1 },
    { functionName: '(program)', file: '', line: 0, selfMicroseconds: 5, totalMicroseconds: 5 },
    { functionName: 'b', file: 'node:net', line: 2, selfMicroseconds: 2, totalMicroseconds: 2 },
  ]
  assert.deepEqual(hotFiles(functions), [
    { file: '(program)', selfMicroseconds: 5 },
    { file: 'node:net', selfMicroseconds: 3 },
  ])
})
