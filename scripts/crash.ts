// `node scripts/crash.ts` kills a relay 1,000 times in the middle of creates and deletes, and looks after each start whether anything was lost
// or shown to another. `--rounds 50` is shorter. Takes about a second a round; `npm test` has the short version.
import { parseArgs } from 'node:util'
import { killAgainAndAgain } from '../test/isolation/killing.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1000' }, database: { type: 'string' } } })
const rounds = Number(values.rounds)
if (!Number.isSafeInteger(rounds) || rounds < 1)
  throw new Error('usage: node scripts/crash.ts [--rounds NUMBER] [--database postgres://...]')

const startedAt = performance.now()
const { sent, told, deleted, left, orphans, problems } = await killAgainAndAgain({
  rounds,
  databaseUrl: values.database ?? null,
  tell: (round, count) => {
    if (round % 25 === 0) console.log(`${round} kills, ${count} objects told of, ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
  },
})
for (const problem of problems) console.error(problem)
console.log(
  `${rounds} kills: ${sent} creates sent, ${told} told of, ${deleted} deletes; ` +
    `${left} creates cut off, of which ${orphans} objects are nobody’s; ${problems.length} lost or leaked`,
)
process.exitCode = problems.length === 0 ? 0 : 1
