// `node scripts/isolation-mutants.ts` takes each guard away and sees the tests turn red. Here only: each of its rows still meets the source.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isolationMutants } from '../../scripts/isolation-mutants-table.ts'

const root = join(import.meta.dirname, '..', '..')

for (const { guard, edits, suite } of isolationMutants)
  test(`the guard is there that can be taken away: ${guard}`, () => {
    assert.ok(existsSync(join(import.meta.dirname, suite)), suite)
    for (const { file, from, to } of edits) {
      const text = readFileSync(join(root, 'src', file), 'utf8')
      assert.equal(text.split(from).length, 2, `${file} holds once: ${from}`)
      assert.notEqual(from, to)
    }
  })
