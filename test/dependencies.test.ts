// What a running relay is made of besides its own code: few packages, each with a reason, none that runs at installation.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

/** A new line here is a decision: it needs its section in docs/decisions/0002-dependencies.md. */
const runtime: Readonly<Record<string, string>> = {
  '@fastify/busboy': 'The emulator reads uploads of any size as a stream; multipart has too many corners to write once more.',
  commander: 'Commands, flags and help that operators already know how to read.',
  'gpt-tokenizer': 'The emulator counts usage with the encoding of OpenAI itself; loaded when the first text is counted.',
  postgres: 'The wire protocol of Postgres, for relays that share a database; loaded only then.',
  'prom-client': 'The text format and the histograms of Prometheus, as its users expect them.',
  yaml: 'The settings file, with the line of a mistake in the message.',
}

/** They bring nothing but a Node binary, for a machine whose own Node is too old (docs/decisions/0001-runtime.md). */
const runtimeBinaries = /^node-(linux|win|darwin)-(x64|arm64)$/

const permissive: ReadonlySet<string> = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense'])

type Manifest = { readonly [Key in 'dependencies' | 'optionalDependencies' | 'devDependencies']: Readonly<Record<string, string>> }
type Installed = {
  readonly version: string
  readonly license?: string
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
  readonly integrity?: string
}

const root = join(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { readonly packages: Readonly<Record<string, Installed>> }
const everything = Object.entries(lock.packages).filter(([path]) => path !== '')
const production = everything.filter(([, installed]) => installed.dev !== true)
const decision = readFileSync(join(root, 'docs/decisions/0002-dependencies.md'), 'utf8')

test('the runtime dependencies are the ones with a reason', () => {
  assert.deepEqual(Object.keys(manifest.dependencies).toSorted(), Object.keys(runtime).toSorted())
})

test('every direct dependency has its section in the decision', () => {
  const direct = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)]
  assert.deepEqual(
    direct.filter((name) => !decision.includes(`### ${name}\n`)),
    [],
  )
})

test('every runtime dependency is used by the program', () => {
  const sources = globSync('src/**/*.ts', { cwd: root })
    .filter((path) => !path.endsWith('.test.ts'))
    .map((path) => readFileSync(join(root, path), 'utf8'))
  const unused = Object.keys(runtime).filter(
    (name) => !sources.some((text) => new RegExp(`(?:from |import\\(|require\\()'${name}['/]`).test(text)),
  )
  assert.deepEqual(unused, [])
})

test('the whole production tree stays small', () => {
  const tree = production.map(([path]) => nameOf(path)).filter((name) => !runtimeBinaries.test(name))
  assert.ok(tree.length <= 9, `${tree.length} packages: ${tree.join(', ')}`)
})

test('no package of the production tree runs a script when it is installed', () => {
  assert.deepEqual(
    production.filter(([, installed]) => installed.hasInstallScript === true).map(([path]) => nameOf(path)),
    [],
  )
})

test('every package is pinned to one version and its checksum', () => {
  const direct = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies })
  assert.deepEqual(
    direct.filter(([, version]) => !/^\d+\.\d+\.\d+(-beta\.\d+)?$/.test(version)),
    [],
  )
  assert.deepEqual(
    everything.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path),
    [],
  )
})

test('every package of the production tree may be given on under its license', () => {
  assert.deepEqual(
    production.filter(([, { license }]) => !permissive.has(license ?? '')).map(([path]) => nameOf(path)),
    [],
  )
})

test('Relay itself is under the MIT license, in file and manifest', () => {
  const text = readFileSync(join(root, 'LICENSE'), 'utf8')
  assert.match(text, /^MIT License\n\nCopyright \(c\) \d{4} The Relay authors\n/)
  assert.equal((JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly license?: string }).license, 'MIT')
})

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}
