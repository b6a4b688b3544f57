// docs/reference/errors.md: every refusal of the relay, with what happened and what to do.
import { errorBody, errorCatalog, Refusal, type ErrorCode } from '../../src/kernel/errors.ts'
import { code, generated, table } from './markdown.ts'

export function errorsReference(): string {
  const codes = (Object.keys(errorCatalog) as ErrorCode[]).toSorted((one, other) => errorCatalog[one].status - errorCatalog[other].status)
  return `# Errors

${generated('src/kernel/errors.ts')}
An error of the upstream passes as it came. These are the relay's own; they have OpenAI's shape, so SDKs raise their usual
classes, and both \`x-request-id\` and \`x-relay-request-id\` hold the id that the log has:

\`\`\`json
${JSON.stringify(JSON.parse(errorBody(new Refusal('unknown_url', { method: 'GET', path: '/v1/songs' }))), null, 2)}
\`\`\`

${table(
  ['Status', 'Code', 'Type'],
  codes.map((name) => [String(errorCatalog[name].status), `[${code(name)}](#${name})`, code(errorCatalog[name].type)]),
)}
Once an answer has begun it can no longer be refused: when the upstream breaks off then, the connection to the client is cut,
so that half an answer never looks whole.
${codes.map(section).join('')}`
}

function section(name: ErrorCode): string {
  const { status, type, message, fix } = errorCatalog[name]
  const { error } = JSON.parse(errorBody(new Refusal(name))) as { readonly error: { readonly code: string | null } }
  const wire = error.code === null ? ' On the wire `code` is `null`, as OpenAI answers it.' : ''
  return `
## ${name}

${status}, \`${type}\`.${wire}

What happened: ${asCode(message)}

What to do: ${fix}
`
}

/** Messages may hold characters Markdown would take for its own. */
function asCode(message: string): string {
  return code(message.replaceAll('`', "'"))
}
