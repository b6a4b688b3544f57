// An operation of the admin table, performed here on the store of the settings. A running relay follows by itself.
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { createAdmin } from '../admin/admin.ts'
import type { Given } from '../admin/context.ts'
import type { OperationId } from '../admin/operations.ts'
import type { Operation } from '../admin/operation.ts'
import { vocabulary } from '../admin/vocabulary.ts'
import { loadSettings, type Flags } from '../config/load.ts'
import { createDirectory } from '../identity/directory.ts'
import { loadPepper } from '../identity/pepper.ts'
import { systemClock } from '../kernel/clock.ts'
import { openStore } from '../store/open.ts'
import { nameOfPlace } from '../store/place.ts'
import type { Performed } from './admin-print.ts'
import { Failure } from './failure.ts'

export async function performLocally(operation: Operation & { readonly id: OperationId }, given: Given, flags: Flags): Promise<Performed> {
  const { settings } = await loadSettings({ flags, env: process.env, cwd: process.cwd() })
  const file = nameOfPlace(settings)
  const where = settings.databaseUrl === null ? settings.dataDir : file
  // Looking at a folder must not fill it: a mistyped one would look like a relay without tokens.
  if (settings.databaseUrl === null && !operation.id.endsWith('.create') && !existsSync(file)) {
    if (operation.answers === 'all') return { answer: { object: 'list', data: [], hasMore: false }, where }
    throw new Failure(`There is no relay in ${where}: name its folder with --data-dir or RELAY_DATA_DIR.`)
  }
  const store = await openStore(settings)
  try {
    const directory = createDirectory({
      store,
      pepper: await loadPepper({ store, secret: settings.secret }),
      clock: systemClock,
      vocabulary,
      hasSettingsToken: settings.token !== null,
      onChanged: async () => {},
    })
    const perform = createAdmin({ directory, adopt: null, now: systemClock.now })
    return { answer: await perform(operation.id, `cli:${userInfo().username}`, given), where }
  } finally {
    await store.close()
  }
}
