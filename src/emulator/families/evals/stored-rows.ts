// Rows made of what was answered before: stored chat completions, and stored responses.
import type { Platform } from '../../platform.ts'
import { isObject, textOr } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import { inputItems } from '../items.ts'
import { messagesOf } from '../items-prompt.ts'
import { responses } from '../responses/stored.ts'
import type { Row } from './stored.ts'

const pageSize = 100

/** Asks the platform's own endpoints, page by page: what they show is what an eval may see. */
export async function* storedCompletionRows(platform: Platform, source: JsonObject): AsyncGenerator<Row> {
  const isWanted = filterOf(source, 'created')
  let left = limitOf(source)
  let after = ''
  for (;;) {
    const { data, has_more: hasMore } = await list(platform, `/v1/chat/completions?limit=${pageSize}${after}`)
    for (const completion of data) {
      if (!isWanted(completion)) continue
      if (left-- <= 0) return
      const { data: messages } = await list(platform, `/v1/chat/completions/${textOr(completion['id'])}/messages?limit=${pageSize}`)
      const [choice] = Array.isArray(completion['choices']) ? (completion['choices'] as readonly JsonObject[]) : []
      const message = isObject(choice?.['message']) ? choice['message'] : {}
      yield {
        item: { input: messages.map(({ role, content }) => ({ role, content })) },
        sample: { model: completion['model'], output_text: textOr(message['content']), finish_reason: choice?.['finish_reason'] },
      }
    }
    const last = data.at(-1)
    if (!hasMore || last === undefined) return
    after = `&after=${encodeURIComponent(textOr(last['id']))}`
  }
}

type Listed = { readonly data: readonly JsonObject[]; readonly has_more: boolean }

async function list(platform: Platform, path: string): Promise<Listed> {
  const { status, body } = await platform.perform({ method: 'GET', path, body: {} })
  return status === 200 ? (body as Listed) : { data: [], has_more: false }
}

/** Responses have no list to ask for. */
export function* storedResponseRows(platform: Platform, source: JsonObject): Generator<Row> {
  const isWanted = filterOf(source, 'created_at')
  let left = limitOf(source)
  for (const response of responses(platform).list()) {
    if (response.status !== 'completed' || !isWanted(response)) continue
    if (left-- <= 0) return
    const text = response.output
      .filter(({ type }) => type === 'message')
      .flatMap(({ content }) => (Array.isArray(content) ? (content as readonly JsonObject[]) : []))
      .map((part) => textOr(part['text']))
      .join('\n')
    const input = messagesOf(platform, [...inputItems(platform).list({ parent: response.id })])
    yield {
      item: { input: input.map(({ role, text: content }) => ({ role, content })) },
      sample: { model: response.model, output_text: text, finish_reason: 'stop' },
    }
  }
}

const limitOf = ({ limit }: JsonObject): number => (typeof limit === 'number' ? limit : Infinity)

function filterOf(source: JsonObject, createdField: string): (stored: JsonObject) => boolean {
  const { model, created_after: after, created_before: before, metadata } = source
  const wanted = Object.entries(isObject(metadata) ? metadata : {})
  return (stored) => {
    const created = Number(stored[createdField])
    const own = isObject(stored['metadata']) ? stored['metadata'] : {}
    return (
      (typeof model !== 'string' || textOr(stored['model']).startsWith(model)) &&
      (typeof after !== 'number' || created > after) &&
      (typeof before !== 'number' || created < before) &&
      wanted.every(([key, value]) => own[key] === value)
    )
  }
}
