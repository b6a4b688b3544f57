// Asks a running relay for operations of its admin API, as an operator's program does.
import type { OperationId } from '../../src/admin/operations.ts'
import { askHttp, type Inputs } from './admin.ts'

/** @throws Error with the answer, when it is a refusal */
export type AdminClient = (id: OperationId, inputs: Inputs) => Promise<Inputs>

export const createAdminClient =
  (url: string, token: string): AdminClient =>
  async (id, inputs) => {
    const answer = await askHttp(url, token, id, inputs)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${id}: ${answer.status} ${text}`)
    return JSON.parse(text) as Inputs
  }
