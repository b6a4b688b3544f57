// What the documents say is true: the generated ones are fresh, links and paths lead somewhere, commands and names exist.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { references } from '../scripts/reference/references.ts'
import { program } from '../src/cli/command-line.ts'
import { settingKeys, settingOf } from '../src/config/settings.ts'
import { errorCatalog } from '../src/kernel/errors.ts'

const root = join(import.meta.dirname, '..')
const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).toSorted()
const written = documents.filter((path) => !path.startsWith('docs/reference/'))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const scripts = Object.keys((JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> }).scripts)

for (const [path, text] of references()) {
  test(`${path} is fresh`, () => {
    assert.ok(existsSync(join(root, path)) && read(path) === text, `${path} is stale: run \`npm run generate\` and commit it.`)
  })
}

test('docs/reference holds nothing but generated files', () => {
  assert.deepEqual(globSync('docs/reference/*', { cwd: root }).toSorted(), [...references().keys()].toSorted())
})

test('every refusal is in the error reference, and nothing else is', () => {
  const described = [...read('docs/reference/errors.md').matchAll(/^## (\w+)$/gm)].map((match) => match[1] ?? '')
  assert.deepEqual(described.toSorted(), Object.keys(errorCatalog).toSorted())
})

test('every refusal of the catalog is one the program can answer', () => {
  const paths = globSync('src/**/*.ts', { cwd: root }).filter((path) => !path.endsWith('.test.ts') && path !== 'src/kernel/errors.ts')
  const sources = paths.map(read).join('\n')
  const unused = Object.keys(errorCatalog).filter((name) => !sources.includes(`'${name}'`))
  assert.deepEqual(unused, [])
})

test('ARCHITECTURE.md says in which room each refusal is given', () => {
  const ladder = /## The way of a request([\s\S]*?)\n## /.exec(read('ARCHITECTURE.md'))?.[1] ?? ''
  const words = new Set(ladder.match(/\w+/g))
  assert.deepEqual(
    Object.keys(errorCatalog).filter((name) => !words.has(name)),
    [],
  )
})

test('every relative link of a document leads to a file, and to a heading of it', () => {
  const broken = documents.flatMap((path) =>
    [...prose(read(path)).matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1] ?? '')
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [file = '', anchor] = link.split('#')
        const target = file === '' ? path : join(dirname(path), file)
        return !existsSync(join(root, target)) || (anchor !== undefined && !headingsOf(target).includes(anchor))
      })
      .map((link) => `${path}: ${link}`),
  )
  assert.deepEqual(broken, [])
})

test('every promise of SECURITY.md that names a test names one that exists', () => {
  const claims = [...read('SECURITY.md').matchAll(/\[([\w./-]+\.test\.ts)\]\([^)]+\): "([^"]+)"/g)]
  assert.ok(claims.length > 0)
  const broken = claims
    .filter(([, path = '', name = '']) => !existsSync(join(root, path)) || !read(path).includes(name))
    .map(([claim]) => claim)
  assert.deepEqual(broken, [])
})

test('every path of the repository a document names exists', () => {
  const missing = written.flatMap((path) =>
    [...read(path).matchAll(/`((?:src|test|scripts|docs|packaging|bin|\.ci)\/[\w./-]*)`/g)]
      .map((match) => match[1] ?? '')
      .filter((named) => !existsSync(join(root, named)))
      .map((named) => `${path}: ${named}`),
  )
  assert.deepEqual(missing, [])
})

test('every npm command of a document is a script', () => {
  const builtIn = ['ci', 'exec', 'i', 'install']
  const unknown = written.flatMap((path) =>
    [...read(path).matchAll(/(?:`|^|&& )npm (?:(run) )?([\w:-]+)/gm)]
      .filter(([, run, name = '']) => !scripts.includes(name) && (run !== undefined || !builtIn.includes(name)))
      .map(([command]) => `${path}: ${command}`),
  )
  assert.deepEqual(unknown, [])
})

test('every relay command of a document is a command', () => {
  const known = program().commands.map((command) => command.name())
  const unknown = written.flatMap((path) =>
    [...read(path).matchAll(/(?:^|`|npm exec )relay (?:-- )?([a-z]+)/gm)]
      .filter(([, name = '']) => !known.includes(name))
      .map(([command]) => `${path}: ${command}`),
  )
  assert.deepEqual(unknown, [])
})

test('every variable and setting a document or a refusal names is a setting', () => {
  // Not of a relay but of a client that looks at one: `relay check` and the commands with --url read them.
  const ofClients = ['RELAY_BASE_URL', 'RELAY_CHECK_MODEL', 'RELAY_ADMIN_TOKEN']
  const variables = new Set([...settingKeys.flatMap((key) => [...settingOf(key).env]), ...ofClients])
  const keys = new Set<string>(settingKeys)
  const texts = [...written.map((path) => [path, read(path)] as const), ['src/kernel/errors.ts', JSON.stringify(errorCatalog)] as const]
  const unknown = texts.flatMap(([path, text]) => [
    ...[...text.matchAll(/(?<!_)\b(?:RELAY|OPENAI)_[A-Z_]+\b/g)]
      .filter(([name]) => !variables.has(name))
      .map(([name]) => `${path}: ${name}`),
    ...[...text.matchAll(/`(\w+(?:Ms|Bytes|Depth))`/g)].filter(([, name = '']) => !keys.has(name)).map(([name]) => `${path}: ${name}`),
  ])
  assert.deepEqual(unknown, [])
})

test('the README starts and tests in one line each', () => {
  const lines = shellLines(read('README.md'))
  assert.ok(lines.includes('npm ci && npm start'), 'npm ci && npm start')
  assert.ok(lines.includes('npm ci && npm test'), 'npm ci && npm test')
})

/** Without its code blocks: what stands there is no Markdown. */
function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '')
}

function shellLines(text: string): readonly string[] {
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap((match) => (match[1] ?? '').split('\n'))
}

/** As GitHub makes them: lower case, punctuation dropped, spaces to hyphens. */
function headingsOf(path: string): readonly string[] {
  return [...prose(read(path)).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
