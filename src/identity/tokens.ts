// Relay tokens: made, listed, revoked and, on every exchange, verified. Other processes (`relay token`) change the same store.
import { createHmac, hash, type KeyObject } from 'node:crypto'
import type { Clock } from '../kernel/clock.ts'
import { newTokenId, newTokenSecret, type TokenId } from '../kernel/ids.ts'
import type { Secret } from '../kernel/secret.ts'
import type { Store } from '../store/sqlite.ts'
import { tokenQueries, type Token } from './queries.ts'

/** Who sent an exchange. */
export type Caller = { readonly tokenId: TokenId; readonly name: string }

export type NewToken = { readonly token: Token; readonly secret: string }

export type Tokens = {
  /** The secret is returned here and kept nowhere. Throws `TokenError` for a name that cannot be used. */
  readonly create: (options: { readonly name: string }) => NewToken
  /** A first token when nobody could call the relay otherwise; null when somebody can. */
  readonly ensureFirstToken: () => NewToken | null
  /** Oldest first, revoked ones too. */
  readonly list: () => readonly Token[]
  /** By id, or by the name of a valid token. Throws `TokenError` when there is none; revoking twice is no error. */
  readonly revoke: (idOrName: string) => Token
  /** `presented` is header text as Node gives it: one character a byte (RFC 9110 5.5). */
  readonly verify: (presented: string) => Caller | null
  /** Stops watching the store. */
  readonly close: () => void
}

/** What an operator asked of a token that cannot be done. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
}

/** The caller of the token in the settings, which has no row in the store. */
const environmentCaller: Caller = { tokenId: 'tok_env' as TokenId, name: 'RELAY_TOKEN' }

/** How soon a token made or revoked by another process counts here; a revoked one is refused after this long. */
const refreshMs = 250

export function createTokens({
  store,
  pepper,
  clock,
  token,
  onError = () => {},
}: {
  readonly store: Store
  readonly pepper: KeyObject
  readonly clock: Clock
  /** `RELAY_TOKEN`: one more token that is always valid. */
  readonly token: Secret | null
  /** The store could not be read in the background; the tokens known so far stay in force. */
  readonly onError?: (error: unknown) => void
}): Tokens {
  const queries = tokenQueries(store)
  /** Looked up by digest: finding one compares no byte of a secret, and an unknown one costs the same. */
  let callers: ReadonlyMap<string, Caller> = new Map()
  /** What `callers` said before, under a plain digest: a keyed one for every exchange would be a twentieth of its whole cost. */
  const recent = new Map<string, Caller>()
  let seen = -1

  // The same as Buffer.from(text, 'latin1'), without the copy.
  const digest = (text: string): string => createHmac('sha256', pepper).update(text, 'latin1').digest('binary')
  const environmentDigest = token === null ? null : digest(Buffer.from(token.reveal(), 'utf8').toString('latin1'))

  function load(): void {
    const next = new Map(queries.valid().map(({ token: { id, name }, hash: stored }) => [stored.toString('binary'), { tokenId: id, name }]))
    if (environmentDigest !== null) next.set(environmentDigest, environmentCaller)
    callers = next
    recent.clear()
  }

  function refresh(): void {
    try {
      // Read before the rows: a change in between is then seen by the next refresh instead of never.
      const version = store.version()
      if (version === seen) return
      load()
      seen = version
    } catch (error) {
      onError(error)
    }
  }

  function insert(name: string): NewToken {
    const secret = newTokenSecret()
    const made: Token = { id: newTokenId(), name, last4: secret.slice(-4), createdAt: clock.now(), revokedAt: null }
    queries.insert(made, Buffer.from(digest(secret), 'binary'))
    return { token: made, secret }
  }

  function create({ name }: { readonly name: string }): NewToken {
    checkName(name)
    const made = store.transaction(() => {
      if (queries.all().some((each) => each.name === name && each.revokedAt === null)) {
        throw new TokenError(`There is a token named ${name} already: choose another name, or revoke that one first.`)
      }
      return insert(name)
    })
    load()
    return made
  }

  function ensureFirstToken(): NewToken | null {
    if (token !== null) return null
    const made = store.transaction(() => (queries.valid().length > 0 ? null : insert('first')))
    load()
    return made
  }

  function revoke(idOrName: string): Token {
    const revoked = store.transaction(() => {
      const all = queries.all()
      const found = all.find((each) => each.id === idOrName) ?? all.find((each) => each.name === idOrName && each.revokedAt === null)
      if (found === undefined) throw new TokenError(`There is no token ${idOrName}: \`relay token list\` shows the names and ids.`)
      const at = found.revokedAt ?? clock.now()
      queries.revoke(found.id, at)
      return { ...found, revokedAt: at }
    })
    load()
    return revoked
  }

  function verify(presented: string): Caller | null {
    const plain = hash('sha256', presented, 'base64')
    const known = recent.get(plain)
    if (known !== undefined) return known
    const key = digest(presented)
    // A token that is not here was perhaps made a moment ago by another process.
    if (!callers.has(key)) refresh()
    const caller = callers.get(key) ?? null
    if (caller !== null) recent.set(plain, caller)
    return caller
  }

  seen = store.version()
  load()
  const timer = setInterval(refresh, refreshMs).unref()
  return { create, ensureFirstToken, list: queries.all, revoke, verify, close: () => clearInterval(timer) }
}

function checkName(name: string): void {
  const isUsable = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,100}$/u.test(name) && name === name.trim()
  if (!isUsable) throw new TokenError('A token name has 1 to 100 characters, no control characters and no white space at its ends.')
  if (name.startsWith('tok_')) throw new TokenError(`${name} looks like the id of a token: choose another name.`)
  if (name === environmentCaller.name) throw new TokenError(`${name} is the name of the token in the settings: choose another name.`)
}
