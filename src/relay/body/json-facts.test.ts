// Facts are read from valid bodies of any shape; hostile ones are refused before they cost anything.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { catalog } from '../../catalog/index.ts'
import { Refusal } from '../../kernel/errors.ts'
import { planOf } from '../plan.ts'
import { readJsonFacts, type JsonFacts } from './json-facts.ts'

const [endpoint] = catalog.filter(({ id }) => id === 'responses.create')
if (endpoint === undefined) throw new Error('no such row')
const { body: rules } = planOf(endpoint)
const read = (text: string, depth = 128): JsonFacts => readJsonFacts(Buffer.from(text), depth, rules)
const told = (text: string): Pick<JsonFacts, 'model' | 'isStream'> => {
  const { model, isStream } = read(text)
  return { model, isStream }
}
const refuses = (text: string, code: string, depth?: number): void =>
  assert.throws(
    () => read(text, depth),
    (error) => error instanceof Refusal && error.code === code,
    text.slice(0, 80),
  )

describe('readJsonFacts', () => {
  it('finds model and stream wherever they stand at the top, and nowhere else', () => {
    assert.deepEqual(told('{"messages":[{"model":"inner","stream":true}],"model":"outer"}'), { model: 'outer', isStream: false })
    assert.deepEqual(told(' {"stream" : true, "mod\\u0065l":"a\\"b"}\n'), { model: 'a"b', isStream: true })
    assert.deepEqual(told('{"model":7,"stream":"true"}'), { model: null, isStream: false })
  })

  it('takes whatever object JSON can say', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })),
        (value) => void readJsonFacts(Buffer.from(JSON.stringify(value)), 128, rules),
      ),
    )
  })

  it('refuses what is no JSON object', () => {
    for (const text of [
      '',
      '[]',
      '1',
      '"x"',
      'null',
      '{',
      '{"a":1',
      '{"a":1}}',
      "{'a':1}",
      '{"a":1,}',
      '{"a":"\n"}',
      '\ufeff{}',
      '{"a":"unclosed',
      'NaN',
      '{"a":01}',
    ])
      refuses(text, 'invalid_json')
  })

  it('refuses bytes that are not UTF-8: another reader would see another body', () => {
    for (const bytes of [[0xff], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xe2, 0x82]]) {
      const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')])
      assert.throws(
        () => readJsonFacts(body, 128, rules),
        (error) => error instanceof Refusal && error.code === 'invalid_json',
      )
    }
  })

  it('counts nesting outside strings only, and refuses one level too many', () => {
    const nested = (levels: number): string => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
    read(nested(128))
    refuses(nested(129), 'json_too_complex')
    refuses(nested(50_000), 'json_too_complex')
    refuses('['.repeat(100_000), 'json_too_complex')
    read(`{"a":${JSON.stringify('[{'.repeat(1000))},"b":"\\\\","c":"\\"[[["}`, 2)
  })

  it('refuses millions of values before it parses them', () => {
    refuses(`{"a":[${'0,'.repeat(2_100_000)}0]}`, 'json_too_complex')
    refuses(`{"a":[${'[],'.repeat(1_100_000)}0]}`, 'json_too_complex')
  })
})
