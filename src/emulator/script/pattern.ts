// Regular expressions whose time is bounded by the length of text and pattern: a script that meets a hostile text must not hang.
// The syntax is JavaScript's without what needs backtracking. Single characters are matched by the engine itself, everything
// around them by running all possibilities side by side (Thompson's construction).

/** Why a pattern cannot be used, in words that complete "… is no pattern: ". */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

/** Whether a pattern is found somewhere in a text. */
export type Pattern = (text: string) => boolean

/** Beyond this a text is not looked at, and a pattern not taken. */
const textLengthMax = 65_536
const sourceLengthMax = 2_000
const stepsMax = 1_000

/** @throws PatternError */
export function compilePattern(source: string, flags = ''): Pattern {
  if (!/^[ims]*$/.test(flags)) throw new PatternError(`of the flags only i, m and s can stand behind it, not "${flags}"`)
  try {
    // Only for its opinion of the syntax: it never sees a text.
    RegExp(source, `${flags}u`)
  } catch (error) {
    throw new PatternError(error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : String(error))
  }
  if (source.length > sourceLengthMax) throw tooLarge()
  const program: Step[] = []
  emit(parse(source, flags), program, { parts: 0 })
  program.push({ kind: 'found' })
  return (text) => runs(program, text.slice(0, textLengthMax), flags.includes('m'))
}

type Node =
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly least: number; readonly most: number }

type Place = 'start' | 'end' | 'edge' | 'no-edge'
type CharacterTest = (codePoint: number) => boolean

type Step =
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'place'; readonly place: Place }
  /** Goes on at both; a jump is a split with one way. */
  | { readonly kind: 'split'; readonly ways: number[] }
  | { readonly kind: 'found' }

/** Reads what the engine has already found valid, so that each kind of token can be taken by its looks. */
function parse(source: string, flags: string): Node {
  const token =
    /\(\?(?::|<[\p{L}_$][\p{L}\p{N}_$]*>)|\(\?|\[(?:\\.|[^\]\\])*\]|\\(?:u\{[^}]*\}|u[\da-f]{4}|x[\da-f]{2}|[pP]\{[^}]*\}|c[a-z]|.)|\{\d+(?:,\d*)?\}\??|[*+?]\??|[\s\S]/giuy
  const characterFlags = `u${flags.includes('i') ? 'i' : ''}${flags.includes('s') ? 's' : ''}`
  const tests = new Map<string, CharacterTest>()
  let current: string | undefined
  const advance = (): void => {
    current = token.exec(source)?.[0]
  }

  const choice = (): Node => {
    const options = [sequence()]
    while (current === '|') {
      advance()
      options.push(sequence())
    }
    return options.length === 1 && options[0] !== undefined ? options[0] : { kind: 'choice', options }
  }

  const sequence = (): Node => {
    const parts: Node[] = []
    while (current !== undefined && current !== '|' && current !== ')') parts.push(repeated(single(current)))
    return { kind: 'sequence', parts }
  }

  const single = (text: string): Node => {
    advance()
    if (text === '(' || text === '(?:' || text.startsWith('(?<')) {
      const inner = choice()
      advance()
      return inner
    }
    if (text === '(?') throw new PatternError('looking ahead or behind and flags in groups are not known here')
    if (/^\\[1-9k]/.test(text)) throw new PatternError(`${text} refers to a group, which is not known here`)
    const place = places[text]
    return place === undefined ? { kind: 'character', test: testOf(text) } : { kind: 'place', place }
  }

  const repeated = (part: Node): Node => {
    const range = rangeOf(current)
    if (range === undefined) return part
    advance()
    return { kind: 'repeat', part, ...range }
  }

  const testOf = (text: string): CharacterTest => {
    const known = tests.get(text) ?? characterTest(text, characterFlags)
    tests.set(text, known)
    return known
  }

  advance()
  return choice()
}

const places: Readonly<Record<string, Place>> = { '^': 'start', $: 'end', '\\b': 'edge', '\\B': 'no-edge' }

/** Greedy or not makes no difference to whether something is found. */
function rangeOf(text: string | undefined): { readonly least: number; readonly most: number } | undefined {
  if (text === undefined) return undefined
  const counted = /^\{(\d+)(,)?(\d*)\}/.exec(text)
  if (counted !== null) {
    const least = Number(counted[1])
    return { least, most: counted[2] === undefined ? least : counted[3] === '' ? Infinity : Number(counted[3]) }
  }
  if (!/^[*+?]/.test(text)) return undefined
  return { least: text.startsWith('+') ? 1 : 0, most: text.startsWith('?') ? 1 : Infinity }
}

/** One character, a class or an escape: the engine's own matcher, for one character at a time. */
function characterTest(source: string, flags: string): CharacterTest {
  const matcher = new RegExp(`^${source}$`, flags)
  const answer = (codePoint: number): boolean => matcher.test(String.fromCodePoint(codePoint))
  const plain = Array.from({ length: 128 }, (_, codePoint) => answer(codePoint))
  return (codePoint) => plain[codePoint] ?? answer(codePoint)
}

const tooLarge = (): PatternError => new PatternError('it is too large, its counted repeats written out')

function emit(node: Node, program: Step[], written: { parts: number }): void {
  // Parts, not steps: an empty group makes none and can still be repeated a billion times.
  if (++written.parts > stepsMax * 4 || program.length > stepsMax) throw tooLarge()
  switch (node.kind) {
    case 'character':
    case 'place':
      program.push(node)
      return
    case 'sequence':
      for (const part of node.parts) emit(part, program, written)
      return
    case 'choice': {
      const entry = split(program)
      const exits: number[][] = []
      for (const option of node.options) {
        entry.push(program.length)
        emit(option, program, written)
        exits.push(split(program))
      }
      for (const exit of exits) exit.push(program.length)
      return
    }
    case 'repeat': {
      for (let count = 0; count < node.least; count++) emit(node.part, program, written)
      if (node.most === Infinity) {
        const start = program.length
        const ways = split(program)
        ways.push(program.length)
        emit(node.part, program, written)
        split(program).push(start)
        ways.push(program.length)
      } else {
        const skips: number[][] = []
        for (let count = node.least; count < node.most; count++) {
          const ways = split(program)
          ways.push(program.length)
          skips.push(ways)
          emit(node.part, program, written)
        }
        for (const ways of skips) ways.push(program.length)
      }
    }
  }
}

/** Adds a split whose ways are filled in later. */
function split(program: Step[]): number[] {
  const ways: number[] = []
  program.push({ kind: 'split', ways })
  return ways
}

function runs(program: readonly Step[], text: string, isMultiline: boolean): boolean {
  /** At which character a step was last reached: each is followed once a character. */
  const reachedAt = new Int32Array(program.length).fill(-1)
  let waiting: CharacterStep[] = []
  let taken: CharacterStep[] = []
  let at = 0
  for (let position = 0; ; position++) {
    const previous = at === 0 ? undefined : text.charCodeAt(at - 1)
    const codePoint = text.codePointAt(at)
    const reach = (start: number, into: CharacterStep[]): boolean => {
      const stack = [start]
      for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
        if (reachedAt[index] === position) continue
        reachedAt[index] = position
        const step = program[index]
        if (step === undefined) continue
        if (step.kind === 'found') return true
        if (step.kind === 'split') stack.push(...step.ways)
        else if (step.kind === 'character') into.push({ test: step.test, next: index + 1 })
        else if (holds(step.place, previous, codePoint, isMultiline)) stack.push(index + 1)
      }
      return false
    }
    // Those that took the character before, and one that begins here.
    for (const step of taken) if (reach(step.next, waiting)) return true
    if (reach(0, waiting)) return true
    if (codePoint === undefined) return false
    taken = waiting.filter(({ test }) => test(codePoint))
    waiting = []
    at += codePoint > 0xffff ? 2 : 1
  }
}

type CharacterStep = { readonly test: CharacterTest; readonly next: number }

function holds(place: Place, previous: number | undefined, next: number | undefined, isMultiline: boolean): boolean {
  switch (place) {
    case 'start':
      return previous === undefined || (isMultiline && isLineEnd(previous))
    case 'end':
      return next === undefined || (isMultiline && isLineEnd(next))
    case 'edge':
      return isWord(previous) !== isWord(next)
    case 'no-edge':
      return isWord(previous) === isWord(next)
  }
}

const isLineEnd = (code: number): boolean => code === 0x0a || code === 0x0d || code === 0x2028 || code === 0x2029

const isWord = (code: number | undefined): boolean =>
  code !== undefined && ((code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122))
