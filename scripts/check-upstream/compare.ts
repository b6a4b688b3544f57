// Compares the catalog with the vendor's operations and names what is missing, extra or different. Where a row differs
// from the vendor's document on purpose, `deviations` says so and why; everything else is a finding.
import type { Endpoint, RequestKind, ResponseKind } from '../../src/catalog/endpoint.ts'
import type { NotCarried } from '../../src/catalog/not-carried.ts'
import type { Operation } from './operations.ts'

type Column = 'request' | 'response' | 'beta' | 'status'

export type Finding =
  | { readonly kind: 'missing'; readonly operation: string }
  | { readonly kind: 'extra'; readonly operation: string; readonly id: string }
  | {
      readonly kind: 'different'
      readonly operation: string
      readonly id: string
      readonly column: Column
      readonly list: string
      readonly row: string
    }

export type Comparison = {
  readonly findings: readonly Finding[]
  /** Operations of the list. */
  readonly operations: number
  /** Operations a row carries, and the rows that do. Fewer rows than operations where the list has one twice. */
  readonly carried: number
  readonly rows: number
  /** Operations below each not-carried prefix. */
  readonly notCarried: readonly { readonly prefix: string; readonly reason: string; readonly operations: number }[]
  /** Differences that are meant. */
  readonly deviations: readonly { readonly id: string; readonly column: Column; readonly reason: string }[]
}

type Deviation = {
  readonly column: Column
  readonly reason: string
  readonly applies: (operation: Operation, row: Endpoint) => boolean
}

const deviations: readonly Deviation[] = [
  {
    column: 'request',
    reason: 'SDKs send `{}` or nothing to an action without a declared body; the row takes an optional JSON body, so that both pass.',
    applies: (operation, row) => operation.method === 'POST' && operation.requestContentTypes.length === 0 && row.request.join() === 'json',
  },
  {
    column: 'response',
    reason: 'Declared without a body, yet the API answers the deleted object as JSON.',
    applies: (operation, row) =>
      row.id === 'responses.delete' && operation.responseContentTypes.length === 0 && row.response.join() === 'json',
  },
  {
    column: 'response',
    reason: 'A download. JSON stands in the document beside the bytes because of its generator; the body is the file.',
    applies: (operation, row) => operation.isBinary && row.pace === 'download' && row.response.join() === 'binary',
  },
  {
    column: 'beta',
    reason: 'The older realtime paths: some SDK versions send an unrelated beta value, and the API asks for none.',
    applies: (_, row) => row.beta === null && ['realtime.sessions.create', 'realtime.transcription_sessions.create'].includes(row.id),
  },
  {
    column: 'status',
    reason: 'The document marks an operation deprecated later than its guides do; the row follows the guides.',
    applies: (operation, row) => !operation.isDeprecated && row.status === 'deprecated',
  },
]

const requestKinds: Readonly<Record<string, RequestKind>> = {
  'application/json': 'json',
  'multipart/form-data': 'multipart',
  'application/sdp': 'sdp',
}
const responseKinds: Readonly<Record<string, ResponseKind>> = {
  'application/json': 'json',
  'text/event-stream': 'sse',
  'application/sdp': 'sdp',
}

export function compare(operations: readonly Operation[], rows: readonly Endpoint[], refused: readonly NotCarried[]): Comparison {
  const byShape = new Map(rows.map((row) => [shape(row.method, row.path, row.transport === 'socket'), row]))
  const findings: Finding[] = []
  const meant: Comparison['deviations'][number][] = []
  const seen = new Set<Endpoint>()
  const refusals = new Map(refused.map(({ prefix }) => [prefix, 0]))
  let carried = 0
  for (const operation of operations) {
    const name = nameOf(operation)
    const row = byShape.get(shape(operation.method, operation.path, operation.isWebSocket))
    if (row === undefined) {
      const refusal = refused.find(({ prefix }) => operation.path === prefix || operation.path.startsWith(`${prefix}/`))
      if (refusal === undefined) findings.push({ kind: 'missing', operation: name })
      else refusals.set(refusal.prefix, (refusals.get(refusal.prefix) ?? 0) + 1)
      continue
    }
    carried++
    const isFirst = !seen.has(row)
    seen.add(row)
    for (const difference of differences(operation, row)) {
      const deviation = deviations.find((each) => each.column === difference.column && each.applies(operation, row))
      if (deviation === undefined) findings.push({ kind: 'different', operation: name, id: row.id, ...difference })
      else if (isFirst) meant.push({ id: row.id, column: deviation.column, reason: deviation.reason })
    }
  }
  for (const row of rows) if (!seen.has(row)) findings.push({ kind: 'extra', operation: `${row.method} ${row.path}`, id: row.id })
  return {
    findings,
    operations: operations.length,
    carried,
    rows: seen.size,
    notCarried: refused.map(({ prefix, reason }) => ({ prefix, reason, operations: refusals.get(prefix) ?? 0 })),
    deviations: meant,
  }
}

/** True when the catalog has to change: a row too many harms nobody, a missing or wrong one does. */
export function isBehind(comparison: Comparison): boolean {
  return comparison.findings.some(({ kind }) => kind !== 'extra')
}

function differences(operation: Operation, row: Endpoint): { column: Column; list: string; row: string }[] {
  const declared: Record<Column, readonly string[]> = {
    request: [...operation.requestContentTypes.map((type) => requestKinds[type] ?? type), ...(operation.isMultipart ? ['multipart'] : [])],
    response: operation.isWebSocket ? [] : answersOf(operation),
    beta: [operation.beta ?? 'none'],
    status: [operation.isDeprecated ? 'deprecated' : 'current'],
  }
  const stated: Record<Column, readonly string[]> = {
    request: row.request,
    response: row.response,
    beta: [row.beta ?? 'none'],
    status: [row.status === 'deprecated' ? 'deprecated' : 'current'],
  }
  const columns: readonly Column[] = ['request', 'response', 'beta', 'status']
  return columns
    .map((column) => ({ column, list: listed(declared[column]), row: listed(stated[column]) }))
    .filter(({ list, row: own }) => list !== own)
}

/** An operation without a declared answer answers with an empty body; any type that is not text for machines is a download. */
function answersOf(operation: Operation): readonly string[] {
  const kinds = operation.responseContentTypes.map((type) => responseKinds[type] ?? 'binary')
  const all = [...kinds, ...(operation.isStreaming ? ['sse'] : []), ...(operation.isBinary ? ['binary'] : [])]
  return all.length === 0 ? ['empty'] : all
}

function listed(values: readonly string[]): string {
  return [...new Set(values)].toSorted().join(', ') || 'nothing'
}

/** Parameters are compared by position: their names are ours to choose. */
function shape(method: string, path: string, isSocket: boolean): string {
  return `${isSocket ? 'socket' : method} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`
}

function nameOf(operation: Operation): string {
  return `${operation.method} ${operation.path}${operation.isWebSocket ? ' (WebSocket)' : ''}`
}
