// Every row of the catalog, through the relay and its emulator, by the official SDK: each is answered, and each answer is
// what OpenAI's own document says of that operation, and what the types of the SDK say of its method.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { catalog } from '../../src/catalog/index.ts'
import { recordingSdk, type Exchanged, type RecordingSdk } from '../harness/exchanges.ts'
import { startWorld, type World } from '../harness/world.ts'
import { documentedAnswers } from './document.ts'
import { drivers } from './drivers.ts'
import { problemsOf } from './problems.ts'
import { typeProblems, type TypedAnswer } from './sdk-types.ts'
import { readEvents } from './server-sent-events.ts'
import { createStage, type Stage } from './stage.ts'

const rows = catalog.filter((row) => row.transport === 'http')

describe('through relay and emulator', () => {
  let world: World
  let sdk: RecordingSdk
  let stage: Stage
  before(async () => {
    world = await startWorld({ upstream: 'emulator' })
    sdk = recordingSdk(world)
    stage = createStage(sdk.client)
  })
  after(() => world[Symbol.asyncDispose]())

  const typed: TypedAnswer[] = []
  /** Rows that were called with success, by their own driver or by one that came before and needed what they make. */
  const answered = new Set<string>()
  const calledByMethod = new Set<string>()
  /** A problem is told by the first row that meets it. */
  const told = new Set<string>()

  for (const row of rows) {
    test(`${row.id} is answered as documented`, async () => {
      await drivers[row.id](stage)
      const exchanges = sdk.take()
      const problems: string[] = []
      for (const exchanged of exchanges) {
        problems.push(...(await problemsOf(exchanged)).map((problem) => `${exchanged.row.id}: ${problem}`))
        typed.push(...(await typedAnswersOf(exchanged)))
      }
      const news = [...new Set(problems)].filter((problem) => !told.has(problem))
      for (const problem of news) told.add(problem)
      if (news.length > 0) assert.fail(news.join('\n'))
      for (const { row: called, status, method } of exchanges) {
        if (status < 300) answered.add(called.id)
        if (status < 300 && method !== null) calledByMethod.add(called.id)
      }
      assert.ok(answered.has(row.id), 'was not called with success')
    })
  }

  test('every row was called by a method of the SDK, but for those it has none for', () => {
    assert.deepEqual(
      rows.filter(({ id }) => !calledByMethod.has(id)).map(({ id }) => id),
      ['evals.runs.update'],
    )
  })

  test('every answer is of the type that its method of the SDK promises', async () => {
    const distinct = new Map(typed.map((answer) => [`${answer.name} ${JSON.stringify(shapeOf(answer.value))}`, answer]))
    const problems = await typeProblems([...distinct.values()])
    if (problems.length > 0) assert.fail([...new Set(problems)].join('\n'))
  })
})

async function typedAnswersOf({ row, method, status, headers, body }: Exchanged): Promise<readonly TypedAnswer[]> {
  const type = headers.get('content-type') ?? ''
  if (method === null || status >= 300) return []
  const bytes = await body
  const isDocumented = documentedAnswers(row) !== null
  if (type.startsWith('application/json'))
    return [{ name: row.id, method, kind: 'answer', isDocumented, value: JSON.parse(bytes.toString('utf8')) }]
  if (!type.startsWith('text/event-stream')) return []
  return readEvents(bytes)
    .filter(({ data }) => data !== '[DONE]')
    .map(({ event, data }): TypedAnswer => {
      const value: unknown = JSON.parse(data)
      return {
        name: `${row.id} ${event ?? ''}`,
        method,
        kind: 'event',
        isDocumented,
        value: row.id.startsWith('threads.') ? { event, data: value } : value,
      }
    })
}

/** A value without its texts and numbers: two answers of one shape need only one look. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((each) => JSON.stringify(shapeOf(each))))]
  if (typeof value !== 'object') return typeof value === 'string' && /^[\w.]{1,40}$/.test(value) && !/\d/.test(value) ? value : typeof value
  if (value === null) return null
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]))
}
