// Writes objects down that were there before anybody recorded them. Whoever is recorded stays the owner.
import type { ResourceKind } from '../catalog/kinds.ts'
import type { AccountId } from '../kernel/ids.ts'
import type { Row, Sql, Value } from '../store/store.ts'
import type { Owner } from './ownership.ts'
import { facetOf } from './told.ts'
import type { Told } from './upstream.ts'

/** Well under the number of parameters a statement may have. */
const maxRows = 100

export type Recorded = { readonly id: string; readonly owner: Owner; readonly isOrphan: boolean }

/** Who owns which of the ids. */
export async function recordedOf(
  sql: Sql,
  account: AccountId,
  kind: ResourceKind,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Recorded>> {
  const found = new Map<string, Recorded>()
  for (let at = 0; at < ids.length; at += maxRows) {
    const part = ids.slice(at, at + maxRows)
    const text = `SELECT id, tenant, project, state FROM objects WHERE kind = ? AND account = ? AND id IN (${places(part.length)})`
    for (const row of await sql.all(text, kind, account, ...part)) found.set(row['id'] as string, recordedIn(row))
  }
  return found
}

function recordedIn(row: Row): Recorded {
  const owner = { tenant: row['tenant'], project: row['project'] } as Owner
  return { id: row['id'] as string, owner, isOrphan: row['state'] === 'orphan' }
}

/**
 * Records those that nobody owns yet. Oldest first: among objects of one second, the order of writing is the order of lists.
 * @param owner null leaves them orphans: nobody finds them until they are adopted
 * @returns the ids that are the owner's now
 */
export async function claim(
  sql: Sql,
  owner: Owner | null,
  account: AccountId,
  kind: ResourceKind,
  newestFirst: readonly Told[],
  now: number,
): Promise<readonly string[]> {
  const claimed: string[] = []
  const told = newestFirst.toReversed()
  for (let at = 0; at < told.length; at += maxRows) {
    const part = told.slice(at, at + maxRows)
    const values = part.flatMap(({ id, createdAt, text }): Value[] => [
      ...[account, kind, id, owner?.tenant ?? '', owner?.project ?? '', owner === null ? 'orphan' : 'live'],
      ...[createdAt ?? now, facetOf(kind, text), text],
    ])
    const text = `INSERT INTO objects (account, kind, id, tenant, project, state, created_at, facet, body)
      VALUES ${Array.from({ length: part.length }, () => '(?, ?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}
      ON CONFLICT (id, kind, account) DO UPDATE SET tenant = excluded.tenant, project = excluded.project, state = excluded.state
      WHERE objects.state = 'orphan' AND excluded.state = 'live'
      RETURNING id`
    for (const row of await sql.all(text, ...values)) claimed.push(row['id'] as string)
  }
  return claimed
}

const places = (count: number): string => Array.from({ length: count }, () => '?').join(', ')
