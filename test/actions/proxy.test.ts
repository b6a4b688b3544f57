// The guarded proxy: what it refuses and how, and that no spelling of a path reaches the upstream but the canonical one.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { jsonObstacle } from '../../src/catalog/actions.ts'
import type { Endpoint } from '../../src/catalog/endpoint.ts'
import { catalog } from '../../src/catalog/index.ts'
import { openAiError } from '../harness/expect.ts'
import { valuesOf } from '../harness/http-bytes.ts'
import { ask, type Answer } from '../harness/raw-client.ts'
import { answering, okScript, rawUpstream, type RawUpstream } from '../harness/raw-upstream.ts'
import { startWorld, upstreamKey, type World } from '../harness/world.ts'

const rows: readonly Endpoint[] = catalog

describe('the guarded proxy', { concurrency: false }, () => {
  let upstream: RawUpstream
  let world: World
  before(async () => {
    upstream = await rawUpstream()
    world = await startWorld({ upstream })
  })
  after(async () => {
    await world[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })

  const proxy = (envelope: unknown, token: string | null = world.token): Promise<Answer> =>
    ask(world.port, {
      method: 'POST',
      path: '/v1/proxy',
      token,
      headers: [['Content-Type', 'application/json']],
      body: typeof envelope === 'string' ? envelope : JSON.stringify(envelope),
    })

  const get = (path: string): object => ({ method: 'GET', path })
  const refusals: readonly (readonly [what: string, envelope: unknown, status: number, message: RegExp])[] = [
    ['an unknown key', { ...get('/v1/models'), extra: 1 }, 422, /^Extra inputs are not permitted: extra$/],
    ['__proto__ as a key', '{"method":"GET","path":"/v1/models","__proto__":{}}', 422, /^Extra inputs/],
    ['no method', { path: '/v1/models' }, 422, /^Field required: method$/],
    ['no path', { method: 'GET' }, 422, /^Field required: path$/],
    ['a method that is no text', { method: 1, path: '/v1/models' }, 422, /should be a string: method$/],
    ['a path that is no text', { method: 'GET', path: ['v1', 'models'] }, 422, /should be a string: path$/],
    ['two names for the query', { ...get('/v1/models'), query: {}, params: {} }, 422, /^Two names for one field: query, params$/],
    ['two names for the body', { method: 'POST', path: '/v1/responses', json: {}, body: {} }, 422, /^Two names for one field: body, json$/],
    ['a query that is a list', { ...get('/v1/models'), query: [] }, 422, /should be an object: query$/],
    ['a nested query', { ...get('/v1/models'), query: { a: { b: 1 } } }, 422, /query\.a$/],
    ['a body where the operation takes none', { ...get('/v1/models'), body: { a: 1 } }, 422, /takes no body/],
    ['HEAD', { method: 'HEAD', path: '/v1/models' }, 400, /^Unsupported method: HEAD$/],
    ['CONNECT', { method: 'CONNECT', path: '/v1/models' }, 400, /^Unsupported method: CONNECT$/],
    ['an empty path', get('  '), 400, /^path is required$/],
    ['a URL', get('https://api.openai.com/v1/models'), 400, /not a URL$/],
    ['what begins like one', get('httpfoo'), 400, /not a URL$/],
    ['a query in the path', get('/v1/models?limit=1'), 400, /must not include '\?'/],
    ['a colon', get('/v1/models/ft:gpt-4o:org::1'), 403, /^':' paths are not allowed via \/v1\/proxy$/],
    ['two dots', get('/v1/files/../models'), 403, /^path contains illegal sequences$/],
    ['a fragment', get('/v1/models#x'), 403, /^path contains illegal sequences$/],
    ['a space', get('/v1/ models'), 403, /^path must not contain whitespace$/],
    ['itself', { method: 'POST', path: '/v1/proxy' }, 403, /^path is blocked$/],
    ['a wrapper', { method: 'POST', path: '/v1/actions/files/upload' }, 403, /^path is blocked$/],
    ['administration of the relay', get('/v1/admin/tokens'), 403, /^blocked prefix: \/v1\/admin$/],
    ['administration of the organization', get('/v1/organization/users'), 403, /^blocked prefix: \/v1\/organization$/],
    ['a path nobody lists', get('/v1/nothing'), 403, /^method\/path not allowlisted for \/v1\/proxy$/],
    ['a method the path does not know', { method: 'PUT', path: '/v1/models' }, 403, /^method\/path not allowlisted/],
    ['another case', get('/V1/models'), 403, /^method\/path not allowlisted/],
    ['another case of a name', get('/v1/Models'), 403, /^method\/path not allowlisted/],
    ['a form', { method: 'POST', path: '/v1/files' }, 403, /^multipart endpoint blocked via \/v1\/proxy$/],
    ['bytes', get('/v1/files/file-1/content'), 403, /blocked via \/v1\/proxy: it answers bytes$/],
    ['a stream', { method: 'POST', path: '/v1/responses', body: { stream: true } }, 403, /^stream=true is not allowed/],
    ['a stream in words', { method: 'POST', path: '/v1/responses', body: { stream: 'true' } }, 403, /^stream=true is not allowed/],
    ['a stream in the query', { ...get('/v1/responses/resp_1'), query: { stream: true } }, 403, /^stream=true is not allowed/],
    ['a list', '[]', 400, /must be a JSON object/],
    ['no JSON', '{"method":', 400, /not valid JSON/],
    ['nothing', '', 422, /^Field required/],
  ]
  for (const [what, envelope, status, message] of refusals) {
    test(`refuses ${what} with ${status}, and the upstream hears nothing`, async () => {
      upstream.clear()
      const error = openAiError(await proxy(envelope), status)
      assert.match(error.message, message)
      assert.equal(upstream.requests.length, 0)
    })
  }

  test('refuses strangers before it reads a byte of the body', async () => {
    const answer = await ask(world.port, {
      method: 'POST',
      path: '/v1/proxy',
      token: 'rk_nobody',
      headers: [
        ['Content-Type', 'application/json'],
        ['Content-Length', '1000000'],
      ],
    })
    assert.equal(openAiError(answer, 401).code, 'invalid_api_key')
  })

  for (const row of rows) {
    const path = row.path.replace(/\{\w+\}/g, 'id-1')
    const isCarried = jsonObstacle(row) === null
    test(`${row.id}: ${isCarried ? 'is carried exactly as a direct call' : 'is refused with 403'}`, async () => {
      // A socket and its HTTP twin share method and path: the twin answers.
      if (row.transport === 'socket' && rows.some((other) => other !== row && other.method === row.method && other.path === row.path))
        return
      upstream.clear()
      upstream.script(okScript)
      const answer = await proxy({ method: row.method.toLowerCase(), path, query: { limit: 2, include: ['a', 'b'], none: null } })
      if (!isCarried) {
        openAiError(answer, 403)
        assert.equal(upstream.requests.length, 0)
        return
      }
      assert.equal(answer.status, 200, answer.body.toString())
      assert.equal(answer.body.toString(), '{"ok":true}')
      const [request] = upstream.requests
      assert.equal(`${request?.method} ${request?.target}`, `${row.method} ${path}?limit=2&include%5B%5D=a&include%5B%5D=b`)
      assert.deepEqual(valuesOf(request?.headers ?? [], 'authorization'), [`Bearer ${upstreamKey}`])
      assert.equal(request?.body.toString(), row.request.includes('json') ? '{}' : '')
      if (row.beta !== null) assert.deepEqual(valuesOf(request?.headers ?? [], 'openai-beta'), [row.beta])
    })
  }

  test('an error of the upstream arrives with its status, its body and its headers', async () => {
    upstream.script(
      answering(
        'HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\nretry-after: 7\r\nx-request-id: req_up\r\ncontent-length: 15\r\n\r\n{"error":{"a":1',
      ),
    )
    const answer = await proxy(get('/v1/models'))
    assert.equal(answer.status, 429)
    assert.equal(answer.body.toString(), '{"error":{"a":1')
    assert.deepEqual(valuesOf(answer.headers, 'retry-after'), ['7'])
    assert.deepEqual(valuesOf(answer.headers, 'x-request-id'), ['req_up'])
    assert.equal(valuesOf(answer.headers, 'x-relay-request-id').length, 1)
  })

  test('a token in a header of its own is the token of the call', async () => {
    upstream.clear()
    upstream.script(okScript)
    const body = JSON.stringify(get('/v1/models'))
    const answer = await ask(world.port, {
      method: 'POST',
      path: '/proxy',
      headers: [
        ['X-Relay-Key', world.token],
        ['Content-Type', 'application/json'],
      ],
      body,
    })
    assert.equal(answer.status, 200)
    assert.ok(!(upstream.requests[0]?.headText ?? world.token).includes(world.token), 'it never reaches the upstream')
  })

  test('a number beyond 2^53 goes upstream as it was written', async () => {
    upstream.clear()
    upstream.script(okScript)
    await proxy('{"method":"POST","path":"/v1/responses","body":{"seed":12345678901234567890,"input":"1234567890123456789"}}')
    assert.equal(upstream.requests[0]?.body.toString(), '{"seed":12345678901234567890,"input":"1234567890123456789"}')
  })

  test('a large answer arrives whole', async () => {
    const body = JSON.stringify({ data: 'x'.repeat(3_000_000) })
    upstream.script(answering(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`, body))
    assert.equal((await proxy(get('/v1/models'))).body.toString(), body)
  })

  test('an answer that breaks off upstream is broken off', async () => {
    upstream.script(async (exchange) => {
      await exchange.whole
      await exchange.send('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"data":')
      await exchange.pause(50)
      exchange.reset()
    })
    assert.equal((await proxy(get('/v1/models'))).end, 'cut')
  })

  test('of 400 spellings of five paths, only the canonical paths reach the upstream', async () => {
    upstream.script(okScript)
    const canonical = new Set(['/v1/models', '/v1/models/gpt-5', '/v1/files/file-1', '/v1/batches', '/v1/vector_stores/vs_1/files'])
    // With or without its slash and its version: three spellings of one path.
    const plain = new Set([...canonical].flatMap((path) => [path, path.slice(1), path.slice(4)]))
    const spellings = [...canonical].flatMap(spellingsOf)
    assert.ok(new Set(spellings).size >= 400, `${new Set(spellings).size} spellings`)
    upstream.clear()
    const statuses = new Map<number, number>()
    for (const path of spellings) {
      const { status } = await proxy({ method: 'GET', path })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      assert.ok(plain.has(path) ? status === 200 : status === 400 || status === 403, `${JSON.stringify(path)} was answered ${status}`)
    }
    assert.deepEqual(new Set(upstream.requests.map(({ target }) => target)), canonical)
    assert.ok(
      (statuses.get(200) ?? 0) >= canonical.size && (statuses.get(400) ?? 0) > 0 && (statuses.get(403) ?? 0) > 0,
      JSON.stringify([...statuses]),
    )
  })
})

/** Ways to write a path that one reader or another takes for it; the first three are allowed. */
function spellingsOf(path: string): string[] {
  const bare = path.slice(4)
  const [first = '', ...rest] = bare.split('/')
  const last = rest.at(-1) ?? first
  const hex = (character: string, width = 2): string => `%${character.charCodeAt(0).toString(16).padStart(width, '0')}`
  const middle = Math.floor(path.length / 2)
  return [
    path,
    bare,
    path.slice(1),
    `/${path}`,
    `//${path}`,
    `/v1//${bare}`,
    `//v1/${bare}`,
    `/v1/${bare}/`,
    `/v1/${bare}//`,
    `/v1/./${bare}`,
    `/./v1/${bare}`,
    `/v1/${bare}/.`,
    `/v1/${bare}/..`,
    `/v1/x/../${bare}`,
    `/v1/${bare}/../${last}`,
    `../${path}`,
    `/..${path}`,
    `/v1/../v1/${bare}`,
    `/v1/v1/${bare}`,
    `/v1/..;/${bare}`,
    `/v1/${bare};`,
    `/v1/${bare};a=b`,
    `/v1;/${bare}`,
    `;${path}`,
    `/v1/%2e/${bare}`,
    `/v1/%2e%2e/v1/${bare}`,
    `/v1/%2E%2E/v1/${bare}`,
    `/v1/%252e%252e/v1/${bare}`,
    `/v1/.%2e/v1/${bare}`,
    `/v1/%2e./v1/${bare}`,
    `/v1/%c0%ae%c0%ae/v1/${bare}`,
    `/v1/..%2fv1/${bare}`,
    `/v1/..%5cv1/${bare}`,
    `/v1%2f${bare}`,
    `/v1%2F${bare}`,
    `/v1%252f${bare}`,
    `%2fv1/${bare}`,
    `/v1/${bare}%2f`,
    `/v1/${bare}%2f..`,
    `/v1/${bare}%00`,
    `/v1/${bare}%0a`,
    `/v1/${bare}%20`,
    `/v1/${bare}%23`,
    `/v1/${bare}%3f`,
    `/v1/${bare}%3b`,
    `\\v1\\${bare}`,
    `/v1\\${bare}`,
    `/v1/${bare}\\`,
    `\\\\v1/${bare}`,
    `/v1/${bare}\\..`,
    `/v1%5c${bare}`,
    ` ${path}`,
    `${path} `,
    `\t${path}`,
    `${path}\t`,
    `${path}\n`,
    `\r\n${path}`,
    `/v1/ ${bare}`,
    `/v1 /${bare}`,
    `${path}\u00a0`,
    `${path}\u2028`,
    `\ufeff${path}`,
    `${path}\u0000`,
    `${path}\u200b`,
    `${path}\u007f`,
    path.toUpperCase(),
    `/V1/${bare}`,
    `/v1/${first.toUpperCase()}${bare.slice(first.length)}`,
    path.replace(/[a-z](?=[a-z]*$)/, (letter) => letter.toUpperCase()),
    path.replaceAll('/', '\u2215'),
    path.replaceAll('/', '\uff0f'),
    path.replaceAll('/', '\u2044'),
    path.replace('v1', '\uff561'),
    path.replace('v1', 'v\u00b9'),
    path.normalize('NFKD').replace('e', 'e\u0301'),
    `/\u2024\u2024${path}`,
    `/v1/\uff0e\uff0e/v1/${bare}`,
    `http://127.0.0.1${path}`,
    `HTTP://evil${path}`,
    `https://api.openai.com${path}`,
    `//evil.example${path}`,
    `ftp://evil${path}`,
    `http:${path}`,
    `javascript:${path}`,
    `@evil${path}`,
    `${path}?`,
    `${path}?x=1`,
    `${path}#`,
    `${path}#x`,
    `${path}?#`,
    `${path}%`,
    `${path}%4`,
    `${path}%zz`,
    `${path}"`,
    `${path}'`,
    `${path}<`,
    `${path}|`,
    `${path}^`,
    `${path}\``,
    `${path}{}`,
    `${path}*`,
    `${path},`,
    `${path}&`,
    `${path}=`,
    `${path}+`,
    `${path}$`,
    `${path}!`,
    `${path}(`,
    `${path}[]`,
    `${path}:`,
    `${path}@`,
    `${path.slice(0, middle)}${hex(path[middle] ?? 'x')}${path.slice(middle + 1)}`,
    `${path.slice(0, -1)}${hex(path.at(-1) ?? 'x')}`,
    `${path.slice(0, -1)}%25${hex(path.at(-1) ?? 'x').slice(1)}`,
    `/${hex('v')}1/${bare}`,
    `/v${hex('1')}/${bare}`,
    path.replace(/./g, (character) => hex(character)),
    `${path.slice(0, -1)}%u00${hex(path.at(-1) ?? 'x').slice(1)}`,
    `/v1/${bare} HTTP/1.1`,
    `/v1/${bare}\r\nHost: evil`,
    `/v1/${bare}\nX: y`,
    `/v2/${bare}`,
    `/v1`,
    `/v1/`,
    `/`,
    `.`,
    `..`,
    `v1`,
    `/v1.0/${bare}`,
    `/v01/${bare}`,
    `/api/v1/${bare}`,
    `/proxy/v1/${bare}`,
    `/v1/proxy/${bare}`,
  ]
}
