// Who is known: what one process changes counts in the others, what time ends is over, and a silent database is outlived for a while.
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Caller } from '../../src/identity/caller.ts'
import { openRoster, type Roster } from '../../src/identity/roster.ts'
import { Refusal } from '../../src/kernel/errors.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { StoreUnavailable, type Store } from '../../src/store/store.ts'
import { onEachStore } from '../harness/stores.ts'
import { handClock, startProcess } from './process.ts'

const actor = 'cli:tester'

async function eventually(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400 && !(await isTrue()); tries++) await sleep(25)
  assert.ok(await isTrue())
}

/** Without the detour by the database: null is "not known by heart". */
function byHeart(roster: Roster, secret: string): Caller | null {
  return atOnce(roster.verify(secret))
}

const isKnownAdmin = (roster: Roster, secret: string): boolean => atOnce(roster.verifyAdmin(secret)) !== null

/** A look at the database that nobody waits for may outlive the test, and fail when the database is closed. */
function atOnce<T>(found: T | null | Promise<T | null>): T | null {
  if (!(found instanceof Promise)) return found
  found.catch(() => {})
  return null
}

onEachStore('a token is its caller, known at once, and no other text is', async (context, stage) => {
  const { directory, roster } = await startProcess(context, stage)
  const { token, secret } = await directory.tokens.create(actor, { name: 'ci' })
  const caller = byHeart(roster, secret)
  assert.deepEqual([caller?.tokenId, caller?.name, caller?.tenant, caller?.project], [token.id, 'ci', 'ten_default', 'prj_default'])
  assert.equal(byHeart(roster, secret), caller)
  for (const other of ['', secret.slice(0, -1), `${secret} `, secret.toUpperCase(), token.id, 'ci'])
    assert.equal(await roster.verify(other), null, other)
})

onEachStore('a token is valid after a restart, a revoked one is not', async (context, stage) => {
  const { directory } = await startProcess(context, stage)
  const kept = await directory.tokens.create(actor, { name: 'kept' })
  const gone = await directory.tokens.create(actor, { name: 'gone' })
  await directory.tokens.revoke(actor, { token: 'gone' })
  const { roster } = await startProcess(context, stage)
  assert.equal(byHeart(roster, kept.secret)?.name, 'kept')
  assert.equal(await roster.verify(gone.secret), null)
})

onEachStore('a token another process makes counts at its first use', async (context, stage) => {
  const here = await startProcess(context, stage)
  const there = await startProcess(context, stage)
  for (let count = 0; count < 5; count++) {
    const { secret } = await there.directory.tokens.create(actor, {})
    assert.notEqual(await here.roster.verify(secret), null)
  }
  const admin = await there.directory.adminTokens.create(actor, { name: 'ops' })
  assert.equal((await here.roster.verifyAdmin(admin.secret))?.actor, 'admin:ops')
})

onEachStore('what another process takes away is gone here soon, without being asked for', async (context, stage) => {
  const here = await startProcess(context, stage)
  const there = await startProcess(context, stage)
  await there.directory.tenants.create(actor, { name: 'red' })
  const revoked = await there.directory.tokens.create(actor, { name: 'leaked' })
  const disabled = await there.directory.tokens.create(actor, { tenant: 'red' })
  const rotated = await there.directory.tokens.create(actor, { name: 'old' })
  const admin = await there.directory.adminTokens.create(actor, { name: 'ops' })
  await here.roster.refresh()
  const known = (): boolean[] => [
    ...[revoked, disabled, rotated].map(({ secret }) => byHeart(here.roster, secret) !== null),
    isKnownAdmin(here.roster, admin.secret),
  ]
  assert.deepEqual(known(), [true, true, true, true])
  await there.directory.tokens.revoke(actor, { token: 'leaked' })
  await there.directory.tenants.disable(actor, { tenant: 'red' })
  await there.directory.tokens.rotate(actor, { token: 'old', overlapMs: 0 })
  await there.directory.adminTokens.revoke(actor, { token: 'ops' })
  await eventually(() => !known().includes(true))
  for (const { secret } of [revoked, disabled, rotated]) assert.equal(await here.roster.verify(secret), null)
  assert.equal(await here.roster.verifyAdmin(admin.secret), null)
  await there.directory.tenants.enable(actor, { tenant: 'red' })
  await eventually(() => byHeart(here.roster, disabled.secret) !== null)
})

onEachStore('a token ends at the moment it expires', async (context, stage) => {
  const clock = handClock()
  const { directory, roster } = await startProcess(context, stage, { clock })
  const { secret } = await directory.tokens.create(actor, { expires: { afterMs: 1_000 } })
  clock.pass(999)
  assert.notEqual(await roster.verify(secret), null)
  clock.pass(1)
  assert.equal(await roster.verify(secret), null)
  assert.equal(await roster.verify(secret), null)
})

onEachStore('a token may do what its patterns say and nothing else', async (context, stage) => {
  const { directory, roster } = await startProcess(context, stage)
  const callerOf = async (scope: object): Promise<Caller> => {
    const caller = await roster.verify((await directory.tokens.create(actor, scope)).secret)
    assert.ok(caller !== null)
    return caller
  }
  const free = await callerOf({})
  assert.ok(free.mayDo('files:write') && free.mayCall('files.list') && free.mayUse === null)
  const narrow = await callerOf({
    permissions: ['files:*', '*:read'],
    endpoints: ['files.*', 'responses.create'],
    models: ['gpt-5*', 'o3'],
  })
  assert.deepEqual(
    ['files:write', 'evals:read', 'evals:write', 'files'].map((permission) => narrow.mayDo(permission)),
    [true, true, false, false],
  )
  assert.deepEqual(
    ['files.list', 'responses.create', 'responses.creates', 'files'].map((endpoint) => narrow.mayCall(endpoint)),
    [true, true, false, false],
  )
  assert.deepEqual(
    ['gpt-5', 'gpt-5-mini', 'o3', 'o3-pro', 'GPT-5', 'xgpt-5'].map((model) => narrow.mayUse?.(model)),
    [true, true, true, false, false, false],
  )
})

onEachStore('RELAY_TOKEN is a caller of the first tenant, with the bytes of its UTF-8 text', async (context, stage) => {
  const { directory, roster } = await startProcess(context, stage, { token: new Secret('schlüssel 🔑') })
  const asHeaderText = Buffer.from('schlüssel 🔑', 'utf8').toString('latin1')
  const caller = byHeart(roster, asHeaderText)
  assert.deepEqual([caller?.tokenId, caller?.name, caller?.tenant], ['tok_env', 'RELAY_TOKEN', 'ten_default'])
  assert.ok(caller?.mayDo('files:write') === true && caller.mayUse === null)
  assert.equal(await roster.verify('schlüssel 🔑'), null)
  await directory.tenants.disable(actor, { tenant: 'default' })
  assert.equal(await roster.verify(asHeaderText), null)
})

onEachStore('objects nobody recorded are those of the one tenant, of the one that is named, or of nobody', async (context, stage) => {
  const { directory, roster } = await startProcess(context, stage)
  const denying = await startProcess(context, stage, { unowned: 'deny' })
  const naming = await startProcess(context, stage, { unowned: 'red' })
  const homes = async (): Promise<unknown[]> => {
    await Promise.all([denying, naming].map((process) => process.roster.refresh()))
    return [roster, denying.roster, naming.roster].map(({ tenancy }) => tenancy.home())
  }
  assert.deepEqual([roster.tenancy.isShared(), roster.tenancy.isDivided()], [false, false])
  assert.deepEqual(await homes(), ['ten_default', null, null])
  await directory.projects.create(actor, { name: 'web' })
  assert.deepEqual([roster.tenancy.isShared(), roster.tenancy.isDivided()], [false, true])
  const red = await directory.tenants.create(actor, { name: 'red' })
  assert.deepEqual([roster.tenancy.isShared(), roster.tenancy.isDivided()], [true, true])
  assert.deepEqual(await homes(), [null, null, red.id])
})

onEachStore('when a token was last used is written down, once a minute and without a new revision', async (context, stage) => {
  const clock = handClock()
  const { directory, roster, store } = await startProcess(context, stage, { clock })
  const { secret } = await directory.tokens.create(actor, { name: 'ci' })
  const revision = roster.revision()
  const lastUsedAt = async (): Promise<number | null | undefined> => {
    await roster.refresh()
    return (await directory.tokens.list())[0]?.lastUsedAt
  }
  assert.equal(await lastUsedAt(), null)
  await roster.verify(secret)
  const first = clock.now()
  assert.equal(await lastUsedAt(), first)
  clock.pass(59_999)
  await roster.verify(secret)
  assert.equal(await lastUsedAt(), first)
  clock.pass(1)
  await roster.verify(secret)
  assert.equal(await lastUsedAt(), first + 60_000)
  assert.equal(Number((await store.all('SELECT n FROM revision'))[0]?.['n']), revision)
})

onEachStore('what was used last is written down at the end', async (context, stage) => {
  const { directory, roster } = await startProcess(context, stage)
  const made = await Promise.all(['a', 'b'].map((name) => directory.tokens.create(actor, { name })))
  for (const { secret } of made) await roster.verify(secret)
  await roster.close()
  for (const { lastUsedAt } of await directory.tokens.list()) assert.notEqual(lastUsedAt, null)
})

/** A store that can be switched off, and counts what it is asked. */
function switchable(store: Store): { readonly store: Store; readonly power: { isOn: boolean; asked: number } } {
  const power = { isOn: true, asked: 0 }
  const guarded = <T>(work: () => Promise<T>): Promise<T> => {
    power.asked++
    return power.isOn ? work() : Promise.reject(new StoreUnavailable('switched off'))
  }
  return {
    power,
    store: {
      ...store,
      all: (text, ...values) => guarded(() => store.all(text, ...values)),
      run: (text, ...values) => guarded(() => store.run(text, ...values)),
      transaction: (work) => guarded(() => store.transaction(work)),
    },
  }
}

const isUnavailable = (error: unknown): boolean => error instanceof Refusal && error.code === 'store_unavailable'

onEachStore('known tokens outlive a silent database for a minute, unknown ones are not called wrong', async (context, stage) => {
  const clock = handClock()
  const { store, power } = switchable(await stage.open())
  const process = await startProcess(context, { ...stage, open: async () => store }, { clock })
  const { directory, roster, errors } = process
  const { secret } = await directory.tokens.create(actor, {})
  assert.notEqual(await roster.verify(secret), null)
  power.isOn = false
  await roster.refresh()
  clock.pass(60_000)
  assert.notEqual(await roster.verify(secret), null)
  await assert.rejects(async () => roster.verify('unknown'), isUnavailable)
  clock.pass(1)
  await assert.rejects(async () => roster.verify(secret), isUnavailable)
  await roster.refresh()
  assert.equal(errors.length, 1)
  power.isOn = true
  await eventually(async () => {
    try {
      return (await roster.verify(secret)) !== null && (await roster.verify('unknown')) === null
    } catch (error) {
      assert.ok(isUnavailable(error))
      return false
    }
  })
})

onEachStore('a flood of wrong tokens does not reach the database', async (context, stage) => {
  const { store, power } = switchable(await stage.open())
  const { roster } = await startProcess(context, { ...stage, open: async () => store })
  const before = power.asked
  const found = await Promise.all(Array.from({ length: 2_000 }, async (_, count) => roster.verify(`rk_wrong-${count}`)))
  assert.ok(found.every((caller) => caller === null))
  assert.ok(power.asked - before < 50, `${power.asked - before} questions`)
  // Neither at once nor one after the other: a question every 50 ms, and those of the poll.
  const asked = power.asked
  const started = performance.now()
  while (performance.now() - started < 400) assert.equal(await roster.verify('rk_wrong'), null)
  assert.ok(power.asked - asked < (performance.now() - started) / 25 + 10, `${power.asked - asked} questions`)
})

onEachStore('only what changed is read again', async (context, stage) => {
  const { directory, roster, store } = await startProcess(context, stage)
  const kept = await directory.tokens.create(actor, { name: 'kept' })
  const caller = byHeart(roster, kept.secret)
  await directory.tokens.create(actor, { name: 'other' })
  assert.equal(byHeart(roster, kept.secret), caller)
  await directory.tenants.disable(actor, { tenant: 'default' })
  assert.equal(await roster.verify(kept.secret), null)
  await directory.tenants.enable(actor, { tenant: 'default' })
  assert.equal(byHeart(roster, kept.secret)?.name, 'kept')
  // A database that was put back to an earlier day: what it does not hold any more is nobody's.
  await store.run('DELETE FROM tokens')
  await store.run('UPDATE revision SET n = 0')
  await eventually(async () => (await roster.verify(kept.secret)) === null)
})

onEachStore('tokens are hashed and keys are sealed under the pepper: another pepper knows none of them', async (context, stage) => {
  const { directory, store } = await startProcess(context, stage)
  const { secret } = await directory.tokens.create(actor, {})
  const account = await directory.accounts.create(actor, { name: 'own', key: 'sk-1' })
  const other = await openRoster({ store, pepper: createSecretKey(Buffer.alloc(32)), clock: handClock(), token: null, unowned: null })
  context.after(() => other.close())
  assert.equal(await other.verify(secret), null)
  assert.equal(other.accounts().get(account.id)?.key, null)
})

onEachStore('a process does not end in the middle of a look, and looks no more', async (context, stage) => {
  const { store, power } = switchable(await stage.open())
  const { roster } = await startProcess(context, { ...stage, open: async () => store })
  void roster.refresh()
  void roster.refresh()
  await roster.close()
  const asked = power.asked
  await sleep(600)
  assert.equal(power.asked, asked)
})
