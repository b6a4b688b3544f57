// The pepper: made once, shared by every process of a database, and never silently another one.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { fingerprintOf, loadPepper } from '../../src/identity/pepper.ts'
import { createSeal } from '../../src/identity/seal.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { StoreError } from '../../src/store/store.ts'
import { onEachStore } from '../harness/stores.ts'
import { startProcess } from './process.ts'

const actor = 'cli:tester'
const secret = new Secret('a secret that several machines share')

const refusedWith =
  (words: RegExp) =>
  (error: unknown): boolean =>
    error instanceof StoreError && words.test(error.message)

onEachStore('the pepper lies in a file of its owner and is never printed', async (context, stage) => {
  const { store, directory, roster } = await startProcess(context, stage)
  const file = join(stage.place.dataDir, 'token-pepper')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(statSync(file).size, 32)
  const printed = inspect([await loadPepper({ store, secret: null }), directory, roster], { depth: 9 })
  assert.ok(!printed.includes(readFileSync(file).toString('hex')))
})

onEachStore('a lost or cut pepper is refused instead of locking every client out', async (context, stage) => {
  const { store, directory } = await startProcess(context, stage)
  const file = join(stage.place.dataDir, 'token-pepper')
  rmSync(file)
  await loadPepper({ store, secret: null })
  assert.equal(statSync(file).size, 32)
  // The one that was lost is of no use any more: nothing may be hashed under it.
  await assert.rejects(directory.tokens.create(actor, {}), refusedWith(/another pepper/))
  await (await startProcess(context, stage)).directory.tokens.create(actor, {})
  rmSync(file)
  await assert.rejects(loadPepper({ store, secret: null }), refusedWith(/token-pepper is missing/))
  writeFileSync(file, 'short')
  await assert.rejects(loadPepper({ store, secret: null }), refusedWith(/holds 5 bytes instead of 32/))
  writeFileSync(file, Buffer.alloc(32))
  await assert.rejects(loadPepper({ store, secret: null }), refusedWith(/another pepper/))
})

onEachStore('machines with one secret share the pepper without a file, and another secret is refused', async (context, stage) => {
  const one = await startProcess(context, stage, { secret })
  const { secret: token } = await one.directory.tokens.create(actor, { name: 'ci' })
  const elsewhere = { ...stage.place, dataDir: mkdtempSync(join(tmpdir(), 'relay-elsewhere-')) }
  context.after(() => rmSync(elsewhere.dataDir, { recursive: true }))
  const two = await startProcess(context, { ...stage, place: elsewhere }, { secret })
  assert.equal((await two.roster.verify(token))?.name, 'ci')
  const other = new Secret('another secret that is also long enough')
  await assert.rejects(loadPepper({ store: one.store, secret: other }), refusedWith(/another pepper.*RELAY_SECRET/))
  await assert.rejects(loadPepper({ store: one.store, secret: null }), refusedWith(/token-pepper is missing/))
})

onEachStore('a database whose tokens were made under the file is not taken over by a secret', async (context, stage) => {
  const { store, directory } = await startProcess(context, stage)
  await directory.tokens.create(actor, {})
  await assert.rejects(loadPepper({ store, secret }), refusedWith(/another pepper/))
  // As it comes from a version that kept no fingerprint.
  await store.run('UPDATE revision SET pepper = NULL')
  await assert.rejects(loadPepper({ store, secret }), refusedWith(/start without RELAY_SECRET/))
  const fingerprint = fingerprintOf(await loadPepper({ store, secret: null }))
  assert.equal((await store.all('SELECT pepper FROM revision'))[0]?.['pepper'], fingerprint)
})

onEachStore('a sealed key opens for its own row only, and not when a bit of it changed', async (context, stage) => {
  const { store } = await startProcess(context, stage)
  const seal = createSeal(await loadPepper({ store, secret: null }))
  const sealed = seal.close('sk-ключ', 'ups_1')
  assert.equal(seal.open(sealed, 'ups_1').reveal(), 'sk-ключ')
  assert.notDeepEqual(seal.close('sk-ключ', 'ups_1'), sealed)
  assert.throws(() => seal.open(sealed, 'ups_2'))
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.throws(() => seal.open(changed, 'ups_1'), `byte ${at}`)
  }
})
