// The guides to tenants and to state are true: their commands run in one shell, in their order, against a relay they start, and
// say what the guide says.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { bareEnvironment } from './harness/relay-process.ts'

const root = join(import.meta.dirname, '..')
const hasCurl = spawnSync('curl', ['--version']).error === undefined

/** With how many of its outputs are compared, so that a guide that shows none does not pass. */
const guides: readonly (readonly [name: string, outputs: number])[] = [
  ['tenants', 12],
  ['state', 3],
]

for (const [name, outputs] of guides)
  test(`everything the guide to ${name} shows happens as it shows it`, { skip: hasCurl ? false : 'no curl here' }, () =>
    follow(name, outputs),
  )

async function follow(name: string, outputs: number): Promise<void> {
  const guide = await readFile(join(root, `docs/guide/${name}.md`), 'utf8')
  const blocks = [...guide.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({ language, text }))
  assert.deepEqual([...new Set(blocks.map(({ language }) => language))].toSorted(), ['sh', 'text'])
  const folder = await mkdtemp(join(tmpdir(), 'relay-guide-'))
  try {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    await writeFile(join(folder, 'plan.txt'), 'The plan of the red team.\n')
    await writeFile(join(folder, 'relay'), `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'src/main.ts')}' "$@"\n`)
    await chmod(join(folder, 'relay'), 0o755)
    const commands = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text.replaceAll('http://127.0.0.1:8000', url))
    const said = await runInOneShell(commands, folder, url, port)
    let compared = 0
    let command = -1
    for (const { language, text } of blocks) {
      if (language === 'sh') command++
      else {
        assert.match(said[command]?.trim() ?? '', patternOf(text.trim()), `after\n${commands[command] ?? ''}`)
        compared++
      }
    }
    assert.ok(compared >= outputs, `${compared} outputs were compared`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What each block said, on either output; a command that fails ends the shell. The relay it starts speaks into a file. */
function runInOneShell(blocks: readonly string[], folder: string, url: string, port: number): Promise<readonly string[]> {
  const script = [
    'set -euo pipefail',
    'trap "kill %1 && wait" EXIT',
    ...blocks.map((block, index) => `${ready(block, url)}\necho '@@ ${index}'`),
  ].join('\n')
  return new Promise((resolve, reject) => {
    const env = {
      ...bareEnvironment(),
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
      RELAY_PORT: String(port),
      RELAY_DATA_DIR: join(folder, 'data'),
    }
    const shell = spawn('bash', ['-c', `exec 2>&1\n${script}`], { cwd: folder, env, timeout: 200_000 })
    let output = ''
    shell.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
    shell.once('error', reject)
    shell.once('close', (code) => {
      const parts = output.split(/^@@ \d+\n/m)
      if (code === 0 && parts.length > blocks.length) resolve(parts)
      else
        reject(
          new Error(`the shell ended with ${String(code)} after ${parts.length - 1} of ${blocks.length} blocks:\n${parts.at(-1) ?? ''}`),
        )
    })
  })
}

/** The reader sees that the relay is up before they go on; a shell has to wait for it. */
const ready = (block: string, url: string): string =>
  block.replace(
    /^relay start &$/m,
    `relay start > relay.log 2>&1 &\nuntil curl -sf -o /dev/null ${url}/health; do kill -0 %1; sleep 0.1; done`,
  )

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** An ellipsis stands for what differs from time to time, runs of spaces for one another: columns are as wide as their cells. */
const patternOf = (expected: string): RegExp =>
  new RegExp(
    `^${expected
      .split('…')
      .map((part) => RegExp.escape(part).replaceAll(/(?:\\x20| )+/g, ' +'))
      .join('[\\s\\S]*?')}$`,
  )
