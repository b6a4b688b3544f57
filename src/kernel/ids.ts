// Ids of our own, with their prefixes, and the only source of randomness.
import { randomBytes } from 'node:crypto'

type Brand<T, Name extends string> = T & { readonly __brand: Name }
export type RequestId = Brand<string, 'RequestId'>
export type TokenId = Brand<string, 'TokenId'>
export type AdminTokenId = Brand<string, 'AdminTokenId'>
export type TenantId = Brand<string, 'TenantId'>
export type ProjectId = Brand<string, 'ProjectId'>
export type MemberId = Brand<string, 'MemberId'>
/** A create that is under way: what is left of it after a crash says whose an orphan may be. */
export type IntentId = Brand<string, 'IntentId'>
/** One run of one relay process. */
export type ProcessId = Brand<string, 'ProcessId'>
/** An upstream account: one credential at one API. */
export type AccountId = Brand<string, 'AccountId'>

/** The tenant every relay has from the start; `RELAY_TOKEN` belongs to it. */
export const firstTenantId = 'ten_default' as TenantId
export const firstProjectId = 'prj_default' as ProjectId
/** The account of the settings (`OPENAI_API_KEY`, or the embedded emulator). */
export const firstAccountId = 'ups_default' as AccountId

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
export const newTenantId = (): TenantId => `ten_${hex32().slice(0, 24)}` as TenantId
export const newProjectId = (): ProjectId => `prj_${hex32().slice(0, 24)}` as ProjectId
export const newMemberId = (): MemberId => `mem_${hex32().slice(0, 24)}` as MemberId
export const newAccountId = (): AccountId => `ups_${hex32().slice(0, 24)}` as AccountId
export const newProcessId = (): ProcessId => `prc_${hex32()}` as ProcessId
export const newIntentId = (): IntentId => `int_${hex32()}` as IntentId
export const newAdminTokenId = (): AdminTokenId => `adm_${hex32().slice(0, 24)}` as AdminTokenId
export const newTokenId = (): TokenId => `tok_${hex32().slice(0, 24)}` as TokenId

/** A relay token: 256 random bits, URL-safe. Any other string works as a token too (`RELAY_TOKEN`). */
export const newTokenSecret = (): string => `rk_${randomBytes(32).toString('base64url')}`
/** A token of the admin API: no client token works there, and this one works nowhere else. */
export const newAdminSecret = (): string => `rka_${randomBytes(32).toString('base64url')}`
