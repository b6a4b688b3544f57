// Lets a form through to the upstream while it is read: the fields that matter are checked before any byte of them leaves, files
// stream, and nothing is held but the field under way. A form that is refused late breaks off without its last boundary, so
// that no upstream takes it for a whole one.
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Resource } from '../../catalog/endpoint.ts'
import { opaqueKeys } from '../../catalog/references.ts'
import { Refusal } from '../../kernel/errors.ts'
import { ClientLeft, type Departure } from '../departure.ts'
import { mentionOf, type Mention } from '../mention.ts'
import { net } from '../net.ts'
import { createFormScanner } from './form-scan.ts'
import { boundaryOf } from './form-scan-head.ts'
import { maxMentions } from './json-facts.ts'
import { scanJson } from './json-scan.ts'
import { compileRules, type CompiledRules } from './json-scan-rules.ts'

export type FormGateOptions = {
  readonly incoming: IncomingMessage
  readonly contentType: string
  /** Resources by the dotted place of their field: `model`, `video.id`, `session.prompt.id` where `session` holds JSON. */
  readonly rules: ReadonlyMap<string, readonly Resource[]>
  /** What stands for a value each tenant has a space of its own for; null where values pass as they are. */
  readonly label: ((value: string) => string) | null
  /** @throws Refusal for an id that is not the caller's */
  readonly check: (mentions: readonly Mention[]) => Promise<void>
  /** The form is whole. @throws Refusal for what it lacks */
  readonly checkWhole: () => void
  readonly maxFieldBytes: number
  readonly silenceMs: number
  readonly tally: { requestBytes: number }
  readonly departure: Departure
}

export type FormGate = {
  readonly stream: Readable
  /** Resolves once the form is whole, or has shown enough to start sending. @throws Refusal, ClientLeft */
  readonly begun: Promise<void>
  /** Whether values in it are replaced, so that its length is not known before its end. */
  readonly changesLength: boolean
  /** Called once when the form is refused after it began, or could not be checked. */
  readonly onFail: (listener: (reason: Error) => void) => void
}

/** Small forms are known whole before the upstream hears of them; larger ones start after this much. */
const beginBytes = 65_536

type Range = { readonly start: number; readonly end: number; readonly text: Buffer }

export function createFormGate(options: FormGateOptions): FormGate {
  const { incoming, rules, label, check, silenceMs, tally, departure } = options
  const boundary = boundaryOf(options.contentType)
  if (boundary === null) throw new Refusal('ambiguous_form', { why: 'its boundary can be read in several ways' })
  const byField = fieldsOf(rules)
  const changesLength = label !== null && [...rules.values()].flat().some(({ act }) => act === 'namespace')

  let mentions: Mention[] = []
  let problem: string | null = null
  const replacements: Range[] = []
  const scanner = createFormScanner(
    boundary,
    {
      wanted: (name) => byField(plainName(name)) !== null,
      wantedAsJson: (name) => byField(plainName(name))?.direct.length === 0,
      maxFieldBytes: options.maxFieldBytes,
    },
    {
      field(name, value, { start, end }) {
        const plain = plainName(name)
        const field = byField(plain)
        const text = value.toString('utf8')
        for (const resource of field?.direct ?? []) {
          if (resource.act !== 'namespace') mentions.push(mentionOf(resource, text, plain))
          else if (label !== null) replacements.push({ start, end, text: Buffer.from(label(text)) })
        }
        if (field !== null && field.nested !== null) {
          const fault = scanJson(field.nested, value, (resource, id, place) => {
            if (mentions.length < maxMentions) mentions.push(mentionOf(resource, id, `${plain}.${place.path}`))
            else problem = `it names more than ${maxMentions} ids`
          })
          // A more lenient reader might find ids in what we cannot read to its end.
          if (fault !== null && /^\s*[[{]/.test(text)) problem = 'a field does not hold the JSON it begins with'
        }
      },
    },
  )

  /** What was pushed and may not leave yet, and the offset of its first byte. */
  let held: Buffer = Buffer.alloc(0)
  let heldFrom = 0
  let sentBytes = 0
  let isOver = false
  let listener: ((reason: Error) => void) | null = null
  let begin: () => void = () => {}
  let refuse: (reason: Error) => void = () => {}
  const begun = new Promise<void>((resolve, reject) => {
    begin = resolve
    refuse = reject
  })
  const stream = new Readable({ highWaterMark: 2 * beginBytes, read: () => void (mentions.length === 0 && !isOver && incoming.resume()) })

  const timer = setTimeout(() => {
    if (incoming.isPaused()) timer.refresh()
    else fail(new Refusal('request_timeout', { seconds: String(silenceMs / 1000) }))
  }, silenceMs)

  function stop(): void {
    isOver = true
    incoming.off('data', onData).off('end', onEnd)
    clearTimeout(timer)
  }

  function fail(reason: Error): void {
    if (isOver) return
    stop()
    refuse(reason)
    if (!(reason instanceof ClientLeft)) listener?.(reason)
  }

  function release(upTo: number): void {
    const count = upTo - heldFrom
    if (count <= 0) return
    const leaving = held.subarray(0, count)
    // A copy: whoever sends what leaves may take its memory away with it.
    const rest = Buffer.from(held.subarray(count))
    const from = heldFrom
    held = rest
    heldFrom = upTo
    let at = from
    for (const { start, end, text } of replacements.splice(0)) {
      push(leaving.subarray(at - from, start - from))
      push(text)
      at = end
    }
    push(leaving.subarray(at - from))
  }

  function push(bytes: Buffer): void {
    if (bytes.length === 0) return
    sentBytes += bytes.length
    if (!stream.push(bytes)) incoming.pause()
    if (sentBytes >= beginBytes) begin()
  }

  /** Checks what the last bytes named, then lets them go. */
  function pass(upTo: number, then: () => void): void {
    const why = problem ?? scanner.problem
    if (why !== null) return fail(new Refusal('ambiguous_form', { why }))
    if (mentions.length === 0) {
      release(upTo)
      return then()
    }
    incoming.pause()
    check(mentions).then(
      () => {
        if (isOver) return
        mentions = []
        incoming.resume()
        release(upTo)
        then()
      },
      (error: Error) => fail(error),
    )
  }

  const onData = (chunk: Buffer): void => {
    tally.requestBytes += chunk.length
    timer.refresh()
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    pass(scanner.push(chunk), () => {})
  }
  const onEnd = (): void => {
    const finish = (): void => {
      if (isOver) return
      const why = scanner.end()
      if (why !== null) return fail(new Refusal('ambiguous_form', { why }))
      pass(heldFrom + held.length, () => {
        try {
          options.checkWhole()
        } catch (error) {
          return fail(error as Error)
        }
        stop()
        stream.push(null)
        begin()
      })
    }
    // A check may still be under way for the bytes before.
    if (mentions.length === 0) finish()
    else incoming.once('resume', () => setImmediate(finish))
  }

  incoming.on('data', onData).once('end', onEnd)
  void departure.over.then(() => {
    fail(new ClientLeft())
    stop()
  })
  return {
    stream,
    begun,
    changesLength,
    onFail: (next) => {
      listener = next
    },
  }
}

type Field = { readonly direct: readonly Resource[]; readonly nested: CompiledRules<Resource> | null }

const compiled = new WeakMap<ReadonlyMap<string, readonly Resource[]>, Map<string, Field | null>>()

/** What the rules say of a field: of itself, and of what stands in it where it holds JSON. */
function fieldsOf(rules: ReadonlyMap<string, readonly Resource[]>): (name: string) => Field | null {
  let fields = compiled.get(rules)
  if (fields === undefined) compiled.set(rules, (fields = new Map<string, Field | null>()))
  const known = fields
  return (name) => {
    const found = known.get(name)
    if (found !== undefined) return found
    const direct = rules.get(name) ?? []
    const nested = [...rules].flatMap(([at, resources]) =>
      at.startsWith(`${name}.`) ? resources.map((rule) => ({ at: at.slice(name.length + 1), rule })) : [],
    )
    if (direct.length + nested.length === 0) return netted(name)
    const field = { direct, nested: nested.length === 0 ? null : compileRules(nested, { keys: net, opaque: opaqueKeys }) }
    // Names are the client's: only those that mean something are kept.
    known.set(name, field)
    return field
  }
}

function netted(name: string): Field | null {
  const resource = net.get(name.slice(name.lastIndexOf('.') + 1))
  return resource === undefined ? null : { direct: [resource], nested: null }
}

/** `video[id]` and `images[0][file_id]` are `video.id` and `images.file_id`; indices say nothing. */
const plainName = (name: string): string =>
  name
    .split(/[[\].]+/)
    .filter((part) => part !== '' && !/^\d+$/.test(part))
    .join('.')
