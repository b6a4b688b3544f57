// Ids that are born in what the upstream tells in answer to our own questions: the output of a batch, the model of a job.
// They are the owner's of the object that names them, as if the owner had asked.
import type { Resource } from '../catalog/endpoint.ts'
import { isMeant } from '../catalog/kinds.ts'
import type { Born, Ownership } from '../ownership/ownership.ts'
import { retrieveRow, type RecordTold } from '../ownership/upstream.ts'
import { scanJson } from './body/json-scan.ts'
import { planOf } from './plan.ts'

export function createRecordTold(ownership: Ownership): RecordTold {
  return async (owner, account, kind, texts) => {
    const row = retrieveRow(kind)
    const rules = row === null ? null : planOf(row).answer
    if (rules === null) return
    const born: Born[] = []
    const found = (resource: Resource, id: string): void => {
      if (resource.act !== 'create' || resource.when !== undefined || !isMeant(resource, id)) return
      if (!ownership.isKnown(owner, account, { kind: resource.kind, id })) born.push({ kind: resource.kind, id, parent: null, body: null })
    }
    for (const text of texts) scanJson(rules, Buffer.from(text), found)
    if (born.length > 0) await ownership.record(owner, account, born)
  }
}
