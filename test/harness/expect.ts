// Assertions that several suites share: what an OpenAI error looks like, which headers arrived, when something became true.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { valuesOf, type HeaderPair } from './http-bytes.ts'
import { NoAnswer, rawClient, type Answer } from './raw-client.ts'

export type OpenAiError = { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string | null }

/** Asserts the shape every refusal has, and returns the error in it. */
export function openAiError(answer: Answer, status?: number | readonly number[]): OpenAiError {
  const seen = `${answer.status} ${answer.body.toString('utf8').slice(0, 300)}`
  if (status !== undefined) assert.ok([status].flat().includes(answer.status), `expected ${String(status)}, came ${seen}`)
  assert.notEqual(answer.end, 'cut', `a refusal was cut off: ${seen}`)
  assert.match(valuesOf(answer.headers, 'content-type')[0] ?? '', /^application\/json/, seen)
  const body = JSON.parse(answer.body.toString('utf8')) as { error?: OpenAiError }
  assert.ok(body.error, seen)
  assert.deepEqual(Object.keys(body.error).toSorted(), ['code', 'message', 'param', 'type'], seen)
  assert.ok(typeof body.error.message === 'string' && body.error.message.length > 0, seen)
  const ours = valuesOf(answer.headers, 'x-relay-request-id')
  assert.equal(ours.length, 1, `an answer of our own names our request id: ${seen}`)
  assert.deepEqual(valuesOf(answer.headers, 'x-request-id'), ours, `on an answer of our own both ids are ours: ${seen}`)
  return body.error
}

/** Sends raw bytes and asserts that the relay refused them: a 4xx in OpenAI's shape, or a closed connection. */
export async function refusesBytes(port: number, bytes: string | Buffer, options: { halfClose?: boolean } = {}): Promise<Answer | null> {
  await using client = await rawClient(port)
  await client.send(bytes)
  if (options.halfClose === true) client.end()
  try {
    const answer = await client.answer()
    assert.ok(
      answer.status >= 400 && answer.status < 500,
      `expected a 4xx, came ${answer.status} ${answer.body.toString('latin1').slice(0, 200)}`,
    )
    openAiError(answer)
    return answer
  } catch (error) {
    if (error instanceof NoAnswer) return null
    throw error
  }
}

/** Lower-cases names so that two lists compare as HTTP compares them: order and values kept. */
export const folded = (headers: readonly HeaderPair[]): [string, string][] => headers.map(([name, value]) => [name.toLowerCase(), value])

/** The pairs of `headers` whose name is not in `names`. */
export function without(headers: readonly HeaderPair[], names: readonly string[]): [string, string][] {
  return folded(headers).filter(([name]) => !names.includes(name))
}

/** Waits until something holds; fails with `what` when it never does. */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await isSo())) {
    if (performance.now() > deadline) assert.fail(`not in ${timeoutMs} ms: ${what}`)
    await sleep(5)
  }
}

/** What a promise gives, or a failure that says what did not happen: a test must not hang where the product does. */
export async function within<T>(what: string, promise: Promise<T>, timeoutMs = 10_000): Promise<T> {
  const timeout = new AbortController()
  try {
    return await Promise.race([
      promise,
      sleep(timeoutMs, undefined, { signal: timeout.signal }).then(() => assert.fail(`not in ${timeoutMs} ms: ${what}`)),
    ])
  } finally {
    timeout.abort()
  }
}
