// A script file, YAML or JSON, into rules; or everything that is wrong with it, each with its line.
import { readFileSync } from 'node:fs'
import { catalog } from '../../catalog/index.ts'
import type { Path } from './fields.ts'
import { scriptFields, scriptOf } from './script.ts'
import type { Script } from './script.ts'
import { ScriptError } from './script-error.ts'

export type ScriptReader = (text: string, name: string) => Script

const endpointIds = catalog.map(({ id }) => id)

/** The reader; YAML is loaded for it, which only those wait for who have a script. */
export async function loadScriptReader(): Promise<ScriptReader> {
  const { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } = await import('yaml')

  return (text, name) => {
    const lines = new LineCounter()
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
    const problems: string[] = document.errors.map(
      ({ message, pos }) => `${name} line ${lines.linePos(pos[0]).line}: this is not valid YAML: ${message.split('\n')[0] ?? ''}`,
    )
    if (problems.length > 0) throw new ScriptError(problems.join('\n'))

    const lineOf = (path: Path): number => {
      let node: unknown = document.contents
      let offset = 0
      for (const step of path) {
        const inside = isAlias(node) ? node.resolve(document) : node
        if (isMap(inside)) {
          const pair = inside.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
          if (pair === undefined) break
          offset = (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? offset
          node = pair.value
        } else if (isSeq(inside)) {
          node = inside.items[Number(step)]
          if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) offset = Number(node.range[0])
        } else break
      }
      return lines.linePos(offset).line
    }
    const report = (at: Path, message: string): void => {
      problems.push(`${name} line ${lineOf(at)}, ${placeOf(at, document.toJS())}: ${message}`)
    }
    const given = scriptFields.read(document.toJS(), [], report)
    if (problems.length > 0) throw new ScriptError(problems.join('\n'))
    const script = scriptOf(given, report, endpointIds)
    if (problems.length > 0) throw new ScriptError(problems.join('\n'))
    return script
  }
}

/** `rules[1] "weather", reply.text`: with the name of the rule, which is what people look for. */
function placeOf(at: Path, whole: unknown): string {
  if (at.length === 0) return 'the script'
  const written = (path: Path): string =>
    path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`)).join('')
  const [rules, index] = at
  if (rules !== 'rules' || typeof index !== 'number') return written(at)
  const name = (whole as { readonly rules: readonly { readonly name?: unknown }[] }).rules[index]?.name
  const rule = `rules[${index}]${typeof name === 'string' ? ` "${name}"` : ''}`
  return at.length === 2 ? rule : `${rule}, ${written(at.slice(2))}`
}

export function readScriptFile(file: string, read: ScriptReader): Script {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new ScriptError(
      code === 'ENOENT'
        ? `There is no script ${file}: give the path of a YAML or JSON file.`
        : `The script ${file} cannot be read (${code}).`,
      { cause: error },
    )
  }
  return read(text, file)
}
