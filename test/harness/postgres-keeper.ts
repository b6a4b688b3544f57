// Runs one Postgres for as long as its standard input is open: whatever ends the tests, this process sees the pipe close, stops
// the server and removes its folder. Lines on the input stop and start the server; lines on the output say what happened.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const [bin = ''] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'relay-postgres-'))
const data = join(folder, 'data')

/** Postgres refuses to run as root; `nobody` is there on every Unix. */
const isRoot = process.getuid?.() === 0
const nobody = /^nobody:[^:]*:(\d+):(\d+):/m.exec(isRoot ? readFileSync('/etc/passwd', 'utf8') : '')
const user = nobody === null ? {} : { uid: Number(nobody[1]), gid: Number(nobody[2]) }
if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
chmodSync(folder, 0o700)

let server: ChildProcess | null = null
const port = await freePort()

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => void probe.listen(0, '127.0.0.1', resolve))
  const { port: free } = probe.address() as AddressInfo
  await new Promise((resolve) => void probe.close(resolve))
  return free
}

// Whoever listened may be gone, and this has still to clean up.
process.stdout.on('error', () => {})
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Neither the folder nor the server outlives this. SIGQUIT: no checkpoint, at once. */
async function end(message: string): Promise<never> {
  say(message)
  await stop('SIGQUIT')
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  process.exit(0)
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  const running = server
  if (running === null) return
  server = null
  const gone = new Promise((resolve) => running.once('exit', resolve))
  running.kill(signal)
  await gone
}

async function start(): Promise<void> {
  const log: string[] = []
  const settings = ['fsync=off', 'max_connections=300', 'listen_addresses=127.0.0.1', `unix_socket_directories=`, `port=${port}`]
  const child = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((each) => ['-c', each])], {
    ...user,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  server = child
  let isReady = false
  child.stderr.on('data', (chunk: Buffer) => {
    const text = chunk.toString()
    if (!isReady) log.push(text)
    if (text.includes('database system is ready to accept connections')) isReady = true
  })
  for (let tries = 0; tries < 1_200 && !isReady; tries++) {
    if (child.exitCode !== null) return end(`failed ${JSON.stringify(`postgres ended: ${log.join('')}`)}`)
    await sleep(25)
  }
  say(isReady ? `ready ${port}` : `failed ${JSON.stringify(`postgres did not start: ${log.join('')}`)}`)
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'start') void start()
    if (line === 'stop') void stop('SIGINT').then(() => say('stopped'))
  })
  .on('close', () => void end('over'))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end('over'))

const words = join(folder, 'words')
writeFileSync(words, 'postgres')
if (user.uid !== undefined) chownSync(words, user.uid, user.gid)
const made = spawnSync(
  join(bin, 'initdb'),
  ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${words}`, '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
  { ...user, cwd: folder, encoding: 'utf8' },
)
if (made.status === 0) await start()
else await end(`failed ${JSON.stringify(`initdb: ${made.error?.message ?? ''}${made.stderr}`)}`)
