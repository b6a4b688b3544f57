// A change an operator makes: the change itself, its audit row and the new revision happen together or not at all.
import type { KeyObject } from 'node:crypto'
import type { Clock } from '../kernel/clock.ts'
import type { Sql, Store } from '../store/store.ts'
import type { Audit, AuditEntry } from './audit.ts'
import { fingerprintOf, otherPepper } from './pepper.ts'
import type { Actor } from './records.ts'

/** Without an entry nothing was changed. */
export type Changed<T> = { readonly result: T; readonly entry: AuditEntry | null }

/** `revision` is the one this change makes, for rows that say when they changed. */
export type Change = <T>(actor: Actor, work: (sql: Sql, revision: number) => Promise<Changed<T>>) => Promise<T>

export function createChange({
  store,
  pepper,
  clock,
  audit,
  onChanged,
}: {
  readonly store: Store
  readonly pepper: KeyObject
  readonly clock: Clock
  readonly audit: Audit
  /** What this process knows by heart is old now. */
  readonly onChanged: () => Promise<void>
}): Change {
  const fingerprint = fingerprintOf(pepper)

  return async (actor, work) => {
    const { result, entry } = await store.transaction(async (sql) => {
      // Transactions never overlap: of two changes the second begins when the first is over, and sees it.
      const head = (await sql.all('SELECT n, audit_hash, pepper FROM revision'))[0]
      // Nothing may be hashed or sealed under a pepper that is not the one of this database.
      if (head?.['pepper'] !== fingerprint) throw otherPepper()
      const seq = Number(head['n']) + 1
      const changed = await work(sql, seq)
      if (changed.entry !== null) {
        const next = await audit.append(sql, { ...changed.entry, seq, at: clock.now(), actor, head: head['audit_hash'] as string })
        await sql.run('UPDATE revision SET n = ?, audit_hash = ?', seq, next)
      }
      return changed
    })
    if (entry !== null) await onChanged()
    return result
  }
}
