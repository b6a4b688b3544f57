// An upstream account of several tenants for one test: the emulator, questions to it that are counted, and two owners.
import { firstAccountId, newProcessId, type AccountId, type ProjectId, type TenantId } from '../../src/kernel/ids.ts'
import { Secret } from '../../src/kernel/secret.ts'
import type { Owner } from '../../src/ownership/ownership.ts'
import { createOwnership } from '../../src/ownership/objects.ts'
import type { AskUpstream, RecordTold } from '../../src/ownership/upstream.ts'
import { createRecordTold } from '../../src/relay/told-births.ts'
import type { Store, Value } from '../../src/store/store.ts'
import { createAccount } from '../../src/upstreams/account.ts'
import { createAsk } from '../../src/upstreams/ask.ts'
import { startTestEmulator, type TestEmulator } from './emulator.ts'

export type OwnedAccount = {
  readonly account: AccountId
  readonly emulator: TestEmulator
  readonly ask: AskUpstream
  /** `GET /files/file-1`, in the order they were asked. */
  readonly asked: string[]
  /** Follows the real time, and can be moved ahead of it. */
  readonly clock: { readonly now: () => number; readonly tick: () => number; readonly advance: (ms: number) => void }
  /** What an upstream without the relay in between answers, which must be a 2xx. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<Readonly<Record<string, unknown>>>
  readonly upload: (name: string, purpose?: string, content?: string) => Promise<{ readonly id: string; readonly body: string }>
} & AsyncDisposable

export const owner = (name: string, project = name): Owner => ({
  tenant: `ten_${name}` as TenantId,
  project: `prj_${project}` as ProjectId,
})
export const red = owner('red')
export const blue = owner('blue')

/** @example await using upstream = await startOwnedAccount() */
export async function startOwnedAccount(): Promise<OwnedAccount> {
  const emulator = await startTestEmulator()
  const account = createAccount({
    url: `${emulator.url}/v1`,
    key: new Secret('sk-test'),
    organization: null,
    project: null,
    maxConnections: 16,
    connectMs: 5_000,
    tick: () => performance.now(),
  })
  const plain = createAsk({
    accountOf: (id) => (id === firstAccountId ? account : null),
    maxBytes: 16_777_216,
    silenceMs: 10_000,
    onCredentialsRefused: () => {},
  })
  const asked: string[] = []
  let aheadMs = 0
  const call: OwnedAccount['call'] = async (method, path, body) => {
    const response = await emulator.send(method, `/v1${path}`, body)
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>
  }
  return {
    account: firstAccountId,
    emulator,
    asked,
    ask: (id, question) => {
      asked.push(`${question.method} ${question.path}`)
      return plain(id, question)
    },
    clock: { now: () => Date.now() + aheadMs, tick: () => performance.now(), advance: (ms) => void (aheadMs += ms) },
    call,
    upload: async (name, purpose = 'user_data', content = `content of ${name}`) => {
      const form = new FormData()
      form.set('purpose', purpose)
      form.set('file', new File([content], name))
      const response = await fetch(`${emulator.url}/v1/files`, { method: 'POST', headers: { authorization: 'Bearer sk-test' }, body: form })
      const body = await response.text()
      if (!response.ok) throw new Error(`upload of ${name}: ${response.status} ${body}`)
      return { id: (JSON.parse(body) as { readonly id: string }).id, body }
    },
    [Symbol.asyncDispose]: async () => {
      account.pool.close()
      await emulator[Symbol.asyncDispose]()
    },
  }
}

/** Records ids that are born in what the upstream tells, as the relay does. */
export const recordingOf = (store: Store, { clock }: Pick<OwnedAccount, 'clock'>): RecordTold =>
  createRecordTold(
    createOwnership({
      ...{ store, processId: newProcessId(), clock, home: () => null },
      onError: (error) => {
        throw error
      },
    }),
  )

export type ObjectRow = {
  readonly owner: Owner
  readonly kind: string
  readonly id: string
  readonly createdAt: number
  readonly body: string | null
  readonly facet?: string | null
  readonly state?: string
  readonly parent?: string
}

/** Writes rows as recording does, many at a time. */
export async function insertObjects(store: Store, rows: readonly ObjectRow[]): Promise<void> {
  const columns = 'account, kind, id, tenant, project, parent, state, created_at, facet, body'
  await store.transaction(async (sql) => {
    for (let at = 0; at < rows.length; at += 500) {
      const part = rows.slice(at, at + 500)
      const values = part.flatMap(({ owner: whose, kind, id, createdAt, body, facet = null, state = 'live', parent = null }): Value[] => [
        ...[firstAccountId, kind, id, whose.tenant, whose.project, parent, state],
        ...[createdAt, facet, body],
      ])
      await sql.run(`INSERT INTO objects (${columns}) VALUES ${part.map(() => '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`, ...values)
    }
  })
}
