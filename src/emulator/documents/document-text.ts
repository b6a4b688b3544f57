// The text of the documents that can be searched, by the extension of their names.
import { extname } from 'node:path'
import { textOfHtml, textOfSlides, textOfWord } from './markup.ts'
import { textOfPdf } from './pdf.ts'

/** What is wrong with a document, in OpenAI's words. */
export type DocumentProblem = { readonly code: 'unsupported_file' | 'invalid_file'; readonly message: string }

export type DocumentText = { readonly text: string } | { readonly problem: DocumentProblem }

type Reader = (bytes: Buffer) => string | null

/** Plain text is UTF-8, or UTF-16 with its mark; null for anything else. */
const readPlain: Reader = (bytes) => {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8'
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
    return text.includes('\0') ? null : text
  } catch {
    return null
  }
}

const readHtml: Reader = (bytes) => {
  const html = readPlain(bytes)
  return html === null ? null : textOfHtml(html)
}

const plainExtensions = '.c .cpp .cs .css .go .java .js .json .md .php .py .rb .sh .tex .ts .txt'

const readers: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(plainExtensions.split(' ').map((extension) => [extension, readPlain])),
  '.html': readHtml,
  '.docx': textOfWord,
  '.pptx': textOfSlides,
  '.pdf': textOfPdf,
}

const unsupported: DocumentProblem = { code: 'unsupported_file', message: 'The file type is not supported.' }
const unreadable: DocumentProblem = { code: 'invalid_file', message: 'The file could not be parsed.' }
const empty: DocumentProblem = { code: 'invalid_file', message: 'The file could not be parsed because it is empty.' }
export const tooLarge: DocumentProblem = { code: 'invalid_file', message: 'The file could not be parsed because it is too large.' }

/** Five million tokens. */
const charactersMax = 20_000_000

export function textOfDocument(filename: string, bytes: Buffer): DocumentText {
  const read = readers[extname(filename).toLowerCase()]
  if (read === undefined) return { problem: unsupported }
  if (bytes.length === 0) return { problem: empty }
  const text = attempt(() => read(bytes))
  // Bytes that are no text at all are a type of their own, whatever the name says.
  if (text === null) return { problem: read === readPlain || read === readHtml ? unsupported : unreadable }
  if (text.trim() === '') return { problem: read === readPlain || read === readHtml ? empty : unreadable }
  return text.length > charactersMax ? { problem: tooLarge } : { text }
}

function attempt(read: () => string | null): string | null {
  try {
    return read()
  } catch {
    return null
  }
}
