// bin/relay.mjs: the command runs what is newest, and an old Node hands over to a newer one or says what to do.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

const shim = join(import.meta.dirname, '../bin/relay.mjs')

/** Makes this Node take itself for version 20. */
const pretendOld = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })"

/** Does as it is told, then says where it ran and with what. */
const program = (name: string): string => `
  const [what, value] = process.argv.slice(2)
  if (what === 'exit') process.exitCode = Number(value)
  else setInterval(() => {}, 1_000)
  if (what === 'drain') process.once('SIGTERM', () => process.exit(3))
  console.log(${JSON.stringify(name)}, process.versions.node.split('.')[0] >= 24 ? 'new' : 'old', what, value)`

/** An installation of its own, with programs that only say their name. */
function installation(context: TestContext, { hasNewNode = true }: { readonly hasNewNode?: boolean } = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'relay-shim-'))
  context.after(() => rmSync(root, { recursive: true }))
  for (const folder of ['bin', 'dist', 'src/cli', 'node_modules/.bin']) mkdirSync(join(root, folder), { recursive: true })
  copyFileSync(shim, join(root, 'bin/relay.mjs'))
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(root, 'old.cjs'), pretendOld)
  writeFileSync(join(root, 'dist/main.js'), program('compiled'))
  writeFileSync(join(root, 'src/main.ts'), program('source'))
  writeFileSync(join(root, 'src/cli/start.ts'), '')
  for (const path of ['src/main.ts', 'src/cli/start.ts']) utimesSync(join(root, path), 1_000, 1_000)
  if (hasNewNode) {
    const node = join(root, 'node_modules/.bin/node')
    writeFileSync(node, `#!/bin/sh\nexec '${process.execPath}' "$@"\n`)
    chmodSync(node, 0o755)
  }
  return root
}

type Run = { readonly stdout: string; readonly stderr: string; readonly code: number | null; readonly signal: string | null }

/** Runs the command; `signal` is sent to it once the program has spoken. */
async function run(
  file: string,
  args: readonly string[],
  { isOld = false, signal }: { readonly isOld?: boolean; readonly signal?: NodeJS.Signals } = {},
): Promise<Run> {
  const preload = isOld ? ['-r', join(file, '../../old.cjs')] : []
  const child = spawn(process.execPath, [...preload, file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString()
    if (signal !== undefined) child.kill(signal)
  })
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
  await once(child, 'close')
  return { stdout: stdout.trim(), stderr, code: child.exitCode, signal: child.signalCode }
}

test('the compiled program runs, until a source file is newer', async (context) => {
  const root = installation(context)
  const file = join(root, 'bin/relay.mjs')
  assert.equal((await run(file, ['exit', '0'])).stdout, 'compiled new exit 0')
  utimesSync(join(root, 'src/cli/start.ts'), Date.now() / 1000 + 60, Date.now() / 1000 + 60)
  assert.equal((await run(file, ['exit', '0'])).stdout, 'source new exit 0')
})

test('a checkout that was never compiled and a package without sources run too', async (context) => {
  const root = installation(context)
  const file = join(root, 'bin/relay.mjs')
  rmSync(join(root, 'dist'), { recursive: true })
  assert.equal((await run(file, ['exit', '0'])).stdout, 'source new exit 0')
  const other = installation(context)
  rmSync(join(other, 'src'), { recursive: true })
  assert.equal((await run(join(other, 'bin/relay.mjs'), ['exit', '0'])).stdout, 'compiled new exit 0')
})

test('the command works through the link that npm makes of it', async (context) => {
  const root = installation(context)
  const link = join(root, 'node_modules/.bin/relay')
  symlinkSync(join(root, 'bin/relay.mjs'), link)
  assert.equal((await run(link, ['exit', '0'])).stdout, 'compiled new exit 0')
})

test('an old Node hands over to the newer one, arguments and exit code included', async (context) => {
  const file = join(installation(context), 'bin/relay.mjs')
  const { stdout, stderr, code } = await run(file, ['exit', '7'], { isOld: true })
  assert.deepEqual([stdout, stderr, code], ['compiled new exit 7', '', 7])
})

test('a signal reaches the newer Node, and its end by a signal is seen outside', async (context) => {
  const file = join(installation(context), 'bin/relay.mjs')
  const drained = await run(file, ['drain', ''], { isOld: true, signal: 'SIGTERM' })
  assert.deepEqual([drained.code, drained.signal], [3, null])
  const killed = await run(file, ['wait', ''], { isOld: true, signal: 'SIGTERM' })
  assert.deepEqual([killed.code, killed.signal], [null, 'SIGTERM'])
})

test('an old Node without a newer one says what to do', async (context) => {
  const file = join(installation(context, { hasNewNode: false }), 'bin/relay.mjs')
  const { stdout, stderr, code } = await run(file, ['exit', '0'], { isOld: true })
  assert.deepEqual([stdout, code], ['', 1])
  assert.match(stderr, /^relay: Relay needs Node 24 or newer and this is [^\n]+`npm ci`[^\n]+\n$/)
})
