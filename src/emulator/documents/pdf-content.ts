// The operators of a PDF content stream that show text (ISO 32000-1, 9.4), in the order they come.

/** How the bytes of a string become text in one font. */
export type Decoder = (bytes: Buffer) => string

const plain = new TextDecoder('windows-1252')
const decodePlain: Decoder = (bytes) => plain.decode(bytes)

const token = /\s+|%[^\r\n]*|\/([^\s/<>[\]()%]*)|<<|>>|<([0-9a-fA-F\s]*)>|([[\]])|(\()|([-+]?(?:\d+\.?\d*|\.\d+))|([A-Za-z'"*]+\d*)|./y

type Operand = string | number | Buffer

/** Gaps in a line wider than this, in thousandths of the font's size, are blanks between words. */
const blankWidth = -180

export function textOfContent(content: string, fonts: ReadonlyMap<string, Decoder>): string {
  let text = ''
  let decode = decodePlain
  let operands: Operand[] = []
  const show = (value: Operand | undefined): void => {
    if (Buffer.isBuffer(value)) text += decode(value)
    else if (typeof value === 'number' && value < blankWidth) text += ' '
  }
  const operators: Readonly<Record<string, () => void>> = {
    Tf: () => (decode = fonts.get(String(operands.at(-2))) ?? decodePlain),
    Tj: () => show(operands.at(-1)),
    TJ: () => operands.forEach(show),
    "'": () => ((text += '\n'), show(operands.at(-1))),
    '"': () => ((text += '\n'), show(operands.at(-1))),
    Td: () => (text += operands.at(-1) === 0 ? ' ' : '\n'),
    TD: () => (text += operands.at(-1) === 0 ? ' ' : '\n'),
    Tm: () => (text += '\n'),
    'T*': () => (text += '\n'),
    ET: () => (text += '\n'),
  }
  for (let at = 0; at < content.length;) {
    token.lastIndex = at
    const match = token.exec(content)
    if (match === null) break
    at = token.lastIndex
    const [, name, hex, bracket, opening, number, operator] = match
    if (name !== undefined) operands.push(name)
    else if (hex !== undefined) operands.push(hexBytes(hex))
    else if (opening !== undefined) {
      const literal = readLiteral(content, at)
      operands.push(literal.bytes)
      at = literal.end
    } else if (number !== undefined) operands.push(Number(number))
    else if (operator !== undefined && bracket === undefined) {
      operators[operator]?.()
      operands = []
    }
  }
  return text
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/ ?\n ?/g, '\n')
    .replaceAll(/\n{2,}/g, '\n')
    .trim()
}

function hexBytes(hex: string): Buffer {
  const digits = hex.replaceAll(/\s/g, '')
  return Buffer.from(digits.length % 2 === 0 ? digits : `${digits}0`, 'hex')
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

/** A string in parentheses, which may nest and be escaped (7.3.4.2); `at` is behind the first one. */
function readLiteral(content: string, at: number): { readonly bytes: Buffer; readonly end: number } {
  let depth = 1
  let text = ''
  let end = at
  for (; end < content.length && depth > 0; end++) {
    const sign = content.charAt(end)
    if (sign === '\\') {
      const octal = /^[0-7]{1,3}/.exec(content.slice(end + 1, end + 4))?.[0]
      const next = content.charAt(end + 1)
      if (octal === undefined) text += next === '\n' ? '' : (escapes[next] ?? next)
      else text += String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
      end += octal === undefined ? 1 : octal.length
    } else {
      if (sign === '(') depth++
      if (sign === ')') depth--
      if (depth > 0) text += sign
    }
  }
  return { bytes: Buffer.from(text, 'latin1'), end }
}
