// A script, from its file or as text.
import { catalog } from '../../catalog/index.ts'
import { loadDocumentReader } from './read-document.ts'
import { scriptFields, scriptOf } from './script.ts'
import type { Script } from './script.ts'

/** `name` stands for it in messages. */
export type ScriptReader = (text: string, name: string) => Script

const endpointIds = catalog.map(({ id }) => id)

export async function loadScriptReader(): Promise<ScriptReader> {
  const read = await loadDocumentReader()
  return (text, name) => read(text, { name, field: scriptFields, make: (given, report) => scriptOf(given, report, endpointIds) })
}
