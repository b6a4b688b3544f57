import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { refusal, startTestEmulator } from '../../../test/harness/emulator.ts'
import type { TestEmulator } from '../../../test/harness/emulator.ts'

const texts = ['first ', 'second ', 'third']
const whole = texts.join('')

async function open({ client }: TestEmulator, bytes = whole.length): Promise<string> {
  return (await client.uploads.create({ bytes, filename: 'in.jsonl', mime_type: 'application/jsonl', purpose: 'batch' })).id
}

/** Sends the parts at once, the last first. */
async function sendParts({ client }: TestEmulator, id: string): Promise<string[]> {
  const parts = await Promise.all(texts.toReversed().map((text) => client.uploads.parts.create(id, { data: new File([text], 'part') })))
  return parts.map((part) => part.id).toReversed()
}

test('parts that came at once become a file in the order given at the end', async () => {
  await using emulator = await startTestEmulator()
  const id = await open(emulator)
  const partIds = await sendParts(emulator, id)
  const md5 = createHash('md5').update(whole).digest('hex')
  const done = await emulator.client.uploads.complete(id, { part_ids: partIds, md5 })
  assert.deepEqual(
    [done.status, done.file?.bytes, done.file?.filename, done.file?.purpose],
    ['completed', whole.length, 'in.jsonl', 'batch'],
  )
  assert.equal(await (await emulator.client.files.content(done.file?.id ?? '')).text(), whole)
  assert.equal(readdirSync(join(emulator.dataDir, 'emulator', 'blobs')).length, 1, 'the parts are gone')
  assert.equal(
    (await refusal(emulator.client.uploads.complete(id, { part_ids: partIds }))).message,
    "Cannot complete an upload with status 'completed'.",
  )
})

test('only the right bytes complete an upload, and a wrong try costs nothing', async () => {
  await using emulator = await startTestEmulator()
  const id = await open(emulator)
  const partIds = await sendParts(emulator, id)
  const attempt = (body: { part_ids: string[]; md5?: string }): ReturnType<typeof refusal> =>
    refusal(emulator.client.uploads.complete(id, body))
  assert.equal((await attempt({ part_ids: partIds.slice(1) })).param, 'part_ids')
  assert.equal((await attempt({ part_ids: ['part_none'] })).param, 'part_ids[0]')
  assert.equal((await attempt({ part_ids: [...partIds, partIds[0] ?? ''] })).param, 'part_ids[3]')
  assert.equal((await attempt({ part_ids: partIds, md5: '0'.repeat(32) })).param, 'md5')
  assert.equal((await attempt({ part_ids: [] })).code, 'empty_array')
  assert.equal((await emulator.client.uploads.complete(id, { part_ids: partIds })).status, 'completed')
})

test('two who complete an upload at once make one file', async () => {
  await using emulator = await startTestEmulator()
  const id = await open(emulator)
  const partIds = await sendParts(emulator, id)
  const complete = async (): Promise<number> => (await emulator.send('POST', `/v1/uploads/${id}/complete`, { part_ids: partIds })).status
  const statuses = await Promise.all([complete(), complete()])
  assert.deepEqual(statuses.toSorted(), [200, 400])
  assert.equal((await emulator.client.files.list()).data.length, 1)
})

test('an upload is cancelled without a body and without a content type, with a length of zero or none at all', async () => {
  await using emulator = await startTestEmulator()
  for (const header of ['Content-Length: 0\r\n', '']) {
    const id = await open(emulator)
    await sendParts(emulator, id)
    const socket = connect(emulator.running.port, '127.0.0.1')
    socket.write(`POST /v1/uploads/${id}/cancel HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n${header}Connection: close\r\n\r\n`)
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString()))
    await once(socket, 'close')
    assert.match(answer, /^HTTP\/1\.1 200 OK/)
    assert.match(answer, /"status":"cancelled"/)
    assert.equal(
      (await refusal(emulator.client.uploads.parts.create(id, { data: new File(['x'], 'x') }))).message,
      "Cannot add a part to an upload with status 'cancelled'.",
    )
  }
  assert.deepEqual(readdirSync(join(emulator.dataDir, 'emulator', 'blobs')), [])
})

test('an upload expires after an hour', async () => {
  await using emulator = await startTestEmulator()
  const id = await open(emulator)
  const partIds = await sendParts(emulator, id)
  emulator.running.clock.advance(3_600_000)
  assert.equal(
    (await refusal(emulator.client.uploads.complete(id, { part_ids: partIds }))).message,
    "Cannot complete an upload with status 'expired'.",
  )
  assert.deepEqual(readdirSync(join(emulator.dataDir, 'emulator', 'blobs')), [])
})

test('an upload is for at most 8 GB, and known by its id', async () => {
  await using emulator = await startTestEmulator()
  assert.equal((await refusal(open(emulator, 8 * 2 ** 30 + 1))).code, 'integer_above_max_value')
  assert.equal((await refusal(emulator.client.uploads.cancel('upload_none'))).status, 404)
})
