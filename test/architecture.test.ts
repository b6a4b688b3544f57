// The walls of the house: who may import whom, which packages a module may use, and the habits every file keeps.
// The table below is the truth; the one in ARCHITECTURE.md is compared with it.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'

type Wall = { readonly modules: readonly string[]; readonly packages: readonly string[] }

/** A module is a folder of src/, or a file directly in it. It may import itself, the modules named here and Node's own. */
const walls: Readonly<Record<string, Wall>> = {
  kernel: { modules: [], packages: [] },
  catalog: { modules: [], packages: [] },
  config: { modules: ['kernel'], packages: ['yaml'] },
  telemetry: { modules: ['kernel'], packages: ['prom-client'] },
  store: { modules: ['kernel'], packages: ['node:sqlite', 'postgres'] },
  identity: { modules: ['kernel', 'store'], packages: [] },
  upstreams: { modules: ['kernel'], packages: [] },
  ownership: { modules: ['kernel', 'catalog', 'store'], packages: [] },
  background: { modules: ['kernel', 'store'], packages: [] },
  relay: { modules: ['kernel', 'catalog', 'store', 'identity', 'ownership', 'upstreams', 'telemetry'], packages: [] },
  http: { modules: ['kernel', 'relay', 'telemetry'], packages: [] },
  actions: { modules: ['kernel', 'catalog', 'http', 'relay'], packages: [] },
  admin: { modules: ['kernel', 'catalog', 'store', 'identity', 'ownership', 'relay'], packages: [] },
  openapi: { modules: ['kernel', 'catalog', 'actions', 'http', 'admin'], packages: [] },
  emulator: { modules: ['catalog'], packages: ['@fastify/busboy', 'gpt-tokenizer', 'node:sqlite', 'yaml'] },
  check: { modules: [], packages: [] },
  cli: {
    modules: ['kernel', 'catalog', 'config', 'store', 'identity', 'admin', 'openapi', 'emulator', 'check', 'app'],
    packages: ['commander'],
  },
  app: {
    modules: [
      'kernel',
      'catalog',
      'config',
      'telemetry',
      'store',
      'identity',
      'ownership',
      'background',
      'upstreams',
      'relay',
      'http',
      'actions',
      'admin',
      'openapi',
      'emulator',
    ],
    packages: [],
  },
  main: { modules: ['cli'], packages: [] },
}

/** Node's own modules are free, apart from these: they belong to the module that hides them. */
const walledBuiltins: ReadonlySet<string> = new Set(['node:sqlite'])

/** The way of the bytes decodes nothing and follows nothing (docs/decisions): no `fetch`, no pooling agent, no inflater. */
const bytePath: readonly string[] = ['relay', 'upstreams', 'http', 'actions']

/** But for this one: ids in a compressed body must be seen. What it inflates is read and dropped, or sent without the encoding. */
const inflater = 'src/relay/body/inflate.ts'

const root = join(import.meta.dirname, '..')
const sources = globSync('src/**/*.ts', { cwd: root }).toSorted()
const production = sources.filter((path) => !path.endsWith('.test.ts'))
const everything = [...sources, ...globSync('{test,scripts}/**/*.ts', { cwd: root })].toSorted()
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

test('every module has a wall and every wall a module', () => {
  assert.deepEqual(Object.keys(walls).toSorted(), [...new Set(production.map(moduleOf))].toSorted())
})

test('a module imports only the modules its wall names', () => {
  assert.deepEqual(
    violations((wall, target) => (target.kind === 'file' ? wall.modules.includes(moduleOf(target.path)) : true)),
    [],
  )
})

test('a module uses only the packages its wall names', () => {
  assert.deepEqual(
    violations((wall, target) => {
      if (target.kind === 'file') return true
      const isFree = target.name.startsWith('node:') && !walledBuiltins.has(target.name)
      return isFree || wall.packages.includes(target.name)
    }),
    [],
  )
})

test('modules import one another in one direction', () => {
  const edges = new Map(Object.entries(walls).map(([name, wall]) => [name, wall.modules]))
  assert.deepEqual(cycle(edges), null)
})

test('files import one another in one direction', () => {
  const edges = new Map(production.map((path) => [path, filesOf(path)]))
  assert.deepEqual(cycle(edges), null)
})

test('nothing imports from outside the repository, and src only from src', () => {
  const wrong = everything.flatMap((path) =>
    filesOf(path)
      .filter((target) => target.startsWith('..') || (production.includes(path) && !production.includes(target)))
      .map((target) => `${path} -> ${target}`),
  )
  assert.deepEqual(wrong, [])
})

test('the way of the bytes knows no fetch, no agent of Node and no decoder', () => {
  const banned = /\bfetch\(|\bnew Agent\(|\bglobalAgent\b|from 'node:zlib'/
  const wrong = production.filter((path) => bytePath.includes(moduleOf(path)) && banned.test(read(path)))
  assert.deepEqual(wrong, [inflater])
})

test('every file begins with a comment that says what it is for, but for unit tests, which stand beside theirs', () => {
  const wrong = everything.filter((path) => !isUnitTest(path)).filter((path) => !/^(#!.*\n)?(\/\/ ?\S|\/\*)/.test(read(path)))
  assert.deepEqual(wrong, [])
})

test('exports are named, and only the catalog has a barrel', () => {
  const defaults = production.filter((path) => /^export default\b|^export \{[^}]*\bas default\b/m.test(read(path)))
  const barrels = production.filter((path) => /^export (\*|\{[^}]*\}) from /m.test(read(path)) || /(^|\/)index\.ts$/.test(path))
  assert.deepEqual({ defaults, barrels }, { defaults: [], barrels: ['src/catalog/index.ts'] })
})

test('files are named in kebab-case, and no folder is called by what it does not say', () => {
  const vague = /(^|\/)(utils?|helpers?|services?|managers?|common|shared|types|interfaces|middlewares?|misc)(\/|\.ts$)/
  const wrong = everything.filter((path) => vague.test(path) || !/^[a-z0-9]+(-[a-z0-9]+)*(\.types)?(\.test)?\.ts$/.test(basename(path)))
  assert.deepEqual(wrong, [])
})

test('the import table of ARCHITECTURE.md is this one', () => {
  const table = /<!-- walls -->\n([\s\S]*?)<!-- \/walls -->/.exec(read('ARCHITECTURE.md'))?.[1] ?? ''
  const names = (cell: string | undefined): string[] => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '').toSorted()
  const rows = table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|'))
  const documented = Object.fromEntries(
    rows.map(([, name, modules, packages]) => [names(name)[0] ?? '', { modules: names(modules), packages: names(packages) }]),
  )
  const enforced = Object.fromEntries(
    Object.entries(walls).map(([name, wall]) => [name, { modules: wall.modules.toSorted(), packages: wall.packages.toSorted() }]),
  )
  assert.deepEqual(documented, enforced)
})

type Target = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'package'; readonly name: string }

/** What a file imports: static, re-exported, dynamic, and every other literal that names a TypeScript file (workers, forks). */
function importsOf(path: string): readonly Target[] {
  const source = read(path)
  const specifiers = [
    ...source.matchAll(/^(?:import|export)\b[^'"`]*?\bfrom '([^']+)'/gm),
    ...source.matchAll(/^import '([^']+)'/gm),
    ...source.matchAll(/\b(?:import|require|resolve)\(\s*'([^']+)'/g),
    ...source.matchAll(/'(\.{1,2}\/[^'\n]+\.ts)'/g),
  ].map((match) => match[1] ?? '')
  return [...new Set(specifiers)].map((specifier) =>
    specifier.startsWith('.')
      ? { kind: 'file', path: join(dirname(path), specifier) }
      : { kind: 'package', name: /^(node:[\w/]+|@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[0] ?? specifier },
  )
}

function filesOf(path: string): readonly string[] {
  return importsOf(path).flatMap((target) => (target.kind === 'file' ? [target.path] : []))
}

function isUnitTest(path: string): boolean {
  return path.startsWith('src/') && path.endsWith('.test.ts')
}

/** `src/relay/body/hold.ts` -> `relay`; `src/app.ts` -> `app`. */
function moduleOf(path: string): string {
  const [top, first = '', ...rest] = path.split('/')
  if (top !== 'src') return top ?? ''
  return rest.length === 0 ? first.replace(/\.ts$/, '') : first
}

function violations(isAllowed: (wall: Wall, target: Target) => boolean): readonly string[] {
  return production.flatMap((path) => {
    const own = moduleOf(path)
    const wall = walls[own] ?? { modules: [], packages: [] }
    return importsOf(path)
      .filter((target) => !(target.kind === 'file' && moduleOf(target.path) === own) && !isAllowed(wall, target))
      .map((target) => `${path} -> ${target.kind === 'file' ? target.path : target.name}`)
  })
}

/** The first cycle found, as the names along it, or null. */
function cycle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const done = new Set<string>()
  const visit = (name: string, trail: readonly string[]): readonly string[] | null => {
    if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name]
    if (done.has(name)) return null
    for (const next of edges.get(name) ?? []) {
      const found = visit(next, [...trail, name])
      if (found !== null) return found
    }
    done.add(name)
    return null
  }
  for (const name of edges.keys()) {
    const found = visit(name, [])
    if (found !== null) return found
  }
  return null
}
