// Runs one Postgres for as long as its standard input is open: whatever ends the tests, this process sees the pipe close, stops
// the server and removes its folder. Lines on the input stop and start the server; lines on the output say what happened.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const [bin = '', certificates = ''] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'relay-postgres-'))
const data = join(folder, 'data')

/** Postgres refuses to run as root; `nobody` is there on every Unix. */
const isRoot = process.getuid?.() === 0
const nobody = /^nobody:[^:]*:(\d+):(\d+):/m.exec(isRoot ? readFileSync('/etc/passwd', 'utf8') : '')
const user = nobody === null ? {} : { uid: Number(nobody[1]), gid: Number(nobody[2]) }
if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
chmodSync(folder, 0o700)

let server: ChildProcess | null = null
let port = await freePort()

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
  server = null
  if (running === null || running.exitCode !== null) return
  const gone = new Promise((resolve) => running.once('exit', resolve))
  running.kill(signal)
  await gone
}

/** With its reasons when it does not start. */
async function start(): Promise<string | null> {
  const log: string[] = []
  const settings = [
    'fsync=off',
    'max_connections=300',
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    `port=${port}`,
    ...(certificates === '' ? [] : ['ssl=on', `ssl_cert_file=${own('cert.pem')}`, `ssl_key_file=${own('key.pem')}`]),
  ]
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
  for (let tries = 0; tries < 1_200 && !isReady && child.exitCode === null; tries++) await sleep(25)
  if (isReady) return null
  await stop('SIGQUIT')
  return log.join('')
}

/** Somebody may take the port between the look and the start: then it is tried again. */
async function startAnywhere(isPortFree: boolean): Promise<void> {
  let reasons: string | null = ''
  for (let tries = 0; tries < 5; tries++) {
    reasons = await start()
    if (reasons === null) return say(`ready ${port} ${folder}`)
    if (isPortFree) port = await freePort()
    await sleep(200)
  }
  return end(`failed ${JSON.stringify(reasons)}`)
}

/** A file of the fixtures as the server's own: it wants its key to be nobody else's. */
function own(name: string): string {
  const copy = join(folder, name)
  writeFileSync(copy, readFileSync(join(certificates, name)), { mode: 0o600 })
  if (user.uid !== undefined) chownSync(copy, user.uid, user.gid)
  return copy
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'start') void startAnywhere(false)
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
if (made.status === 0) await startAnywhere(true)
else await end(`failed ${JSON.stringify(`initdb: ${made.error?.message ?? ''}${made.stderr}`)}`)
