// Checks the file of a batch before the batch is made: every line is a request of its own, and is held to what its row asks of
// one. The file is read back from the upstream as a stream, so that what is checked is what will run.
import type { Endpoint } from '../catalog/endpoint.ts'
import { catalog } from '../catalog/index.ts'
import { createMatcher } from '../catalog/match.ts'
import { Refusal } from '../kernel/errors.ts'
import type { Caller } from '../identity/caller.ts'
import type { AccountId } from '../kernel/ids.ts'
import type { UpstreamAccount } from '../upstreams/account.ts'
import { askStream } from '../upstreams/ask.ts'
import { UpstreamFailure } from '../upstreams/wire/failure.ts'
import { compileRules } from './body/json-scan-rules.ts'
import { maxMentions, mayBeOne } from './body/json-facts.ts'
import { scanJson } from './body/json-scan.ts'
import type { Authorized } from './exchange.ts'
import { mentionOf, type Mention } from './mention.ts'
import { checkNamesModel } from './model-choice.ts'
import { planOf, type BodyRule } from './plan.ts'

/** What a line is checked by: the row its `url` names. */
export type Line = Pick<Authorized, 'caller' | 'endpoint' | 'params' | 'plan'>

/** @throws Refusal for the first line that may not be sent */
export type BatchLines = (
  authorized: Authorized,
  account: AccountId,
  fileId: string,
  check: (mentions: readonly Mention[], line: Line) => Promise<unknown>,
) => Promise<void>

/** OpenAI takes lines of a request's size; a longer one could not be sent either. */
const maxLineBytes = 16_777_216
const newline = 0x0a

const target = compileRules<'url' | 'method'>([
  { at: 'url', rule: 'url' },
  { at: 'method', rule: 'method' },
])

/** Whether lines could hold what the caller may not send as a request of its own. */
export const isLimited = ({ mayUse, mayDo, mayCall }: Caller): boolean =>
  mayUse !== null || !catalog.every(({ permission, id }) => mayDo(permission) && mayCall(id))

export function createBatchLines(options: {
  readonly accountOf: (id: AccountId) => UpstreamAccount | null
  readonly silenceMs: number
  readonly maxJsonDepth: number
}): BatchLines {
  const match = createMatcher<Endpoint>(catalog)

  /** Null for a line without anything that could be another's: the upstream says what else is wrong with it. */
  function read(bytes: Buffer, { caller }: Authorized): { readonly line: Line; readonly mentions: readonly Mention[] } | null {
    const urls: string[] = []
    const methods: string[] = []
    scanJson(target, bytes, (rule, value) => void (rule === 'url' ? urls : methods).push(value), { maxDepth: options.maxJsonDepth })
    // Readers differ in which of two keys counts.
    if (urls.length > 1 || methods.length > 1) throw new Refusal('malformed_request', { why: 'a key stands there twice' })
    const path = (urls[0] ?? '').split(/[?#]/, 1)[0] ?? ''
    const found = match(methods[0] ?? 'POST', path.split('/').slice(1), false)
    if (found.kind !== 'found') throw new Refusal('unknown_url', { method: methods[0] ?? '', path: urls[0] ?? '' })
    const { row: endpoint, params } = found
    if (!caller.mayDo(endpoint.permission) || !caller.mayCall(endpoint.id))
      throw new Refusal('insufficient_permissions', { missing: endpoint.permission })
    const plan = planOf(endpoint)
    const mentions: Mention[] = plan.params.map(({ name, resource }) => mentionOf(resource, params[name] ?? '', name))
    const fault = scanJson<BodyRule>(
      plan.line,
      bytes,
      (rule, value, { path: place, start, end }) => {
        if (!('resource' in rule)) return
        if (mentions.length >= maxMentions) throw new Refusal('json_too_complex', { why: `more than ${maxMentions} ids` })
        mentions.push({ resource: rule.resource, value, path: place.replace(/^body\./, ''), start, end })
      },
      {
        maxDepth: options.maxJsonDepth,
        long(rule, head, place) {
          if ('resource' in rule && mayBeOne(rule.resource, head)) throw new Refusal('string_above_max_length', { param: place })
        },
      },
    )
    if (fault !== null) throw new Refusal('invalid_json', { why: 'It is not valid JSON.' })
    // Left out, the model is the upstream's choice, here as in a request of its own.
    checkNamesModel(caller, plan.choosesModel, mentions)
    return mentions.length === 0 ? null : { line: { caller, endpoint, params, plan }, mentions }
  }

  return async (authorized, accountId, fileId, check) => {
    const account = options.accountOf(accountId)
    if (account === null) throw new Refusal('no_upstream_account')
    let number = 0
    const checkLine = async (bytes: Buffer): Promise<void> => {
      number++
      if (isBlank(bytes)) return
      try {
        const found = read(bytes, authorized)
        if (found !== null) await check(found.mentions, found.line)
      } catch (error) {
        if (!(error instanceof Refusal) || error.status >= 500) throw error
        throw new Refusal('batch_line_refused', {
          line: String(number),
          why: error.words?.message ?? error.message,
          param: 'input_file_id',
        })
      }
    }
    try {
      const answer = await askStream(account, {
        method: 'GET',
        path: `/files/${encodeURIComponent(fileId)}/content`,
        silenceMs: options.silenceMs,
      })
      if (answer.status !== 200) await drain(answer.body)
      // There is none, or none that may be downloaded: no file of a batch. The upstream says so itself when the batch is asked for.
      if (answer.status === 404 || answer.status === 400) return
      // Anything else passes, and then the batch would run with lines that nobody has read.
      if (answer.status !== 200)
        throw new Refusal('upstream_failed', {}, { cause: new Error(`its file was answered with ${answer.status}`) })
      for await (const line of linesOf(answer.body)) await checkLine(line)
    } catch (error) {
      if (error instanceof UpstreamFailure) throw new Refusal('upstream_failed', {}, { cause: error })
      throw error
    }
  }
}

const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09)

async function drain(body: AsyncIterable<Buffer>): Promise<void> {
  for await (const piece of body) void piece
}

/** A byte order mark before the first line is no part of it. */
async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  let bytes = 0
  let isFirst = true
  const whole = (): Buffer => {
    const line = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
    pieces = []
    bytes = 0
    const isMarked = isFirst && line.length >= 3 && line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf
    isFirst = false
    return isMarked ? line.subarray(3) : line
  }
  for await (const piece of body) {
    let from = 0
    for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, from)) {
      pieces.push(piece.subarray(from, at))
      from = at + 1
      yield whole()
    }
    bytes += piece.length - from
    if (bytes > maxLineBytes) throw new Refusal('request_too_large', { limit: String(maxLineBytes) })
    if (from < piece.length) pieces.push(from === 0 ? piece : piece.subarray(from))
  }
  if (pieces.length > 0) yield whole()
}
