import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTestEmulator } from '../../../test/harness/emulator.ts'
import type { TestEmulator } from '../../../test/harness/emulator.ts'

const idsOf = async ({ send }: TestEmulator): Promise<Record<string, string>> =>
  ((await (await send('GET', '/_emulator/seed')).json()) as { ids: Record<string, string> }).ids

test('a seed makes files and whatever requests make, each step knowing the ids of those before', async () => {
  await using emulator = await startTestEmulator()
  const response = await emulator.send('POST', '/_emulator/seed', {
    steps: [
      { name: 'handbook', file: { text: 'Holidays are in August.', filename: 'handbook.txt', purpose: 'assistants' } },
      { name: 'store', post: '/v1/vector_stores', body: { name: 'Handbook {of}', file_ids: ['{handbook}'] } },
      { post: '/v1/conversations', body: { metadata: { store: '{store}' } } },
    ],
  })
  const { ids } = (await response.json()) as { ids: Record<string, string> }
  assert.deepEqual(Object.keys(ids), ['handbook', 'store', 'steps[2]'])
  assert.deepEqual(await idsOf(emulator), ids)
  const { handbook = '', store = '', 'steps[2]': conversation = '' } = ids
  const file = await emulator.client.files.retrieve(handbook)
  assert.deepEqual([file.filename, file.bytes, file.purpose], ['handbook.txt', 23, 'assistants'])
  assert.equal((await emulator.client.vectorStores.retrieve(store)).name, 'Handbook {of}')
  const files = await emulator.client.vectorStores.files.list(store)
  assert.deepEqual(
    files.data.map(({ id }) => id),
    [handbook],
  )
  assert.deepEqual((await emulator.client.conversations.retrieve(conversation)).metadata, { store })
})

test('a seed file is there from the start on, is not seeded twice, and is there again after a reset', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'relay-seed-test-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const seedFile = join(folder, 'seed.yaml')
  await writeFile(join(folder, 'lines.jsonl'), '{}\n')
  await writeFile(seedFile, 'steps:\n  - name: lines\n    file: { path: lines.jsonl, purpose: batch }\n')
  await using emulator = await startTestEmulator({ seedFile })
  const first = await idsOf(emulator)
  assert.equal((await emulator.client.files.retrieve(first['lines'] ?? '')).filename, 'lines.jsonl')
  await emulator.restart()
  assert.deepEqual(await idsOf(emulator), first)
  assert.equal((await emulator.client.files.list()).data.length, 1)
  await emulator.client.files.create({ purpose: 'batch', file: new File(['x'], 'other.jsonl') })
  await emulator.send('POST', '/_emulator/reset')
  const { data } = await emulator.client.files.list()
  assert.deepEqual(
    data.map(({ id, filename }) => [id, filename]),
    [[(await idsOf(emulator))['lines'], 'lines.jsonl']],
  )
  await writeFile(seedFile, 'steps:\n  - file: { path: nowhere.txt, purpose: batch }\n')
  await assert.rejects(startTestEmulator({ seedFile }), /seed\.yaml, steps\[0\]: there is no file .*nowhere\.txt/)
})

test('a seed that cannot be made says which step it was and why', async () => {
  await using emulator = await startTestEmulator()
  const cases = [
    [{ steps: [{ name: 'a' }] }, 'the seed line 1, steps[0] "a": has to make one thing: a `file`, or what a `post` makes'],
    [
      { steps: [{ file: { path: '/etc/passwd', purpose: 'batch' } }] },
      'the seed line 1, steps[0], file.path: cannot be read for somebody else: write its `text` out',
    ],
    [
      { steps: [{ file: { text: 'x', filename: 'x', purpose: 'fun' } }] },
      'the seed line 1, steps[0], file.purpose: is "fun": write assistants or batch or fine-tune or vision or user_data or evals',
    ],
    [
      { steps: [{ name: 'store', post: '/v1/vector_stores', body: { file_ids: ['file-x'] } }] },
      'the seed, steps[0] "store": the API answers 404: No such File object: file-x',
    ],
    [{ steps: [{ post: '/v1/nowhere' }] }, 'the seed, steps[0]: the API answers 404: Invalid URL (POST /v1/nowhere)'],
  ] as const
  for (const [seed, message] of cases) {
    const response = await emulator.send('POST', '/_emulator/seed', seed)
    assert.equal(response.status, 400)
    assert.equal(((await response.json()) as { error: { message: string } }).error.message, message)
  }
})
