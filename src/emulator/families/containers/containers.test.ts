import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'

const minute = 60_000
const bytes = Buffer.from([0, 1, 2, 0xff, 0x0a, 0x80])

test('a container is made, read back after a restart, listed by name, and deleted with an empty answer', async () => {
  await using emulator = await startTestEmulator()
  const made = await emulator.client.containers.create({
    name: 'lab',
    memory_limit: '4g',
    expires_after: { anchor: 'last_active_at', minutes: 5 },
    network_policy: {
      type: 'allowlist',
      allowed_domains: ['example.com'],
      domain_secrets: [{ domain: 'example.com', name: 'KEY', value: 'very-secret' }],
    },
  })
  assert.match(made.id, /^cntr_[0-9a-f]{48}$/)
  assert.deepEqual(
    [made.object, made.name, made.status, made.memory_limit, made.expires_after, made.network_policy],
    [
      'container',
      'lab',
      'running',
      '4g',
      { anchor: 'last_active_at', minutes: 5 },
      { type: 'allowlist', allowed_domains: ['example.com'] },
    ],
  )
  await emulator.restart()
  const { client } = emulator
  const again = await client.containers.retrieve(made.id)
  assert.deepEqual({ ...again, last_active_at: made.last_active_at }, made)
  const other = await client.containers.create({ name: 'other' })
  assert.deepEqual([other.memory_limit, other.expires_after?.minutes], ['1g', 20])
  assert.deepEqual(
    (await client.containers.list()).data.map(({ id }) => id),
    [other.id, made.id],
  )
  assert.deepEqual(
    (await client.containers.list({ name: 'lab' })).data.map(({ id }) => id),
    [made.id],
  )
  const deleted = await emulator.send('DELETE', `/v1/containers/${made.id}`)
  assert.deepEqual([deleted.status, deleted.headers.get('content-type'), await deleted.text()], [200, null, ''])
  assert.equal((await refusal(client.containers.retrieve(made.id))).message, `Container with id '${made.id}' not found.`)
})

test('files come by form or by id, keep their bytes, and are deleted with an empty answer', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const { id } = await client.containers.create({ name: 'lab' })
  const uploaded = await client.containers.files.create(id, { file: new File([bytes], 'data.bin') })
  assert.match(uploaded.id, /^cfile_[0-9a-f]{32}$/)
  assert.match(uploaded.path, /^\/mnt\/data\/[0-9a-f]{32}-data\.bin$/)
  assert.deepEqual([uploaded.object, uploaded.container_id, uploaded.bytes, uploaded.source], ['container.file', id, bytes.length, 'user'])
  const file = await client.files.create({ file: new File([bytes], 'copy.bin'), purpose: 'user_data' })
  const sent = await emulator.send('POST', `/v1/containers/${id}/files`, { file_id: file.id })
  const copied = (await sent.json()) as { id: string; path: string; bytes: number }
  assert.match(copied.path, /-copy\.bin$/)
  // A copy: what happens to the file is nothing to the container.
  await client.files.delete(file.id)
  for (const fileId of [uploaded.id, copied.id]) {
    const content = await client.containers.files.content.retrieve(fileId, { container_id: id })
    assert.deepEqual(Buffer.from(await content.arrayBuffer()), bytes)
    assert.equal(content.headers.get('content-type'), 'application/octet-stream')
  }
  assert.deepEqual(await client.containers.files.retrieve(uploaded.id, { container_id: id }), uploaded)
  const firstPage = await client.containers.files.list(id, { limit: 1 })
  assert.deepEqual([firstPage.data[0]?.id, firstPage.has_more], [copied.id, true])
  assert.equal((await Array.fromAsync(client.containers.files.list(id, { limit: 1 }))).length, 2)
  const deleted = await emulator.send('DELETE', `/v1/containers/${id}/files/${uploaded.id}`)
  assert.deepEqual([deleted.status, await deleted.text()], [200, ''])
  const refused = await refusal(client.containers.files.retrieve(uploaded.id, { container_id: id }))
  assert.deepEqual([refused.status, refused.message], [404, `File ${uploaded.id} not found on container ${id}.`])
})

test('a container starts with copies of files', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const file = await client.files.create({ file: new File(['a,b'], 'table.csv'), purpose: 'user_data' })
  const { id } = await client.containers.create({ name: 'lab', file_ids: [file.id] })
  const [copy] = (await client.containers.files.list(id)).data
  assert.match(copy?.path ?? '', /-table\.csv$/)
  const unknown = await refusal(client.containers.create({ name: 'lab', file_ids: ['file-none'] }))
  assert.deepEqual([unknown.status, unknown.param], [404, 'file_ids'])
})

test('an idle container expires with its files; using it keeps it', async () => {
  await using emulator = await startTestEmulator()
  const { client, running } = emulator
  const { id } = await client.containers.create({ name: 'lab' })
  const file = await client.containers.files.create(id, { file: new File([bytes], 'data.bin') })
  running.clock.advance(15 * minute)
  await client.containers.files.list(id)
  running.clock.advance(15 * minute)
  assert.equal((await client.containers.retrieve(id)).status, 'running')
  running.clock.advance(21 * minute)
  assert.equal((await client.containers.list()).data[0]?.status, 'expired')
  const expired = await client.containers.retrieve(id)
  assert.equal(expired.status, 'expired')
  assert.equal((await client.containers.retrieve(id)).last_active_at, expired.last_active_at)
  const refused = await refusal(client.containers.files.retrieve(file.id, { container_id: id }))
  assert.deepEqual([refused.status, refused.message], [400, 'Container is expired.'])
  assert.equal((await refusal(client.containers.files.create(id, { file: new File(['x'], 'x') }))).status, 400)
})

test('what is missing, wrong or unknown is refused with the parameter it is about', async () => {
  await using emulator = await startTestEmulator()
  const { id } = await emulator.client.containers.create({ name: 'lab' })
  const send = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await emulator.send(method, `/v1/containers${path}`, body)
    const { error } = (await response.json()) as { error: { param: string | null; code: string | null } }
    return [response.status, error.param, error.code]
  }
  assert.deepEqual(await send('POST', '', {}), [400, 'name', 'missing_required_parameter'])
  assert.deepEqual(await send('POST', '', { name: 'a', memory_limit: '2g' }), [400, 'memory_limit', 'invalid_value'])
  assert.deepEqual(await send('POST', '', { name: 'a', network_policy: { type: 'open' } }), [400, 'network_policy.type', 'invalid_value'])
  assert.deepEqual(await send('POST', '', { name: 'a', expires_after: { anchor: 'last_active_at' } }), [
    400,
    'expires_after.minutes',
    'missing_required_parameter',
  ])
  assert.deepEqual(await send('POST', `/${id}/files`, {}), [400, 'file_id', 'missing_required_parameter'])
  assert.deepEqual(await send('POST', `/${id}/files`, { file_id: 'file-none' }), [404, 'file_id', null])
  assert.deepEqual(await send('GET', '/cntr_none/files'), [404, null, null])
  assert.deepEqual(await send('GET', `/${id}/files/cfile_none/content`), [404, null, null])
  assert.deepEqual(await send('DELETE', `/${id}/files/cfile_none`), [404, null, null])
  assert.deepEqual(await send('GET', '?limit=0'), [400, 'limit', 'integer_below_min_value'])
  const form = await fetch(`${emulator.url}/v1/containers/${id}/files`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-test' },
    body: new FormData(),
  })
  assert.equal(form.status, 400)
})
