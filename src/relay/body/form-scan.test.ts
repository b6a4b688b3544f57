// A form is read as its receiver reads it, in whatever chunks it comes, or it is a problem: no third way.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { Busboy } from '@fastify/busboy'
import fc from 'fast-check'
import { boundaryOf } from './form-scan-head.ts'
import { createFormScanner } from './form-scan.ts'
import type { FormProblem } from './form-scan.ts'

type Part = { readonly name: string; readonly filename: string | null; readonly value: Buffer }
type Scan = { readonly fields: (readonly [string, string])[]; readonly problem: FormProblem | null; readonly released: number }

const boundary = '----form-boundary-7MA4YWxk'
const isWanted = (name: string): boolean => ['model', 'file_id', 'purpose', 'video[id]'].includes(name)

/** Scans it in these chunks, and checks on the way that no byte of a field had been released before it was told. */
function scan(
  chunks: readonly Buffer[],
  options: { boundary?: string; maxFieldBytes?: number; wanted?: (name: string) => boolean } = {},
): Scan {
  const whole = Buffer.concat(chunks)
  const fields: (readonly [string, string])[] = []
  let released = 0
  let pushed = 0
  const scanner = createFormScanner(
    options.boundary ?? boundary,
    { wanted: options.wanted ?? isWanted, maxFieldBytes: options.maxFieldBytes ?? 1000 },
    {
      field(name, value, { start, end }) {
        assert.ok(start > released, 'released before it was told')
        assert.ok(whole.subarray(start, end).equals(value), 'the place is that of the value')
        fields.push([name, value.toString()])
      },
    },
  )
  for (const chunk of chunks) {
    pushed += chunk.length
    const now = scanner.push(chunk)
    assert.ok(now >= released && now <= pushed, 'releases only what it has, and never takes back')
    if (scanner.problem !== null) assert.equal(now, released, 'a problem lets nothing more go')
    released = now
  }
  const problem = scanner.end()
  if (problem === null) assert.equal(released, pushed, 'a whole form leaves nothing held')
  return { fields, problem, released }
}

const cut = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const edges = [0, ...cuts.map((at) => at % (bytes.length + 1)).toSorted((one, other) => one - other), bytes.length]
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end))
}
const single = (bytes: Buffer): Buffer[] => Array.from(bytes, (byte) => Buffer.from([byte]))

const disposition = ({ name, filename }: Part): string => `form-data; name="${name}"${filename === null ? '' : `; filename="${filename}"`}`
const write = (parts: readonly Part[], mark = boundary): Buffer =>
  Buffer.concat([
    ...parts.flatMap((part) => [
      Buffer.from(
        `--${mark}\r\nContent-Disposition: ${disposition(part)}\r\n${part.filename === null ? '' : 'Content-Type: application/octet-stream\r\n'}\r\n`,
      ),
      part.value,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${mark}--\r\n`),
  ])

async function readWithBusboy(bytes: Buffer, mark: string): Promise<(readonly [string, string])[]> {
  const found: (readonly [string, string])[] = []
  const parser = new Busboy({ headers: { 'content-type': `multipart/form-data; boundary=${mark}` } })
  parser.on('field', (name, value) => found.push([name, value]))
  parser.on('file', (name, file) => {
    const pieces: Buffer[] = []
    file.on('data', (piece: Buffer) => pieces.push(piece)).on('end', () => found.push([name, Buffer.concat(pieces).toString()]))
  })
  parser.end(bytes)
  await once(parser, 'finish')
  return found
}

/** A form of one part with this head. */
const one = (head: string, value = 'v'): Buffer => Buffer.from(`--${boundary}\r\n${head}\r\n\r\n${value}\r\n--${boundary}--\r\n`)
const named = (rest: string): Buffer => one(`Content-Disposition: form-data${rest}`)

const value = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc
    .array(fc.constantFrom('\r', '\n', '\r\n', '-', '--', '\r\n--', 'x', boundary.slice(0, 6), '\r\n\r\n'), { maxLength: 8 })
    .map((texts) => Buffer.from(texts.join(''))),
)
const part = fc.record({
  name: fc.constantFrom('model', 'file_id', 'purpose', 'video[id]', 'file', 'prompt', 'metadata[é]'),
  filename: fc.option(fc.constantFrom('a.txt', 'ü; name.bin', 'rename=x', "it's (1).mp4"), { freq: 2 }),
  value,
})

describe('the scanner of forms', () => {
  it('tells the fields that are asked for as busboy reads them, in any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 12 }), async (parts, cuts) => {
        const bytes = write(parts)
        const expected = parts.filter(({ name }) => isWanted(name)).map((each) => [each.name, each.value.toString()] as const)
        for (const chunks of [[bytes], cut(bytes, cuts), single(bytes)]) {
          const { fields, problem } = scan(chunks)
          assert.equal(problem, null)
          assert.deepEqual(fields, expected)
        }
        if (parts.length > 0) {
          const theirs = (await readWithBusboy(bytes, boundary)).filter(([name]) => isWanted(name))
          assert.deepEqual(new Set(theirs.map(String)), new Set(expected.map(String)))
        }
      }),
      { numRuns: 400 },
    )
  })

  it('finds the boundary whatever it is made of', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('x', '-', '--', '-----', 'a-a-a', '0123456789'),
        fc.array(fc.constantFrom('a', '-', '\r', 'x'), { maxLength: 9 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (mark, letters, cuts) => {
          fc.pre(!letters.join('').startsWith(`--${mark}`))
          const bytes = write([{ name: 'model', filename: null, value: Buffer.from(letters.join('')) }], mark)
          assert.deepEqual(scan(cut(bytes, cuts), { boundary: mark }).fields, [['model', letters.join('')]])
        },
      ),
      { numRuns: 400 },
    )
  })

  it('streams files, and holds a field from its head on until it is whole', () => {
    const scanner = createFormScanner(boundary, { wanted: isWanted, maxFieldBytes: 100 }, { field: () => undefined })
    const push = (text: string): number => scanner.push(Buffer.from(text))
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n`
    assert.equal(push(head), head.length)
    assert.equal(push('x'.repeat(5000)), head.length + 5000)
    assert.equal(push(`\r\n--${boundary}\r\n`), head.length + 5000 + boundary.length + 6)
    const before = head.length + 5000 + boundary.length + 6
    assert.equal(push('Content-Disposition: form-data; '), before, 'it could be one that is asked for')
    assert.equal(push('name="model"\r\n\r\nfile-'), before)
    assert.equal(
      push(`1\r\n--${boundary}`),
      before + 'Content-Disposition: form-data; name="model"\r\n\r\nfile-1\r\n'.length + boundary.length + 2,
    )
    assert.equal(scanner.end(), 'unfinished')
  })

  it('takes names as clients write them', () => {
    for (const rest of [
      '; name="model"',
      '; name=model',
      ';name="model";',
      '; NAME="model"',
      '; filename="x"; name="model"',
      "; name=model; filename=a.txt; filename*=utf-8''a.txt",
      '; name="model"; filename="a\\"b.txt"',
      '; name="model"; filename="%22;.txt"',
    ])
      assert.deepEqual(scan([named(rest)]).fields, [['model', 'v']], rest)
    for (const rest of [
      '; name="prompt"',
      '; name="mo del"',
      '; name="xmodel"',
      '; name="Model"',
      '; name="a\\"b"',
      '; name="model["',
      '; name="f"; filename="model"',
    ])
      assert.deepEqual(scan([named(rest)]), { fields: [], problem: null, released: named(rest).length }, rest)
  })

  it('refuses a head in which two readers could see two names', () => {
    for (const rest of [
      '; name="mod\\el"',
      '; name="model\\"',
      '; name="x"; name="model"',
      '; name="model"; name="x"',
      "; name*=utf-8''model",
      '; name="x"; name*=utf-8\'\'model',
      '; name*0="mod"; name*1="el"',
      '; name="x\\"; name=\\"model"',
      '; name="x"; filename="a; name=model"',
      '; name="x"; filename="a; name=model; b"',
      '; name=" model"',
      '; name="model;x"',
      '; name="x; name=model"',
      '; name="mod%65l"',
      '; name="model',
      '; name="model"x',
      '; name=mo"del',
      '; name="x" name="model"',
      '; name="_charset_"',
      `; name="x${'; name=y'.repeat(100)}"`,
    ])
      assert.equal(scan([named(rest)]).problem, 'ambiguous', rest)
    assert.equal(
      scan([
        Buffer.concat([
          Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="mod`),
          Buffer.from([0xff]),
          Buffer.from('el"\r\n\r\nv'),
        ]),
      ]).problem,
      'ambiguous',
    )
    for (const head of [
      'Content-Disposition: form-data; name="x"\r\nContent-Disposition: form-data; name="model"',
      'Content-Disposition: form-data; name="model"\r\nContent-Transfer-Encoding: base64',
      'Content-Disposition: form-data; name="model"\r\nContent-Type: text/plain; charset=utf-16',
      'Content-Disposition: form-data; name="model"\r\nContent-Type: text/plain\r\nContent-Type: text/html',
      'Content-Disposition: form-data; name="x"\r\nContent-Type: multipart/form-data; boundary=inner',
    ])
      assert.equal(scan([one(head)]).problem, 'ambiguous', head)
    for (const head of [
      'Content-Disposition: form-data; name="model"\r\nContent-Transfer-Encoding: 8bit\r\nContent-Type: text/plain; charset=ISO-8859-1',
      'content-type: application/json; charset=utf-8\r\ncontent-disposition: form-data; name="model"\r\ncontent-length: 1',
    ])
      assert.deepEqual(scan([one(head)]).fields, [['model', 'v']], head)
  })

  it('refuses heads that only some readers take', () => {
    for (const head of [
      'X: y',
      'Content-Disposition: form-data',
      'Content-Disposition: attachment; name="model"',
      'Content-Disposition: form-data; filename="x"',
      'Content-Disposition: form-data;\r\n name="model"',
      'Content-Disposition : form-data; name="model"',
      'Content-Disposition: form-data; name="model"\nX: y',
      'Content-Disposition: form-data; name="mo\u0000del"',
      'no header\r\nContent-Disposition: form-data; name="model"',
      'Content-Disposition: form-data; name="model"\r',
      '',
    ])
      assert.equal(scan([one(head)]).problem, 'malformed', head)
    assert.equal(scan([Buffer.from(`--${boundary}\r\n\r\nvalue\r\n--${boundary}--`)]).problem, 'malformed', 'no head at all')
  })

  it('refuses what is a boundary for some readers only', () => {
    const file = (text: string): Buffer =>
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"\r\n\r\n${text}\r\n--${boundary}--\r\n`)
    for (const text of [
      `a\n--${boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\nv`,
      `a\n\n--${boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\nv`,
      `--${boundary}`,
      `a\r\n--${boundary} \r\n`,
      `a\r\n--${boundary}x`,
      `a\r\n--${boundary}\n`,
      `a\r\n--${boundary}-x`,
      `a\r\n--${boundary}--\r\n\r\n--${boundary}\r\n`,
    ])
      for (const chunks of [[file(text)], single(file(text))]) assert.equal(scan(chunks).problem, 'ambiguous', text)
    assert.equal(scan([Buffer.from(`x\n--${boundary}--`)]).problem, 'ambiguous')
  })

  it('reads past what stands in front of the first boundary and behind the last', () => {
    const [form, text] = [one('Content-Disposition: form-data; name="model"'), Buffer.from('This is a form.\r\n')]
    for (const bytes of [Buffer.concat([text, form, text]), Buffer.concat([text.subarray(-2), form]), form.subarray(0, -2)])
      for (const chunks of [[bytes], single(bytes)])
        assert.deepEqual(scan(chunks), { fields: [['model', 'v']], problem: null, released: bytes.length })
    assert.deepEqual(scan([Buffer.from(`--${boundary}--`)]), { fields: [], problem: null, released: boundary.length + 4 })
  })

  it('says when a form stops before its end', () => {
    const bytes = one('Content-Disposition: form-data; name="model"')
    for (let length = 0; length < bytes.length - 2; length++) assert.equal(scan([bytes.subarray(0, length)]).problem, 'unfinished')
  })

  it('bounds heads, fields and parts', () => {
    const field = (length: number): Buffer => one('Content-Disposition: form-data; name="model"', 'x'.repeat(length))
    const head = (length: number): Buffer => one(`Content-Disposition: form-data; name="model"\r\nX: ${'x'.repeat(length - 53)}`)
    const endless = Buffer.concat([field(0).subarray(0, -boundary.length - 8), Buffer.alloc(2000, 'x')])
    for (const cutAll of [(bytes: Buffer) => [bytes], single]) {
      assert.equal(scan(cutAll(field(1000))).problem, null)
      assert.equal(scan(cutAll(field(1001))).problem, 'field-too-large')
      assert.equal(scan(cutAll(field(3000))).problem, 'field-too-large')
      assert.equal(scan(cutAll(endless)).problem, 'field-too-large')
      assert.equal(scan(cutAll(head(16_384))).problem, null)
      assert.equal(scan(cutAll(head(16_385))).problem, 'headers-too-large')
    }
    const many = (count: number): Buffer =>
      write(Array.from({ length: count }, () => ({ name: 'x', filename: null, value: Buffer.alloc(0) })))
    assert.equal(scan([many(1000)]).problem, null)
    assert.equal(scan([many(1001)]).problem, 'too-many-parts')
  })

  it('reads hostile heads in no more time than long ones', () => {
    for (const filler of [' ', '\t', ';', '"', '\\', 'name=', 'name="', ';a=', 'name ', '%', 'charset=', 'charset '])
      for (const end of ['', 'x', '"', '\u0001'])
        for (const start of ['; name="x"; filename="', '; name=x', '']) {
          const bytes = named(`${start}${filler.repeat(15_000 / filler.length)}${end}`)
          const before = process.cpuUsage()
          scan([bytes])
          assert.ok(process.cpuUsage(before).user < 1_000_000, `${start} ${filler} ${end}`)
        }
  })
})

describe('the boundary of a form', () => {
  it('is read as clients write it', () => {
    for (const [type, expected] of [
      ['multipart/form-data; boundary=abc', 'abc'],
      ['multipart/form-data;boundary="a b:c"', 'a b:c'],
      ['Multipart/Form-Data; charset=utf-8; Boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW', '----WebKitFormBoundary7MA4YWxkTrZu0gW'],
      ['multipart/form-data; boundary=----=_Part_1_2.3', '----=_Part_1_2.3'],
    ] as const)
      assert.equal(boundaryOf(type), expected)
  })

  it('is none when readers could take another', () => {
    for (const type of [
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/form-data; boundary=a; boundary=b',
      "multipart/form-data; boundary=a; boundary*=utf-8''b",
      "multipart/form-data; boundary*=utf-8''b",
      'multipart/form-data; boundary="a\\"b"',
      'multipart/form-data; boundary="a',
      'multipart/form-data; boundary=a b',
      'multipart/form-data; boundary=a,b',
      'multipart/form-data; boundary="a "',
      `multipart/form-data; boundary=${'a'.repeat(71)}`,
      'multipart/form-data; boundary=a; charset=utf-16',
      'multipart/mixed; boundary=a',
      'text/plain, multipart/form-data; boundary=a',
    ])
      assert.equal(boundaryOf(type), null, type)
  })
})
