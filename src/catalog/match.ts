// Which row a path belongs to. Pure look-up over canonical segments; whether a path is well-formed is decided before.
import type { Endpoint } from './endpoint.ts'

type Node<Row> = {
  readonly literal: Map<string, Node<Row>>
  param: Node<Row> | null
  readonly rows: Map<string, { row: Row; params: readonly string[] }>
}

/** `found`: the row and the raw values of its parameters. `wrong-method`: the path exists, with these methods. */
export type Match<Row> =
  | { readonly kind: 'found'; readonly row: Row; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'wrong-method'; readonly methods: readonly string[] }
  | { readonly kind: 'unknown' }

/** Two rows may share method and path when one is a socket (RFC 6455 upgrades are GETs); they are told apart by `transport`. */
const slot = (method: string, transport: Endpoint['transport']): string => (transport === 'socket' ? 'SOCKET' : method)

/**
 * Compiles rows into a matcher. Literal segments win over parameters (`/videos/characters` before `/videos/{video_id}`).
 * @example createMatcher(catalog)('GET', ['v1', 'files', 'file-1'], false).kind === 'found'
 */
export function createMatcher<Row extends Endpoint>(
  rows: readonly Row[],
): (method: string, segments: readonly string[], upgrade: boolean) => Match<Row> {
  const root = emptyNode<Row>()
  for (const row of rows) {
    let node = root
    const params: string[] = []
    for (const segment of row.path.slice(1).split('/')) {
      if (segment.startsWith('{')) {
        params.push(segment.slice(1, -1))
        node = node.param ??= emptyNode()
      } else {
        let next = node.literal.get(segment)
        if (next === undefined) node.literal.set(segment, (next = emptyNode()))
        node = next
      }
    }
    node.rows.set(slot(row.method, row.transport), { row, params })
  }

  return (method, segments, upgrade) => {
    const values: string[] = []
    const node = walk(root, segments, 0, values)
    if (node === null) return { kind: 'unknown' }
    const socket = node.rows.get('SOCKET')
    const hit = (upgrade ? socket : undefined) ?? node.rows.get(method) ?? (method === 'GET' ? socket : undefined)
    if (hit === undefined) return { kind: 'wrong-method', methods: [...new Set([...node.rows.values()].map((each) => each.row.method))] }
    const params = Object.create(null) as Record<string, string>
    hit.params.forEach((name, index) => (params[name] = values[index] ?? ''))
    return { kind: 'found', row: hit.row, params }
  }
}

function emptyNode<Row>(): Node<Row> {
  return { literal: new Map(), param: null, rows: new Map() }
}

/** Depth first, literal before parameter; backtracks because `/a/{x}/b` must match where the literal branch has no `b`. */
function walk<Row>(node: Node<Row>, segments: readonly string[], at: number, values: string[]): Node<Row> | null {
  const segment = segments[at]
  if (segment === undefined) return node.rows.size > 0 ? node : null
  const literal = node.literal.get(segment)
  if (literal !== undefined) {
    const found = walk(literal, segments, at + 1, values)
    if (found !== null) return found
  }
  if (node.param === null || segment === '') return null
  values.push(segment)
  const found = walk(node.param, segments, at + 1, values)
  if (found === null) values.pop()
  return found
}
