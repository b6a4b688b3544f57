// The scanner sees what JSON.parse and a plain walk would see, however the document is spelt and cut into chunks.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compileRules } from './json-scan-rules.ts'
import type { JsonRule, RuleOptions } from './json-scan-rules.ts'
import { createJsonScanner, scanJson } from './json-scan.ts'
import type { JsonBounds, JsonFault } from './json-scan.ts'

type Report = { rule: string; value: string; path: string; isString: boolean }
type Scan = { reports: Report[]; tokens: string[]; fault: JsonFault | null }

/** A document as it is written, so that a key can stand twice and a letter can be an escape. */
type Doc =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly Doc[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Doc])[] }

const rulesOf = (...ats: readonly string[]): JsonRule<string>[] => ats.map((at) => ({ at, rule: at }))

/** Scans it in these chunks, and checks on the way that nothing of a report had been released before it was told. */
function scan(
  chunks: readonly Buffer[],
  rules: readonly JsonRule<string>[],
  options: RuleOptions<string> = {},
  bounds?: JsonBounds<string>,
): Scan {
  const reports: Report[] = []
  const tokens: string[] = []
  const whole = Buffer.concat(chunks)
  let released = 0
  const scanner = createJsonScanner(
    compileRules(rules, options),
    (rule, value, place) => {
      assert.ok(!place.isString || place.start >= released, 'released before it was reported')
      tokens.push(whole.toString('utf8', place.start, place.end))
      reports.push({ rule, value, path: place.path, isString: place.isString })
    },
    bounds,
  )
  let pushed = 0
  for (const chunk of chunks) {
    pushed += chunk.length
    const now = scanner.push(chunk)
    assert.ok(now >= released && now <= pushed, 'releases only what it has, and never takes back')
    released = now
  }
  const fault = scanner.end()
  if (fault === null) assert.equal(released, pushed, 'a whole document leaves nothing held')
  return { reports, tokens, fault }
}

const values = (text: string, ats: readonly string[], options?: RuleOptions<string>): string[] =>
  scan([Buffer.from(text)], rulesOf(...ats), options).reports.map((report) => `${report.rule}=${report.value}`)

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...cuts.map((at) => at % (bytes.length + 1)).toSorted((one, other) => one - other), bytes.length]
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end))
}

/** What a reader with all the time in the world would report. */
function walk(doc: Doc, rules: readonly JsonRule<string>[], { keys, opaque }: RuleOptions<string>): Report[] {
  const visit = (value: Doc, steps: readonly string[], path: readonly string[], isOpaque: boolean): Report[] => {
    if (value.kind === 'array') return value.items.flatMap((item, index) => visit(item, steps, [...path, String(index)], isOpaque))
    if (value.kind === 'object')
      return value.entries.flatMap(([key, inner]) => visit(inner, [...steps, key], [...path, key], isOpaque || opaque?.has(key) === true))
    const own = rules.filter(({ at }) => {
      const wanted = at === '' ? [] : at.split('.')
      return wanted.length === steps.length && wanted.every((step, index) => step === '*' || step === steps[index])
    })
    const isString = value.kind === 'string'
    const general = own.length === 0 && !isOpaque && isString ? keys?.get(steps.at(-1) ?? ' ') : undefined
    const told = general === undefined ? own.filter((rule) => isString || rule.literals === true).map((rule) => rule.rule) : [general]
    return told.map((rule) => ({ rule, value: value.value, path: path.join('.'), isString }))
  }
  return visit(doc, [], [], false)
}

/** Writes a document with these choices of spelling, in turn. */
function write(doc: Doc, choices: readonly number[]): string {
  let turn = 0
  const choose = (among: number): number => ((choices[turn++ % choices.length] ?? 0) * 7919 + turn) % among
  const space = (): string => ['', '', '', ' ', '\n', '\t\r\n'][choose(6)] ?? ''
  const letter = (unit: string): string => {
    const code = `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
    const short = { '"': '\\"', '\\': '\\\\', '/': '\\/', '\n': '\\n', '\t': '\\t' }[unit]
    const mustEscape = unit < ' ' || unit === '"' || unit === '\\' || (unit >= '\ud800' && unit <= '\udfff')
    const ways = [
      code,
      code.toUpperCase().replace('U', 'u'),
      ...(short === undefined ? [] : [short]),
      ...(mustEscape ? [] : [unit, unit, unit]),
    ]
    return ways[choose(ways.length)] ?? code
  }
  const text = (value: string): string => `"${value.split('').map(letter).join('')}"`
  const visit = (value: Doc): string => {
    const inner =
      value.kind === 'string'
        ? text(value.value)
        : value.kind === 'literal'
          ? value.value
          : value.kind === 'array'
            ? `[${value.items.map(visit).join(',') || space()}]`
            : `{${value.entries.map(([key, item]) => `${space()}${text(key)}${space()}:${visit(item)}`).join(',') || space()}}`
    return `${space()}${inner}${space()}`
  }
  return visit(doc)
}

const anyKey = fc.oneof(fc.constantFrom('a', 'b', 'id', 'file_id', 'metadata', 'ключ', 'a"b', '', '*'), fc.string({ maxLength: 3 }))
const words = fc.oneof(fc.constantFrom('file-1', 'true', '\u0000', '\ud83d\ude00', '\\', '"'), fc.string({ unit: 'binary', maxLength: 90 }))
const { doc } = fc.letrec<{ doc: Doc; array: Doc; object: Doc }>((tie) => ({
  doc: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    words.map((value): Doc => ({ kind: 'string', value })),
    fc.constantFrom('true', 'false', 'null', '0', '-1.5e+10', '123456789').map((value): Doc => ({ kind: 'literal', value })),
    tie('array'),
    tie('object'),
  ),
  array: fc.array(tie('doc'), { maxLength: 4 }).map((items): Doc => ({ kind: 'array', items })),
  object: fc.array(fc.tuple(anyKey, tie('doc')), { maxLength: 5 }).map((entries): Doc => ({ kind: 'object', entries })),
}))
const at = fc.oneof(
  fc.constant(''),
  fc.array(fc.constantFrom('a', 'b', 'id', 'metadata', 'ключ', '*'), { minLength: 1, maxLength: 3 }).map((keys) => keys.join('.')),
)
const anyRules = fc.array(
  fc.tuple(at, fc.boolean()).map(([where, literals]) => ({ at: where, rule: where, literals })),
  { maxLength: 5 },
)
const anyOptions = fc.record({
  keys: fc.constantFrom(
    new Map<string, string>(),
    new Map([
      ['id', 'any id'],
      ['file_id', 'any file_id'],
      ['a"b', 'quoted'],
    ]),
  ),
  opaque: fc.constantFrom(new Set<string>(), new Set(['metadata', 'b'])),
})

describe('the JSON scanner', () => {
  it('reports what a walk over the parsed document would, for any document, spelling, chunks and rules', () => {
    fc.assert(
      fc.property(
        doc,
        anyRules,
        anyOptions,
        fc.array(fc.nat(), { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (value, rules, options, spelling, cuts) => {
          const json = write(value, spelling)
          JSON.parse(json)
          const bytes = Buffer.from(json)
          const expected = walk(value, rules, options)
          for (const chunks of [[bytes], cut(bytes, cuts)]) {
            const { reports, tokens, fault } = scan(chunks, rules, options)
            assert.equal(fault, null)
            assert.deepEqual(reports, expected)
            for (const [index, report] of reports.entries())
              assert.equal(report.isString ? JSON.parse(tokens[index] ?? '') : tokens[index], report.value)
          }
        },
      ),
      { numRuns: 1500 },
    )
  })

  it('reports the same when every byte comes alone', () => {
    fc.assert(
      fc.property(doc, anyRules, anyOptions, fc.array(fc.nat(), { minLength: 1 }), (value, rules, options, spelling) => {
        const bytes = Buffer.from(write(value, spelling))
        assert.deepEqual(
          scan(
            Array.from(bytes, (byte) => Buffer.from([byte])),
            rules,
            options,
          ),
          scan([bytes], rules, options),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('sees through arrays at every level, and stars through one key', () => {
    assert.deepEqual(
      values('{"tools":[{"file_ids":["f1","f2"]},[{"file_ids":"f3"}],{"file_ids":[["f4"]]}],"file_ids":"no"}', ['tools.file_ids']),
      ['tools.file_ids=f1', 'tools.file_ids=f2', 'tools.file_ids=f3', 'tools.file_ids=f4'],
    )
    assert.deepEqual(values('{"v":{"x":{"id":"1"},"y":[{"id":"2"}],"id":"3"}}', ['v.*.id']), ['v.*.id=1', 'v.*.id=2'])
  })

  it('lets a rule end where another goes on, and several share a place', () => {
    assert.deepEqual(values('{"c":"x"}', ['c', 'c.id', '*']), ['c=x', '*=x'])
    assert.deepEqual(values('{"c":{"id":"y"}}', ['c', 'c.id', '*']), ['c.id=y'])
  })

  it('reads keys decoded, and a key that stands twice twice', () => {
    assert.deepEqual(values(String.raw`{"file\u005fid":"1","file_id":"2","file_\u0069d":"3","file\\u005fid":"4"}`, ['file_id']), [
      'file_id=1',
      'file_id=2',
      'file_id=3',
    ])
  })

  it('takes no key for one that only begins like it', () => {
    const keys = Array.from({ length: 2000 }, (_, number) => `id${number.toString(36)}`)
    assert.deepEqual(values(JSON.stringify(Object.fromEntries(keys.map((key) => [key, 'no']))), ['id', 'idx.id']), [])
  })

  it('finds a key at any depth, but for where a rule of its own stands and under opaque keys', () => {
    const options = { keys: new Map([['id', 'any']]), opaque: new Set(['metadata']) }
    assert.deepEqual(
      values('{"id":"1","x":[{"id":["2"]}],"metadata":{"id":"3","y":{"id":"4"}},"own":{"id":"5"}}', ['own.id', 'metadata.y.id'], options),
      ['any=1', 'any=2', 'metadata.y.id=4', 'own.id=5'],
    )
  })

  it('tells literals apart from strings, and only those who ask', () => {
    const rules = [{ at: 'stream', rule: 's', literals: true }, ...rulesOf('model')]
    const { reports } = scan([Buffer.from('{"stream":true,"model":7,"stream":"true","stream":-1e3,"stream":NaN}')], rules)
    assert.deepEqual(
      reports.map(({ value, isString }) => [value, isString]),
      [
        ['true', false],
        ['true', true],
        ['-1e3', false],
      ],
    )
    const long = Buffer.from(`[${'1'.repeat(65)},${'2'.repeat(64)}]`)
    for (const cuts of [[], [40]]) assert.equal(scan(cut(long, cuts), [{ at: '', rule: 'n', literals: true }]).reports.length, 1)
    assert.deepEqual(scan([Buffer.from('12'), Buffer.from('3')], [{ at: '', rule: 'n', literals: true }]).reports.at(0)?.value, '123')
  })

  it('holds a string that may be asked for until it is whole, and nothing else', () => {
    const scanner = createJsonScanner(compileRules(rulesOf('id')), () => undefined)
    assert.equal(scanner.push(Buffer.from('{"x":"abc')), 9, 'nobody asks for x')
    assert.equal(scanner.push(Buffer.from('","id')), 14, 'a key is no id')
    assert.equal(scanner.push(Buffer.from('":"file-')), 16, 'held from its quote on')
    assert.equal(scanner.push(Buffer.from('123')), 16)
    assert.equal(scanner.push(Buffer.from('"')), 26)
    assert.equal(scanner.push(Buffer.from('}')), 27)
    assert.equal(scanner.end(), null)
  })

  it('tells of longer ones that they are there and how they begin, once, however they are cut', () => {
    const rules = compileRules([{ at: 'ids.id', rule: 'id' }])
    const bytes = Buffer.from(`{"ids":[{"id":"short"},{"id":"file-x${' '.repeat(1100)}"}],"other":"${'y'.repeat(2000)}"}`)
    for (const size of [1, 7, 64, 5000]) {
      const told: string[] = []
      const scanner = createJsonScanner<string>(rules, (rule, value) => void told.push(`${rule}=${value}`), {
        long(rule, head, path) {
          told.push(`${rule} at ${path}`)
          assert.equal(head.trimEnd(), 'file-x')
        },
      })
      for (let from = 0; from < bytes.length; from += size) scanner.push(bytes.subarray(from, from + size))
      assert.equal(scanner.end(), null)
      assert.deepEqual(told, ['id=short', 'id at ids.1.id'])
    }
  })

  it('reports strings up to a kilobyte, six when written with escapes, and lets longer ones go', () => {
    const json = (content: string): Buffer => Buffer.from(`{"id":"${content}","id":"after"}`)
    const count = (content: string, cuts: readonly number[]): number => scan(cut(json(content), cuts), rulesOf('id')).reports.length
    for (const cuts of [[], [500], [1000, 1031, 1032], [1033], [6000]]) {
      assert.equal(count('x'.repeat(1024), cuts), 2)
      assert.equal(count('x'.repeat(1025), cuts), 1)
      assert.equal(count('\\u0078'.repeat(1024), cuts), 2)
      assert.equal(count(`${'\\u0078'.repeat(1024)}x`, cuts), 1)
      assert.equal(count(`${'x'.repeat(2000)}${'\\"'.repeat(3000)}\\\\`, cuts), 1)
    }
    const scanner = createJsonScanner(compileRules(rulesOf('id')), () => undefined)
    assert.equal(scanner.push(Buffer.from(`{"id":"${'x'.repeat(1024)}`)), 6)
    assert.equal(scanner.push(Buffer.from('x')), 1032)
    assert.equal(scanner.push(Buffer.from('x'.repeat(5000))), 6032)
    assert.deepEqual(values(`{"id":"\\u0078","id":"${'x'.repeat(1025)}"}`, ['id']), ['id=x'])
  })

  it('skips long strings and long keys whatever stands in them, cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('\\\\', '\\"', 'x'.repeat(70), '\\\\\\"', '{', '\\u0022'), { maxLength: 60 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (parts, cuts) => {
          const long = parts.join('')
          const bytes = Buffer.from(`{"x":"${long}","${long}key":{"id":"no"},"id":"yes"}`)
          const { reports, fault } = scan(cut(bytes, cuts), rulesOf('id'))
          assert.equal(fault, null)
          assert.deepEqual(reports, [{ rule: 'id', value: 'yes', path: 'id', isString: true }])
        },
      ),
      { numRuns: 500 },
    )
  })

  it('says what is no JSON, releases it, and reports nothing more', () => {
    const broken = [
      '{"id":"1",}',
      '{"id":"1"]',
      '{"id" "1"}',
      '{"id":"1"}}',
      '{"id":"1"} x',
      '{"id":"1","id"}',
      '[,]',
      '[1,]',
      '{,}',
      '{1:2}',
      '{"id":"1":"2"}',
      '["a" "b"]',
      ':',
      ',',
      '"\\x","y"',
      "{'id':1}",
      '{"a":}',
      '{"id":"\\q"}',
      '{"id":"\n"}',
    ]
    for (const text of broken) {
      const { fault } = scan([Buffer.from(text)], rulesOf('id', ''))
      assert.equal(fault, 'syntax', text)
    }
    assert.deepEqual(values('{"id":"1",,"id":"2"}', ['id']), ['id=1'])
    for (const text of ['', ' ', '{', '{"id":"1"', '"abc', '[1', '{"id":', '{"id"'])
      assert.equal(scan([Buffer.from(text)], rulesOf('id')).fault, 'unfinished', text)
    const scanner = createJsonScanner(compileRules(rulesOf('id')), () => undefined)
    assert.equal(scanner.push(Buffer.from('{"id":"abc')), 6)
    assert.equal(scanner.push(Buffer.from('\\q"')), 13)
    assert.equal(scanner.fault, 'syntax')
    assert.equal(scanner.push(Buffer.from('"id":"')), 19)
  })

  it('never throws and never doubts what JSON.parse takes, for any bytes', () => {
    const token = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '"id"', '"a":1', '\\', ' ', 'null', '1', '\ufeff')
    fc.assert(
      fc.property(fc.array(token, { maxLength: 14 }), fc.array(fc.nat(), { maxLength: 4 }), (parts, cuts) => {
        const json = parts.join('')
        const { fault } = scan(cut(Buffer.from(json), cuts), rulesOf('id'))
        let isJson = true
        try {
          JSON.parse(json)
        } catch {
          isJson = false
        }
        if (isJson) assert.equal(fault, null, json)
      }),
      { numRuns: 3000 },
    )
  })

  it('bounds nesting without recursion', () => {
    const nested = (depth: number): Buffer => Buffer.from(`${'['.repeat(depth)}${']'.repeat(depth)}`)
    assert.equal(scan([nested(128)], []).fault, null)
    assert.equal(scan([nested(129)], []).fault, 'depth')
    assert.equal(scan([nested(3)], [], {}, { maxDepth: 2 }).fault, 'depth')
    assert.equal(
      scanJson(compileRules(rulesOf('a')), Buffer.from('['.repeat(1_000_000)), () => undefined),
      'depth',
    )
    assert.equal(
      scanJson(compileRules(rulesOf('a')), nested(500_000), () => undefined, { maxDepth: 1_000_000 }),
      null,
    )
  })

  it('bounds how many values there are', () => {
    const faultOf = (text: string): JsonFault | null => scan([Buffer.from(text)], [], {}, { maxValues: 3 }).fault
    assert.deepEqual(['[1,2,3]', '{"a":[[]]}', '[1,2,3,4]', '[[[[]]]]', '{"a,{[":[",,,,"]}'].map(faultOf), [
      null,
      null,
      'values',
      'values',
      null,
    ])
  })

  it('passes over a byte order mark, as readers in browsers do', () => {
    const bytes = Buffer.from('\ufeff{"id":"1"}')
    for (const chunks of [[bytes], cut(bytes, [1, 2])]) assert.equal(scan(chunks, rulesOf('id')).reports.length, 1)
    assert.equal(scan([Buffer.from('{\ufeff"id":"1"}')], rulesOf('id')).fault, 'syntax')
  })
})
