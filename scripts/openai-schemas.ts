// Cuts OpenAI's own API document down to what its answers look like, for the tests that hold the emulator to it: of each
// operation of the catalog the schema of every success, and the components those need. Prose, examples and requests go.
// Usage: node scripts/openai-schemas.ts <openapi.json> > test/fixtures/openai-schemas.json
import { readFileSync } from 'node:fs'
import { catalog } from '../src/catalog/index.ts'
import { reduce } from './openai-schemas/reduce.ts'

const [file, ...others] = process.argv.slice(2)
if (file === undefined || others.length > 0) {
  process.stderr.write('Usage: node scripts/openai-schemas.ts <openapi.json> > test/fixtures/openai-schemas.json\n')
  process.exitCode = 2
} else {
  const { version, operations, schemas } = reduce(JSON.parse(readFileSync(file, 'utf8')), catalog)
  // One operation and one schema a line: small, and a new version of the document reads as a list of what changed.
  const lines = (entries: Readonly<Record<string, unknown>>): string =>
    Object.keys(entries)
      .toSorted()
      .map((key) => `${JSON.stringify(key)}:${JSON.stringify(entries[key])}`)
      .join(',\n')
  process.stdout.write(
    `{"version":${JSON.stringify(version)},\n"operations":{\n${lines(operations)}\n},\n"schemas":{\n${lines(schemas)}\n}}\n`,
  )
}
