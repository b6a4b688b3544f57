// Reads the request target once, canonically (RFC 9112 3.2). Everything that could name another path to another reader is
// refused here; what goes upstream is rebuilt from the row and never from this text.
import { Refusal } from '../kernel/errors.ts'

export type Target = {
  /** Canonical segments, `v1` first whether or not the client's base URL ended in it. */
  readonly segments: readonly string[]
  /** The raw query with its question mark, or nothing: forwarded as it was sent. */
  readonly query: string
}

const malformed = (why: string): Refusal => new Refusal('malformed_path', { why })

// RFC 3986 3.3 pchar, without ";": path parameters mean different things to different servers.
const pathText = /^(?:[A-Za-z0-9\-._~!$&'()*+,=:@/]|%[0-9A-Fa-f]{2})*$/
const visible = /^[\x21-\x7e]*$/

/** @throws Refusal malformed_path */
export function parseTarget(raw: string): Target {
  if (!raw.startsWith('/')) throw malformed('it must begin with a slash')
  if (!visible.test(raw)) throw malformed('only visible ASCII characters may stand in it')
  if (raw.includes('#')) throw malformed('a fragment is never sent')
  const mark = raw.indexOf('?')
  const path = mark < 0 ? raw : raw.slice(0, mark)
  if (!pathText.test(path)) throw malformed('a character has no place in a path')
  const segments = path.slice(1).split('/')
  for (const segment of segments) if (isDots(segment)) throw malformed('it holds a dot segment')
  if (segments[0] === '' && segments.length > 1) throw malformed('it begins with two slashes')
  if (segments[0] !== 'v1') segments.unshift('v1')
  return { segments, query: mark < 0 ? '' : raw.slice(mark) }
}

const isDots = (text: string): boolean => text === '.' || text === '..'

/** The one place where percent-encoding is allowed: SDKs send a model such as `org/name` as `org%2Fname`. */
export function checkModelId(value: string): void {
  if (!value.includes('%')) return
  if (/%(?:2[35]|3[bf]|5c|[01][0-9a-f]|7f|[89a-f])/i.test(value)) throw malformed('a model id holds an encoding that has no place in it')
  if (
    decodeURIComponent(value)
      .split('/')
      .some((part) => part === '' || isDots(part))
  )
    throw malformed('a model id holds a dot or an empty segment')
}

/** @throws Refusal malformed_path when an id that is no model's holds any percent-encoding */
export function checkPlainId(value: string): void {
  if (value.includes('%')) throw malformed('an id is sent without percent-encoding')
}
