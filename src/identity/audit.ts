// The audit: what an operator changed, when and who. Each row is signed together with the signature of the one before, under a key
// made from the pepper: one that was changed or removed shows, and whoever holds the database alone cannot write another past.
import { createHmac, type KeyObject } from 'node:crypto'
import type { Row, Sql } from '../store/store.ts'
import type { Actor, AuditRow } from './records.ts'
import { keyFor } from './pepper.ts'

/** What a change says of itself. */
export type AuditEntry = { readonly action: string; readonly target: string; readonly detail: Readonly<Record<string, unknown>> }

export type Audit = {
  /** @returns the hash, which the next row is chained to */
  readonly append: (
    sql: Sql,
    row: AuditEntry & { readonly seq: number; readonly at: number; readonly actor: Actor; readonly previous: string },
  ) => Promise<string>
  /** Newest first. */
  readonly list: (sql: Sql, options: { readonly limit: number; readonly before?: number }) => Promise<readonly AuditRow[]>
  readonly verify: (sql: Sql) => Promise<{ readonly rows: number; readonly brokenAt: number | null }>
}

type Signed = Pick<AuditRow, 'seq' | 'at' | 'actor' | 'action' | 'target'> & { readonly detail: string; readonly previous: string }

const columns = 'seq, at, actor, action, target, detail, previous, hash'
const pageRows = 1_000

export function createAudit(pepper: KeyObject): Audit {
  const key = keyFor(pepper, 'audit')
  const sign = ({ seq, at, actor, action, target, detail, previous }: Signed): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([previous, seq, at, actor, action, target, detail]))
      .digest('hex')

  return {
    append: async (sql, entry) => {
      const row: Signed = { ...entry, detail: JSON.stringify(entry.detail) }
      const hash = sign(row)
      const { seq, at, actor, action, target, detail, previous } = row
      await sql.run(
        `INSERT INTO audit (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        seq,
        at,
        actor,
        action,
        target,
        detail,
        previous,
        hash,
      )
      return hash
    },

    list: async (sql, { limit, before }) => {
      const rows =
        before === undefined
          ? await sql.all(`SELECT ${columns} FROM audit ORDER BY seq DESC LIMIT ?`, limit)
          : await sql.all(`SELECT ${columns} FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?`, before, limit)
      return rows.map((row) => {
        const { seq, at, actor, action, target, detail } = signedOf(row)
        return { seq, at, actor, action, target, detail: JSON.parse(detail) as AuditRow['detail'], hash: row['hash'] as string }
      })
    },

    verify: async (sql) => {
      // Rows that are written meanwhile come behind this head, and are for the next look.
      const head = (await sql.all('SELECT n, audit_hash FROM revision'))[0]
      const newest = Number(head?.['n'])
      let previous = ''
      for (let seq = 0; seq < newest;) {
        const rows = await sql.all(`SELECT ${columns} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`, seq, pageRows)
        // Rows at the end are missing.
        if (rows.length === 0) return { rows: seq, brokenAt: seq + 1 }
        for (const row of rows.slice(0, newest - seq)) {
          const signed = signedOf(row)
          const isWhole = signed.seq === seq + 1 && signed.previous === previous && row['hash'] === sign(signed)
          if (!isWhole) return { rows: seq, brokenAt: seq + 1 }
          previous = row['hash'] as string
          seq++
        }
      }
      return { rows: newest, brokenAt: previous === head?.['audit_hash'] ? null : newest }
    },
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
    previous: row['previous'] as string,
  }
}
