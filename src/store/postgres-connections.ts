// A few connections to Postgres. Each lives once: one that closes, breaks or keeps a statement waiting too long is thrown away
// and the next statement gets a new one. The driver is given no chance to reconnect, which it would do inside a transaction too.
import { createConnection, isIP, type Socket } from 'node:net'
import postgres from 'postgres'
import type { Secret } from '../kernel/secret.ts'
import { StoreConflict, StoreUnavailable, type Row, type Value } from './store.ts'
import { createTranslate, storable } from './postgres-text.ts'

export type Answer = { readonly rows: readonly Row[]; readonly changed: number }

export type Connection = {
  /** One statement with its parameters. @throws StoreUnavailable */
  readonly ask: (text: string, values: readonly Value[], deadlineMs: number) => Promise<Answer>
  /** Several statements without parameters, sent together. @throws StoreUnavailable */
  readonly script: (text: string, deadlineMs: number) => Promise<void>
}

export type Connections = {
  /** Runs `work` with a connection nobody else uses meanwhile. @throws StoreUnavailable */
  readonly use: <T>(work: (connection: Connection) => Promise<T>, deadlineMs: number) => Promise<T>
  /** Waits for what is under way. */
  readonly close: () => Promise<void>
}

/** Enough for thousands of statements a second; a server allows a hundred or so to all its clients together. */
const connectionsMost = 8

type Held = Connection & { readonly end: () => Promise<void>; readonly isLost: () => boolean }
type Waiting = { readonly take: (held: Held) => void; readonly giveUp: (error: Error) => void }

export function openConnections(url: Secret): Connections {
  const translate = createTranslate()
  const idle: Held[] = []
  const waiting: Waiting[] = []
  let count = 0
  let isClosed = false
  let emptied = (): void => {}

  function take(deadlineMs: number): Promise<Held> {
    if (isClosed) return Promise.reject(new StoreUnavailable('The database is closed.'))
    const free = idle.pop()
    if (free !== undefined) return Promise.resolve(free)
    if (count < connectionsMost) return Promise.resolve(make())
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        take: (held) => {
          clearTimeout(timer)
          resolve(held)
        },
        giveUp: reject,
      }
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(entry), 1)
        reject(new StoreUnavailable(`No connection to the database was free within ${deadlineMs} ms.`))
      }, deadlineMs)
      waiting.push(entry)
    })
  }

  function make(): Held {
    count++
    const held = connect(url, translate, () => {
      const at = idle.indexOf(held)
      if (at >= 0) {
        idle.splice(at, 1)
        count--
      }
    })
    return held
  }

  function give(held: Held, isUsable: boolean): void {
    const next = waiting.shift()
    if (isUsable && !held.isLost()) {
      if (next === undefined) idle.push(held)
      else next.take(held)
    } else {
      count--
      void held.end()
      next?.take(make())
    }
    if (isClosed && count === idle.length) emptied()
  }

  return {
    async use(work, deadlineMs) {
      const held = await take(deadlineMs)
      let isUsable = false
      try {
        const result = await work(held)
        isUsable = true
        return result
      } catch (error) {
        isUsable = !(error instanceof StoreUnavailable)
        throw error
      } finally {
        give(held, isUsable)
      }
    },
    async close() {
      isClosed = true
      if (count > idle.length) await new Promise<void>((resolve) => (emptied = resolve))
      await Promise.all([...idle].map((held) => held.end()))
    },
  }
}

/** All of `work` happens or nothing. @param begin the statements that open the transaction */
export async function transact<T>(
  connection: Connection,
  { begin, deadlineMs }: { readonly begin: string; readonly deadlineMs: number },
  work: () => Promise<T>,
): Promise<T> {
  await connection.script(begin, deadlineMs)
  try {
    const result = await work()
    await connection.script('COMMIT', deadlineMs)
    return result
  } catch (error) {
    // A connection in doubt is thrown away instead, and the server rolls back what was open on it.
    if (!(error instanceof StoreUnavailable)) await connection.script('ROLLBACK', deadlineMs)
    throw error
  }
}

function connect(url: Secret, translate: ReturnType<typeof createTranslate>, onLost: () => void): Held {
  let isLost = false
  const socket = socketOf(url)
  const ownSocket: object = { socket: socket.open, ...(socket.tls === null ? {} : { ssl: socket.tls }) }
  const client = postgres(socket.href, {
    ...ownSocket,
    max: 1,
    connect_timeout: 3,
    idle_timeout: 0,
    max_lifetime: 0,
    keep_alive: 15,
    fetch_types: false,
    types: { bigint: numbers(20), numeric: numbers(1700), boolean: truth },
    onnotice: () => {},
    onclose: () => {
      isLost = true
      onLost()
    },
  })

  async function answer<T>(query: Promise<T>, deadlineMs: number): Promise<T> {
    try {
      return await within(query, deadlineMs)
    } catch (error) {
      throw translated(error)
    }
  }

  function isUsable(): void {
    if (isLost) throw new StoreUnavailable('The connection to the database was lost.')
  }

  return {
    async ask(given, values, deadlineMs) {
      isUsable()
      const { text, isPrepared } = translate(given)
      const rows = await answer(client.unsafe(text, storable(values), { prepare: isPrepared, simple: false } as object), deadlineMs)
      return { rows: [...rows] as unknown as readonly Row[], changed: rows.count }
    },
    async script(text, deadlineMs) {
      isUsable()
      await answer(client.unsafe(text), deadlineMs)
    },
    isLost: () => isLost,
    async end() {
      await client.end({ timeout: 0 }).catch(() => {})
      // One that hangs would stay for as long as the system believes in it.
      socket.destroy()
    },
  }
}

type OwnSocket = {
  readonly href: string
  /** What TLS has to know beyond the address; null where the driver does it. */
  readonly tls: object | null
  readonly open: () => Socket
  readonly destroy: () => void
}

/**
 * One socket and no second one: the driver would reconnect by itself, without a pause where a load balancer hangs up at once.
 * The host may be IPv6, or the folder of a Unix socket as libpq spells it (`?host=/run/postgresql`); the driver reads neither.
 */
function socketOf(secret: Secret): OwnSocket {
  const url = new URL(secret.reveal())
  const port = Number(url.port === '' ? 5432 : url.port)
  const host = url.hostname.replace(/^\[|\]$/g, '') || 'localhost'
  const folder = url.searchParams.get('host')
  url.searchParams.delete('host')
  let socket: Socket | null = null
  // The driver would hold the certificate of an address against the name `localhost`.
  const isAddressChecked = url.searchParams.get('sslmode') === 'verify-full' && isIP(host) !== 0
  return {
    href: url.href,
    tls: isAddressChecked ? { host } : null,
    open() {
      if (socket !== null) throw new Error('the connection was closed')
      socket = folder === null ? createConnection(port, host) : createConnection(`${folder}/.s.PGSQL.${port}`)
      // The driver names it to TLS.
      return Object.assign(socket, { host })
    },
    destroy: () => void socket?.destroy(),
  }
}

/** Whole numbers of 64 bits come as text; ours are safe ones. */
const numbers = (oid: number): postgres.PostgresType<number> => ({ to: oid, from: [oid], serialize: String, parse: Number })
const truth: postgres.PostgresType<number> = {
  to: 16,
  from: [16],
  serialize: (value) => (value ? 't' : 'f'),
  parse: (text) => (text === 't' ? 1 : 0),
}

async function within<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new StoreUnavailable(`The database did not answer within ${deadlineMs} ms.`)), deadlineMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Connection, wrong password, no such database, deadlock, out of something, lock timeout, shut down, error of the system, a
 * replica that takes no writes (Postgres, "Appendix A. Error Codes").
 */
const unavailable = /^(08|28|3D|40|53|55P03|57|58|25006)/

function translated(error: unknown): unknown {
  if (error instanceof StoreUnavailable) return error
  if (!(error instanceof postgres.PostgresError)) return new StoreUnavailable('The connection to the database broke.', { cause: error })
  if (error.code === '23505') return new StoreConflict(error.message, { cause: error })
  if (unavailable.test(error.code) || error.severity === 'FATAL') {
    return new StoreUnavailable('The database cannot be used at the moment.', { cause: error })
  }
  return error
}
