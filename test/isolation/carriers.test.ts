// What carries a request inside another one: the lines of a batch, the actions and the guarded proxy. Ids in them are as foreign as
// ids in a request of their own.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { wrappers, type Wrapper } from '../../src/actions/wrappers.ts'
import type { ResourceKind } from '../../src/catalog/kinds.ts'
import { referenceKeys } from '../../src/catalog/references.ts'
import type { Field } from '../../src/kernel/field.ts'
import { openDatabase, type DatabaseKind } from '../harness/database.ts'
import { startGuardedAccount, type GuardedAccount, type Got, type Sent } from '../harness/guarded-account.ts'
import { createStage, inParallel, isRefusal, leaked, told, type Stage } from './matrix.ts'
import { formHeaders, formOf, newId, part, plainWriting, spots, type Own, type Spot } from './spots.ts'

const databases: readonly DatabaseKind[] = ['sqlite', 'postgres']

/** Rows whose requests OpenAI takes as lines of a batch. */
const batched: ReadonlySet<string> = new Set([
  ...['responses.create', 'chat.completions.create', 'embeddings.create', 'completions.create', 'moderations.create'],
  ...['images.generate', 'images.edit', 'videos.create'],
])

const own = JSON.stringify({ custom_id: 'a', method: 'POST', url: '/v1/embeddings', body: { model: 'text-embedding-3-small', input: 'a' } })
const lineOf = (url: string, body: string): string => `{"custom_id":"b","method":"POST","url":"${url}","body":${body}}`
const bare = (id: string): string => `{"input":[{"type":"item_reference","id":"msg_own"}],"previous_response_id":"${id}"}`

/** A file of lines, one of which names a response, or an item where no key tells what it is. */
const files: Readonly<Record<string, (id: string, item: string) => string>> = {
  'in the first line': (id) => `${lineOf('/v1/responses', bare(id))}\n${own}\n`,
  'in the last line': (id) => `${own}\n${own}\n${lineOf('/v1/responses', bare(id))}\n`,
  'in the last line, which does not end': (id) => `${own}\n${lineOf('/v1/responses', bare(id))}`,
  'behind a byte order mark': (id) => `\uFEFF${lineOf('/v1/responses', bare(id))}\n`,
  'in lines that end as on Windows': (id) => `${own}\r\n${lineOf('/v1/responses', bare(id))}\r\n`,
  'behind empty lines': (id) => `\n\n  \n${lineOf('/v1/responses', bare(id))}\n\n`,
  'behind a thousand lines': (id) => `${`${own}\n`.repeat(1000)}${lineOf('/v1/responses', bare(id))}\n`,
  'under a body that comes again': (id) => `{"custom_id":"b","method":"POST","url":"/v1/responses","body":${bare(id)},"body":{}}\n`,
  'under a body that came before': (id) => `{"custom_id":"b","method":"POST","url":"/v1/responses","body":{},"body":${bare(id)}}\n`,
  'under escaped keys': (id) =>
    `${lineOf('/v1/responses', bare(id)).replace('previous', '\\u0070revious').replace('"body"', '"\\u0062ody"')}\n`,
  'with escapes': (id) => `${lineOf('/v1/responses', bare(id).replace('resp_', '\\u0072esp_'))}\n`,
  'below the url': (id) => `{"custom_id":"b","method":"POST","url":"/v1/responses/${id}/cancel","body":{}}\n`,
  'below an encoded url': (id) => `{"custom_id":"b","method":"POST","url":"/v1/responses/${id.replace('r', '%72')}/cancel","body":{}}\n`,
  'behind a query': (id) => `{"custom_id":"b","method":"GET","url":"/v1/responses?after=${id}","body":${bare(id)}}\n`,
  'below the url of another method': (id) => `{"custom_id":"b","method":"DELETE","url":"/v1/responses/${id}","body":{}}\n`,
  'under two urls': (_, item) =>
    `{"custom_id":"b","url":"/v1/embeddings","method":"POST","url":"/v1/responses","body":{"input":[{"type":"item_reference","id":"${item}"}]}}\n`,
  'under no url': (id) => `{"custom_id":"b","method":"POST","body":${bare(id)}}\n`,
  'under a url of another host': (id) => `${lineOf('https://api.openai.com/v1/responses', bare(id))}\n`,
  'in a line that is none': (id) => `${lineOf('/v1/responses', bare(id))},\n`,
  'in a line with a null in front': (id) => `\u0000${lineOf('/v1/responses', bare(id))}\n`,
  'in lines that end in a bare return': (id) => `${own}\r${lineOf('/v1/responses', bare(id))}\r`,
  'in two objects of a line': (id) => `${own}${lineOf('/v1/responses', bare(id))}\n`,
  'in a list of lines': (id) => `[${own},${lineOf('/v1/responses', bare(id))}]\n`,
}

for (const database of databases) {
  describe(`on ${database}, an id of another tenant`, { concurrency: false }, () => {
    let stage: Stage | null = null
    const undo = new AsyncDisposableStack()
    before(async () => {
      const opened = await openDatabase(database)
      if (opened === null) return
      undo.use(opened)
      const world = undo.use(await startGuardedAccount({ databaseUrl: opened.url }))
      await world.own('blue', [{ kind: 'item', id: 'msg_own' }])
      stage = await createStage(world, new Map())
    })
    after(() => undo.disposeAsync())
    const check = (guarantee: string, run: (stage: Stage) => Promise<void>): void =>
      void test(guarantee, async (context) => (stage === null ? context.skip('no database') : await run(stage)))

    for (const [where, file] of Object.entries(files))
      check(`is found ${where} of a batch`, async (on) => {
        const { world, victim } = on
        const [foreign, missing] = await batchOf(world, [file(victim('response'), victim('item')), file(newId('response'), newId('item'))])
        assert.ok(foreign !== undefined && missing !== undefined && isRefusal(foreign), foreign?.text)
        assert.equal(foreign.status, missing.status)
        assert.ok(!world.wire.sent().includes('POST /v1/batches'), 'a batch was made')
      })

    check('is no obstacle for a batch that names its own', async (on) => {
      const [answer] = await batchOf(on.world, [`${own}\n${lineOf('/v1/responses', bare(on.ownOf('blue')('response')))}\n`])
      assert.equal(answer?.status, 200, answer?.text)
      on.world.wire.clear()
    })

    check('is found at every place of every row a batch can hold', async (on) => {
      const there = spots.filter(({ row, place }) => batched.has(row.id) && place === 'body')
      assert.ok(there.length > 50, String(there.length))
      await inParallel(
        there,
        async (spot) => {
          const foreign = on.victim(spot.resource.kind)
          const missing = newId(spot.resource.kind)
          const write = (id: string): string => `${lineOf(spot.row.path, bodyOf(spot, id, on.ownOf('blue')))}\n`
          const [one, other] = await batchOf(on.world, [write(foreign), write(missing)])
          assert.ok(one !== undefined && other !== undefined && isRefusal(one), `${spot.row.id} ${spot.at}: ${one?.text}`)
          assert.equal(told(one, foreign), told(other, missing), `${spot.row.id} ${spot.at}`)
        },
        4,
      )
      assert.ok(!on.world.wire.sent().includes('POST /v1/batches'), 'a batch was made')
    })

    check('is as missing through the guarded proxy as one that nobody has', async (on) => {
      on.world.wire.clear()
      let attempts = 0
      await inParallel(spots.filter(isProxied), async (spot) => {
        const foreign = on.victim(spot.resource.kind)
        const missing = newId(spot.resource.kind)
        const one = await on.world.send('blue', envelope(plainWriting(spot, foreign, on.ownOf('blue'))))
        const other = await on.world.send('blue', envelope(plainWriting(spot, missing, on.ownOf('blue'))))
        attempts++
        assert.equal(told(one, foreign), told(other, missing), `${spot.row.id} ${spot.at}`)
        assert.ok(isRefusal(one), `${spot.row.id} ${spot.at}: ${one.text}`)
      })
      assert.ok(attempts > 200, String(attempts))
      assert.deepEqual(leaked(on), [])
    })

    check('is as missing through every action that takes one', async (on) => {
      on.world.wire.clear()
      let attempts = 0
      for (const wrapper of wrappers as readonly Wrapper[])
        for (const [name, kind] of namedBy(wrapper)) {
          const foreign = on.victim(kind)
          const missing = newId(kind)
          const one = await on.world.send('blue', requestOf(wrapper, on.ownOf('blue'), name, foreign))
          const other = await on.world.send('blue', requestOf(wrapper, on.ownOf('blue'), name, missing))
          attempts++
          assert.equal(told(one, foreign), told(other, missing), `${wrapper.id} ${name}`)
          assert.ok(isRefusal(one), `${wrapper.id} ${name}: ${one.text}`)
        }
      assert.ok(attempts > 10, String(attempts))
      assert.deepEqual(leaked(on), [])
    })

    check('is found in the lines of a batch that an action makes', async (on) => {
      const foreign = on.victim('response')
      const missing = newId('response')
      const ask = (id: string): Promise<Got> =>
        on.world.send('blue', {
          method: 'POST',
          path: '/v1/actions/batches',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ endpoint: '/v1/responses', requests: [{ body: { previous_response_id: id } }] }),
        })
      const one = await ask(foreign)
      assert.ok(isRefusal(one), one.text)
      assert.equal(told(one, foreign), told(await ask(missing), missing))
      assert.ok(!on.world.wire.sent().includes('POST /v1/batches'), 'a batch was made')
    })
  })
}

/** Uploads the files as blue, then asks for a batch of each; only the asking is left on the wire. */
async function batchOf(world: GuardedAccount, contents: readonly string[]): Promise<readonly Got[]> {
  const ids: string[] = []
  for (const content of contents) {
    const body = formOf(
      part('name="purpose"', 'batch'),
      part('name="file"; filename="a.jsonl"', content, 'Content-Type: application/jsonl\r\n'),
    )
    const { status, text } = await world.send('blue', { method: 'POST', path: '/v1/files', headers: formHeaders, body })
    assert.equal(status, 200, text)
    ids.push((JSON.parse(text) as { readonly id: string }).id)
  }
  const answers: Got[] = []
  for (const id of ids)
    answers.push(
      await world.send('blue', {
        method: 'POST',
        path: '/v1/batches',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ input_file_id: id, endpoint: '/v1/responses', completion_window: '24h' }),
      }),
    )
  return answers
}

const bodyOf = (spot: Spot, id: string, ids: Own): string => String(plainWriting(spot, id, ids).body)

/** JSON in, JSON out, and nothing of a path that the proxy refuses for its own reasons. */
const isProxied = ({ row, place, resource }: Spot): boolean =>
  (row.actions === 'direct' || row.actions === 'proxied') &&
  place !== 'form' &&
  !(place === 'path' && resource.kind === 'model') &&
  !/model|checkpoint/.test(row.path.replace(/^.*?\{/, '{'))

/** The same request as the envelope of the proxy. */
function envelope({ method, path, headers = {}, body }: Sent): Sent {
  const [pathname = '', query = ''] = path.split('?')
  return {
    method: 'POST',
    path: '/v1/proxy',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({
      method,
      path: pathname,
      query: Object.fromEntries(new URLSearchParams(query)),
      ...(body === undefined ? {} : { body: JSON.parse(String(body)) as unknown }),
    }),
  }
}

/** What a wrapper takes an id for: parameters of its path, and fields that are named as ids are. */
function namedBy({ path, request }: Wrapper): readonly (readonly [string, ResourceKind])[] {
  const params = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  return [...params, ...Object.keys(request?.properties ?? {})].flatMap((name) => {
    const kind = path.includes('/containers/') && name === 'file_id' ? 'container_file' : referenceKeys.get(name)
    return kind === undefined ? [] : [[name, kind] as const]
  })
}

function requestOf(wrapper: Wrapper, ids: Own, name: string, id: string): Sent {
  const kindsOf = new Map(namedBy(wrapper))
  const idFor = (each: string): string => (each === name ? id : ids(kindsOf.get(each) ?? 'file'))
  const path = wrapper.path.replaceAll(/\{(\w+)\}/g, (_, each: string) => idFor(each))
  if (wrapper.request === null) return { method: wrapper.method, path }
  const wanted = new Set([...wrapper.request.required, name])
  const body = Object.fromEntries(
    Object.entries(wrapper.request.properties).flatMap(([each, field]) =>
      wanted.has(each) ? [[each, kindsOf.has(each) ? listed(field, idFor(each)) : sample(field)]] : [],
    ),
  )
  const inline = 'data_base64' in wrapper.request.properties ? { data_base64: 'YQ==', filename: 'a.txt', mime_type: 'text/plain' } : {}
  return { method: wrapper.method, path, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...inline, ...body }) }
}

const listed = ({ type }: Field, id: string): unknown => (type === 'array' ? [id] : id)
const sample = ({ type, enum: words }: Field): unknown => words?.[0] ?? (type === 'integer' || type === 'number' ? 1 : 'a')
