// The Idempotency-Key of the two operations that know one: the same request again has no second effect.
import { createHash } from 'node:crypto'
import type { Call } from '../../behaviour.ts'
import type { JsonObject } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'
import { agentError } from './agent-error.ts'

type Attempt = {
  readonly id: string
  readonly fingerprint: string
  /** What came of it; null while nobody knows. */
  readonly subject: string | null
  readonly expiresAt: number
}

const daySeconds = 86_400

/**
 * Does `work` once per key of `scope`, and returns the id it returned the first time.
 * @example const id = await once(call, 'agents.environments', body, () => createEnvironment(platform, body))
 */
export async function once(call: Call, scope: string, body: JsonObject, work: () => string | Promise<string>): Promise<string> {
  const key = call.header('idempotency-key')
  if (key === undefined) return work()
  const { platform } = call
  const attempts: Collection<Attempt> = platform.collection('agent.idempotency')
  const id = `${scope} ${key}`
  const fingerprint = createHash('sha256').update(JSON.stringify(body)).digest('hex')
  const earlier = attempts.get(id)
  if (earlier !== undefined && earlier.expiresAt > platform.clock.seconds()) {
    if (earlier.fingerprint !== fingerprint)
      throw agentError('This Idempotency-Key was already used with different parameters.', 'Idempotency-Key', 409)
    if (earlier.subject === null) throw agentError('A request with this Idempotency-Key is still in progress.', 'Idempotency-Key', 409)
    return earlier.subject
  }
  const attempt: Attempt = { id, fingerprint, subject: null, expiresAt: platform.clock.seconds() + daySeconds }
  attempts.put(attempt)
  try {
    const subject = await work()
    attempts.put({ ...attempt, subject })
    return subject
  } catch (error) {
    // A request that was refused may be corrected under the same key.
    attempts.delete(id)
    throw error
  }
}
