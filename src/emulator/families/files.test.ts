import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { refusal, startTestEmulator } from '../../../test/harness/emulator.ts'
import type { TestEmulator } from '../../../test/harness/emulator.ts'

const onDisk = ({ dataDir }: TestEmulator): number =>
  ['blobs', 'drafts'].flatMap((name) => readdirSync(join(dataDir, 'emulator', name))).length

test('bytes come back as they went in, also after a restart, and are gone when they are deleted', async () => {
  await using emulator = await startTestEmulator()
  const content = randomBytes(3_000_000)
  const made = await emulator.client.files.create({ file: new File([content], 'Übung 1.jsonl'), purpose: 'batch' })
  assert.match(made.id, /^file-[0-9A-Za-z]{22}$/)
  assert.deepEqual([made.filename, made.bytes, made.purpose], ['Übung 1.jsonl', content.length, 'batch'])
  await emulator.restart()
  const response = await emulator.client.files.content(made.id)
  assert.equal(response.headers.get('content-length'), String(content.length))
  assert.match(response.headers.get('content-disposition') ?? '', /^attachment; filename="_bung 1\.jsonl"; filename\*=UTF-8''/)
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  assert.equal(digest(new Uint8Array(await response.arrayBuffer())), digest(content))
  assert.deepEqual(await emulator.client.files.delete(made.id), { object: 'file', id: made.id, deleted: true })
  assert.deepEqual(await refusal(emulator.client.files.retrieve(made.id)), {
    status: 404,
    message: `No such File object: ${made.id}`,
    code: null,
    param: 'id',
  })
  assert.equal(onDisk(emulator), 0)
})

test('what was given to the model cannot be downloaded', async () => {
  await using emulator = await startTestEmulator()
  for (const purpose of ['assistants', 'user_data', 'vision'] as const) {
    const { id } = await emulator.client.files.create({ file: new File(['x'], 'x.txt'), purpose })
    const refused = await refusal(emulator.client.files.content(id))
    assert.deepEqual([refused.status, refused.message], [400, `Not allowed to download files of purpose: ${purpose}`])
  }
  for (const purpose of ['batch', 'fine-tune', 'evals'] as const) {
    const { id } = await emulator.client.files.create({ file: new File(['x'], 'x.jsonl'), purpose })
    assert.equal(await (await emulator.client.files.content(id)).text(), 'x')
  }
})

test('files are listed newest first, by purpose and page by page', async () => {
  await using emulator = await startTestEmulator()
  const make = async (purpose: 'batch' | 'user_data'): Promise<string> =>
    (await emulator.client.files.create({ file: new File(['x'], 'x'), purpose })).id
  const ids = [await make('batch'), await make('user_data'), await make('batch')]
  const listed = async (query: { purpose?: string; limit?: number; order?: 'asc' | 'desc' }): Promise<string[]> =>
    (await Array.fromAsync(emulator.client.files.list(query))).map(({ id }) => id)
  assert.deepEqual(await listed({ limit: 1 }), ids.toReversed())
  assert.deepEqual(await listed({ order: 'asc' }), ids)
  assert.deepEqual(await listed({ purpose: 'batch' }), [ids[2], ids[0]])
  assert.equal((await refusal(emulator.client.files.list({ after: 'file-none' }))).message, 'No such File object: file-none')
})

test('files expire when they are told to, batch input after thirty days by itself', async () => {
  await using emulator = await startTestEmulator()
  const short = await emulator.client.files.create({
    file: new File(['x'], 'x'),
    purpose: 'user_data',
    expires_after: { anchor: 'created_at', seconds: 3600 },
  })
  const batch = await emulator.client.files.create({ file: new File(['x'], 'x'), purpose: 'batch' })
  const stays = await emulator.client.files.create({ file: new File(['x'], 'x'), purpose: 'user_data' })
  assert.deepEqual(
    [short.expires_at, batch.expires_at, stays.expires_at],
    [short.created_at + 3600, batch.created_at + 2_592_000, undefined],
  )
  emulator.running.clock.advance(3_601_000)
  assert.equal((await refusal(emulator.client.files.retrieve(short.id))).status, 404)
  assert.deepEqual(
    (await emulator.client.files.list()).data.map(({ id }) => id),
    [stays.id, batch.id],
  )
  emulator.running.clock.advance(2_592_000_000)
  assert.deepEqual(
    (await emulator.client.files.list()).data.map(({ id }) => id),
    [stays.id],
  )
})

test('a wrong purpose, a missing file and a wrong lifetime are refused, and leave nothing behind', async () => {
  await using emulator = await startTestEmulator()
  const file = new File(['x'], 'x')
  const wrong = await refusal(emulator.client.files.create({ file, purpose: 'fun' as 'batch' }))
  assert.equal(wrong.message, "'fun' is not one of ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] - 'purpose'")
  assert.equal(
    (await refusal(emulator.client.files.create({ file, purpose: 'batch', expires_after: { anchor: 'created_at', seconds: 5 } }))).code,
    'integer_below_min_value',
  )
  const form = new FormData()
  form.set('purpose', 'batch')
  const missing = await fetch(`${emulator.url}/v1/files`, { method: 'POST', headers: { authorization: 'Bearer x' }, body: form })
  assert.equal(((await missing.json()) as { error: { param: string } }).error.param, 'file')
  const json = await emulator.send('POST', '/v1/files', { purpose: 'batch' })
  assert.equal(((await json.json()) as { error: { code: string } }).error.code, 'unsupported_content_type')
  assert.equal(onDisk(emulator), 0)
})

test('an upload that breaks off leaves nothing behind', async () => {
  await using emulator = await startTestEmulator()
  const upload = request(`${emulator.url}/v1/files`, {
    method: 'POST',
    headers: { authorization: 'Bearer x', 'content-type': 'multipart/form-data; boundary=B', 'content-length': 1_000_000 },
  })
  upload.write('--B\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\nthe beginning')
  while (onDisk(emulator) === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const failed = once(upload, 'error')
  upload.destroy(new Error('gone'))
  await failed
  while (onDisk(emulator) > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.deepEqual((await emulator.client.files.list()).data, [])
})
