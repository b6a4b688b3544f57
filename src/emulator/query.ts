// The query string as the SDKs write it: repeats, `include[]=a`, and `metadata[key]=value`.

export type Query = {
  readonly get: (name: string) => string | undefined
  /** Every value of `name` and of `name[]`. */
  readonly all: (name: string) => readonly string[]
  /** The entries of `name[key]=value`. */
  readonly entries: (name: string) => readonly (readonly [key: string, value: string])[]
}

export function createQuery(raw: string): Query {
  // Most requests have none, and nobody should pay for parsing it then.
  let parsed: URLSearchParams | undefined
  const parameters = (): URLSearchParams => (parsed ??= new URLSearchParams(raw))
  return {
    get: (name) => (raw === '' ? undefined : (parameters().get(name) ?? undefined)),
    all: (name) => (raw === '' ? [] : [...parameters().getAll(name), ...parameters().getAll(`${name}[]`)]),
    entries: (name) =>
      [...parameters()].flatMap(([key, value]) =>
        key.startsWith(`${name}[`) && key.endsWith(']') ? [[key.slice(name.length + 1, -1), value] as const] : [],
      ),
  }
}
