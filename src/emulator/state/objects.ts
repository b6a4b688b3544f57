// Stored objects, kept as the JSON that is answered. A family takes a collection per kind; lists come in order of creation.
import type { DatabaseSync } from 'node:sqlite'

export type Stored = { readonly id: string }

export type Collection<T extends Stored> = {
  /** Without a parent: the object of that id wherever it belongs. */
  readonly get: (id: string, parent?: string) => T | undefined
  /** Adds, or replaces in place: an object keeps its position in lists. */
  readonly put: (object: T, parent?: string) => void
  /** Whether there was one. */
  readonly delete: (id: string, parent?: string) => boolean
  readonly deleteAll: (parent: string) => void
  /** In order of creation, or newest first; from behind the object `after`. Reads lazily: stop when there is enough. */
  readonly list: (options?: { readonly parent?: string; readonly order?: 'asc' | 'desc'; readonly after?: string }) => Iterable<T>
  /** Position in the order of creation. */
  readonly position: (id: string, parent?: string) => number | undefined
}

export type Objects = {
  /**
   * The objects of one kind.
   * @example objects.collection<OpenAIFile>('file').get('file-abc')
   */
  readonly collection: <T extends Stored>(kind: string) => Collection<T>
  /** Runs the writes of `work` as one. */
  readonly together: <T>(work: () => T) => T
  readonly clear: () => void
}

type JsonRow = { readonly json: string }
type SeqRow = { readonly seq: number }

const pageRows = 200

export function createObjects(database: DatabaseSync): Objects {
  const getAnywhere = database.prepare('select json from objects where kind = ? and id = ? limit 1')
  const getOf = database.prepare('select json from objects where kind = ? and id = ? and parent = ?')
  const put = database.prepare(
    'insert into objects (kind, parent, id, json) values (?, ?, ?, ?) on conflict (kind, id, parent) do update set json = excluded.json',
  )
  const deleteOf = database.prepare('delete from objects where kind = ? and id = ? and parent = ?')
  const deleteAll = database.prepare('delete from objects where kind = ? and parent = ?')
  const position = database.prepare('select seq from objects where kind = ? and id = ? and parent = ?')
  const upwards = database.prepare('select seq, json from objects where kind = ? and parent = ? and seq > ? order by seq limit ?')
  const downwards = database.prepare('select seq, json from objects where kind = ? and parent = ? and seq < ? order by seq desc limit ?')

  const collection = <T extends Stored>(kind: string): Collection<T> => {
    const positionOf = (id: string, parent = ''): number | undefined => (position.get(kind, id, parent) as SeqRow | undefined)?.seq
    return {
      get: (id, parent) => {
        const row = (parent === undefined ? getAnywhere.get(kind, id) : getOf.get(kind, id, parent)) as JsonRow | undefined
        return row === undefined ? undefined : (JSON.parse(row.json) as T)
      },
      put: (object, parent = '') => void put.run(kind, parent, object.id, JSON.stringify(object)),
      delete: (id, parent = '') => deleteOf.run(kind, id, parent).changes > 0,
      deleteAll: (parent) => void deleteAll.run(kind, parent),
      list: function* ({ parent = '', order = 'asc', after } = {}) {
        let seq = (after === undefined ? undefined : positionOf(after, parent)) ?? (order === 'asc' ? 0 : Number.MAX_SAFE_INTEGER)
        // By pages instead of an open cursor: the caller may write, or stop, between two objects.
        for (;;) {
          const rows = (order === 'asc' ? upwards : downwards).all(kind, parent, seq, pageRows) as (JsonRow & SeqRow)[]
          for (const row of rows) yield JSON.parse(row.json) as T
          if (rows.length < pageRows) return
          seq = rows.at(-1)?.seq ?? seq
        }
      },
      position: positionOf,
    }
  }

  return {
    collection,
    together: (work) => {
      if (database.isTransaction) return work()
      database.exec('begin')
      try {
        const result = work()
        database.exec('commit')
        return result
      } catch (error) {
        database.exec('rollback')
        throw error
      }
    },
    clear: () => database.exec('delete from objects'),
  }
}
