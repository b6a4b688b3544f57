// Reads an answer once it has passed. Where only an object that has an owner is told once more, nothing in it has to wait. Nor in
// a compressed one of a relay that nobody shares: there an id without an owner is the one tenant's anyway, and the answer stays
// as the client asked for it.
import type { Resource } from '../catalog/endpoint.ts'
import { isMeant } from '../catalog/kinds.ts'
import type { AccountId } from '../kernel/ids.ts'
import type { Born, Ownership } from '../ownership/ownership.ts'
import { decode } from './body/inflate.ts'
import { scanJson } from './body/json-scan.ts'
import type { Plan } from './plan.ts'

export type LaterRecorder = {
  /** Copies what passes. */
  readonly push: (bytes: Buffer) => void
  /** Resolves when what was born is written down. @throws StoreUnavailable */
  readonly end: () => Promise<void>
}

/** A longer answer is not read: it has more content than ids. */
const maxCodedBytes = 1_048_576
const maxBytes = 8_388_608

export function createLaterRecorder(options: {
  readonly ownership: Ownership
  readonly account: AccountId
  readonly plan: Plan
  /** Null where it is not compressed. */
  readonly coding: string | null
  readonly isTold: (resource: Resource) => boolean
  readonly record: (born: readonly Born[]) => Promise<unknown>
}): LaterRecorder {
  const { ownership, account, plan, coding, isTold, record } = options
  let pieces: Buffer[] = []
  let codedBytes = 0
  return {
    push(bytes) {
      codedBytes += bytes.length
      if (codedBytes <= maxCodedBytes) pieces.push(Buffer.from(bytes))
      else pieces = []
    },
    async end() {
      if (plan.answer === null || codedBytes === 0 || codedBytes > maxCodedBytes) return
      const whole = Buffer.concat(pieces)
      const text = coding === null ? whole : await decode(whole, coding, maxBytes)
      if (text === null) return
      const born: Born[] = []
      scanJson<Resource>(plan.answer, text, (resource, id) => {
        if (!isMeant(resource, id) || !isTold(resource)) return
        const isItself = resource.at === 'answer.id' && resource.kind === plan.keeps
        const body = isItself ? text.toString('utf8') : null
        if (resource.act === 'create') born.push({ kind: resource.kind, id, parent: null, body })
        else if (body !== null) ownership.remember(account, { kind: resource.kind, id }, body)
      })
      if (born.length > 0) await record(born)
    },
  }
}
