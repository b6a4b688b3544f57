// What a setting may be. A kind reads the text an operator wrote and says, when it is wrong, what to write instead.
import { resolve } from 'node:path'
import { Secret } from '../kernel/secret.ts'

/** `fix` completes the sentence "RELAY_PORT (environment) is "80a": …." */
export type Parsed<T> = { readonly value: T } | { readonly fix: string }

export type Kind<T> = {
  /** How the reference names the kind. */
  readonly label: string
  /** Never printed, not even when it is wrong. */
  readonly isSecret: boolean
  /** `folder` is what a relative path starts from: the current folder, or the folder of the file that holds it. */
  readonly parse: (text: string, folder: string) => Parsed<T>
}

const plain = <T>(label: string, parse: Kind<T>['parse']): Kind<T> => ({ label, isSecret: false, parse })

/** A whole number in decimal digits, both ends included. */
export function wholeNumber(least: number, most: number): Kind<number> {
  return plain(`number ${least}..${most}`, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : -1
    return value >= least && value <= most ? { value } : { fix: `use a whole number from ${least} to ${most}` }
  })
}

/** Milliseconds. The top is what a timer of Node holds; beyond it a timer fires at once. */
export function milliseconds(least: number): Kind<number> {
  const most = 2_147_483_647
  return plain('milliseconds', (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : -1
    return value >= least && value <= most
      ? { value }
      : { fix: `use a whole number of milliseconds from ${least} to ${most}, without a unit` }
  })
}

/** A TCP port; 0 lets the system choose. Kubernetes sets `<SERVICE>_PORT=tcp://…` for a Service called relay. */
export const port: Kind<number> = plain('port', (text, folder) => {
  if (text.startsWith('tcp://'))
    return { fix: 'this is a service link of Kubernetes: set `enableServiceLinks: false` in the pod, or use the flag --port' }
  return wholeNumber(0, 65_535).parse(text, folder)
})

export const host: Kind<string> = plain('address', (text) =>
  /^[A-Za-z0-9._:%-]+$/.test(text)
    ? { value: text }
    : { fix: 'use an IP address or a host name, such as 127.0.0.1, 0.0.0.0 or ::1 (no brackets, no port)' },
)

export function oneOf<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  return plain(words.join(' | '), (text) => {
    const value = words.find((word) => word === text)
    return value === undefined ? { fix: `use ${words.join(' or ')}` } : { value }
  })
}

/** A base URL, kept without its last slash. The request adds path and query, so it can have no query of its own. */
export const baseUrl: Kind<string> = plain('url', (text) => {
  const example = 'such as https://api.openai.com/v1'
  // The URL parser would drop these silently.
  if (/[\s\p{Cc}\\]/u.test(text)) return { fix: `use a URL without white space, control characters and backslashes, ${example}` }
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:\/\//i.test(text)) return { fix: `use an http or https URL, ${example}` }
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text)) {
    return { fix: `use a URL without user, password, query and fragment, ${example}; the key belongs in OPENAI_API_KEY` }
  }
  return { value: url.href.replace(/\/+$/, '') }
})

/** What travels as the value of a header, where only visible ASCII is safe (RFC 9110 5.5). */
export const headerText: Kind<string> = plain('text', (text) =>
  isVisibleAscii(text) ? { value: text } : { fix: 'use visible ASCII characters without spaces' },
)

export const path: Kind<string> = plain('path', (text, folder) => {
  if (/\p{Cc}/u.test(text)) return { fix: 'use a path without control characters' }
  // Only a shell knows `~`; here it would make a folder of that name.
  if (text === '~' || text.startsWith('~/')) return { fix: 'write the path out, `~` is only known to shells' }
  return { value: resolve(folder, text) }
})

/** A key that the relay itself sends in a header. */
export const headerSecret: Kind<Secret> = {
  label: 'secret',
  isSecret: true,
  parse: (text) =>
    isVisibleAscii(text)
      ? { value: new Secret(text) }
      : { fix: 'use the key as it was issued: visible ASCII characters, no spaces, no line end' },
}

/** A token clients send. Any text, as long as it survives the way through a header (RFC 9110 5.5 trims both ends). */
export const tokenSecret: Kind<Secret> = {
  label: 'secret',
  isSecret: true,
  parse: (text) =>
    /\p{Cc}/u.test(text) || text !== text.trim()
      ? { fix: 'use a token without control characters and without white space at its ends' }
      : { value: new Secret(text) },
}

function isVisibleAscii(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}
