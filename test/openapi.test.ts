// Both OpenAPI documents and the pages around them: complete, valid to a linter others keep, the same after a restart, and silent
// about the operator.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { brotliDecompressSync } from 'node:zlib'
import { goldens, goldenServer } from '../scripts/reference/golden.ts'
import { wrappers } from '../src/actions/wrappers.ts'
import { catalog, type CatalogEndpoint } from '../src/catalog/index.ts'
import { actionsProblems, operationIdsTwice, structuralProblems } from '../src/check/openapi.ts'
import { Secret } from '../src/kernel/secret.ts'
import { bodies } from '../src/openapi/bodies.ts'
import { readFields } from '../src/openapi/fields.ts'
import { pages } from '../src/openapi/pages.ts'
import { queries } from '../src/openapi/queries.ts'
import { fieldWords } from '../src/openapi/words.ts'
import { startWorld } from './harness/world.ts'

type Operation = {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly security?: unknown
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> }
}
type Document = {
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const root = join(import.meta.dirname, '..')
const rows: readonly CatalogEndpoint[] = catalog
const golden = (name: string): string => goldens().get(`test/golden/${name}`) ?? ''
const full = JSON.parse(golden('openapi.json')) as Document
const actions = JSON.parse(golden('openapi.actions.json')) as Document
const operationsOf = ({ paths }: Document): readonly Operation[] => Object.values(paths).flatMap((item) => Object.values(item))

type Got = { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly body: Buffer }

const get = (port: number, path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Got> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }))
    })
      .on('error', reject)
      .end()
  })

describe('the golden documents', () => {
  for (const [path, text] of goldens())
    test(`${path} is fresh`, () =>
      assert.ok(readFileSync(join(root, path), 'utf8') === text, `${path} is stale: run \`npm run generate\` and look at what changed.`))

  for (const path of goldens().keys())
    test(`${path} pleases a linter that others keep, without a warning`, () => {
      const linted = spawnSync(process.execPath, [join(root, 'node_modules/@redocly/cli/bin/cli.js'), 'lint', '--format=json', path], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
      })
      const report = JSON.parse(linted.stdout) as { readonly problems: readonly { readonly ruleId: string; readonly message: string }[] }
      assert.deepEqual(
        report.problems.map(({ ruleId, message }) => `${ruleId}: ${message}`),
        [],
      )
      assert.equal(linted.status, 0, linted.stderr)
    })

  test('are what `relay check` takes', () => {
    for (const document of [full, actions]) assert.deepEqual([structuralProblems(document), operationIdsTwice(document)], [[], []])
    assert.deepEqual(actionsProblems(actions, true), [])
  })
})

describe('GET /openapi.json', () => {
  test('holds every HTTP operation of the catalog, every wrapper and every page at its place, and nothing else', () => {
    const expected = [
      ...rows.filter(({ transport }) => transport === 'http').map(({ method, path }) => `${method} ${path}`),
      ...wrappers.map(({ method, path }) => `${method} ${path}`),
      ...Object.values(pages).map(({ path }) => `GET ${path}`),
    ]
    const found = Object.entries(full.paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`))
    assert.deepEqual(found.toSorted(), expected.toSorted())
  })

  test('says of each row what a body may be, kind by kind, and knows the fields in no other notation', () => {
    const types = { json: 'application/json', multipart: 'multipart/form-data', sdp: 'application/sdp' }
    for (const row of rows.filter(({ transport }) => transport === 'http'))
      assert.deepEqual(
        Object.keys(full.paths[row.path]?.[row.method.toLowerCase()]?.requestBody?.content ?? {}),
        row.request.map((kind) => types[kind]),
        row.id,
      )
    assert.throws(() => readFields('name?:strnig'))
    assert.throws(() => readFields('?'))
  })

  test('describes no tag without operations, and each operation by one tag that is described', () => {
    for (const document of [full, actions]) {
      const used = operationsOf(document).flatMap(({ tags }) => tags)
      assert.deepEqual([...new Set(used)].toSorted(), document.tags.map(({ name }) => name).toSorted())
    }
  })

  test('has words only for fields there are', () => {
    const texts = [...Object.values(bodies).flatMap((kinds) => Object.values(kinds)), ...Object.values(queries)] as readonly string[]
    const names = new Set(texts.flatMap((text) => Object.keys(readFields(text).properties)))
    assert.deepEqual(
      Object.keys(fieldWords).filter((name) => !names.has(name)),
      [],
    )
  })

  test('asks for a token but for the pages of the relay', () => {
    assert.deepEqual(
      operationsOf(full)
        .filter(({ security }) => security !== undefined)
        .map(({ operationId }) => operationId)
        .toSorted(),
      Object.values(pages)
        .map(({ operationId }) => operationId)
        .toSorted(),
    )
  })
})

test('GET /openapi.actions.json holds the wrappers without a colon and the direct rows', () => {
  const expected = [...rows.filter((row) => row.actions === 'direct'), ...wrappers.filter(({ path }) => !path.includes(':'))]
  assert.deepEqual(Object.keys(actions.paths).toSorted(), [...new Set(expected.map(({ path }) => path as string))].toSorted())
  assert.ok(operationsOf(actions).length <= 30)
})

describe('the pages', () => {
  test('answer everybody, by GET and by HEAD, with a query and without', async () => {
    await using world = await startWorld({ upstream: 'emulator' })
    for (const { path, answer } of Object.values(pages)) {
      const got = await get(world.port, path)
      assert.equal(got.status, 200, path)
      assert.match(
        String(got.headers['content-type']),
        { json: /^application\/json/, text: /^text\/plain/, html: /^text\/html/, script: /^text\/javascript/ }[answer],
        path,
      )
      if (answer === 'json') JSON.parse(got.body.toString())
      assert.equal((await get(world.port, `${path}?x=1`)).status, 200, path)
      const head = await get(world.port, path, {}, 'HEAD')
      assert.deepEqual([head.status, head.body.length], [200, 0], path)
      assert.ok((await get(world.port, path, {}, 'POST')).status >= 400, path)
      assert.equal((await get(world.port, path.replace(/^\/v1\//, '/'))).status, 200, path)
    }
  })

  test('tell a stranger nothing of key, organization, project and upstream', async () => {
    const told = {
      upstreamKey: new Secret('sk-never-told'),
      upstreamUrl: 'http://upstream.invalid:9/v1',
      upstreamOrganization: 'org-never-told',
      upstreamProject: 'proj_never_told',
    }
    await using world = await startWorld({ upstream: 'emulator', settings: told })
    for (const { path } of Object.values(pages).filter((page) => page.path !== pages.docsViewer.path)) {
      const { body, headers } = await get(world.port, path)
      assert.doesNotMatch(body.toString() + JSON.stringify(headers), /never[-_]told|upstream\.invalid|rk_test/, path)
    }
  })

  test('name the public address, whatever a reader asked, with or without /v1', async () => {
    for (const publicUrl of [goldenServer, `${goldenServer}/v1`]) {
      await using world = await startWorld({ upstream: 'emulator', settings: { publicUrl } })
      for (const name of ['openapi.json', 'openapi.actions.json']) {
        const { body } = await get(world.port, `/${name}`, { host: 'other.test' })
        // A second relay, another process's worth of state: the very bytes.
        assert.ok(`${JSON.stringify(JSON.parse(body.toString()), null, 1)}\n` === golden(name), name)
      }
      for (const { path } of [pages.manifest, pages.plugin, pages.info]) {
        const urls = [...(await get(world.port, path, { host: 'other.test' })).body.toString().matchAll(/https?:\/\/[^"\s]+/g)].map(
          ([url]) => url,
        )
        assert.ok(
          urls.length > 0 && urls.every((url) => url.startsWith(`${goldenServer}/`) && !url.includes('/v1/')),
          `${path}: ${urls.join()}`,
        )
      }
    }
  })

  test('name the address the reader asked where there is no public one, and never text that is no address', async () => {
    await using world = await startWorld({ upstream: 'emulator' })
    const serverFor = async (headers: Readonly<Record<string, string>>): Promise<string | undefined> =>
      (JSON.parse((await get(world.port, pages.openapiActions.path, headers)).body.toString()) as Document).servers[0]?.url
    assert.equal(await serverFor({ host: 'gpt.test:8443' }), 'http://gpt.test:8443')
    assert.equal(await serverFor({ host: 'gpt.test', 'x-forwarded-proto': 'https' }), 'https://gpt.test')
    assert.equal(await serverFor({ host: '[::1]:80' }), 'http://[::1]:80')
    for (const host of ['a/b', 'user@host', '"><script>', 'a b', 'a\\b', 'a?b', 'a#b'])
      assert.equal(await serverFor({ host }), `http://127.0.0.1:${world.port}`, host)
    for (const proto of ['http', 'javascript', 'https, http'])
      assert.equal(await serverFor({ host: 'gpt.test', 'x-forwarded-proto': proto }), 'http://gpt.test', proto)
    assert.equal((await get(world.port, pages.openapiActions.path)).headers['cache-control'], 'no-store')
  })

  test('give out the viewer as its README says, with Brotli and without', async () => {
    const checksum = /`([0-9a-f]{64})`/.exec(readFileSync(join(root, 'assets/api-reference/README.md'), 'utf8'))?.[1]
    await using world = await startWorld({ upstream: 'emulator' })
    const path = pages.docsViewer.path
    const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
    const packed = await get(world.port, path, { 'accept-encoding': 'gzip, br' })
    assert.equal(packed.headers['content-encoding'], 'br')
    assert.equal(sha256(brotliDecompressSync(packed.body)), checksum)
    for (const encoding of ['', 'gzip', 'br;q=0', 'identity']) {
      const plain = await get(world.port, path, encoding === '' ? {} : { 'accept-encoding': encoding })
      assert.deepEqual([plain.headers['content-encoding'], sha256(plain.body)], [undefined, checksum], encoding)
    }
    assert.match(readFileSync(join(root, 'assets/api-reference/LICENSE'), 'utf8'), /^MIT License/)
  })
})
