// Reads server-sent events as they pass: the data of each event is scanned as one JSON document (WHATWG HTML 9.2.6).
import type { CompiledRules } from './json-scan-rules.ts'
import { createJsonScanner } from './json-scan.ts'
import type { Found, JsonBounds, JsonScanner, Place } from './json-scan.ts'

export type SseScanner = {
  /**
   * Never throws, apart from what `found` throws. Data that is no JSON, such as `[DONE]`, reports nothing.
   * @returns how many bytes of all pushed so far may go on
   */
  readonly push: (chunk: Buffer) => number
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const colon = 0x3a
const data = Buffer.from('data')
const byteOrderMark = Buffer.from('\ufeff')
const newline = Buffer.from('\n')

/** What of a line is next. A space in front of data is white space to JSON too, and an empty line of data says nothing. */
type Part = 'name' | 'data' | 'ignored'

/** The offsets that `found` is told are offsets in the stream. */
export function createSseScanner<Rule>(rules: CompiledRules<Rule>, found: Found<Rule>, bounds: JsonBounds<Rule> = {}): SseScanner {
  let pushed = 0
  let released = 0
  let part: Part = 'name'
  /** Bytes of the line's name so far. */
  let named = 0
  let isAfterCarriageReturn = false

  /** The document of the event at hand, from its first line of data on. */
  let document: JsonScanner | null = null
  let documentBytes = 0
  /** From an offset in the document to the one in the stream, for the line at hand. */
  let shift = 0
  const foundInEvent: Found<Rule> = (rule, value, place) => found(rule, value, new ShiftedPlace(place, shift))

  const beginData = (): void => {
    part = 'data'
    if (document === null) {
      document = createJsonScanner(rules, foundInEvent, bounds)
      documentBytes = 0
    } else {
      // A string that is still open is none: no JSON string holds a line feed. So nothing is held beyond a line.
      document.push(newline)
      documentBytes++
    }
  }

  const endLine = (): void => {
    if (part === 'name' && named === 0) document = null
    part = 'name'
    named = 0
  }

  /** Reads up to the end of a field's name. @returns where it stopped */
  const readName = (chunk: Buffer, from: number): number => {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]
      if (byte === lineFeed || byte === carriageReturn) return at
      if (named === 0 && byte === byteOrderMark[pushed + at]) continue
      if (byte === colon || byte !== data[named]) {
        if (byte === colon && named === data.length) beginData()
        else part = 'ignored'
        return at + 1
      }
      named++
    }
    return chunk.length
  }

  return {
    push(chunk) {
      const { length } = chunk
      if (length === 0) return released
      const ends = lineEnds(chunk)
      released = pushed + length
      let at = 0
      while (at < length) {
        const byte = chunk[at]
        if (isAfterCarriageReturn) {
          isAfterCarriageReturn = false
          if (byte === lineFeed) {
            at++
            continue
          }
        }
        if (part === 'name') at = readName(chunk, at)
        else {
          const end = ends(at)
          if (part === 'data' && document !== null && end > at) {
            shift = pushed + at - documentBytes
            documentBytes += end - at
            const free = document.push(chunk.subarray(at, end))
            if (end === length) released = free + shift
          }
          at = end
        }
        const stop = chunk[at]
        if (stop === lineFeed || stop === carriageReturn) {
          endLine()
          isAfterCarriageReturn = stop === carriageReturn
          at++
        }
      }
      pushed += length
      return released
    },
  }
}

/** The first line end at or behind an offset. Each of the two bytes is searched once through the chunk, not once a line. */
function lineEnds(chunk: Buffer): (from: number) => number {
  const next = (byte: number, from: number): number => {
    const at = chunk.indexOf(byte, from)
    return at < 0 ? chunk.length : at
  }
  let feed = -1
  let carriage = -1
  return (from) => {
    if (feed < from) feed = next(lineFeed, from)
    if (carriage < from) carriage = next(carriageReturn, from)
    return Math.min(feed, carriage)
  }
}

/** A class: a literal with a getter costs twice the scan of an event. */
class ShiftedPlace implements Place {
  readonly #place: Place
  readonly start: number
  readonly end: number
  readonly isString: boolean

  constructor(place: Place, by: number) {
    this.#place = place
    this.start = place.start + by
    this.end = place.end + by
    this.isString = place.isString
  }

  get path(): string {
    return this.#place.path
  }
}
