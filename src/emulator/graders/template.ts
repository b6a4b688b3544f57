// Templates of graders and evals: `{{ item.question }}`, `{{ sample.output_json.steps[0] }}`.
import { isObject } from '../shape.ts'
import type { JsonObject } from '../shape.ts'

/** What templates may name. */
export type Namespace = { readonly item: JsonObject; readonly sample: JsonObject }

/** The filled text, and the names that stand for nothing. */
export type Filled = { readonly text: string; readonly missing: readonly string[] }

export function fill(template: string, names: Namespace): Filled {
  const missing: string[] = []
  const text = template.replaceAll(/\{\{\s*([^{}]*?)\s*\}\}/g, (_whole, path: string) => {
    const value = lookUp(names, path)
    if (value === undefined) missing.push(path)
    return asText(value)
  })
  return { text, missing }
}

/** What a path like `item.choices[1].text` leads to. */
export function lookUp(names: Namespace, path: string): unknown {
  let value: unknown = names
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (index !== undefined || Array.isArray(value)) value = Array.isArray(value) ? value[Number(index ?? name)] : undefined
    else value = isObject(value) && name !== undefined ? value[name] : undefined
  }
  return value
}

const asText = (value: unknown): string => {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The text of a message's content: a string, one part, or a list of them; other media have none. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (Array.isArray(content)) return content.map(contentText).join('\n')
  return isObject(content) && typeof content['text'] === 'string' ? content['text'] : ''
}

/** A sample as templates see it; `output_json` is there where the text is JSON. */
export function sampleOf(text: string, more: JsonObject = {}): JsonObject {
  return { ...more, output_text: text, ...parsed(text) }
}

function parsed(text: string): { readonly output_json?: unknown } {
  try {
    return { output_json: JSON.parse(text) as unknown }
  } catch {
    return {}
  }
}
