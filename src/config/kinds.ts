// What a setting may be. A kind reads the text an operator wrote and says, when it is wrong, what to write instead.
import { resolve } from 'node:path'
import { Secret } from '../kernel/secret.ts'

/** `fix` completes the sentence "RELAY_PORT (environment) is "80a": …." */
export type Parsed<T> = { readonly value: T } | { readonly fix: string }

export type Kind<T> = {
  /** One word for the help, as in `--port <port>`. */
  readonly placeholder: string
  /** What it takes, for messages and the reference: "a whole number from 0 to 65535". */
  readonly takes: string
  /** Never printed, not even when it is wrong. */
  readonly isSecret: boolean
  /** `folder` is what a relative path starts from: the current folder, or the folder of the file that holds it. */
  readonly parse: (text: string, folder: string) => Parsed<T>
}

type Description = Pick<Kind<unknown>, 'placeholder' | 'takes'> & { readonly isSecret?: boolean }

/** `read` gives null for what the kind does not take, or a fix of its own where it knows better. */
function kind<T>({ placeholder, takes, isSecret = false }: Description, read: (text: string, folder: string) => Parsed<T> | null): Kind<T> {
  return { placeholder, takes, isSecret, parse: (text, folder) => read(text, folder) ?? { fix: `use ${takes}` } }
}

/** A whole number in decimal digits, both ends included. */
export function wholeNumber(least: number, most: number): Kind<number> {
  return kind({ placeholder: 'number', takes: `a whole number from ${least} to ${most}` }, (text) => within(text, least, most))
}

/** Milliseconds. The top is what a timer of Node holds; beyond it a timer fires at once. */
export function milliseconds(least: number): Kind<number> {
  const most = 2_147_483_647
  const takes = `a whole number of milliseconds from ${least} to ${most}, without a unit`
  return kind({ placeholder: 'ms', takes }, (text) => within(text, least, most))
}

/** A TCP port; 0 lets the system choose. Kubernetes sets `<SERVICE>_PORT=tcp://…` for a Service called relay. */
export const port: Kind<number> = kind({ placeholder: 'port', takes: 'a whole number from 0 to 65535' }, (text) =>
  text.startsWith('tcp://')
    ? { fix: 'this is a service link of Kubernetes, set `enableServiceLinks: false` in the pod, or use the flag --port' }
    : within(text, 0, 65_535),
)

export const host: Kind<string> = kind(
  { placeholder: 'address', takes: 'an IP address or a host name, such as 127.0.0.1, 0.0.0.0 or ::1 (no brackets, no port)' },
  (text) => (/^[A-Za-z0-9._:%-]+$/.test(text) ? { value: text } : null),
)

/** Host names in which `*` stands for a run of characters within one label. */
export const hostPatterns: Kind<readonly string[]> = kind(
  { placeholder: 'hosts', takes: 'host names with commas between them, `*` for any part of one label, or none' },
  (text) => {
    const patterns =
      text === 'none'
        ? []
        : text
            .toLowerCase()
            .split(',')
            .map((each) => each.trim())
    return patterns.every((each) => /^[a-z0-9*-]+(\.[a-z0-9*-]+)*$/.test(each)) ? { value: patterns } : null
  },
)

export function oneOf<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  return kind({ placeholder: words.join('|'), takes: words.join(' or ') }, (text) => {
    const value = words.find((word) => word === text)
    return value === undefined ? null : { value }
  })
}

/** A base URL, kept without its last slash. The request adds path and query, so it can have no query of its own. */
export const baseUrl: Kind<string> = kind(
  { placeholder: 'url', takes: 'an http or https URL without user, password, query and fragment, such as https://api.openai.com/v1' },
  (text) => {
    // The URL parser would drop white space and control characters, and turn backslashes around.
    if (!/^https?:\/\//i.test(text) || /[\s\p{Cc}\\?#]/u.test(text) || !URL.canParse(text)) return null
    const url = new URL(text)
    if (url.username !== '' || url.password !== '')
      return { fix: 'take user and password out of it, the key of the upstream belongs in OPENAI_API_KEY' }
    return { value: url.href.replace(/\/+$/, '') }
  },
)

/** What travels as the value of a header, where only visible ASCII is safe (RFC 9110 5.5). */
export const headerText: Kind<string> = kind({ placeholder: 'text', takes: 'visible ASCII characters without spaces' }, (text) =>
  isVisibleAscii(text) ? { value: text } : null,
)

export const path: Kind<string> = kind({ placeholder: 'path', takes: 'a path without control characters' }, (text, folder) => {
  // Only a shell knows `~`; here it would make a folder of that name.
  if (text === '~' || text.startsWith('~/')) return { fix: 'write the path out, `~` is only known to shells' }
  return /\p{Cc}/u.test(text) ? null : { value: resolve(folder, text) }
})

/** A key that the relay itself sends in a header. */
export const headerSecret: Kind<Secret> = kind(
  { placeholder: 'key', takes: 'the key as it was issued: visible ASCII characters, no spaces, no line end', isSecret: true },
  (text) => (isVisibleAscii(text) ? { value: new Secret(text) } : null),
)

/** A token clients send. Any text, as long as it survives the way through a header (RFC 9110 5.5 trims both ends). */
export const tokenSecret: Kind<Secret> = kind(
  { placeholder: 'token', takes: 'a token without control characters and without white space at its ends', isSecret: true },
  (text) => (/\p{Cc}/u.test(text) || text !== text.trim() ? null : { value: new Secret(text) }),
)

/** A secret other secrets are made from: short ones could be guessed from what was made. */
export const longSecret: Kind<Secret> = kind(
  {
    placeholder: 'secret',
    takes: 'at least 32 characters without control characters, such as `openssl rand -hex 32` prints',
    isSecret: true,
  },
  (text) => (text.length < 32 || /\p{Cc}/u.test(text) ? null : { value: new Secret(text) }),
)

/** Whether there is such a tenant only the database knows. */
export const tenantName: Kind<string> = kind({ placeholder: 'tenant', takes: 'the name of a tenant, or deny' }, (text) =>
  /\p{Cc}/u.test(text) ? null : { value: text },
)

/** The address of a database, with the password in it. */
export const databaseUrl: Kind<Secret> = kind(
  { placeholder: 'url', takes: 'the address of a Postgres, such as postgres://user:password@host:5432/relay', isSecret: true },
  (text) => (/^postgres(ql)?:\/\/[^\s\p{Cc}]+$/u.test(text) && URL.canParse(text) ? { value: new Secret(text) } : null),
)

function within(text: string, least: number, most: number): Parsed<number> | null {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1
  return value >= least && value <= most ? { value } : null
}

function isVisibleAscii(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}
