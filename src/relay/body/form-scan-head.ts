// Reads what a form says about itself and about each of its parts (RFC 7578, RFC 2183), in every way another reader may: Node's
// own, busboy, python-multipart, Go, Java and those that go by a regular expression differ, and who forwards a form must not be
// led to see another name in it than its receiver.

/** What a part is. */
export type PartHead = {
  /** Every name a reader could see. */
  readonly names: ReadonlySet<string>
  /** Its bytes are the value for every reader: no encoding, no charset that spells ASCII otherwise. */
  readonly isPlain: boolean
}

/** An honest part has one or two; thousands are made in order to be looked up. */
const maxReadings = 16

const line = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\p{Cc}]*)$/u
/** Tokens as clients write them: .NET leaves names without quotes, many do so with file names. */
const parameter = /[ \t]*;[ \t]*([^\s=;"]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/y
/** Whoever searches for the word, or splits at semicolons, finds it inside a quoted text too. */
const nameAnywhere = /(?<![\w*-])name\*?[ \t]*=[ \t]*\\?"?([^";]*)/giu
/** Charsets in which ASCII is ASCII. Java's clients say ISO-8859-1 of every field. */
const plainCharset = /^(?:utf-?8|(?:us-)?ascii|iso-8859-\d{1,2}|latin-?1|windows-125\d)$/i

/** @returns the boundary of a Content-Type, or null when readers could disagree about it */
export function boundaryOf(contentType: string): string | null {
  const form = /^[ \t]*multipart\/form-data/i.exec(contentType)
  if (form === null) return null
  const parameters = parametersOf(contentType, form[0].length)
  if (parameters === null || !isPlainCharset(contentType)) return null
  const [boundary, ...others] = parameters.filter(({ key }) => /^boundary(?:\*|$)/.test(key))
  if (boundary === undefined || others.length > 0 || boundary.key !== 'boundary') return null
  // RFC 2046 5.1.1, without the characters that some readers take for the end of a value when it has no quotes.
  const allowed = boundary.isQuoted ? /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/ : /^[\w'+./:=?-]{1,70}$/
  return allowed.test(boundary.value) ? boundary.value : null
}

/** @param head the header lines of a part, each with its line end, without the empty line */
export function readPartHead(head: Buffer): PartHead | 'ambiguous' | 'malformed' {
  const headers = new Map<string, string[]>()
  for (const text of head.toString('utf8').split('\r\n').slice(0, -1)) {
    const [, name, value] = line.exec(text) ?? []
    // Folded lines, bare line feeds, a space before the colon: some readers go on, some skip it, some give up.
    if (name === undefined || value === undefined) return 'malformed'
    const key = name.toLowerCase()
    headers.set(key, [...(headers.get(key) ?? []), value.trim()])
  }
  const [disposition, ...more] = headers.get('content-disposition') ?? []
  if (disposition === undefined) return 'malformed'
  if (more.length > 0) return 'ambiguous'
  const types = headers.get('content-type') ?? []
  // A form in a form: some readers go down into it.
  if (types.some((type) => /^multipart\//i.test(type))) return 'ambiguous'
  const names = namesOf(disposition)
  if (typeof names === 'string') return names
  const encodings = headers.get('content-transfer-encoding') ?? []
  return {
    names,
    isPlain: types.length <= 1 && types.every(isPlainCharset) && encodings.every((value) => /^(?:7bit|8bit|binary)$/i.test(value)),
  }
}

function namesOf(disposition: string): ReadonlySet<string> | 'ambiguous' | 'malformed' {
  const form = /^form-data/i.exec(disposition)
  if (form === null) return 'malformed'
  const parameters = parametersOf(disposition, form[0].length)
  // RFC 7578 4.2 forbids `name*`; some readers prefer it, some do not know it.
  if (parameters === null || parameters.some(({ key }) => key.startsWith('name*'))) return 'ambiguous'
  const given = parameters.filter(({ key }) => key === 'name').map(({ value }) => value)
  if (given.length === 0) return 'malformed'
  const names = new Set<string>()
  for (const value of given) names.add(value).add(value.replaceAll(/\\(.)/gsu, '$1'))
  let found = 0
  for (const [, value = ''] of disposition.matchAll(nameAnywhere)) {
    if (++found > maxReadings) return 'ambiguous'
    names.add(value)
  }
  // What a careless reader drops or undoes. HTML has browsers write a quote as %22.
  for (const name of [...names])
    for (const reading of [name.trim(), name.replaceAll('\ufffd', ''), percentDecoded(name)]) names.add(reading)
  // HTML 4.10.21.5: some readers take the charset of all fields from it.
  return names.has('_charset_') ? 'ambiguous' : names
}

type Parameter = { readonly key: string; readonly value: string; readonly isQuoted: boolean }

/** @returns null when something is left over */
function parametersOf(text: string, from: number): readonly Parameter[] | null {
  const found: Parameter[] = []
  let at = from
  for (;;) {
    parameter.lastIndex = at
    const match = parameter.exec(text)
    if (match === null) break
    at = parameter.lastIndex
    const [, key = '', quoted, bare = ''] = match
    found.push({ key: key.toLowerCase(), value: quoted ?? bare, isQuoted: quoted !== undefined })
  }
  return ['', ';'].includes(text.slice(at).trim()) ? found : null
}

const isPlainCharset = (type: string): boolean =>
  [...type.matchAll(/charset\*?[ \t]*=[ \t]*"?([^\s";]*)/gi)].every(([, charset = '']) => plainCharset.test(charset))

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
