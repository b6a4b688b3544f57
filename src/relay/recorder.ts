// Reads an answer for the ids that are born in it and holds each back until its owner is on disk: no byte of a new id leaves
// before. Everything else passes as it comes.
import type { Resource } from '../catalog/endpoint.ts'
import { isMeant } from '../catalog/kinds.ts'
import type { AccountId } from '../kernel/ids.ts'
import type { Born, Named, Owner, Ownership } from '../ownership/ownership.ts'
import { withoutNames } from './account-names.ts'
import { createJsonScanner, type Place } from './body/json-scan.ts'
import { createSseScanner } from './body/sse-scan.ts'
import type { Plan } from './plan.ts'

export type Recorder = {
  /** Takes the bytes over. What may leave is handed to `release`, now or later, in order. */
  readonly push: (bytes: Buffer, isLast: boolean) => void
  readonly end: () => void
  /** True while bytes wait for the disk: more of the answer need not be read. */
  readonly isWaiting: () => boolean
}

export type RecorderOptions = {
  readonly ownership: Ownership
  readonly owner: Owner
  readonly account: AccountId
  readonly plan: Plan
  readonly form: 'json' | 'event'
  /** Several tenants are on the account. */
  readonly hidesAccount: boolean
  /** Whether the request makes what stands there a thing that is kept. */
  readonly isTold: (resource: Resource) => boolean
  /** Resolves when their owner is on disk. */
  readonly record: (born: readonly Born[]) => Promise<unknown>
  readonly release: (bytes: Buffer, isLast: boolean) => void
  readonly onEnd: () => void
  /** The database is away: nothing more may leave. */
  readonly onFail: (error: unknown) => void
  /** Bytes may come again. */
  readonly onFree: () => void
}

/** An object that is longer is asked for again when a list needs it. */
const maxBodyBytes = 262_144

export function createRecorder(options: RecorderOptions): Recorder {
  const { ownership, owner, account, plan, form, hidesAccount, isTold, record, release, onEnd, onFail, onFree } = options
  const rules = form === 'json' ? plan.answer : plan.event
  let born: Born[] = []
  /** The object the answer is, when its kind has a list. */
  let itself: Named | null = null
  let pieces: Buffer[] | null = form === 'json' && plan.keeps !== null ? [] : null
  let pieceBytes = 0
  let held: Buffer = Buffer.alloc(0)
  let heldFrom = 0
  let writing: Promise<void> | null = null
  const seen = new Set<string>()
  const hidden: { readonly start: number; readonly end: number }[] = []
  const queue: (() => void)[] = []

  const found = (resource: Resource, id: string, { start, end }: Place): void => {
    const { kind } = resource
    if (resource.act === 'hide') {
      if (hidesAccount && withoutNames(id) !== id) hidden.push({ start, end })
      return
    }
    const key = `${kind} ${id}`
    if (seen.has(key) || !isMeant(resource, id) || !isTold(resource)) return
    seen.add(key)
    if (resource.at === 'answer.id' && kind === plan.keeps) itself = { kind, id }
    if (resource.act === 'create' && !ownership.isKnown(owner, account, { kind, id })) born.push({ kind, id, parent: null, body: null })
  }
  const scanner = rules === null ? null : form === 'json' ? createJsonScanner(rules, found) : createSseScanner(rules, found)

  function scan(bytes: Buffer, isLast: boolean): void {
    const upTo = scanner?.push(bytes) ?? heldFrom + held.length + bytes.length
    if (pieces !== null) {
      pieceBytes += bytes.length
      // A copy: the bytes themselves go to the client, and their memory with them.
      if (pieceBytes <= maxBodyBytes) pieces.push(Buffer.from(bytes))
      else pieces = null
    }
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes])
    // The token is whole in what is held, and keeps its length.
    for (const { start, end } of hidden.splice(0)) {
      const token = held.toString('latin1', start - heldFrom, end - heldFrom)
      held.write(withoutNames(token), start - heldFrom, 'latin1')
    }
    const count = isLast ? held.length : Math.max(0, Math.min(held.length, upTo - heldFrom))
    const leaving = held.subarray(0, count)
    held = count === held.length ? Buffer.alloc(0) : Buffer.from(held.subarray(count))
    heldFrom += count
    after(withBody(isLast), () => {
      if (leaving.length > 0 || isLast) release(leaving, isLast)
    })
  }

  /** What is to be recorded now; with the object itself when it is whole. */
  function withBody(isWhole: boolean): readonly Born[] {
    const list = born
    born = []
    if (!isWhole || pieces === null || itself === null) return list
    const body = Buffer.concat(pieces).toString('utf8')
    const { kind, id } = itself
    pieces = null
    if (list.some((each) => each.kind === kind && each.id === id))
      return list.map((each) => (each.kind === kind && each.id === id ? { ...each, body } : each))
    ownership.remember(account, { kind, id }, body)
    return list
  }

  /** Runs `then` once `list` is written. */
  function after(list: readonly Born[], then: () => void): void {
    if (list.length === 0) return then()
    writing = record(list).then(
      () => {
        writing = null
        then()
        while (writing === null && queue.length > 0) queue.shift()?.()
        if (writing === null) onFree()
      },
      (error: unknown) => {
        queue.length = 0
        onFail(error)
      },
    )
  }

  const inTurn = (step: () => void): void => {
    if (writing === null) step()
    else queue.push(step)
  }

  return {
    push: (bytes, isLast) => inTurn(() => scan(bytes, isLast)),
    end: () =>
      inTurn(() => {
        const rest = held
        held = Buffer.alloc(0)
        after(withBody(true), () => {
          if (rest.length > 0) release(rest, false)
          onEnd()
        })
      }),
    isWaiting: () => writing !== null,
  }
}
