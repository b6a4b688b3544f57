// Who is known, by heart: every exchange is verified from memory. The database is asked for its revision a few times a second, and
// what changed is read again; other processes (`relay token`, other relays) change the same tables.
import { hash, type KeyObject } from 'node:crypto'
import type { Clock } from '../kernel/clock.ts'
import { Refusal } from '../kernel/errors.ts'
import { firstProjectId, type AccountId, type AdminTokenId, type ProjectId, type TenantId, type TokenId } from '../kernel/ids.ts'
import type { Secret } from '../kernel/secret.ts'
import type { Store } from '../store/store.ts'
import type { Caller, Tenancy } from './caller.ts'
import { createDigest } from './digest.ts'
import { createLooks } from './look.ts'
import type { Actor } from './records.ts'
import { allowing } from './scope.ts'
import { createSeal } from './seal.ts'
import { readRevision, readSnapshot, type Place, type Snapshot, type StoredToken, type UpstreamCredentials } from './snapshot.ts'
import { createUsage } from './usage.ts'

/** Who sent a request to the admin API. */
export type AdminCaller = { readonly id: AdminTokenId; readonly name: string; readonly actor: Actor }

/** At once where the token is known; a promise where the database has to be asked, because another process may just have made it. */
export type Verify<Who> = (presented: string) => Who | null | Promise<Who | null>

export type Roster = {
  /**
   * `presented` is header text as Node gives it: one character a byte (RFC 9110 5.5).
   * @throws Refusal store_unavailable, also by the promise, when the database has been silent for longer than a lease
   */
  readonly verify: Verify<Caller>
  readonly verifyAdmin: Verify<AdminCaller>
  readonly tenancy: Tenancy
  /** Those with a key of their own; the account of the settings is not among them. */
  readonly accounts: () => ReadonlyMap<AccountId, UpstreamCredentials>
  /** Grows with every change of tenants, projects, tokens, accounts and shares. */
  readonly revision: () => number
  /** Resolves when everything that was changed before this call is known here. */
  readonly refresh: () => Promise<void>
  readonly close: () => Promise<void>
}

type Known = { readonly caller: Caller; readonly expiresAt: number; usedAt: number }

/** How soon a token made or revoked by another process counts here; a revoked one is refused after this long. */
const pollMs = 250
/** How long known tokens stay in force while the database is silent. */
const leaseMs = 60_000
const usedMs = 60_000

/** The token of the settings, which has no row in the database and may do everything in its project. */
const settingsToken = {
  id: 'tok_env' as TokenId,
  name: 'RELAY_TOKEN',
  project: firstProjectId,
  scope: { permissions: null, models: null, endpoints: null },
  isRevoked: false,
  expiresAt: null,
} as const

/** @throws StoreUnavailable when the first look fails */
export async function openRoster({
  store,
  pepper,
  clock,
  token,
  unowned,
  onError = () => {},
}: {
  readonly store: Store
  readonly pepper: KeyObject
  readonly clock: Clock
  /** `RELAY_TOKEN`: one more token that is always valid. */
  readonly token: Secret | null
  /** Whose objects are that nobody recorded: `deny` or a tenant by name or id; null is the one tenant while there is only one. */
  readonly unowned: string | null
  /** The database does not answer; told once, until it answers again. */
  readonly onError?: (error: unknown) => void
}): Promise<Roster> {
  const digest = createDigest(pepper)
  const seal = createSeal(pepper)
  const usage = createUsage({ store, clock })
  const allows = interned(allowing)

  let revision = -1
  let lookedTick = 0
  let isFailing = false
  let places: ReadonlyMap<ProjectId, Place> = new Map()
  let tenants: ReadonlyMap<TenantId, string> = new Map()
  let accounts: ReadonlyMap<AccountId, UpstreamCredentials> = new Map()
  let admins: ReadonlyMap<string, AdminCaller> = new Map()
  /** Every token that is not revoked, by digest, and of those whose tenant is enabled the caller. */
  const stored = new Map<string, StoredToken>()
  const known = new Map<string, Known>()
  /** What `known` said before, under a plain digest: a keyed one for every exchange would be a twentieth of its whole cost. */
  const recent = new Map<string, Known>()

  function admit(each: StoredToken): void {
    const place = places.get(each.project)
    if (place === undefined || place.isDisabled) return void known.delete(each.digest)
    const { permissions, models, endpoints } = each.scope
    const caller: Caller = {
      tokenId: each.id,
      name: each.name,
      tenant: place.tenant,
      project: place.project,
      mayDo: allows(permissions),
      mayCall: allows(endpoints),
      mayUse: models === null ? null : allows(models),
      account: place.account,
    }
    known.set(each.digest, { caller, expiresAt: each.expiresAt ?? Infinity, usedAt: each.lastUsedAt ?? 0 })
  }

  function take(snapshot: Snapshot): void {
    if (snapshot.isWhole) {
      stored.clear()
      known.clear()
      // One character a byte, as Node hands out a header; the bytes are those of its UTF-8 text.
      const presented = token === null ? null : Buffer.from(token.reveal(), 'utf8').toString('latin1')
      // Never noted as used: there is no row for it.
      if (presented !== null) stored.set(digest(presented), { ...settingsToken, digest: digest(presented), lastUsedAt: Infinity })
    }
    for (const each of snapshot.tokens) {
      if (each.isRevoked) {
        stored.delete(each.digest)
        known.delete(each.digest)
      } else stored.set(each.digest, each)
    }
    const areSame = JSON.stringify([...places.values()]) === JSON.stringify(snapshot.places)
    places = new Map(snapshot.places.map((place) => [place.project, place]))
    tenants = new Map(snapshot.places.map((place) => [place.tenant, place.tenantName]))
    accounts = new Map(snapshot.accounts.map((account) => [account.id, account]))
    admins = new Map(snapshot.adminTokens.map(({ id, name, digest: key }) => [key, { id, name, actor: `admin:${name}` }]))
    for (const each of areSame && !snapshot.isWhole ? snapshot.tokens : stored.values()) if (!each.isRevoked) admit(each)
    recent.clear()
    revision = snapshot.revision
  }

  async function look(): Promise<void> {
    const tick = clock.tick()
    try {
      if ((await readRevision(store)) !== revision) take(await readSnapshot(store, seal, revision))
      lookedTick = tick
      isFailing = false
    } catch (error) {
      if (!isFailing) onError(error)
      isFailing = true
      return
    }
    // Not worth an error: it is tried again at the next look.
    await usage.flush().catch(() => {})
  }

  /** Throws when nothing here can be relied on any more: a token may have been revoked long ago. */
  function checkLease(): void {
    if (clock.tick() - lookedTick > leaseMs) throw unavailable()
  }

  function callerOf(found: Known): Caller | null {
    checkLease()
    const now = clock.now()
    if (now >= found.expiresAt) return null
    if (now - found.usedAt >= usedMs) {
      found.usedAt = now
      usage.note(found.caller.tokenId, now)
    }
    return found.caller
  }

  /** Looked for once more after the database was asked; many who are unknown cost it one question. */
  async function afterALook<T>(find: () => T | undefined): Promise<T | null> {
    // Whoever is unknown here may be known there: while it is silent, that is nobody's fault.
    if (!isFailing) await looks.soon()
    if (isFailing) throw unavailable()
    return find() ?? null
  }

  function verify(presented: string): Caller | null | Promise<Caller | null> {
    const plain = hash('sha256', presented, 'base64')
    const before = recent.get(plain)
    if (before !== undefined) return callerOf(before)
    const key = digest(presented)
    const found = known.get(key)
    if (found === undefined) return afterALook(() => known.get(key)).then((late) => (late === null ? null : callerOf(late)))
    recent.set(plain, found)
    return callerOf(found)
  }

  function verifyAdmin(presented: string): AdminCaller | null | Promise<AdminCaller | null> {
    const key = digest(presented)
    const found = admins.get(key)
    if (found === undefined) return afterALook(() => admins.get(key))
    checkLease()
    return found
  }

  function home(): TenantId | null {
    if (unowned === null) return tenants.size > 1 ? null : ([...tenants.keys()][0] ?? null)
    if (tenants.has(unowned as TenantId)) return unowned as TenantId
    for (const [id, name] of tenants) if (name === unowned) return id
    return null
  }

  const startTick = clock.tick()
  take(await readSnapshot(store, seal, -1))
  lookedTick = startTick
  const looks = createLooks({ look, everyMs: pollMs, clock })
  return {
    verify,
    verifyAdmin,
    tenancy: { isShared: () => tenants.size > 1, isDivided: () => places.size > 1, home },
    accounts: () => accounts,
    revision: () => revision,
    refresh: looks.now,
    close: async () => {
      await looks.close()
      // What cannot be written now is lost: a time of last use is not worth a failed end.
      await usage.flush({ isLast: true }).catch(() => {})
    },
  }
}

const unavailable = (): Refusal => new Refusal('store_unavailable', {}, { headers: ['Retry-After', '1'] })

/** One function for each set of patterns, however many tokens have it. */
function interned(
  make: (patterns: readonly string[] | null) => (text: string) => boolean,
): (patterns: readonly string[] | null) => (text: string) => boolean {
  const made = new Map<string, (text: string) => boolean>()
  return (patterns) => {
    const key = JSON.stringify(patterns)
    const present = made.get(key)
    if (present !== undefined) return present
    const fresh = make(patterns)
    made.set(key, fresh)
    return fresh
  }
}
