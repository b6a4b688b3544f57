// Reads the fields of a multipart/form-data body as it passes (RFC 7578). Files stream through; a field that is asked for is held
// until it is whole, so that it can be refused before a byte of it has left. A form that two readers could read differently is a
// problem, since the upstream may be the other reader.
import { readPartHead } from './form-scan-head.ts'

/**
 * `ambiguous`: two readers could see different fields. `malformed`: some readers take it, others do not. `unfinished`: it stopped
 * before its last boundary.
 */
export type FormProblem = 'ambiguous' | 'malformed' | 'headers-too-large' | 'too-many-parts' | 'field-too-large' | 'unfinished'

export type FormOptions = {
  /** Is this a field whose value is asked for? Names as they stand in the form, brackets and all. */
  readonly wanted: (name: string) => boolean
  /** Of one that is: only where its value begins as JSON does. Under the same name others send a file of any size. */
  readonly wantedAsJson?: (name: string) => boolean
  readonly maxFieldBytes: number
}

/** @property start offset of the value in all that was pushed; `end` is behind its last byte */
export type FieldPlace = { readonly start: number; readonly end: number }

export type FormHandlers = { readonly field: (name: string, value: Buffer, place: FieldPlace) => void }

export type FormScanner = {
  /**
   * Never throws, apart from what `field` and `wanted` throw.
   * @returns how many bytes of all pushed so far may go on; after a problem nothing more may
   */
  readonly push: (chunk: Buffer) => number
  readonly end: () => FormProblem | null
  readonly problem: FormProblem | null
}

const maxHeadBytes = 16_384
const maxParts = 1000

const lineFeed = 0x0a
const carriageReturn = 0x0d
const openingBrace = 0x7b
const openingBracket = 0x5b
/** What readers pass over in front of JSON, a byte order mark too. */
const blanks: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0xef, 0xbb, 0xbf])
const headEnd = Buffer.from('\r\n\r\n')

/** `edge` is what stands between a boundary and the line end behind it. */
type Phase = 'preamble' | 'edge' | 'head' | 'content' | 'epilogue'

/** @param boundary as `boundaryOf` tells it */
export function createFormScanner(
  boundary: string,
  { wanted, wantedAsJson = () => false, maxFieldBytes }: FormOptions,
  { field }: FormHandlers,
): FormScanner {
  // Its only line feed is its first byte, so a match that fails has nothing to fall back to.
  const delimiter = Buffer.from(`\n--${boundary}`)
  let pushed = 0
  let released = 0
  let problem: FormProblem | null = null
  let phase: Phase = 'preamble'
  let parts = 0

  /** How much of the delimiter the bytes so far end with, and where its line feed is. A body begins as if behind a line end. */
  let matched = 1
  let lineFeedAt = -1
  let isAfterReturn = true
  let lastByte = 0

  /** Where what is held begins, and its bytes: the head of a part, then the content of one that is asked for. */
  let heldFrom: number | null = null
  let held: Buffer[] = []
  let heldBytes = 0
  let headMatched = 0
  let edge = ''
  let name: string | null = null
  let contentFrom = -Infinity
  let mayBeFile = false

  const fail = (why: FormProblem): void => {
    problem = why
    held = []
  }

  const hold = (bytes: Buffer): void => {
    held.push(bytes)
    heldBytes += bytes.length
  }

  /** Lets a file go as soon as it shows. */
  const holdContent = (bytes: Buffer): void => {
    hold(bytes)
    if (!mayBeFile) return
    const first = bytes.find((byte) => !blanks.has(byte))
    if (first === undefined) return
    mayBeFile = false
    if (first === openingBrace || first === openingBracket) return
    takeHeld()
    name = null
    heldFrom = null
  }

  const takeHeld = (): Buffer => {
    const bytes = Buffer.concat(held)
    held = []
    heldBytes = 0
    return bytes
  }

  const seeLineFeed = (chunk: Buffer, at: number): void => {
    lineFeedAt = pushed + at
    isAfterReturn = (at > 0 ? chunk[at - 1] : lastByte) === carriageReturn
  }

  /** @returns where in the chunk the next delimiter ends, -1 when it does not */
  const search = (chunk: Buffer, from: number): number => {
    let at = from
    while (matched > 0) {
      if (at === chunk.length) return -1
      if (chunk[at] === delimiter[matched]) {
        at++
        if (++matched === delimiter.length) return at
      } else matched = 0
    }
    const whole = chunk.indexOf(delimiter, at)
    if (whole >= 0) {
      seeLineFeed(chunk, whole)
      return whole + delimiter.length
    }
    const tailAt = Math.max(at, chunk.length - delimiter.length + 1)
    const tail = chunk.subarray(tailAt)
    const start = tail.lastIndexOf(lineFeed)
    if (start >= 0 && tail.subarray(start).equals(delimiter.subarray(0, tail.length - start))) {
      seeLineFeed(chunk, tailAt + start)
      matched = tail.length - start
    }
    return -1
  }

  /** What stands between boundaries, in front of the first and behind the last. */
  const readContent = (chunk: Buffer, from: number): number => {
    const end = search(chunk, from)
    if (name !== null) holdContent(end < 0 ? chunk.subarray(from) : chunk.subarray(from, end))
    if (heldBytes > maxFieldBytes + delimiter.length + 1) fail('field-too-large')
    if (end < 0) return chunk.length
    // A bare line feed, or the line end that belongs to the head: a boundary for some readers. One behind the last: another form.
    if (!isAfterReturn || lineFeedAt - 1 < contentFrom || phase === 'epilogue') fail('ambiguous')
    else endPart()
    return end
  }

  const endPart = (): void => {
    phase = 'edge'
    edge = ''
    if (name === null || problem !== null) return
    const place = { start: contentFrom, end: lineFeedAt - 1 }
    const value = takeHeld().subarray(0, place.end - place.start)
    heldFrom = null
    field(name, value, place)
    name = null
  }

  const readEdge = (chunk: Buffer, at: number): number => {
    edge += String.fromCharCode(chunk[at] ?? 0)
    if (edge === '--') phase = 'epilogue'
    else if (edge === '\r\n') {
      if (++parts > maxParts) fail('too-many-parts')
      phase = 'head'
      headMatched = edge.length
      heldFrom = pushed + at + 1
    } else if (edge.length === 2) fail('ambiguous')
    return at + 1
  }

  const readHead = (chunk: Buffer, from: number): number => {
    let at = from
    while (at < chunk.length && headMatched < headEnd.length) {
      const byte = chunk[at++]
      headMatched = byte === headEnd[headMatched] ? headMatched + 1 : byte === carriageReturn ? 1 : 0
    }
    hold(chunk.subarray(from, at))
    if (heldBytes > maxHeadBytes) fail('headers-too-large')
    else if (headMatched === headEnd.length) beginContent(pushed + at)
    return at
  }

  const beginContent = (from: number): void => {
    const head = readPartHead(takeHeld().subarray(0, -2))
    if (typeof head === 'string') return fail(head)
    const [meant] = [...head.names].filter(wanted)
    if (meant === undefined) heldFrom = null
    else if (head.names.size > 1 || !head.isPlain) return fail('ambiguous')
    else {
      name = meant
      mayBeFile = wantedAsJson(meant)
    }
    phase = 'content'
    contentFrom = from
    matched = 1
    lineFeedAt = from - 1
    isAfterReturn = true
  }

  return {
    push(chunk) {
      let at = 0
      while (at < chunk.length && problem === null)
        at = phase === 'edge' ? readEdge(chunk, at) : phase === 'head' ? readHead(chunk, at) : readContent(chunk, at)
      pushed += chunk.length
      lastByte = chunk.at(-1) ?? lastByte
      if (problem === null) released = heldFrom ?? pushed
      return released
    },
    end() {
      if (problem === null && phase !== 'epilogue') fail('unfinished')
      return problem
    },
    get problem() {
      return problem
    },
  }
}
