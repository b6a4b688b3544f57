// The cases of the SDK through the relay in front of an upstream that nobody here wrote.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { LLMock } from '@copilotkit/aimock'
import type OpenAI from 'openai'
import { sdkOf } from '../harness/sdk.ts'
import { startWorld, upstreamKey, type World } from '../harness/world.ts'
import { chatCases, otherCases, responsesCases } from './cases.ts'

describe('in front of aimock', () => {
  let mock: LLMock
  let world: World
  let client: OpenAI
  before(async () => {
    mock = new LLMock({ port: 0, auth: { apiKeys: [upstreamKey] } })
    mock.on({ predicate: ({ messages }) => messages.at(-1)?.role === 'tool' }, ({ messages }) => ({
      content: `It says: ${JSON.stringify(messages.at(-1)?.content)}`,
    }))
    mock.on({ toolName: 'get_weather' }, { toolCalls: [{ name: 'get_weather', arguments: '{"city":"Paris"}' }] })
    mock.onMessage(/Reply with exactly: /, ({ messages }) => ({
      content: /exactly: (\w+)/.exec(JSON.stringify(messages.at(-1)?.content))?.[1] ?? '',
    }))
    mock.onMessage(/./, { content: 'hello' })
    await mock.start()
    world = await startWorld({ upstream: `${mock.url as 'http://x'}/v1` })
    client = sdkOf(world)
  })
  after(async () => {
    await world[Symbol.asyncDispose]()
    await mock.stop()
  })

  for (const { name, run } of [...chatCases, ...responsesCases, ...otherCases]) test(name, () => run(client))

  test('everything arrived under the operator’s key', () => {
    assert.ok(mock.getRequests().length > 0)
    assert.ok(!JSON.stringify(mock.getRequests()).includes(world.token))
  })
})
