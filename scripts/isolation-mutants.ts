// `node scripts/isolation-mutants.ts` takes each guard of the isolation of tenants away, in a copy, and runs the tests that are there for it. All of them
// must turn red: a guard whose loss nobody notices is none. Words behind it choose those whose name holds one.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isolationMutants, type Mutant } from './isolation-mutants-table.ts'

const root = join(import.meta.dirname, '..')

/** The tests of a mutant, on the sources as they are in the folder. */
function isGreen(folder: string, { suite, tests }: Mutant): boolean {
  const { status } = spawnSync(process.execPath, ['--test', `--test-name-pattern=${tests}`, join('test', 'isolation', suite)], {
    cwd: folder,
    env: { ...process.env, ISOLATION_SHORT: '1' },
    stdio: 'ignore',
    timeout: 300_000,
  })
  return status === 0
}

const words = process.argv.slice(2)
const chosen = isolationMutants.filter(({ guard }) => words.length === 0 || words.some((word) => guard.includes(word)))
const folder = mkdtempSync(join(tmpdir(), 'relay-mutants-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const name of ['src', 'test', 'bin', 'package.json', 'tsconfig.json'])
  cpSync(join(root, name), join(folder, name), { recursive: true })
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))

const survivors: string[] = []
for (const mutant of chosen) {
  const { guard, edits } = mutant
  const startedAt = performance.now()
  if (!isGreen(folder, mutant)) throw new Error(`${guard}: its tests are red without any fault, or there are none`)
  const originals = edits.map(({ file }) => [join(folder, 'src', file), readFileSync(join(folder, 'src', file), 'utf8')] as const)
  for (const { file, from, to } of edits) {
    const path = join(folder, 'src', file)
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(from, () => to),
    )
  }
  const isCaught = !isGreen(folder, mutant)
  for (const [path, text] of originals) writeFileSync(path, text)
  if (!isCaught) survivors.push(guard)
  console.log(`${isCaught ? 'caught  ' : 'SURVIVED'} ${guard} (${((performance.now() - startedAt) / 1000).toFixed(0)} s)`)
}
console.log(`${chosen.length - survivors.length} of ${chosen.length} caught`)
process.exitCode = survivors.length === 0 ? 0 : 1
