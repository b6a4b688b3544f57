// A file somebody wrote, YAML or JSON, into values; or everything that is wrong with it, each with its line.
import { readFileSync } from 'node:fs'
import { DocumentError } from './document-error.ts'
import type { Field, Path, Report } from './fields.ts'

export type DocumentReader = <T, Made>(text: string, kind: DocumentKind<T, Made>) => Made

export type DocumentKind<T, Made> = {
  /** What the file is called in messages. */
  readonly name: string
  readonly field: Field<T>
  /** Makes something of the values, and reports what no single one of them can see. */
  readonly make: (value: T, report: Report) => Made
}

/** The reader; YAML is loaded for it, which only those wait for who have such a file. */
export async function loadDocumentReader(): Promise<DocumentReader> {
  const { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } = await import('yaml')

  return (text, { name, field, make }) => {
    const lines = new LineCounter()
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
    const problems: string[] = document.errors.map(
      ({ message, pos }) => `${name} line ${lines.linePos(pos[0]).line}: this is not valid YAML: ${message.split('\n')[0] ?? ''}`,
    )
    const complain = (): void => {
      if (problems.length > 0) throw new DocumentError(problems.join('\n'))
    }
    complain()
    const whole: unknown = document.toJS()

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
    const report: Report = (at, message) => {
      problems.push(`${name} line ${lineOf(at)}, ${placeOf(at, whole)}: ${message}`)
    }
    const value = field.read(whole, [], report)
    complain()
    const made = make(value, report)
    complain()
    return made
  }
}

/** `rules[1] "weather", reply.text`: with the name people gave it, which is what they look for. */
function placeOf(at: Path, whole: unknown): string {
  if (at.length === 0) return 'the file'
  const written = (path: Path): string =>
    path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`)).join('')
  const [list, index] = at
  if (list === undefined || typeof index !== 'number') return written(at)
  const element: unknown = (whole as Readonly<Record<string, readonly unknown[]>>)[list]?.[index]
  const name = typeof element === 'object' && element !== null && 'name' in element ? element.name : undefined
  const place = `${list}[${index}]${typeof name === 'string' ? ` "${name}"` : ''}`
  return at.length === 2 ? place : `${place}, ${written(at.slice(2))}`
}

/** @param noun what it is: `script` */
export function readText(file: string, noun: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new DocumentError(
      code === 'ENOENT'
        ? `There is no ${noun} ${file}: give the path of a YAML or JSON file.`
        : `The ${noun} ${file} cannot be read (${code}).`,
      { cause: error },
    )
  }
}
