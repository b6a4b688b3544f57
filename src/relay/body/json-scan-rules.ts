// Rules that say where in a JSON document a value is wanted, compiled for json-scan.ts into an automaton over key names. Its states
// are made when a document first goes there, so compiling a rule costs nothing but its own length.

/**
 * @property at dotted keys. Arrays are transparent (`tools.file_ids` is every file id of every tool), `*` is one key of any name,
 * nothing at all is the document itself
 * @property literals also report true, false, null and numbers
 */
export type JsonRule<Rule> = { readonly at: string; readonly rule: Rule; readonly literals?: boolean }

export type RuleOptions<Rule> = {
  /** Rules for a key at any depth, where no rule of its position is. */
  readonly keys?: ReadonlyMap<string, Rule>
  /** Keys under which `keys` says nothing, at any depth, their own values included. Rules of positions hold there too. */
  readonly opaque?: ReadonlySet<string>
}

/** A position, or several that no rule tells apart. */
export type State<Rule> = {
  readonly strings: readonly Rule[]
  readonly literals: readonly Rule[]
  /** Neither here nor below is anything wanted. */
  readonly isBlind: boolean
  /** By the number of a name; null where no document has been yet. */
  readonly next: (State<Rule> | null)[]
  readonly nodes: readonly Node<Rule>[]
  readonly isOpaque: boolean
}

export type CompiledRules<Rule> = {
  readonly root: State<Rule>
  /** The number of a name in bytes without escapes, 0 for those no rule knows. `hash` is `hashStep` over the bytes. */
  readonly find: (bytes: Buffer, start: number, end: number, hash: number) => number
  readonly numberOf: (name: string) => number
  readonly step: (state: State<Rule>, name: number) => State<Rule>
}

type Node<Rule> = { readonly id: number; readonly children: Map<string, Node<Rule>>; readonly rules: JsonRule<Rule>[] }

const anyName = '*'

export const hashStep = (hash: number, byte: number): number => (Math.imul(hash, 31) + byte) | 0

export function compileRules<Rule>(rules: readonly JsonRule<Rule>[], options: RuleOptions<Rule> = {}): CompiledRules<Rule> {
  const { keys = new Map<string, Rule>(), opaque = new Set<string>() } = options
  const top = plant(rules)
  const names = new Set([...rules.flatMap(({ at }) => stepsOf(at)), ...keys.keys(), ...opaque])
  names.delete(anyName)
  const list = [null, ...names]
  const numbers = new Map(list.map((name, number) => [name, number]))
  const states = new Map<string, State<Rule>>()

  const stateOf = (nodes: readonly Node<Rule>[], isOpaque: boolean, name: string | null): State<Rule> => {
    const theirs = new Set(nodes.flatMap((node) => node.rules))
    const own = rules.filter((rule) => theirs.has(rule))
    const general = own.length === 0 && !isOpaque && name !== null ? keys.get(name) : undefined
    const id = `${nodes.map((node) => node.id).join(' ')}|${isOpaque}|${general === undefined ? '' : name}`
    const known = states.get(id)
    if (known !== undefined) return known
    const state: State<Rule> = {
      strings: general === undefined ? own.map((rule) => rule.rule) : [general],
      literals: own.filter((rule) => rule.literals === true).map((rule) => rule.rule),
      isBlind:
        own.length === 0 && general === undefined && nodes.every((node) => node.children.size === 0) && (isOpaque || keys.size === 0),
      next: list.map(() => null),
      nodes,
      isOpaque,
    }
    states.set(id, state)
    return state
  }

  return {
    root: stateOf([top], false, null),
    find: createFinder(list),
    numberOf: (name) => numbers.get(name) ?? 0,
    step(state, number) {
      const known = state.next[number]
      if (known !== null && known !== undefined) return known
      const name = list[number] ?? null
      const nodes = state.nodes.flatMap(({ children }) => [name === null ? undefined : children.get(name), children.get(anyName)])
      const isOpaque = state.isOpaque || (name !== null && opaque.has(name))
      const next = stateOf(
        nodes.filter((node) => node !== undefined),
        isOpaque,
        name,
      )
      state.next[number] = next
      return next
    },
  }
}

const stepsOf = (at: string): readonly string[] => (at === '' ? [] : at.split('.'))

/** The rules as a tree of keys. */
function plant<Rule>(rules: readonly JsonRule<Rule>[]): Node<Rule> {
  let nodes = 0
  const grow = (): Node<Rule> => ({ id: nodes++, children: new Map(), rules: [] })
  const top = grow()
  for (const rule of rules) {
    let node = top
    for (const key of stepsOf(rule.at)) {
      const child = node.children.get(key) ?? grow()
      node.children.set(key, child)
      node = child
    }
    node.rules.push(rule)
  }
  return top
}

/** Finds a name without decoding it: most keys of a document are nobody's, and a string made of each would cost more than the scan. */
function createFinder(names: readonly (string | null)[]): CompiledRules<unknown>['find'] {
  const mask = 2 ** Math.ceil(Math.log2(names.length * 2)) - 1
  const buckets: { readonly bytes: Buffer; readonly number: number }[][] = Array.from({ length: mask + 1 }, () => [])
  for (const [number, name] of names.entries()) {
    if (name === null) continue
    const bytes = Buffer.from(name)
    buckets[bytes.reduce(hashStep, 0) & mask]?.push({ bytes, number })
  }
  return (chunk, start, end, hash) => {
    const bucket = buckets[hash & mask]
    if (bucket === undefined) return 0
    for (const { bytes, number } of bucket) if (bytes.length === end - start && isSame(bytes, chunk, start)) return number
    return 0
  }
}

function isSame(bytes: Buffer, chunk: Buffer, start: number): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== chunk[start + at]) return false
  return true
}
