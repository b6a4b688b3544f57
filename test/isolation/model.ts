// What two tenants with two projects each should see, kept in a few lines, and what they can do about it: commands for fast-check that
// do the same to a real relay and hold every answer against the model.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { AdminClient } from '../harness/admin-client.ts'
import { boundary, formOf, newId, part } from './spots.ts'

export type Project = 'red web' | 'red ops' | 'blue shop' | 'blue lab'
export const projects: readonly Project[] = ['red web', 'red ops', 'blue shop', 'blue lab']
const tenantOf = (project: Project): string => project.split(' ')[0] ?? ''
const nameOf = (project: Project): string => project.split(' ')[1] ?? ''

type ModelKind = 'file' | 'vector_store' | 'container' | 'batch' | 'response' | 'conversation'
type ModelObject = {
  readonly kind: ModelKind
  readonly id: string
  readonly project: Project
  isLive: boolean
  readonly readers: Set<Project>
}

export type Model = { readonly objects: ModelObject[]; steps: number }

/** The relay under test. */
export type Real = {
  readonly admin: AdminClient
  readonly secrets: Record<Project, string>
  /** Of the tenants of this run: names differ from run to run. */
  readonly tenant: (name: string) => string
  readonly send: (
    secret: string,
    method: string,
    path: string,
    type?: string,
    body?: Buffer,
  ) => Promise<{ readonly status: number; readonly text: string }>
  /** A file that is on the account and that no tenant made. */
  readonly strayFile: () => Promise<string>
  readonly kill: () => Promise<void>
  /** Another process answers from now on, where there are several. */
  readonly turn: () => void
}

const paths: Readonly<Record<ModelKind, string>> = {
  file: '/v1/files',
  vector_store: '/v1/vector_stores',
  container: '/v1/containers',
  batch: '/v1/batches',
  response: '/v1/responses',
  conversation: '/v1/conversations',
}
const listed: readonly ModelKind[] = ['file', 'vector_store', 'container', 'batch']
const jsonType = 'application/json'

type Json = { readonly id: string; readonly data: readonly { readonly id: string }[]; readonly has_more: boolean }
const sees = (object: ModelObject, project: Project): boolean =>
  object.isLive && (object.project === project || object.readers.has(project))

async function post(
  real: Real,
  project: Project,
  path: string,
  body: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  return real.send(real.secrets[project], 'POST', path, jsonType, Buffer.from(JSON.stringify(body)))
}

function idOf({ status, text }: { readonly status: number; readonly text: string }): string {
  assert.ok(status < 300, `${status} ${text}`)
  return (JSON.parse(text) as Json).id
}

async function upload(real: Real, project: Project, purpose: string, content: string): Promise<string> {
  const form = formOf(part(`name="purpose"`, purpose), part('name="file"; filename="a.jsonl"', content, 'Content-Type: text/plain\r\n'))
  return idOf(await real.send(real.secrets[project], 'POST', paths.file, `multipart/form-data; boundary=${boundary}`, form))
}

const line = JSON.stringify({
  custom_id: 'a',
  method: 'POST',
  url: '/v1/embeddings',
  body: { model: 'text-embedding-3-small', input: 'a' },
})

type Command = fc.AsyncCommand<Model, Real>
/** Which object: the number is taken modulo how many there are. */
const pick = ({ objects }: Model, number: number): ModelObject | undefined => objects[number % Math.max(1, objects.length)]

function command(name: string, run: (model: Model, real: Real) => Promise<void>): Command {
  return {
    check: () => true,
    run: (model, real) => {
      model.steps++
      return run(model, real)
    },
    toString: () => name,
  }
}

const make = (kind: ModelKind, project: Project): Command =>
  command(`${project} makes a ${kind}`, async (model, real) => {
    const keep = (as: ModelKind, id: string): void => void model.objects.push({ kind: as, id, project, isLive: true, readers: new Set() })
    if (kind === 'file') return keep(kind, await upload(real, project, 'user_data', 'text'))
    if (kind === 'batch') {
      const input = await upload(real, project, 'batch', `${line}\n`)
      keep('file', input)
      return keep(
        kind,
        idOf(await post(real, project, paths.batch, { input_file_id: input, endpoint: '/v1/embeddings', completion_window: '24h' })),
      )
    }
    const body = kind === 'response' ? { model: 'gpt-4o-mini', input: 'a' } : kind === 'conversation' ? {} : { name: 'a' }
    keep(kind, idOf(await post(real, project, paths[kind], body)))
  })

const retrieve = (number: number, project: Project): Command =>
  command(`${project} asks for object ${number}`, async (model, real) => {
    const object = pick(model, number)
    if (object === undefined) return
    const { status, text } = await real.send(real.secrets[project], 'GET', `${paths[object.kind]}/${object.id}`)
    assert.equal(status, sees(object, project) ? 200 : 404, `${object.id} of ${object.project}: ${text}`)
    if (status === 404) {
      const missing = newId(object.kind).padEnd(object.id.length, '0').slice(0, object.id.length)
      const other = await real.send(real.secrets[project], 'GET', `${paths[object.kind]}/${missing}`)
      assert.equal(other.text.replaceAll(missing, ''), text.replaceAll(object.id, ''))
    }
  })

const remove = (number: number, project: Project): Command =>
  command(`${project} deletes object ${number}`, async (model, real) => {
    const object = pick(model, number)
    if (object === undefined || object.kind === 'batch') return
    const { status, text } = await real.send(real.secrets[project], 'DELETE', `${paths[object.kind]}/${object.id}`)
    const expected = !sees(object, project) ? 404 : object.project === project ? 200 : 403
    assert.equal(status, expected, `${object.id} of ${object.project}: ${text}`)
    if (status === 200) object.isLive = false
  })

const list = (kind: ModelKind, project: Project, limit: number, order: 'asc' | 'desc'): Command =>
  command(`${project} lists each ${kind}, ${limit} at a time, ${order}`, async (model, real) => {
    const seen: string[] = []
    for (let after = ''; ;) {
      const { status, text } = await real.send(real.secrets[project], 'GET', `${paths[kind]}?limit=${limit}&order=${order}${after}`)
      assert.equal(status, 200, text)
      const { data, has_more: hasMore } = JSON.parse(text) as Json
      assert.ok(data.length <= limit && (data.length === limit || !hasMore), text)
      seen.push(...data.map(({ id }) => id))
      if (!hasMore) break
      after = `&after=${data.at(-1)?.id}`
    }
    assert.equal(new Set(seen).size, seen.length, 'one stands there twice')
    const expected = model.objects.filter((object) => object.kind === kind && sees(object, project)).map(({ id }) => id)
    // A batch that is over has made files of its own.
    const known = new Set(model.objects.map(({ id }) => id))
    const extra = seen.filter((id) => !known.has(id))
    assert.ok(kind === 'file' || extra.length === 0, `unknown: ${extra.join(', ')}`)
    assert.deepEqual(seen.filter((id) => known.has(id)).toSorted(), expected.toSorted())
  })

const use = (number: number, project: Project): Command =>
  command(`${project} uses object ${number}`, async (model, real) => {
    const object = pick(model, number)
    if (object === undefined) return
    const bodies: Partial<Record<ModelKind, unknown>> = {
      file: { model: 'gpt-4o-mini', input: [{ role: 'user', content: [{ type: 'input_file', file_id: object.id }] }] },
      vector_store: { model: 'gpt-4o-mini', input: 'a', tools: [{ type: 'file_search', vector_store_ids: [object.id] }] },
      container: { model: 'gpt-4o-mini', input: 'a', tools: [{ type: 'code_interpreter', container: object.id }] },
      response: { model: 'gpt-4o-mini', input: 'a', previous_response_id: object.id },
      conversation: { model: 'gpt-4o-mini', input: 'a', conversation: object.id },
    }
    const body = bodies[object.kind]
    if (body === undefined) return
    const answer = await post(real, project, paths.response, body)
    const isWritten = object.kind === 'conversation' || object.kind === 'container'
    const expected = !sees(object, project) ? [400, 404] : isWritten && object.project !== project ? [403] : [200]
    assert.ok(expected.includes(answer.status), `${object.id} of ${object.project}: ${answer.status} ${answer.text}`)
    if (answer.status === 200) model.objects.push({ kind: 'response', id: idOf(answer), project, isLive: true, readers: new Set() })
  })

const share = (number: number): Command =>
  command(`object ${number} is shared`, async (model, real) => {
    const object = pick(model, number)
    if (object === undefined || !object.isLive) return
    const reader = projects.find((each) => each !== object.project && tenantOf(each) === tenantOf(object.project))
    if (reader === undefined || object.readers.has(reader)) return
    const { kind, id } = object
    await real.admin('shares.grant', { kind, id, project: nameOf(reader), tenant: real.tenant(tenantOf(reader)) })
    object.readers.add(reader)
  })

const unshare = (number: number): Command =>
  command(`object ${number} is shared no more`, async (model, real) => {
    const object = pick(model, number)
    const [reader] = object?.readers ?? []
    if (object === undefined || reader === undefined) return
    const { kind, id } = object
    await real.admin('shares.revoke', { kind, id, project: nameOf(reader), tenant: real.tenant(tenantOf(reader)) })
    object.readers.clear()
  })

const rotate = (project: Project): Command =>
  command(`the token of ${project} is rotated`, async (_, real) => {
    const old = real.secrets[project]
    const inputs = { token: nameOf(project), tenant: real.tenant(tenantOf(project)), overlap: '0s' }
    real.secrets[project] = String((await real.admin('tokens.rotate', inputs))['token'])
    await untilRefused(real, old)
  })

const revoke = (project: Project): Command =>
  command(`the token of ${project} is revoked`, async (_, real) => {
    const old = real.secrets[project]
    const named = { name: nameOf(project), tenant: real.tenant(tenantOf(project)) }
    await real.admin('tokens.revoke', { token: named.name, tenant: named.tenant })
    await untilRefused(real, old)
    real.secrets[project] = String((await real.admin('tokens.create', { ...named, project: nameOf(project) }))['token'])
  })

/** Everywhere within a second; a slow machine gets more. */
async function untilRefused(real: Real, secret: string): Promise<void> {
  const deadline = performance.now() + 5_000
  for (let refusals = 0; refusals < 4;) {
    const { status } = await real.send(secret, 'GET', '/v1/models')
    real.turn()
    refusals = status === 401 ? refusals + 1 : 0
    assert.ok(performance.now() < deadline, 'a token counts that was ended five seconds ago')
  }
}

const adopt = (project: Project): Command =>
  command(`${project} gets a file that nobody made`, async (model, real) => {
    const id = await real.strayFile()
    for (const each of projects) assert.equal((await real.send(real.secrets[each], 'GET', `${paths.file}/${id}`)).status, 404)
    const adopted = await real.admin('objects.adopt', {
      kind: 'file',
      ids: [id],
      tenant: real.tenant(tenantOf(project)),
      project: nameOf(project),
    })
    assert.ok(JSON.stringify(adopted).includes(id), JSON.stringify(adopted))
    model.objects.push({ kind: 'file', id, project, isLive: true, readers: new Set() })
  })

const kill = command('the relay is killed', async (_, real) => real.kill())
const turn = command('another process takes over', async (_, real) => real.turn())

const aProject = fc.constantFrom(...projects)
const anObject = fc.nat(1000)

const making = fc
  .tuple(fc.constantFrom<ModelKind>('file', 'vector_store', 'container', 'batch', 'response', 'conversation'), aProject)
  .map((of) => make(...of))
const retrieving = fc.tuple(anObject, aProject).map((of) => retrieve(...of))
const listing = fc
  .tuple(fc.constantFrom(...listed), aProject, fc.integer({ min: 1, max: 4 }), fc.constantFrom('asc', 'desc'))
  .map((of) => list(...of))

/** What is named more than once comes more often. */
export const commands = (maxCommands: number): fc.Arbitrary<Iterable<Command>> =>
  fc.commands(
    [
      ...[making, making, making, making],
      ...[retrieving, retrieving, retrieving],
      ...[listing, listing],
      ...[anObject.map(share), anObject.map(share), anObject.map(unshare)],
      fc.tuple(anObject, aProject).map((of) => remove(...of)),
      fc.tuple(anObject, aProject).map((of) => use(...of)),
      aProject.map(rotate),
      aProject.map(revoke),
      aProject.map(adopt),
      fc.constant(kill),
      fc.constant(turn),
      fc.constant(turn),
    ],
    { maxCommands, size: 'max' },
  )
