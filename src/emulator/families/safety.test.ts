import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toFile } from 'openai'
import { refusal, startTestEmulator } from '../../../test/harness/emulator.ts'

test('a fixed few alerts and cases can be read, and no other', async () => {
  await using emulator = await startTestEmulator()
  const { alerts, cases } = emulator.client.safety
  assert.deepEqual([(await alerts.retrieve('alert_1')).object, (await alerts.retrieve('alert_2')).reason], ['safety.alert', null])
  assert.deepEqual(
    [(await cases.retrieve('case_1')).notice, (await cases.retrieve('case_2')).notice],
    [{ type: 'warning' }, { type: 'deactivation' }],
  )
  assert.deepEqual(await refusal(alerts.retrieve('alert_3')), {
    status: 404,
    message: "Safety alert with id 'alert_3' not found.",
    code: null,
    param: null,
  })
  assert.equal((await refusal(cases.retrieve('alert_1'))).status, 404)
})

test('a check knows the pictures and recordings that were made here, and no others', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const picture = await client.images.generate({ model: 'gpt-image-1', prompt: 'a heron', size: '1024x1024' })
  const png = Buffer.from(picture.data?.[0]?.b64_json ?? '', 'base64')
  await emulator.restart()
  const again = emulator.client
  const of = async (content: Uint8Array, name: string): Promise<Awaited<ReturnType<typeof again.contentProvenanceChecks.create>>> =>
    again.contentProvenanceChecks.create({ file: await toFile(content, name) })
  const [c2pa, synthId] = (await of(png, 'a.png')).results
  assert.ok(c2pa?.type === 'c2pa')
  assert.deepEqual([c2pa.outcome, c2pa.validation_state, c2pa.issuer, c2pa.model], ['detected', 'trusted', 'OpenAI', 'gpt-image-1'])
  assert.match(c2pa.generated_at ?? '', /^\d{4}-\d\d-\d\dT.*Z$/)
  assert.deepEqual([synthId?.type, synthId?.outcome], ['synthid', 'detected'])
  const changed = Buffer.concat([png, Buffer.from([0])])
  assert.deepEqual(
    (await of(changed, 'b.png')).results.map(({ outcome }) => outcome),
    ['not_detected', 'not_detected'],
  )
  const speech = Buffer.from(
    await (await again.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello', response_format: 'wav' })).arrayBuffer(),
  )
  assert.deepEqual(
    (await of(speech, 'a.wav')).results.map(({ type, outcome }) => [type, outcome]),
    [['synthid', 'detected']],
  )
  const refused = await refusal(of(Buffer.from('just text'), 'a.txt'))
  assert.deepEqual([refused.status, refused.param], [400, 'file'])
})
