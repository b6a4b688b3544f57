// Only the strings that are replaced change, and what comes out says what it should.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compileRules } from './json-scan-rules.ts'
import { scanJson } from './json-scan.ts'
import { spliceStrings } from './json-splice.ts'
import type { Replacement } from './json-splice.ts'

describe('spliceStrings', () => {
  it('replaces strings and leaves every other byte, in any order', () => {
    const json = Buffer.from('{ "user" : "ann", "é":1.0,"user":"\\u0062ob" ,"x":[] }')
    const [ann, bob] = [json.indexOf('"ann"'), json.indexOf('"\\u0062ob"')]
    const replacements = [
      { start: bob, end: bob + 10, text: 'B"\n' },
      { start: ann, end: ann + 5, text: '' },
    ]
    assert.equal(spliceStrings(json, replacements).toString(), '{ "user" : "", "é":1.0,"user":"B\\"\\n" ,"x":[] }')
    assert.deepEqual(spliceStrings(json, []), json)
  })

  it('gives a reader the document with these values, whatever they are', () => {
    const record = fc.dictionary(fc.constantFrom('user', 'key', 'other'), fc.string({ unit: 'binary', maxLength: 12 }))
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), fc.string({ unit: 'binary', maxLength: 8 }), (documents, mark) => {
        const json = Buffer.from(JSON.stringify(documents))
        const replacements: Replacement[] = []
        const rules = compileRules(['user', 'key'].map((at) => ({ at, rule: at })))
        scanJson(rules, json, (_rule, value, { start, end }) => replacements.push({ start, end, text: mark + value }))
        const expected = documents.map((each) =>
          Object.fromEntries(Object.entries(each).map(([key, value]) => [key, key === 'other' ? value : mark + value])),
        )
        assert.deepEqual(JSON.parse(spliceStrings(json, replacements).toString()), expected)
      }),
    )
  })
})
