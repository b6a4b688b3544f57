// Wrappers whose body is the body of the call, and the guarded proxy.
import type { EndpointId } from '../../catalog/index.ts'
import type { Handler } from '../action.ts'
import { readEnvelope } from '../envelope.ts'

/** The body as it came, so that no number or key changes on the way. */
export const sameBody =
  (id: EndpointId): Handler =>
  async (action) => ({
    value: await action.callJson(id, { params: action.params, bytes: action.bytes.length === 0 ? Buffer.from('{}') : action.bytes }),
  })

export const proxy: Handler = async (action) => {
  const { id, ...call } = readEnvelope(action.body)
  return { passed: await action.call(id, call) }
}
