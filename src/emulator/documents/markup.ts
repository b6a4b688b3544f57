// The text of marked-up documents: HTML, and the XML inside of Word and PowerPoint files.
import { readZip } from './zip.ts'

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

const withoutEntities = (text: string): string =>
  text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w{1,10}));/gi, (all, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return named[name.toLowerCase()] ?? all
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all
  })

export function textOfHtml(html: string): string {
  const text = html
    .replaceAll(/<!--[\s\S]*?-->|<(script|style)\b[\s\S]*?<\/\1\s*>/gi, ' ')
    .replaceAll(/<\/(?:p|div|h[1-6]|li|tr|table|section|article|title)\s*>|<br\b[^>]*>/gi, '\n')
    .replaceAll(/<[^>]*>/g, ' ')
  return tidy(withoutEntities(text))
}

/** `.docx`: the paragraphs of its one document. */
export const textOfWord = (bytes: Buffer): string => textOfParts(bytes, /^word\/document\.xml$/)

/** `.pptx`: slide after slide. */
export const textOfSlides = (bytes: Buffer): string => textOfParts(bytes, /^ppt\/slides\/slide\d+\.xml$/)

function textOfParts(bytes: Buffer, wanted: RegExp): string {
  const members = readZip(bytes)
  const numberOf = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0)
  return [...members.keys()]
    .filter((name) => wanted.test(name))
    .toSorted((a, b) => numberOf(a) - numberOf(b))
    .map((name) => textOfXml(members.get(name)?.().toString('utf8') ?? ''))
    .join('\n\n')
}

/** Only `w:t` and `a:t` hold text; paragraphs and breaks end lines. */
function textOfXml(xml: string): string {
  const pieces = xml.matchAll(/<[wa]:t(?:\s[^>]*)?>([^<]*)<\/[wa]:t>|<\/[wa]:p>|<[wa]:br\b[^>]*>|<w:tab\s*\/>/g)
  let text = ''
  for (const [piece, words] of pieces) text += words ?? (piece.startsWith('<w:tab') ? '\t' : '\n')
  return tidy(withoutEntities(text))
}

const tidy = (text: string): string =>
  text
    .replaceAll(/[ \t\r\f\v]+/g, ' ')
    .replaceAll(/ ?\n ?/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
