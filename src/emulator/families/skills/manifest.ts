// The front matter of a SKILL.md: the name and the description that a model chooses skills by.
import { invalid } from '../../errors.ts'

export type Manifest = { readonly name: string; readonly description: string }

const nameMax = 64
const descriptionMax = 1024

export function readManifest(text: string): Manifest {
  const front = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text)?.[1]
  if (front === undefined) throw refused('SKILL.md has no front matter.')
  const fields = readFields(front)
  return { name: required(fields, 'name', nameMax), description: required(fields, 'description', descriptionMax) }
}

function required(fields: ReadonlyMap<string, string>, field: string, max: number): string {
  const value = fields.get(field) ?? ''
  if (value === '') throw refused(`SKILL.md has no '${field}' in its front matter.`)
  if (value.length > max) throw refused(`The '${field}' in SKILL.md is longer than ${max} characters.`)
  return value
}

const refused = (why: string): ReturnType<typeof invalid> => invalid(`Invalid skill bundle: ${why}`, 'files', 'invalid_skill')

/** The scalars at the top of a YAML mapping, quoted, plain or in blocks; what is nested belongs to others. */
function readFields(front: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  let open: string | null = null
  for (const line of front.split(/\r?\n/)) {
    const [, key, value] = /^([A-Za-z][\w-]*):(?:[ \t]+(.*))?$/.exec(line) ?? []
    if (key !== undefined) {
      open = key
      fields.set(key, scalar(value ?? ''))
    } else if (open !== null && /^[ \t]+\S/.test(line)) {
      fields.set(open, `${fields.get(open) ?? ''} ${line.trim()}`.trim())
    }
  }
  return fields
}

function scalar(written: string): string {
  const value = written.trim()
  if (/^[|>][-+]?$/.test(value)) return ''
  const [, quoted] = /^"(.*)"$/.exec(value) ?? /^'(.*)'$/.exec(value) ?? []
  return quoted ?? value.replace(/\s+#.*$/, '')
}
