// Red makes one of everything, through the relay, with the official SDK: ids of the matrix are real where the upstream makes such.
import { APIError } from 'openai'
import type { ResourceKind } from '../../src/catalog/kinds.ts'
import { drivers } from '../emulator/drivers.ts'
import { createStage } from '../emulator/stage.ts'
import type { GuardedAccount } from '../harness/guarded-account.ts'
import { sdkOf } from '../harness/sdk.ts'
import { rows } from './spots.ts'

/** What a relay of several tenants refuses although it is nobody's: lines nobody can read, sources that are the whole account. */
const expected: ReadonlySet<unknown> = new Set(['batch_line_refused', 'source_not_for_tenants'])
/** A job of the emulator may be over before it is cancelled. */
const isTooLate = (error: unknown): boolean => error instanceof APIError && error.status === 409

/** @returns by kind the id of an object of red, project web, that is there */
export async function makeEverything(world: GuardedAccount): Promise<ReadonlyMap<ResourceKind, string>> {
  // Made in the dashboard of the account, and given to red by adoption.
  await world.own('red', [{ kind: 'workflow', id: 'wf_abc' }])
  const client = sdkOf({ url: world.url, token: world.tokens.red }, { adminAPIKey: world.tokens.red })
  const stage = createStage(client)
  const failed: string[] = []
  for (const row of rows) {
    // Threads of ChatKit are made by a browser with a secret of its own: only adoption gives them to anybody.
    if (row.tenants === 'account' || row.id.startsWith('chatkit.threads.')) continue
    try {
      await drivers[row.id as keyof typeof drivers](stage)
    } catch (error) {
      if (!(error instanceof APIError && expected.has(error.code)) && !isTooLate(error)) failed.push(`${row.id}: ${String(error)}`)
    }
  }
  if (failed.length > 0) throw new Error(`a tenant cannot do what an account can:\n${failed.join('\n')}`)
  const { tenant, project } = world.owners.red
  const found = await world.store.all(
    "SELECT kind, max(id) AS id FROM objects WHERE tenant = ? AND project = ? AND state = 'live' GROUP BY kind",
    tenant,
    project,
  )
  return new Map(found.map((row) => [row['kind'] as ResourceKind, row['id'] as string]))
}
