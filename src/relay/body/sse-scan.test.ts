// Events are read as every reader of a stream reads them, wherever the stream is cut.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compileRules } from './json-scan-rules.ts'
import { scanJson } from './json-scan.ts'
import { createSseScanner } from './sse-scan.ts'

const rules = compileRules(['id', 'response.id', 'output.id'].map((at) => ({ at, rule: at })))

/** Scans it in these chunks, and checks on the way that nothing of a report had been released before it was told. */
function scan(chunks: readonly Buffer[]): string[] {
  const whole = Buffer.concat(chunks)
  const reports: string[] = []
  let pushed = 0
  let released = 0
  const scanner = createSseScanner(rules, (rule, value, place) => {
    assert.ok(place.start >= released, 'released before it was reported')
    assert.equal(JSON.parse(whole.toString('utf8', place.start, place.end)), value)
    reports.push(`${rule} ${place.path}=${value}`)
  })
  for (const chunk of chunks) {
    pushed += chunk.length
    const now = scanner.push(chunk)
    assert.ok(now >= released && now <= pushed, 'releases only what it has, and never takes back')
    released = now
  }
  return reports
}

/** The same the slow way: all lines first, then all events, then their documents. */
function read(stream: string): string[] {
  const reports: string[] = []
  let lines: string[] = []
  const dispatch = (): void => {
    scanJson(rules, Buffer.from(lines.join('\n')), (rule, value, place) => reports.push(`${rule} ${place.path}=${value}`))
    lines = []
  }
  for (const line of stream.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)) {
    if (line === '') dispatch()
    else if (line === 'data') lines.push('')
    else if (line.startsWith('data:')) lines.push(line.slice(5).replace(/^ /, ''))
  }
  dispatch()
  return reports
}

const single = (stream: string): Buffer[] => Array.from(Buffer.from(stream), (byte) => Buffer.from([byte]))

const object = fc
  .record({
    id: fc.string({ unit: 'binary', maxLength: 8 }),
    output: fc.array(fc.record({ id: fc.constantFrom('msg_1', 'rs_\r2'), x: fc.string() }), { maxLength: 3 }),
  })
  .chain((value) => fc.constantFrom(JSON.stringify(value), JSON.stringify({ response: value }), JSON.stringify(value, null, 1)))
const field = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(object, fc.constantFrom('data: ', 'data:')).map(([json, name]) => json.split('\n').map((line) => name + line)),
  },
  fc
    .constantFrom(
      'data',
      'data:',
      'data: [DONE]',
      ': keep-alive',
      'event: response.created',
      'id: 7',
      'datum: {"id":"no"}',
      'dat',
      ' data: {"id":"no"}',
      'data : {"id":"no"}',
      'DATA: {"id":"no"}',
      'data: {"id":"half',
    )
    .map((line) => [line]),
  { weight: 3, arbitrary: fc.constant(['']) },
)
const stream = fc
  .tuple(
    fc.constantFrom('', '', '\ufeff'),
    fc.array(field, { maxLength: 12 }),
    fc.array(fc.constantFrom('\n', '\r\n', '\r'), { minLength: 1, maxLength: 4 }),
  )
  .map(
    ([mark, fields, ends]) =>
      mark +
      fields
        .flat()
        .map((line, index) => line + (ends[index % ends.length] ?? ''))
        .join(''),
  )

describe('the scanner of event streams', () => {
  it('reports what a reader of whole lines would, for any stream and any chunks', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 10 }), (text, cuts) => {
        const bytes = Buffer.from(text)
        const expected = read(text)
        const edges = [0, ...cuts.map((at) => at % (bytes.length + 1)).toSorted((one, other) => one - other), bytes.length]
        assert.deepEqual(scan([bytes]), expected)
        assert.deepEqual(scan(edges.slice(1).map((end, index) => bytes.subarray(edges[index], end))), expected)
        assert.deepEqual(scan(single(text)), expected)
      }),
      { numRuns: 700 },
    )
  })

  it('reports an id before the event is over, and holds it while it is not whole', () => {
    const told: string[] = []
    const scanner = createSseScanner(rules, (_rule, value) => told.push(value))
    const head = 'event: response.created\ndata: {"response":{"id":'
    assert.equal(scanner.push(Buffer.from(`${head}"resp_`)), head.length)
    assert.equal(scanner.push(Buffer.alloc(0)), head.length)
    assert.equal(scanner.push(Buffer.from('1')), head.length)
    assert.deepEqual(told, [])
    assert.equal(scanner.push(Buffer.from('","a":"b')), head.length + 15)
    assert.deepEqual(told, ['resp_1'])
  })

  it('holds nothing beyond the line it stands in', () => {
    const scanner = createSseScanner(rules, () => assert.fail('that was no string'))
    const text = 'data: {"id":"half\n: a comment\ndata: other half"}\n\n'
    assert.equal(scanner.push(Buffer.from(text)), text.length)
  })
})
