// Files of one JSON value a line, read line by line: they may be far larger than memory.
import { createReadStream } from 'node:fs'

export type JsonLine = {
  readonly text: string
  /** From 1, as messages count. */
  readonly number: number
  /** Where the next line begins, in bytes. */
  readonly nextAt: number
}

/** Where reading begins: behind the line `number`, which ended at the byte `at`. */
export type LinePosition = { readonly at: number; readonly number: number }

const newline = 0x0a

/** The lines that are not blank. */
export async function* readLines(path: string, from: LinePosition = { at: 0, number: 0 }): AsyncGenerator<JsonLine> {
  let { at, number } = from
  let begun: Buffer[] = []
  const line = (bytes: Buffer): JsonLine => ({ text: bytes.toString('utf8'), number, nextAt: at })
  for await (const chunk of createReadStream(path, { start: at, highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const bytes = Buffer.concat([...begun, chunk.subarray(start, end)])
      begun = []
      start = end + 1
      at += bytes.length + 1
      number++
      const read = line(bytes)
      if (read.text.trim() !== '') yield read
    }
    if (start < chunk.length) begun.push(chunk.subarray(start))
  }
  const last = Buffer.concat(begun)
  at += last.length
  number++
  const read = line(last)
  if (read.text.trim() !== '') yield read
}
