// docs/reference/admin.md: every operation of the admin table, as it is asked over HTTP and on the command line.
import { placeOf, type Operation } from '../../src/admin/operation.ts'
import { operations } from '../../src/admin/operations.ts'
import { outputs, type Output } from '../../src/admin/outputs.ts'
import type { Field } from '../../src/kernel/field.ts'
import { code, generated, table } from './markdown.ts'

export function adminReference(): string {
  const rows: readonly Operation[] = operations
  return `# Admin API

${generated('src/admin/operations.ts')}
Tenants and what belongs to them are changed on the command line or over HTTP; both do the same. Wherever something is named,
its name or its id will do. Every change is a row of the audit, written in the same transaction.

- **Command line**: works on the data folder (or the database of \`DATABASE_URL\`), and a running relay follows. With \`--url\`
  it asks a relay elsewhere instead, with the admin token in \`RELAY_ADMIN_TOKEN\`. \`--json\` is for programs. Arguments and
  options: [command line](cli.md).
- **HTTP**: \`Authorization: Bearer rka_...\`, an admin token; tokens of clients do not work here, and admin tokens work nowhere
  else. \`/admin/openapi.json\` describes it to programs. Bodies are JSON of at most 64 KiB, times are ISO 8601, errors have
  OpenAI's shape ([errors](errors.md)). A list answers \`{"object": "list", "data": [...], "hasMore": false}\`.
- The setting \`admin\` switches the HTTP API off ([settings](settings.md)).

${table(
  ['Operation', 'Command', 'What it does'],
  rows.map((row) => [code(`${row.method} ${row.path}`), code(`relay ${row.command}`), row.summary]),
)}
${rows.map(section).join('\n')}
## Answers

${Object.entries(outputs).map(outputSection).join('\n')}`
}

function section(row: Operation): string {
  const inputs = Object.entries(row.input)
  return `## ${row.id}

${code(`${row.method} ${row.path}`)}, ${code(`relay ${row.command}`)}. ${row.summary}

${
  inputs.length === 0
    ? 'It takes nothing.\n'
    : table(
        ['Input', 'In', 'Type', 'Meaning'],
        inputs.map(([name, field]) => [
          `${code(name)}${row.required.includes(name) ? ', required' : ''}`,
          placeOf(row, name),
          typeOf(field),
          field.description,
        ]),
      )
}
Answers ${row.answers === 'one' ? `a [${row.output}](#${row.output.toLowerCase()})` : `a list of [${row.output}](#${row.output.toLowerCase()})`}.

\`\`\`sh
${row.examples.map((example) => `relay ${example}`).join('\n')}
\`\`\`
`
}

function outputSection([name, { shape }]: readonly [string, Output]): string {
  return `### ${name}

${table(
  ['Field', 'Type', 'Meaning'],
  Object.entries(shape.properties).map(([field, value]) => [code(field), typeOf(value), value.description]),
)}`
}

function typeOf({ type, format, isNullable, enum: words }: Field): string {
  const plain =
    words === undefined
      ? format === 'date-time'
        ? 'time'
        : type === 'array'
          ? 'array of strings'
          : type
      : words.map((word) => code(String(word))).join(' or ')
  return isNullable === true ? `${plain}, or null` : plain
}
