// The OpenAPI documents as files, so that a review sees what a change of a table does to them: the served text, laid out.
import { createDocuments } from '../../src/openapi/documents.ts'

/** No address anybody has (RFC 6761 6.2). */
export const goldenServer = 'https://relay.test'

export function goldens(): ReadonlyMap<string, string> {
  const { full, actions, admin } = createDocuments()
  return new Map([
    ['test/golden/openapi.json', laidOut(full(goldenServer))],
    ['test/golden/openapi.actions.json', laidOut(actions(goldenServer))],
    ['test/golden/openapi.admin.json', laidOut(admin(goldenServer))],
  ])
}

const laidOut = (text: string): string => `${JSON.stringify(JSON.parse(text), null, 1)}\n`
