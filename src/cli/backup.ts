// `relay backup` and `relay restore`: the SQLite database of a data folder as one file, and back.
import { loadSettings, type Flags } from '../config/load.ts'
import { systemClock } from '../kernel/clock.ts'
import { backUp } from '../store/backup.ts'
import { nameOfPlace } from '../store/place.ts'
import { restore } from '../store/restore.ts'
import { Failure } from './failure.ts'

export async function backUpStore(flags: Flags, file: string, isJson: boolean): Promise<void> {
  const made = backUp({ dataDir: await dataDirOf(flags, 'pg_dump copies it'), file })
  if (isJson) return console.log(JSON.stringify(made))
  console.error(
    `Wrote ${made.file} (${made.sizeBytes} bytes, schema ${made.schema}). It holds the token pepper too: keep it as safe as the data folder.`,
  )
}

export async function restoreStore(flags: Flags, file: string, isJson: boolean): Promise<void> {
  const dataDir = await dataDirOf(flags, 'pg_restore brings it back')
  const made = restore({ dataDir, file, at: new Date(systemClock.now()) })
  if (isJson) return console.log(JSON.stringify(made))
  for (const kept of made.kept) console.error(`Kept what was there as ${kept}.`)
  console.error(`Restored ${made.file} (schema ${made.schema}) from ${file}.`)
}

async function dataDirOf(flags: Flags, advice: string): Promise<string> {
  const { settings } = await loadSettings({ flags, env: process.env, cwd: process.cwd() })
  if (settings.databaseUrl === null) return settings.dataDir
  throw new Failure(`The state of this relay is in ${nameOfPlace(settings)}, a Postgres: ${advice}. This command is for SQLite.`)
}
