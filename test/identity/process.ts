// What one relay process has of identity, on a database several of them share.
import type { TestContext } from 'node:test'
import { vocabulary } from '../../src/admin/vocabulary.ts'
import { createDirectory, type Directory } from '../../src/identity/directory.ts'
import { loadPepper } from '../../src/identity/pepper.ts'
import { openRoster, type Roster } from '../../src/identity/roster.ts'
import { systemClock, type Clock } from '../../src/kernel/clock.ts'
import type { Secret } from '../../src/kernel/secret.ts'
import type { Store } from '../../src/store/store.ts'
import type { StoreStage } from '../harness/stores.ts'

export type Process = { readonly store: Store; readonly directory: Directory; readonly roster: Roster; readonly errors: unknown[] }

export async function startProcess(
  context: TestContext,
  stage: StoreStage,
  {
    clock = systemClock,
    token = null,
    secret = null,
    unowned = null,
  }: { readonly clock?: Clock; readonly token?: Secret | null; readonly secret?: Secret | null; readonly unowned?: string | null } = {},
): Promise<Process> {
  const store = await stage.open()
  const pepper = await loadPepper({ store, secret })
  const errors: unknown[] = []
  const roster = await openRoster({ store, pepper, clock, token, unowned, onError: (error) => errors.push(error) })
  context.after(() => roster.close())
  const directory = createDirectory({
    store,
    pepper,
    clock,
    vocabulary,
    hasSettingsToken: token !== null,
    onChanged: roster.refresh,
  })
  return { store, directory, roster, errors }
}

/** A clock that stands still until it is moved. */
export function handClock(): Clock & { readonly pass: (ms: number) => void } {
  let now = 1_700_000_000_000
  return { now: () => now, tick: () => now - 1_700_000_000_000, pass: (ms) => void (now += ms) }
}
