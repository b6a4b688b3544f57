// Reads the query of a request for the ids in it, as lenient servers read queries: decoded once, brackets dropped, every repeat.
import type { Resource } from '../catalog/endpoint.ts'
import { net } from './net.ts'
import type { Plan } from './plan.ts'
import { mentionOf, type Mention } from './mention.ts'

/** @param query raw, with its question mark, or nothing */
export function queryMentions(query: string, plan: Plan): readonly Mention[] {
  if (query === '') return []
  // Some readers end a pair at a semicolon as well (HTML 4.01 B.2.2): what they would see counts too.
  const read = query.includes(';') ? [...pairs(query), ...pairs(query.replaceAll(';', '&'))] : pairs(query)
  return read.flatMap(({ name, value }) => {
    const path = plainName(name)
    return (plan.queries.get(path) ?? netted(path)).map((resource) => mentionOf(resource, value, path))
  })
}

/** Some readers take what a body lacks from the query. */
function netted(name: string): readonly Resource[] {
  const resource = net.get(name)
  return resource === undefined ? [] : [resource]
}

/** The query with other values for the names that have them, the rest as it came. */
export function rewriteQuery(query: string, rewrite: (name: string, value: string) => string | null): string {
  if (query === '') return query
  const parts = query.slice(1).split('&')
  return `?${parts
    .map((part) => {
      const [pair] = pairs(`?${part}`)
      const text = pair === undefined ? null : rewrite(plainName(pair.name), pair.value)
      return text === null || pair === undefined ? part : `${part.slice(0, part.indexOf('='))}=${encodeURIComponent(text)}`
    })
    .join('&')}`
}

type Pair = { readonly name: string; readonly value: string }

function pairs(query: string): readonly Pair[] {
  return query
    .slice(1)
    .split('&')
    .map((part) => {
      const equals = part.indexOf('=')
      return equals < 0
        ? { name: decoded(part), value: '' }
        : { name: decoded(part.slice(0, equals)), value: decoded(part.slice(equals + 1)) }
    })
}

/** WHATWG URL 5.1: a plus is a space, and what cannot be decoded stays. */
function decoded(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}

/** `after[]` and `after[0]` are `after` to servers that read arrays. */
const plainName = (name: string): string => name.replace(/\[\d*\]$/, '').trim()
