// The audit: what an operator changed, when and who. Each row is signed together with the head, a signature over all rows before it;
// the head of now lies beside the audit. Both need a key made from the pepper, and no head can be had from the rows: whoever
// holds the database alone can write no other past, nor cut off the end of this one.
import { createHmac, type KeyObject } from 'node:crypto'
import type { Row, Sql } from '../store/store.ts'
import type { Actor, AuditRow } from './records.ts'
import { keyFor } from './pepper.ts'

/** What a change says of itself. */
export type AuditEntry = { readonly action: string; readonly target: string; readonly detail: Readonly<Record<string, unknown>> }

export type Audit = {
  /** @returns the new head, which the next row is chained to */
  readonly append: (
    sql: Sql,
    row: AuditEntry & { readonly seq: number; readonly at: number; readonly actor: Actor; readonly head: string },
  ) => Promise<string>
  /** Newest first. */
  readonly list: (sql: Sql, options: { readonly limit: number; readonly before?: number }) => Promise<readonly AuditRow[]>
  readonly verify: (sql: Sql) => Promise<{ readonly rows: number; readonly brokenAt: number | null }>
}

type Signed = Pick<AuditRow, 'seq' | 'at' | 'actor' | 'action' | 'target'> & { readonly detail: string }

const columns = 'seq, at, actor, action, target, detail, hash'
const pageRows = 1_000

export function createAudit(pepper: KeyObject): Audit {
  const key = keyFor(pepper, 'audit')
  const hmac = (...values: readonly (string | number)[]): string => createHmac('sha256', key).update(JSON.stringify(values)).digest('hex')
  const sign = (head: string, { seq, at, actor, action, target, detail }: Signed): string =>
    hmac('row', head, seq, at, actor, action, target, detail)
  const headBehind = (seq: number, hash: string): string => hmac('head', seq, hash)

  return {
    append: async (sql, { head, ...entry }) => {
      const row: Signed = { ...entry, detail: JSON.stringify(entry.detail) }
      const hash = sign(head, row)
      const { seq, at, actor, action, target, detail } = row
      await sql.run(`INSERT INTO audit (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`, seq, at, actor, action, target, detail, hash)
      return headBehind(seq, hash)
    },

    list: async (sql, { limit, before }) => {
      const rows =
        before === undefined
          ? await sql.all(`SELECT ${columns} FROM audit ORDER BY seq DESC LIMIT ?`, limit)
          : await sql.all(`SELECT ${columns} FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?`, before, limit)
      return rows.map((row) => {
        const { seq, at, actor, action, target, detail } = signedOf(row)
        return { seq, at, actor, action, target, detail: detailIn(detail), hash: row['hash'] as string }
      })
    },

    verify: async (sql) => {
      // Rows that are written meanwhile come behind this head, and are for the next look.
      const now = (await sql.all(headRow))[0]
      const newest = Number(now?.['n'])
      let head = ''
      for (let seq = 0; seq < newest;) {
        const rows = await sql.all(`SELECT ${columns} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`, seq, pageRows)
        // Rows at the end are missing.
        if (rows.length === 0) return { rows: seq, brokenAt: seq + 1 }
        for (const row of rows.slice(0, newest - seq)) {
          const signed = signedOf(row)
          const hash = row['hash'] as string
          if (signed.seq !== seq + 1 || hash !== sign(head, signed)) return { rows: seq, brokenAt: seq + 1 }
          head = headBehind(signed.seq, hash)
          seq++
        }
      }
      if (head !== now?.['audit_hash']) return { rows: newest, brokenAt: Math.max(1, newest) }
      return { rows: newest, brokenAt: Number(now['last']) > newest ? newest + 1 : null }
    },
  }
}

/** One moment: the head, and the last change that anything tells of. What the relay begins with was made by none. */
const headRow = `SELECT n, audit_hash, (SELECT max(seq) FROM (
    SELECT max(seq) AS seq FROM audit UNION ALL SELECT max(revision) FROM tokens
    UNION ALL SELECT 1 FROM admin_tokens UNION ALL SELECT 1 FROM projects WHERE created_at > 0
  ) AS told) AS last FROM revision`

/** What is no JSON any more was not written by a relay: it is shown as it is. */
function detailIn(text: string): AuditRow['detail'] {
  try {
    return JSON.parse(text) as AuditRow['detail']
  } catch {
    return { text }
  }
}

/** The types of the columns are those of the schema, so the casts hold. */
function signedOf(row: Row): Signed {
  return {
    seq: row['seq'] as number,
    at: row['at'] as number,
    actor: row['actor'] as string,
    action: row['action'] as string,
    target: row['target'] as string,
    detail: row['detail'] as string,
  }
}
