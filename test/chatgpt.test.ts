// Plays ChatGPT: reads the Actions document with a client library others keep, and calls every operation in it from the schema
// alone, with the examples beside the schemas and the ids of earlier answers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { OpenAPIClientAxios, type Operation, type UnknownOperationMethod } from 'openapi-client-axios'
import { startWorld, type World } from './harness/world.ts'

type Media = { readonly example?: unknown; readonly schema?: { readonly required?: readonly string[] } }
type Answer = { readonly status: number; readonly data: unknown }
type Call = (parameters: Readonly<Record<string, string>>, body: unknown) => Promise<Answer>

type Player = {
  readonly operations: readonly Operation[]
  /** Calls an operation with its example and the ids the conversation knows, and remembers the ids it answers. */
  readonly play: (operationId: string, body?: unknown) => Promise<Answer>
  /** Ids by the parameter they are for. */
  readonly known: Map<string, string>
}

async function startPlayer(world: World): Promise<Player> {
  const api = new OpenAPIClientAxios({
    definition: `${world.url}/openapi.actions.json`,
    axiosConfigDefaults: { headers: { authorization: `Bearer ${world.token}` }, validateStatus: () => true, proxy: false },
  })
  const client = await api.init()
  const operations = api.getOperations()
  const known = new Map<string, string>()

  const play = async (operationId: string, given?: unknown): Promise<Answer> => {
    const operation = operations.find((each) => each.operationId === operationId)
    assert.ok(operation !== undefined, operationId)
    const body = filled(given ?? exampleOf(operation), known)
    const parameters = pathParameters(operation).map((name) => [name, idFor(name, known)] as const)
    const call = client[operationId] as UnknownOperationMethod as unknown as Call
    const { status, data } = await call(Object.fromEntries(parameters), body)
    remember(data, known)
    return { status, data }
  }
  return { operations, play, known }
}

/** The example beside the schema; an operation whose body is needed has one. */
function exampleOf(operation: Operation): unknown {
  const media = (operation.requestBody as { readonly content: Readonly<Record<string, Media>> } | undefined)?.content['application/json']
  assert.ok(
    media === undefined || media.example !== undefined || (media.schema?.required ?? []).length === 0,
    `${operation.operationId} has no example`,
  )
  return media?.example
}

const pathParameters = ({ path }: Operation): readonly string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)

function idFor(name: string, known: ReadonlyMap<string, string>): string {
  const id = known.get(name)
  assert.ok(id !== undefined, `no answer so far had a ${name}`)
  return id
}

/** Puts known ids where an example holds the name of one. */
function filled(value: unknown, known: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return known.get(value) ?? value
  if (Array.isArray(value)) return value.map((each) => filled(each, known))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, known)]))
}

const kinds: Readonly<Record<string, string>> = {
  file: 'file_id',
  upload: 'upload_id',
  'upload.part': 'part_id',
  batch: 'batch_id',
  response: 'response_id',
  video: 'video_id',
  vector_store: 'vector_store_id',
  container: 'container_id',
}

function remember(data: unknown, known: Map<string, string>): void {
  const { id, object } = (typeof data === 'object' && data !== null ? data : {}) as { readonly id?: unknown; readonly object?: unknown }
  const name = kinds[String(object)]
  if (typeof id === 'string' && name !== undefined) known.set(name, id)
}

/** First what others need, then the rest in the order of the document; an upload is cancelled last, when another is open. */
const first = [
  'actionsUploadsCreateV1Actions',
  'actionsUploadsAddPartV1Actions',
  'actionsUploadsCompleteV1Actions',
  'actionsUploadsCreateV1Actions',
  'actionsUploadsCancelV1Actions',
  'actionsFilesUploadV1',
  'actionsResponsesStream',
  'actionsBatchesCreate',
  'actionsVideosCreateV1Actions',
]

test('ChatGPT calls every operation of the Actions document from its schema, and each succeeds', async () => {
  await using world = await startWorld({ upstream: 'emulator' })
  const { operations, play, known } = await startPlayer(world)
  const outcomes = new Map<string, Answer>()
  const run = async (operationId: string): Promise<Answer> => {
    const answer = await play(operationId)
    outcomes.set(operationId, answer)
    return answer
  }

  for (const operationId of first) await run(operationId)
  // What ChatGPT has no operation for, it makes through the proxy.
  await play('relayProxy', { method: 'POST', path: '/v1/vector_stores', body: { name: 'words' } })
  await play('relayProxy', { method: 'POST', path: '/v1/containers', body: { name: 'machine' } })
  for (let tries = 0; (outcomes.get('videosRetrieve')?.data as { status?: string } | undefined)?.status !== 'completed'; tries++) {
    assert.ok(tries < 400, 'the video does not finish')
    await sleep(25)
    await run('videosRetrieve')
  }
  await run('actionsVideosContent')
  const inContainer = await fetch(`${world.url}/v1/containers/${known.get('container_id')}/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ file_id: known.get('file_id') }),
  })
  const contained = (await inContainer.json()) as { id: string }

  for (const { operationId = '' } of operations.filter((each) => !outcomes.has(each.operationId ?? ''))) {
    const file = known.get('file_id') ?? ''
    // A code interpreter would have written this one.
    if (operationId === 'actionsContainersFilesContent') known.set('file_id', contained.id)
    // A file people may read back: one for a model is not given out.
    else if (operationId.startsWith('actionsFilesContent')) known.set('file_id', batchInput(outcomes))
    await run(operationId)
    known.set('file_id', file)
  }

  assert.deepEqual(
    [...outcomes]
      .filter(([, { status }]) => status < 200 || status > 299)
      .map(([id, { status, data }]) => `${id}: ${status} ${JSON.stringify(data).slice(0, 300)}`),
    [],
  )
  assert.deepEqual([...outcomes.keys()].toSorted(), operations.map(({ operationId }) => operationId ?? '').toSorted())
  for (const [id, { data }] of outcomes) assert.ok(JSON.stringify(data).length <= 100_000, `${id} answers more than ChatGPT reads`)
})

function batchInput(outcomes: ReadonlyMap<string, Answer>): string {
  const data = outcomes.get('actionsBatchesCreate')?.data as { readonly input_file_id: string } | undefined
  return data?.input_file_id ?? ''
}
