// The rows of `objects` that a list is made of: pages by position, so that the thousandth page costs what the first one does.
import type { ResourceKind } from '../catalog/kinds.ts'
import type { AccountId, ProjectId } from '../kernel/ids.ts'
import type { Row, Sql, Store } from '../store/store.ts'
import type { Owner } from './ownership.ts'
import { createdAtOf, facetOf } from './told.ts'

export type Position = { readonly createdAt: number; readonly seq: number }
export type ListedRow = Position & {
  readonly owner: Owner
  readonly account: AccountId
  readonly kind: ResourceKind
  readonly id: string
  readonly parent: string | null
  /** Empty while the upstream has not told it. */
  readonly body: string
}

export type Order = 'asc' | 'desc'
export type Selection = { readonly project: ProjectId; readonly kind: ResourceKind; readonly order: Order; readonly facet: string | null }

const columns = ['seq', 'tenant', 'project', 'account', 'kind', 'id', 'parent', 'created_at', 'body']
const listedOf = (alias: string): string => columns.map((name) => `${alias}.${name}`).join(', ')

/** Where a list begins. */
export const startOf = (order: Order): Position =>
  order === 'asc' ? { createdAt: -1, seq: -1 } : { createdAt: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER }

/** Up to `limit` live objects behind a position: those of the project, and those another one shares with it. */
export async function rowsBehind(
  sql: Sql,
  { project, kind, order, facet }: Selection,
  from: Position,
  limit: number,
): Promise<readonly ListedRow[]> {
  const values = [project, kind, ...(facet === null ? [] : [facet]), from.createdAt, from.seq, limit]
  const rows = await sql.all(pageText(order, facet !== null), ...values, ...values)
  const direction = order === 'asc' ? 1 : -1
  return rows
    .map(listedRow)
    .toSorted((one, other) => direction * (one.createdAt - other.createdAt || one.seq - other.seq))
    .slice(0, limit)
}

/** Each half ends at the limit by itself: both databases then read no more of an index than is shown. */
function pageText(order: Order, hasFacet: boolean): string {
  const word = order === 'asc' ? 'ASC' : 'DESC'
  const rest = `${hasFacet ? 'o.facet = ? AND ' : ''}(o.created_at, o.seq) ${order === 'asc' ? '>' : '<'} (?, ?)
    ORDER BY o.created_at ${word}, o.seq ${word} LIMIT ?`
  return `SELECT * FROM (SELECT ${listedOf('o')} FROM objects o
      WHERE o.project = ? AND o.kind = ? AND o.state = 'live' AND o.body <> '' AND ${rest}) AS mine
    UNION ALL SELECT * FROM (SELECT ${listedOf('o')} FROM shares s JOIN objects o ON o.id = s.id AND o.kind = s.kind AND o.account = s.account
      WHERE s.project = ? AND s.kind = ? AND o.state = 'live' AND o.body <> '' AND ${rest}) AS shared`
}

/** Where an object of the list stands; null for an id that is not in it. */
export async function positionOf(sql: Sql, { project, kind }: Selection, id: string): Promise<Position | null> {
  const [row] = await sql.all(
    `SELECT o.created_at, o.seq FROM objects o WHERE o.id = ? AND o.kind = ? AND o.state = 'live' AND (o.project = ? OR EXISTS
      (SELECT 1 FROM shares s WHERE s.id = o.id AND s.kind = o.kind AND s.account = o.account AND s.project = ?))`,
    ...[id, kind, project, project],
  )
  return row === undefined ? null : { createdAt: row['created_at'] as number, seq: row['seq'] as number }
}

/** Objects of the project that are known by id only. */
export async function untoldRows(sql: Sql, project: ProjectId, kind: ResourceKind, limit: number): Promise<readonly ListedRow[]> {
  const rows = await sql.all(
    `SELECT ${listedOf('o')} FROM objects o WHERE o.project = ? AND o.kind = ? AND o.state = 'live' AND o.body = '' ORDER BY o.seq LIMIT ?`,
    ...[project, kind, limit],
  )
  return rows.map(listedRow)
}

function listedRow(row: Row): ListedRow {
  return {
    seq: row['seq'] as number,
    owner: { tenant: row['tenant'], project: row['project'] } as Owner,
    account: row['account'] as AccountId,
    kind: row['kind'] as ResourceKind,
    id: row['id'] as string,
    parent: row['parent'] as string | null,
    createdAt: row['created_at'] as number,
    body: row['body'] as string,
  }
}

/** What the upstream said of an object just now; null when it has it no more. */
export type News = { readonly row: ListedRow; readonly body: string | null }

/** Writes down what changed; objects whose state changed meanwhile are left alone. */
export async function writeNews(store: Store, news: readonly News[], now: number): Promise<void> {
  const write = async (sql: Sql): Promise<void> => {
    for (const { row, body } of news) {
      if (body === null) await sql.run("UPDATE objects SET state = 'gone', ended_at = ? WHERE seq = ? AND state = 'live'", now, row.seq)
      else
        await sql.run(
          "UPDATE objects SET body = ?, facet = ?, created_at = ? WHERE seq = ? AND state = 'live'",
          ...[body, facetOf(row.kind, body), createdAtOf(body) ?? row.createdAt, row.seq],
        )
    }
  }
  if (news.length > 0) await store.transaction(write)
}
