// `relay token`: works on the store of the data folder, beside a running relay or without one.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadSettings, type Flags } from '../config/load.ts'
import { loadPepper } from '../identity/old-pepper.ts'
import type { Token } from '../identity/queries.ts'
import { createTokens, type Tokens } from '../identity/tokens.ts'
import { systemClock } from '../kernel/clock.ts'
import { openStore } from '../store/sqlite.ts'
import { Failure } from './failure.ts'
import { table } from './table.ts'

/** Only the secret goes to standard output, so that `$(relay token create ci)` is the token. */
export async function createToken(flags: Flags, name: string | null, isJson: boolean): Promise<void> {
  const dataDir = await dataDirOf(flags)
  const { token, secret } = withTokens(dataDir, (tokens) => tokens.create({ name: name ?? nextName(tokens) }))
  if (isJson) return console.log(JSON.stringify({ token: secret, ...publicToken(token) }))
  console.error(`Made the token ${token.name} (${token.id}) in ${dataDir}. It is shown this one time:`)
  console.log(secret)
}

export async function listTokens(flags: Flags, isJson: boolean): Promise<void> {
  const dataDir = await dataDirOf(flags)
  const all = isStarted(dataDir) ? withTokens(dataDir, (tokens) => tokens.list()) : []
  if (isJson) return console.log(JSON.stringify(all.map(publicToken), null, 2))
  if (all.length === 0) return console.error(`There are no tokens in ${dataDir}: \`relay token create NAME\` makes one.`)
  console.log(
    table(
      ['NAME', 'ID', 'ENDS IN', 'CREATED', 'STATE'],
      all.map(({ name, id, last4, createdAt, revokedAt }) => [
        name,
        id,
        `…${last4}`,
        time(createdAt),
        revokedAt === null ? 'valid' : `revoked ${time(revokedAt)}`,
      ]),
    ),
  )
}

export async function revokeToken(flags: Flags, idOrName: string, isJson: boolean): Promise<void> {
  const dataDir = await dataDirOf(flags)
  if (!isStarted(dataDir))
    throw new Failure(`There are no tokens in ${dataDir}: name the folder of the relay with --data-dir or RELAY_DATA_DIR.`)
  const token = withTokens(dataDir, (tokens) => tokens.revoke(idOrName))
  if (isJson) return console.log(JSON.stringify(publicToken(token)))
  console.error(`Revoked the token ${token.name} (${token.id}). A running relay refuses it within a second.`)
}

/** For whoever does not care: the first of `token-1`, `token-2`, ... that no valid token has. */
function nextName(tokens: Tokens): string {
  const taken = new Set(tokens.list().flatMap(({ name, revokedAt }) => (revokedAt === null ? [name] : [])))
  let number = 1
  while (taken.has(`token-${number}`)) number++
  return `token-${number}`
}

async function dataDirOf(flags: Flags): Promise<string> {
  return (await loadSettings({ flags, env: process.env, cwd: process.cwd() })).settings.dataDir
}

/** Looking at a folder must not fill it: a mistyped one would look like a relay without tokens. */
function isStarted(dataDir: string): boolean {
  return existsSync(join(dataDir, 'relay.db'))
}

function withTokens<T>(dataDir: string, work: (tokens: Tokens) => T): T {
  const store = openStore({ dataDir })
  try {
    const tokens = createTokens({ store, pepper: loadPepper(store), clock: systemClock, token: null })
    try {
      return work(tokens)
    } finally {
      tokens.close()
    }
  } finally {
    store.close()
  }
}

/** For programs: times as ISO 8601. */
function publicToken(token: Token): Record<string, string | null> {
  const { id, name, last4, createdAt, revokedAt } = token
  return {
    id,
    name,
    last4,
    createdAt: new Date(createdAt).toISOString(),
    revokedAt: revokedAt === null ? null : new Date(revokedAt).toISOString(),
  }
}

/** To the second, in UTC. */
function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`
}
