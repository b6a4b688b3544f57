// docs/reference/endpoints.md: every row of the catalog, family by family, and what is not carried.
import type { Endpoint } from '../../src/catalog/endpoint.ts'
import { catalog } from '../../src/catalog/index.ts'
import { notCarried } from '../../src/catalog/not-carried.ts'
import { code, generated, table } from './markdown.ts'

export function endpointsReference(): string {
  const rows: readonly Endpoint[] = catalog
  const sockets = rows.filter((row) => row.transport === 'socket').length
  const families = Map.groupBy(rows, (row) => row.path.split('/')[2] ?? '')
  return `# Endpoints

${generated('src/catalog')}
${rows.length - sockets} HTTP operations and ${sockets} WebSockets in ${families.size} families. A base URL may end in \`/v1\` or not; a path that
is not listed here answers [\`unknown_url\`](errors.md#unknown_url), unless \`unlisted\` is \`passthrough\` ([settings](settings.md)).

- **Body**: what a request may carry; an empty body is always allowed. **Answer**: what comes back; the request decides where
  there are several (\`stream\`, \`response_format\`).
- **Pace**: which deadline counts (\`deadlineControlMs\`, \`deadlineGenerationMs\`, \`deadlineUploadMs\`, \`deadlineDownloadMs\`).
- **Permission**: what a token that does not have all needs ([tenants](../guide/tenants.md)). *Account*: it reads or changes what
  belongs to the whole upstream account, and answers [\`not_for_tenants\`](errors.md#not_for_tenants) while several tenants share it.
- WebSockets are listed, and answer [\`upgrade_required\`](errors.md#upgrade_required) until they are carried.

${[...families].map(([family, own]) => familySection(family, own)).join('\n')}
## Not carried

${table(
  ['Paths below', 'Why'],
  notCarried.map(({ prefix, reason }) => [code(prefix), reason]),
)}`
}

function familySection(family: string, rows: readonly Endpoint[]): string {
  const betas = [...new Set(rows.map((row) => row.beta).filter((beta) => beta !== null))]
  const note =
    betas.length === 0 ? '' : `Clients send ${betas.map((beta) => code(`OpenAI-Beta: ${beta}`)).join(' or ')}; SDKs do so on their own.\n\n`
  const lines = rows.map((row) => [
    `${code(`${row.transport === 'socket' ? 'WebSocket' : row.method} ${row.path}`)}${row.status === 'stable' ? '' : ` (${row.status})`}`,
    code(row.id),
    row.summary,
    row.request.join(', '),
    row.response.join(', '),
    row.pace,
    `${code(row.permission)}${row.tenants === 'account' ? ' (account)' : ''}`,
  ])
  return `## ${family}\n\n${note}${table(['Operation', 'Name', 'What it does', 'Body', 'Answer', 'Pace', 'Permission'], lines)}`
}
