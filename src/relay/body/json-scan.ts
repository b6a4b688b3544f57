// Reads a JSON body as it passes and reports the strings that stand where rules point, with their offsets. Nothing is built:
// what is not asked for costs a look at its bytes, and nothing of a document is kept but the way down to where we are.
import { hashStep } from './json-scan-rules.ts'
import type { CompiledRules, State } from './json-scan-rules.ts'

/** Where a value stands. `path` is built when it is read, and holds only during the call that reports it. */
export type Place = {
  /** Offset of the first byte of the token, its quote included, counted over all that was pushed. */
  readonly start: number
  readonly end: number
  /** False for `true`, `false`, `null` and numbers, which only rules with `literals` are told of. */
  readonly isString: boolean
  /** `tools.0.file_ids.2` */
  readonly path: string
}

export type Found<Rule> = (rule: Rule, value: string, place: Place) => void

/** `syntax`: no JSON. `depth`, `values`: more of them than allowed. `unfinished`: it stopped before its end. */
export type JsonFault = 'syntax' | 'depth' | 'values' | 'unfinished'

/** @property maxValues of commas and opening brackets together */
export type JsonBounds<Rule> = {
  readonly maxDepth?: number
  readonly maxValues?: number
  /** A string where a rule points is longer than any id, so that it is not reported. `head`: how it begins, escapes and all. */
  readonly long?: (rule: Rule, head: string, path: string) => void
}

export type JsonScanner = {
  /**
   * Never throws, apart from what `found` throws. After a fault it reports nothing and releases everything.
   * @returns how many bytes of all pushed so far may go on: all but a string that may turn out to be asked for
   */
  readonly push: (chunk: Buffer) => number
  /** @returns the fault of the whole document, null when it was one whole value */
  readonly end: () => JsonFault | null
  /** Structure only: how numbers are spelt, and what is inside strings that nobody asks for, is not judged. */
  readonly fault: JsonFault | null
}

export function createJsonScanner<Rule>(rules: CompiledRules<Rule>, found: Found<Rule>, bounds: JsonBounds<Rule> = {}): JsonScanner {
  return new Scanner(rules, found, bounds)
}

/** A document that is whole already. */
export function scanJson<Rule>(
  rules: CompiledRules<Rule>,
  bytes: Buffer,
  found: Found<Rule>,
  bounds: JsonBounds<Rule> = {},
): JsonFault | null {
  const scanner = createJsonScanner(rules, found, bounds)
  scanner.push(bytes)
  return scanner.end()
}

/** No id is longer. Written with escapes each of its characters may take six bytes. */
const maxPlainBytes = 1024
const maxEscapedBytes = 6 * maxPlainBytes
const maxLiteralBytes = 64
const headBytes = 64

const quote = 0x22
const backslash = 0x5c

/** What may stand next. */
const expectValue = 0
const expectValueOrEnd = 1
const expectKey = 2
const expectKeyOrEnd = 3
const expectColon = 4
const expectComma = 5

/** What a chunk broke off in. */
const inNothing = 0
const inKey = 1
const inWanted = 2
const inSkipped = 3
const inSkippedKey = 4
const inLiteral = 5

/** Numbers, true, false, null, and the NaN and Infinity that some servers write: what a reader does with them is its affair. */
const isLiteralByte = new Uint8Array(256)
for (const character of '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-.') isLiteralByte[character.charCodeAt(0)] = 1
const literal = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

/** A class, because one is made for every event of a stream: methods are shared, closures would be made anew. */
class Scanner<Rule> implements JsonScanner {
  readonly rules: CompiledRules<Rule>
  readonly found: Found<Rule>
  readonly maxDepth: number
  readonly maxValues: number
  readonly long: JsonBounds<Rule>['long']
  fault: JsonFault | null = null

  pushed = 0
  /** Offset of the first byte of the chunk at hand. */
  base = 0
  expects = expectValue
  here: State<Rule>

  depth = 0
  values = 0
  /** By depth: how the values inside are looked up, how many came before in an array (-1: an object), and the key at hand. */
  readonly states: State<Rule>[] = []
  readonly indexes: number[] = []
  readonly keyBytes: Buffer[] = []
  readonly keyStarts: number[] = []
  readonly keyEnds: number[] = []

  token = inNothing
  tokenStart = 0
  /** Bytes of the token's content in chunks before this one, and these bytes where they will be needed. */
  tokenBytes = 0
  pieces: Buffer[] = []
  /** The content has an escape; the chunk broke off behind a backslash. */
  hasEscape = false
  isEscaping = false

  constructor(rules: CompiledRules<Rule>, found: Found<Rule>, { maxDepth = 128, maxValues = Infinity, long }: JsonBounds<Rule>) {
    this.rules = rules
    this.found = found
    this.maxDepth = maxDepth
    this.maxValues = maxValues
    this.long = long
    this.here = rules.root
  }

  push(chunk: Buffer): number {
    this.base = this.pushed
    this.pushed += chunk.length
    if (this.fault === null) this.scan(chunk)
    return this.token === inWanted && this.fault === null ? this.tokenStart : this.pushed
  }

  end(): JsonFault | null {
    if (this.fault === null && this.token === inLiteral) this.endLiteral(this.pushed)
    if (this.fault === null && (this.expects !== expectComma || this.depth > 0 || this.token !== inNothing)) this.fault = 'unfinished'
    return this.fault
  }

  /** One pass over the bytes of a chunk that are not inside a string. */
  scan(chunk: Buffer): void {
    const { length } = chunk
    let at = this.token === inNothing ? 0 : this.resume(chunk)
    while (at < length) {
      const byte = chunk[at] ?? 0
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) at++
      else if (byte === quote) {
        if (this.expects <= expectValueOrEnd) at = this.here.strings.length > 0 ? this.readWanted(chunk, at) : this.skipString(chunk, at)
        else if (this.expects <= expectKeyOrEnd) at = this.readKey(chunk, at)
        else return this.fail('syntax')
      } else if (byte === 0x3a) {
        if (this.expects !== expectColon) return this.fail('syntax')
        this.expects = expectValue
        at++
      } else if (byte === 0x2c) {
        if (this.expects !== expectComma || this.depth === 0) return this.fail('syntax')
        if (++this.values > this.maxValues) return this.fail('values')
        this.goOn()
        at++
      } else if (byte === 0x7b || byte === 0x5b) {
        if (this.expects > expectValueOrEnd) return this.fail('syntax')
        if (this.depth === this.maxDepth) return this.fail('depth')
        if (++this.values > this.maxValues) return this.fail('values')
        this.open(byte === 0x5b)
        at++
      } else if (byte === 0x7d || byte === 0x5d) {
        if (!this.close(byte === 0x5d)) return this.fail('syntax')
        at++
      } else if (this.expects <= expectValueOrEnd && isLiteralByte[byte] === 1) at = this.readLiteral(chunk, at)
      else if (this.isByteOrderMark(byte, at)) at++
      else return this.fail('syntax')
      if (this.fault !== null) return
    }
  }

  fail(fault: JsonFault): void {
    this.fault = fault
    this.token = inNothing
    this.pieces = []
  }

  /** RFC 8259 8.1: none may be sent, a reader may ignore one; browsers' readers do. */
  isByteOrderMark(byte: number, at: number): boolean {
    const offset = this.base + at
    return (offset === 0 && byte === 0xef) || (offset === 1 && byte === 0xbb) || (offset === 2 && byte === 0xbf)
  }

  open(isArray: boolean): void {
    const depth = ++this.depth
    this.states[depth] = this.here
    this.indexes[depth] = isArray ? 0 : -1
    this.expects = isArray ? expectValueOrEnd : expectKeyOrEnd
  }

  /** @returns false when nothing of that kind can be closed here */
  close(isArray: boolean): boolean {
    if (this.depth === 0 || (this.indexes[this.depth] !== -1) !== isArray) return false
    if (this.expects !== expectComma && this.expects !== (isArray ? expectValueOrEnd : expectKeyOrEnd)) return false
    this.depth--
    this.expects = expectComma
    return true
  }

  /** Behind a comma. */
  goOn(): void {
    const { depth } = this
    const index = this.indexes[depth] ?? -1
    if (index < 0) this.expects = expectKey
    else {
      this.indexes[depth] = index + 1
      this.here = this.states[depth] ?? this.here
      this.expects = expectValue
    }
  }

  begin(token: number, at: number): void {
    this.token = token
    this.tokenStart = this.base + at
    this.tokenBytes = 0
    this.hasEscape = false
    this.isEscaping = false
  }

  /** Goes on with the token the last chunk broke off in. */
  resume(chunk: Buffer): number {
    if (this.token === inLiteral) return this.goOnLiteral(chunk, 0)
    return this.token === inSkipped || this.token === inSkippedKey ? this.goOnSkipping(chunk, 0) : this.goOnCollecting(chunk, 0)
  }

  /** A key, from its quote on. The usual one, whole and without escapes, is compared where it lies. */
  readKey(chunk: Buffer, at: number): number {
    let hash = 0
    const start = at + 1
    for (let end = start; end < chunk.length; end++) {
      const byte = chunk[end] ?? 0
      if (byte === quote) {
        this.endKey(chunk, start, end, this.states[this.depth]?.isBlind === true ? 0 : this.rules.find(chunk, start, end, hash))
        return end + 1
      }
      if (byte === backslash) break
      hash = hashStep(hash, byte)
    }
    this.begin(inKey, at)
    return this.goOnCollecting(chunk, start)
  }

  endKey(bytes: Buffer, start: number, end: number, name: number): void {
    const { depth } = this
    const state = this.states[depth] ?? this.rules.root
    this.here = state.next[name] ?? this.rules.step(state, name)
    this.keyBytes[depth] = bytes
    this.keyStarts[depth] = start
    this.keyEnds[depth] = end
    this.expects = expectColon
    this.token = inNothing
  }

  readWanted(chunk: Buffer, at: number): number {
    this.begin(inWanted, at)
    return this.goOnCollecting(chunk, at + 1)
  }

  /** A string that is needed, or what is left of it. One that outgrows every id is skipped. */
  goOnCollecting(chunk: Buffer, from: number): number {
    const { length } = chunk
    // Offset in the chunk of the content's first byte, which may lie before it.
    const origin = from - this.tokenBytes
    let at = this.isEscaping ? from + 1 : from
    this.isEscaping = false
    for (;;) {
      const limit = this.hasEscape ? maxEscapedBytes : maxPlainBytes
      const bound = origin + limit + 1
      const stop = Math.min(length, bound)
      for (; at < stop; at++) {
        const byte = chunk[at]
        if (byte === quote) return this.endCollecting(chunk, from, at)
        if (byte === backslash) {
          this.hasEscape = true
          at++
        } else if (byte !== undefined && byte < 0x20) {
          this.fail('syntax')
          return length
        }
      }
      if (at < bound) {
        this.isEscaping = at > length
        this.pieces.push(chunk.subarray(from))
        this.tokenBytes = length - origin
        return length
      }
      if (!this.hasEscape || limit === maxEscapedBytes) break
    }
    if (this.token === inWanted && this.long !== undefined) {
      const head = Buffer.concat([...this.pieces, chunk.subarray(from, at)]).toString('utf8', 0, headBytes)
      for (const rule of this.here.strings) this.long(rule, head, this.path())
    }
    this.pieces = []
    this.token = this.token === inKey ? inSkippedKey : inSkipped
    this.isEscaping = false
    return this.goOnSkipping(chunk, at)
  }

  endCollecting(chunk: Buffer, from: number, quoteAt: number): number {
    const { pieces, token } = this
    let [bytes, start, end] = [chunk, from, quoteAt]
    if (pieces.length > 0) {
      bytes = Buffer.concat([...pieces, chunk.subarray(from, quoteAt)])
      ;[start, end] = [0, bytes.length]
      this.pieces = []
    }
    this.token = inNothing
    const text = this.hasEscape ? unescaped(bytes, start, end) : bytes.toString('utf8', start, end)
    if (text === null) this.fail('syntax')
    else if (token === inKey) this.endKey(bytes, start, end, this.rules.numberOf(text))
    else {
      this.expects = expectComma
      this.report(this.here.strings, text, this.base + quoteAt + 1, true)
    }
    return quoteAt + 1
  }

  skipString(chunk: Buffer, at: number): number {
    this.begin(inSkipped, at)
    return this.goOnSkipping(chunk, at + 1)
  }

  /** Looks for the closing quote: a few bytes by hand, since most strings are short, then with the native search. */
  goOnSkipping(chunk: Buffer, from: number): number {
    const { length } = chunk
    let at = this.isEscaping ? from + 1 : from
    for (;;) {
      const near = Math.min(length, at + 64)
      for (; at < near; at++) {
        const byte = chunk[at]
        if (byte === quote) return this.endSkipping(chunk, at)
        if (byte === backslash) at++
      }
      if (at >= length) {
        this.isEscaping = at > length
        return length
      }
      const found = chunk.indexOf(quote, at)
      const end = found < 0 ? length : found
      let escapes = 0
      while (end - escapes > at && chunk[end - escapes - 1] === backslash) escapes++
      if (end === length) {
        this.isEscaping = escapes % 2 === 1
        return length
      }
      if (escapes % 2 === 0) return this.endSkipping(chunk, end)
      at = end + 1
    }
  }

  endSkipping(chunk: Buffer, quoteAt: number): number {
    if (this.token === inSkippedKey) this.endKey(chunk, 0, 0, 0)
    else this.expects = expectComma
    this.token = inNothing
    return quoteAt + 1
  }

  readLiteral(chunk: Buffer, at: number): number {
    this.begin(inLiteral, at)
    return this.goOnLiteral(chunk, at)
  }

  goOnLiteral(chunk: Buffer, from: number): number {
    const { length } = chunk
    let at = from
    while (at < length && isLiteralByte[chunk[at] ?? 0] === 1) at++
    this.tokenBytes += at - from
    if (this.here.literals.length > 0 && this.tokenBytes <= maxLiteralBytes) this.pieces.push(chunk.subarray(from, at))
    if (at < length) this.endLiteral(this.base + at)
    return at
  }

  endLiteral(end: number): void {
    const text = this.tokenBytes <= maxLiteralBytes && this.pieces.length > 0 ? Buffer.concat(this.pieces).toString('latin1') : ''
    this.pieces = []
    this.token = inNothing
    this.expects = expectComma
    if (literal.test(text)) this.report(this.here.literals, text, end, false)
  }

  report(rules: readonly Rule[], value: string, end: number, isString: boolean): void {
    for (const rule of rules) this.found(rule, value, new FoundPlace(this, this.tokenStart, end, isString))
  }

  path(): string {
    const steps: string[] = []
    for (let depth = 1; depth <= this.depth; depth++) {
      const index = this.indexes[depth] ?? -1
      const key = this.keyBytes[depth]
      if (index >= 0) steps.push(String(index))
      else if (key !== undefined) steps.push(unescaped(key, this.keyStarts[depth] ?? 0, this.keyEnds[depth] ?? 0) ?? '')
    }
    return steps.join('.')
  }
}

class FoundPlace implements Place {
  readonly #scanner: { readonly path: () => string }
  readonly start: number
  readonly end: number
  readonly isString: boolean

  constructor(scanner: { readonly path: () => string }, start: number, end: number, isString: boolean) {
    this.#scanner = scanner
    this.start = start
    this.end = end
    this.isString = isString
  }

  get path(): string {
    return this.#scanner.path()
  }
}

/** @returns null for escapes that JSON does not have */
function unescaped(bytes: Buffer, start: number, end: number): string | null {
  try {
    return JSON.parse(`"${bytes.toString('utf8', start, end)}"`) as string
  } catch {
    return null
  }
}
