// The parts of grading: measures, formulas, templates, and the checks of what a grader is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../errors.ts'
import { parseFormula } from './formula.ts'
import { metrics, readGrader, rewardTypes } from './grader.ts'
import { textSimilarity } from './similarity.ts'
import { fill, sampleOf } from './template.ts'

test('every measure gives 1 to equal texts, less to near ones, and least to strangers', () => {
  for (const metric of metrics) {
    const of = (text: string): number => textSimilarity(metric, text, 'the quick brown fox jumps over the lazy dog')
    assert.ok(of('the quick brown fox jumps over the lazy dog') > 0.999, metric)
    const near = of('the quick brown fox jumps over a sleeping cat')
    assert.ok(near < 0.99 && near > of('quarterly earnings rose'), `${metric} ${near}`)
    assert.ok(of('quarterly earnings rose') >= 0, metric)
    assert.ok(Number.isFinite(of('')), metric)
  }
})

test('measures have the values of their definitions', () => {
  assert.equal(textSimilarity('fuzzy_match', 'kitten', 'sitting').toFixed(3), '0.615')
  assert.equal(textSimilarity('rouge_1', 'a b c', 'a b d').toFixed(3), '0.667')
  assert.equal(textSimilarity('rouge_l', 'a x b', 'a b').toFixed(3), '0.800')
  assert.equal(textSimilarity('meteor', 'b a', 'a b').toFixed(3), '0.500')
  assert.equal(textSimilarity('gleu', 'a b', 'a b c').toFixed(3), '0.500')
  assert.equal(textSimilarity('rouge_2', 'a b c', 'a b d').toFixed(3), '0.500')
})

test('formulas follow the rules of arithmetic', () => {
  const value = (text: string): number | null => parseFormula(text, 'f')((name) => ({ a: 0.5, b: 2 })[name])
  const cases: readonly (readonly [string, number | null])[] = [
    ['0.5 * a + 0.5 * b', 1.25],
    ['(a + b) / 2 - 1', 0.25],
    ['-a ^ 2', -0.25],
    ['b ** 3 ** 1 % 5', 3],
    ['min(a, b, 1) + max(a, 1)', 1.5],
    ['sqrt(abs(-4)) + floor(1.9) + ceil(.1) + exp(0) + log(1)', 5],
    ['a + nobody', null],
  ]
  for (const [text, expected] of cases) assert.equal(value(text), expected, text)
  for (const text of ['a +', '(a', 'a b', 'run(a)', '2 $ 3', '']) assert.throws(() => parseFormula(text, 'f'), ApiError, text)
})

test('templates are filled from the item and the sample, and what they miss is named', () => {
  const names = { item: { q: 'why', list: [{ x: 1 }] }, sample: sampleOf('{"steps":["one"]}') }
  assert.deepEqual(fill('{{item.q}}? {{ item.list[0].x }} {{sample.output_json.steps[0]}}', names), { text: 'why? 1 one', missing: [] })
  assert.equal(fill('{{ sample.output_text }}', names).text, '{"steps":["one"]}')
  assert.deepEqual(fill('{{item.a}} {{other}}', names).missing, ['item.a', 'other'])
})

test('graders that are not complete are refused by the parameter', () => {
  const refused = (value: Record<string, unknown>): unknown => {
    try {
      return readGrader(value, 'grader', rewardTypes)
    } catch (error) {
      return error instanceof ApiError ? [error.param, error.code] : error
    }
  }
  assert.deepEqual(refused({}), ['grader.type', 'missing_required_parameter'])
  assert.deepEqual(refused({ type: 'label_model' }), ['grader.type', 'invalid_value'])
  assert.deepEqual(refused({ type: 'string_check', name: 'x', input: 'a', reference: 'b' }), [
    'grader.operation',
    'missing_required_parameter',
  ])
  assert.deepEqual(refused({ type: 'multi', name: 'm', graders: { a: { type: 'python', name: 'p' } }, calculate_output: 'a' }), [
    'grader.graders.a.source',
    'missing_required_parameter',
  ])
  assert.deepEqual(refused({ type: 'multi', name: 'm', graders: {}, calculate_output: 'a +' }), [
    'grader.calculate_output',
    'invalid_value',
  ])
})
