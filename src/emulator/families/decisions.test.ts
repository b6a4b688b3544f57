import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startTestEmulator } from '../../../test/harness/emulator.ts'

const model = 'gpt-6-luna'

test('questions are answered in their order, with probabilities that add up, the same each time', async () => {
  await using emulator = await startTestEmulator()
  const ask = (): ReturnType<typeof emulator.client.decisions.create> =>
    emulator.client.decisions.create({
      model,
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'The invoice is wrong, I want my money back as a refund.' },
            { type: 'input_json', data: { plan: 'pro' } },
          ],
        },
      ],
      questions: [
        {
          type: 'choice',
          name: 'topic',
          instructions: 'What is it about?',
          choices: [{ value: 'shipping' }, { value: 'refund', description: 'wants money back' }, { value: true }],
        },
        { type: 'predicate', instructions: 'The customer wants a refund of money for an invoice' },
        { type: 'predicate', instructions: 'Penguins waddle across antarctic ice' },
        {
          type: 'score',
          name: 'anger',
          instructions: 'How angry?',
          levels: [{ label: 'calm' }, { label: 'annoyed' }, { label: 'furious' }],
        },
      ],
    })
  const { answers, model: used, usage } = await ask()
  assert.deepEqual(
    answers.map(({ type, name }) => [type, name]),
    [
      ['choice', 'topic'],
      ['predicate', null],
      ['predicate', null],
      ['score', 'anger'],
    ],
  )
  const [topic, yes, no, anger] = answers
  assert.ok(topic?.type === 'choice' && yes?.type === 'predicate' && no?.type === 'predicate' && anger?.type === 'score')
  assert.equal(topic.choice, 'refund')
  assert.equal(topic.confidence, Math.max(...topic.probabilities.map(({ probability }) => probability)))
  assert.ok(Math.abs(topic.probabilities.reduce((sum, { probability }) => sum + probability, 0) - 1) < 0.001)
  assert.ok(yes.probability > 0.5 && no.probability < 0.5)
  assert.deepEqual(
    anger.probabilities.map(({ label, value }) => [label, value]),
    [
      ['calm', 0],
      ['annoyed', 1],
      ['furious', 2],
    ],
  )
  assert.ok(anger.score >= 0 && anger.score <= 2)
  assert.equal(used, model)
  assert.equal(usage.total_tokens, usage.input_tokens + usage.output_tokens)
  assert.deepEqual((await ask()).answers, answers)
})

test('what cannot be decided is refused, with the parameter', async () => {
  await using emulator = await startTestEmulator()
  const predicate = { type: 'predicate', instructions: 'x' }
  const good = { model, input: 'x', questions: [predicate] }
  const refused = async (change: object): Promise<readonly unknown[]> => {
    const response = await emulator.send('POST', '/v1/decisions', { ...good, ...change })
    return [response.status, ((await response.json()) as { error: { param: unknown } }).error.param]
  }
  assert.deepEqual(
    await Promise.all(
      [
        { model: 'gpt-4o' },
        { input: undefined },
        { input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] },
        { input: [{ role: 'robot', content: 'x' }] },
        { questions: [] },
        { questions: [{ type: 'riddle' }] },
        { questions: [predicate, { type: 'choice', instructions: 'x', choices: [{ value: 'a' }] }] },
        { questions: [{ type: 'choice', instructions: 'x', choices: [{ value: 'a' }, { value: 'a' }] }] },
      ].map(refused),
    ),
    [
      [400, 'model'],
      [400, 'input'],
      [400, 'input[0].call_id'],
      [400, 'input[0].role'],
      [400, 'questions'],
      [400, 'questions[0].type'],
      [400, 'questions[1].choices'],
      [400, 'questions[0].choices[1]'],
    ],
  )
  const typed = { type: 'choice', instructions: 'x', choices: [{ value: true }, { value: 'true' }] } as const
  assert.equal(
    (await emulator.client.decisions.create({ model, input: 'x', questions: [{ ...typed, choices: [...typed.choices] }] })).answers.length,
    1,
  )
  assert.equal((await refusal(emulator.client.decisions.create({ model: 'gpt-99', input: 'x', questions: [] }))).status, 400)
})
