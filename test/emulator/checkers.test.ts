// The checkers themselves: what they find, so that an answer without problems means something.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentedAnswers, problemsWith } from './document.ts'
import { typeProblems, type TypedAnswer } from './sdk-types.ts'
import { readEvents } from './server-sent-events.ts'

const file = {
  id: 'file-1',
  object: 'file',
  bytes: 1,
  created_at: 1,
  filename: 'a.txt',
  purpose: 'assistants',
  status: 'processed',
}

const schemaOf = (method: string, path: string, type = 'application/json'): NonNullable<unknown> & Record<string, unknown> => {
  const schema = documentedAnswers({ method, path })?.['200']?.[type]
  assert.ok(schema, `${method} ${path} is not in the document`)
  return schema
}

test('the document refuses what lacks a property, has one too many, or the wrong value', () => {
  const schema = schemaOf('GET', '/v1/files/{file_id}')
  assert.deepEqual(problemsWith(file, schema), [])
  const { bytes: _, ...lacking } = file
  assert.deepEqual(problemsWith(lacking, schema), ["/: must have required property 'bytes'"])
  assert.deepEqual(problemsWith({ ...file, sise: 1 }, schema), ["/: no property 'sise' in the document"])
  assert.deepEqual(problemsWith({ ...file, object: 'fiel' }, schema), ['/object: not one of ["file"]'])
  assert.deepEqual(problemsWith({ ...file, bytes: '1' }, schema), ['/bytes: must be integer'])
})

test('the document is asked of what lies deep, and tells of the member of a union that is meant', () => {
  const events = schemaOf('POST', '/v1/responses', 'text/event-stream')
  const delta = {
    type: 'response.output_text.delta',
    item_id: 'msg_1',
    output_index: 0,
    content_index: 0,
    delta: 'a',
    sequence_number: 4,
    logprobs: [],
  }
  assert.deepEqual(problemsWith(delta, events), [])
  assert.deepEqual(problemsWith({ ...delta, content_index: '0' }, events), ['/content_index: must be integer'])
  assert.match(problemsWith({ ...delta, type: 'response.output_text.dleta' }, events).join(), /^\/type: not one of/)
  const list = schemaOf('GET', '/v1/files')
  const page = { object: 'list', data: [file, { ...file, sise: 1 }], first_id: 'file-1', last_id: 'file-1', has_more: false }
  assert.deepEqual(problemsWith(page, list), ["/data/*: no property 'sise' in the document"])
})

test('what the document does not list is null, not nothing to find', () => {
  assert.equal(documentedAnswers({ method: 'GET', path: '/v1/agents' }), null)
})

test('the types of the SDK refuse what its method does not promise', async () => {
  const answer = (value: unknown, kind: TypedAnswer['kind'] = 'answer', isDocumented = false): TypedAnswer => ({
    name: 'sample',
    method: kind === 'event' ? 'beta.agents.sessions.events.stream' : 'beta.agents.vaults.create',
    kind,
    value,
    isDocumented,
  })
  const vault = { id: 'vault_1', object: 'vault', name: null, created_at: 1, metadata: {} }
  assert.deepEqual(await typeProblems([answer(vault)]), [])
  const found = await typeProblems([
    answer({ ...vault, object: 'volt' }),
    answer({ ...vault, extra: 1 }),
    answer({ ...vault, extra: 1 }, 'answer', true),
    answer({ id: 'vault_1' }, 'answer', true),
    answer({ type: 'agent.session.nothing' }, 'event'),
  ])
  assert.equal(found.length, 4, found.join('\n'))
})

test('events are read as the standard says', () => {
  const stream = ': a comment\nevent: a\ndata: {"n":1}\r\n\r\ndata: one\ndata:two\n\nid: 7\n\ndata: cut'
  assert.deepEqual(readEvents(Buffer.from(stream)), [
    { event: 'a', data: '{"n":1}' },
    { event: null, data: 'one\ntwo' },
  ])
})
