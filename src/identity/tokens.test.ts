import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createSecretKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect, promisify } from 'node:util'
import type { Clock } from '../kernel/clock.ts'
import { Secret } from '../kernel/secret.ts'
import { openStore, StoreError, type Store } from '../store/sqlite.ts'
import { loadPepper } from './old-pepper.ts'
import { createTokens, TokenError, type Tokens } from './tokens.ts'

const clock: Clock = { now: () => 1_700_000_000_000, tick: () => 0 }

function folder(context: TestContext): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'relay-tokens-'))
  context.after(() => rmSync(dataDir, { recursive: true }))
  return dataDir
}

function start(context: TestContext, dataDir: string, token: Secret | null = null): { readonly tokens: Tokens; readonly store: Store } {
  const store = openStore({ dataDir })
  const tokens = createTokens({ store, pepper: loadPepper(store), clock, token })
  context.after(() => {
    tokens.close()
    store.close()
  })
  return { tokens, store }
}

const from = (name: string): string => JSON.stringify(import.meta.resolve(name))

/** Runs `code` in another process, with `tokens` of the same folder at hand; what it prints as JSON comes back. */
async function elsewhere(dataDir: string, code: string): Promise<string | null> {
  const script = `import { openStore } from ${from('../store/sqlite.ts')}
    import { systemClock } from ${from('../kernel/clock.ts')}
    import { loadPepper } from ${from('./old-pepper.ts')}
    import { createTokens } from ${from('./tokens.ts')}
    const store = openStore({ dataDir: ${JSON.stringify(dataDir)} })
    const tokens = createTokens({ store, pepper: loadPepper(store), clock: systemClock, token: null })
    console.log(JSON.stringify((() => { ${code} })()))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  return JSON.parse(stdout) as string | null
}

async function eventually(isTrue: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !isTrue(); tries++) await sleep(25)
  assert.ok(isTrue())
}

test('a token that was made is its caller, and no other text is', (context) => {
  const { tokens } = start(context, folder(context))
  const { token, secret } = tokens.create({ name: 'ci' })
  assert.deepEqual(tokens.verify(secret), { tokenId: token.id, name: 'ci' })
  for (const other of ['', secret.slice(0, -1), `${secret} `, secret.toUpperCase(), token.id, 'ci'])
    assert.equal(tokens.verify(other), null, other)
})

test('a token is valid after a restart', (context) => {
  const dataDir = folder(context)
  const { secret } = start(context, dataDir).tokens.create({ name: 'ci' })
  assert.equal(start(context, dataDir).tokens.verify(secret)?.name, 'ci')
})

test('a revoked token is nobody, also after a restart, and its name is free again', (context) => {
  const dataDir = folder(context)
  const { tokens } = start(context, dataDir)
  const first = tokens.create({ name: 'ci' })
  assert.equal(tokens.revoke('ci').revokedAt, clock.now())
  assert.equal(tokens.verify(first.secret), null)
  assert.equal(start(context, dataDir).tokens.verify(first.secret), null)
  const second = tokens.create({ name: 'ci' })
  assert.equal(tokens.revoke(first.token.id).id, first.token.id)
  assert.equal(tokens.verify(second.secret)?.tokenId, second.token.id)
})

test('names are unique among valid tokens and readable, and unknown ones are told', (context) => {
  const { tokens } = start(context, folder(context))
  tokens.create({ name: 'ci' })
  for (const name of ['ci', '', ' ci', 'a\nb', 'x'.repeat(101), 'tok_1', 'RELAY_TOKEN']) {
    assert.throws(() => tokens.create({ name }), TokenError, name)
  }
  assert.equal(tokens.create({ name: 'Büro 3' }).token.name, 'Büro 3')
  assert.throws(() => tokens.revoke('nobody'), /There is no token nobody/)
})

test('neither the store nor anything printed holds a secret', (context) => {
  const dataDir = folder(context)
  const { tokens, store } = start(context, dataDir, new Secret('planted-token'))
  const { secret } = tokens.create({ name: 'ci' })
  const stored = ['relay.db', 'relay.db-wal', 'token-pepper'].map((name) => readFileSync(join(dataDir, name), 'latin1')).join('')
  assert.ok(stored.includes('ci'))
  for (const each of [secret, 'planted-token']) assert.ok(!stored.includes(each))
  const pepper = readFileSync(join(dataDir, 'token-pepper'))
  const printed = inspect([tokens.list(), loadPepper(store), tokens], { depth: 9 }) + JSON.stringify(tokens.list())
  assert.ok(!printed.includes(secret) && !printed.includes(pepper.toString('hex')))
})

test('RELAY_TOKEN is a caller of its own, with the bytes of its UTF-8 text', (context) => {
  const { tokens } = start(context, folder(context), new Secret('schlüssel 🔑'))
  const asHeaderText = Buffer.from('schlüssel 🔑', 'utf8').toString('latin1')
  assert.deepEqual(tokens.verify(asHeaderText), { tokenId: 'tok_env', name: 'RELAY_TOKEN' })
  assert.equal(tokens.verify('schlüssel 🔑'), null)
})

test('a first token is made exactly when nobody could call', (context) => {
  const dataDir = folder(context)
  assert.equal(start(context, dataDir, new Secret('one')).tokens.ensureFirstToken(), null)
  const { tokens } = start(context, dataDir)
  const first = tokens.ensureFirstToken()
  assert.equal(first?.token.name, 'first')
  assert.equal(tokens.verify(first?.secret ?? '')?.name, 'first')
  assert.equal(tokens.ensureFirstToken(), null)
  tokens.revoke('first')
  assert.equal(tokens.ensureFirstToken()?.token.name, 'first')
})

test('of processes that start together on a new folder one makes the first token, and all accept it', async (context) => {
  const dataDir = folder(context)
  const made = await Promise.all(Array.from({ length: 5 }, () => elsewhere(dataDir, 'return tokens.ensureFirstToken()?.secret ?? null')))
  const secrets = made.filter((each) => each !== null)
  assert.equal(secrets.length, 1)
  assert.equal(start(context, dataDir).tokens.verify(secrets[0] ?? '')?.name, 'first')
  assert.equal(statSync(join(dataDir, 'token-pepper')).mode & 0o777, 0o600)
})

test('a running relay takes a token another process makes, at its first use', async (context) => {
  const dataDir = folder(context)
  const { tokens } = start(context, dataDir)
  const secret = await elsewhere(dataDir, "return tokens.create({ name: 'late' }).secret")
  assert.equal(tokens.verify(secret ?? '')?.name, 'late')
})

test('a running relay refuses a token soon after another process revoked it', async (context) => {
  const dataDir = folder(context)
  const { tokens } = start(context, dataDir)
  const { secret } = tokens.create({ name: 'leaked' })
  assert.equal(tokens.verify(secret)?.name, 'leaked')
  await elsewhere(dataDir, "return tokens.revoke('leaked').id")
  await eventually(() => tokens.verify(secret) === null)
})

test('a store that cannot be read is reported and leaves the known tokens in force', async (context) => {
  const store = openStore({ dataDir: folder(context) })
  const errors: unknown[] = []
  const tokens = createTokens({ store, pepper: loadPepper(store), clock, token: null, onError: (error) => errors.push(error) })
  context.after(() => tokens.close())
  const { secret } = tokens.create({ name: 'ci' })
  store.close()
  assert.equal(tokens.verify('unknown'), null)
  assert.equal(tokens.verify(secret)?.name, 'ci')
  assert.ok(errors.length > 0)
})

test('tokens are hashed under the pepper: another pepper knows none of them', (context) => {
  const { tokens, store } = start(context, folder(context))
  const { secret } = tokens.create({ name: 'ci' })
  const others = createTokens({ store, pepper: createSecretKey(Buffer.alloc(32)), clock, token: null })
  context.after(() => others.close())
  assert.equal(others.verify(secret), null)
})

test('a lost or cut pepper is refused instead of locking every client out', (context) => {
  const dataDir = folder(context)
  const { tokens, store } = start(context, dataDir)
  const file = join(dataDir, 'token-pepper')
  rmSync(file)
  loadPepper(store)
  assert.equal(statSync(file).size, 32)
  tokens.create({ name: 'ci' })
  rmSync(file)
  assert.throws(() => loadPepper(store), /token-pepper is missing.*restore it/)
  writeFileSync(file, 'short')
  assert.throws(
    () => loadPepper(store),
    (error) => error instanceof StoreError && /holds 5 bytes instead of 32/.test(error.message),
  )
})
