// The text of a PDF (ISO 32000-1), as far as reading its content streams in order gives it: no layout, no scanned pages, no encryption.
import { inflateSync } from 'node:zlib'
import { textOfContent } from './pdf-content.ts'
import type { Decoder } from './pdf-content.ts'

type PdfObject = { readonly text: string; readonly stream: Buffer | null }

const streamBytesMax = 64 << 20

/** Throws where it is no PDF; a PDF without text gives an empty one. */
export function textOfPdf(bytes: Buffer): string {
  if (!bytes.subarray(0, 1024).includes('%PDF-')) throw new Error('not a PDF')
  const objects = readObjects(bytes)
  const fonts = fontsByName(objects)
  return [...objects.values()]
    .map(({ stream }) => stream)
    .filter((stream) => stream !== null && stream.includes('BT') && /T[jJ]|['"]/.test(stream.toString('latin1')))
    .map((stream) => textOfContent(stream?.toString('latin1') ?? '', fonts))
    .join('\n')
    .trim()
}

function readObjects(bytes: Buffer): ReadonlyMap<number, PdfObject> {
  const objects = new Map<number, PdfObject>()
  const text = bytes.toString('latin1')
  for (const match of text.matchAll(/(\d+)\s+\d+\s+obj\b([\s\S]*?)\bendobj/g)) {
    const body = match[2] ?? ''
    const begin = /\bstream\r?\n/.exec(body)
    const dictionary = begin === null ? body : body.slice(0, begin.index)
    const stream = begin === null ? null : unpack(dictionary, body.slice(begin.index + begin[0].length))
    objects.set(Number(match[1]), { text: dictionary, stream })
    if (stream !== null && /\/ObjStm\b/.test(dictionary))
      for (const [id, inner] of packedObjects(dictionary, stream)) objects.set(id, { text: inner, stream: null })
  }
  return objects
}

/** A stream that is kept as it is, or deflated; pictures and the like are none of our business. */
function unpack(dictionary: string, body: string): Buffer | null {
  const end = body.lastIndexOf('endstream')
  const raw = Buffer.from(body.slice(0, end === -1 ? undefined : end), 'latin1')
  if (!/\/Filter\b/.test(dictionary)) return raw
  if (!/\/Filter\s*\[?\s*\/FlateDecode\s*\]?/.test(dictionary) || /\/Predictor\b/.test(dictionary)) return null
  try {
    return inflateSync(raw, { maxOutputLength: streamBytesMax })
  } catch {
    return null
  }
}

/** Objects inside of a stream: pairs of number and offset, then the objects (7.5.7). */
function* packedObjects(dictionary: string, stream: Buffer): Generator<readonly [id: number, text: string]> {
  const first = Number(/\/First\s+(\d+)/.exec(dictionary)?.[1] ?? 0)
  const text = stream.toString('latin1')
  const numbers = text.slice(0, first).trim().split(/\s+/).map(Number)
  for (let index = 0; index + 1 < numbers.length; index += 2) {
    const [id = 0, at = 0, , next] = numbers.slice(index, index + 4)
    yield [id, text.slice(first + at, next === undefined ? undefined : first + next)]
  }
}

/** How each font's codes become text, by the name that content streams call it. */
function fontsByName(objects: ReadonlyMap<number, PdfObject>): ReadonlyMap<string, Decoder> {
  const decoders = new Map<number, Decoder>()
  for (const [id, { text }] of objects) {
    const unicode = objects.get(Number(/\/ToUnicode\s+(\d+)\s+\d+\s+R/.exec(text)?.[1]))?.stream
    if (unicode !== undefined && unicode !== null) decoders.set(id, decoderOf(unicode.toString('latin1')))
  }
  const fonts = new Map<string, Decoder>()
  for (const { text } of objects.values())
    for (const [, name = '', id] of text.matchAll(/\/([^\s/<>[\]()]+)\s+(\d+)\s+\d+\s+R/g)) {
      const decoder = decoders.get(Number(id))
      if (decoder !== undefined) fonts.set(name, decoder)
    }
  return fonts
}

/** A character map from codes to UTF-16 (9.10.3). */
function decoderOf(map: string): Decoder {
  const texts = new Map<number, string>()
  let codeBytes = 1
  const utf16 = (hex: string): string => Buffer.from(hex, 'hex').swap16().toString('utf16le')
  for (const [, block = ''] of map.matchAll(/beginbfchar([\s\S]*?)endbfchar/g))
    for (const [, code = '', text = ''] of block.matchAll(/<([0-9a-f]+)>\s*<((?:[0-9a-f]{4})+)>/gi)) {
      codeBytes = code.length / 2
      texts.set(Number.parseInt(code, 16), utf16(text))
    }
  for (const [, block = ''] of map.matchAll(/beginbfrange([\s\S]*?)endbfrange/g))
    for (const [, low = '', high = '', single, list] of block.matchAll(
      /<([0-9a-f]+)>\s*<([0-9a-f]+)>\s*(?:<((?:[0-9a-f]{4})+)>|\[([^\]]*)\])/gi,
    )) {
      codeBytes = low.length / 2
      const from = Number.parseInt(low, 16)
      const count = Math.min(Number.parseInt(high, 16) - from + 1, 65_536)
      const listed = [...(list ?? '').matchAll(/<((?:[0-9a-f]{4})+)>/gi)].map((each) => each[1] ?? '')
      for (let index = 0; index < count; index++) {
        const hex = single === undefined ? listed[index] : (Number.parseInt(single, 16) + index).toString(16).padStart(single.length, '0')
        if (hex !== undefined) texts.set(from + index, utf16(hex))
      }
    }
  return (bytes) => {
    let text = ''
    for (let at = 0; at + codeBytes <= bytes.length; at += codeBytes) text += texts.get(bytes.readUIntBE(at, codeBytes)) ?? ''
    return text
  }
}
