// Ids of our own, with their prefixes, and the only source of randomness.
import { randomBytes } from 'node:crypto'

type Brand<T, Name extends string> = T & { readonly __brand: Name }
export type RequestId = Brand<string, 'RequestId'>
export type TokenId = Brand<string, 'TokenId'>

let pool = Buffer.alloc(0)
let used = 0

/** 16 random bytes as 32 hex digits. Drawn in blocks: one call of the kernel serves 256 ids. */
function hex32(): string {
  if (used >= pool.length) {
    pool = randomBytes(4096)
    used = 0
  }
  return pool.toString('hex', used, (used += 16))
}

export const newRequestId = (): RequestId => `req_${hex32()}` as RequestId
export const newTokenId = (): TokenId => `tok_${hex32().slice(0, 24)}` as TokenId

/** A relay token: 256 random bits, URL-safe. Any other string works as a token too (`RELAY_TOKEN`). */
export const newTokenSecret = (): string => `rk_${randomBytes(32).toString('base64url')}`
