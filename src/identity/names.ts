// Names an operator gives, and the patterns of a scope: what they may look like.
import { DirectoryError } from './directory-error.ts'
import type { Scope } from './records.ts'
import { matches } from './scope.ts'

/** How ids of ours begin. A name that looks like one could mean two things. */
const idPrefix = /^(?:ten|prj|tok|adm|mem|ups)_/

/** Names with a meaning of their own: the token of the settings, and a value of the setting `unowned`. */
const reserved: ReadonlySet<string> = new Set(['RELAY_TOKEN', 'deny'])

/** @param noun as in "A token name has ..." */
export function checkName(noun: string, name: string): void {
  // Two names that look the same are one to whoever reads a list: nothing that is not seen, or turns the text around it.
  const isUsable = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,100}$/u.test(name) && name === name.trim()
  if (!isUsable)
    throw new DirectoryError(
      'invalid',
      'name',
      `A ${noun} name has 1 to 100 characters, no control or invisible characters and no white space at its ends.`,
    )
  if (idPrefix.test(name)) throw new DirectoryError('invalid', 'name', `${name} looks like an id: choose another name.`)
  if (reserved.has(name)) throw new DirectoryError('invalid', 'name', `${name} has a meaning of its own: choose another name.`)
}

/** What patterns can mean: every permission and every endpoint there is. */
export type Vocabulary = { readonly permissions: readonly string[]; readonly endpoints: readonly string[] }

/** A pattern that matches nothing is a misspelled one. Models are the exception: there are others every week. */
export function checkScope({ permissions, models, endpoints }: Scope, vocabulary: Vocabulary): void {
  for (const pattern of permissions ?? []) {
    if (vocabulary.permissions.some((permission) => matches(pattern, permission))) continue
    throw new DirectoryError(
      'invalid',
      'permissions',
      `${pattern} is no permission: use one such as files:read, files:*, *:read or *; \`relay endpoints\` shows what each endpoint needs.`,
    )
  }
  for (const pattern of endpoints ?? []) {
    if (vocabulary.endpoints.some((endpoint) => matches(pattern, endpoint))) continue
    throw new DirectoryError('invalid', 'endpoints', `${pattern} is no endpoint: use an id that \`relay endpoints\` shows, or files.*.`)
  }
  for (const pattern of models ?? []) {
    if (/^[\x21-\x7e]{1,200}$/.test(pattern)) continue
    throw new DirectoryError('invalid', 'models', `${pattern} is no model: use a name such as gpt-5-mini, or gpt-5*.`)
  }
  for (const [param, patterns] of Object.entries({ permissions, models, endpoints })) {
    if (patterns?.length === 0)
      throw new DirectoryError('invalid', param, `A token without any ${param} can do nothing: name some, or leave them out to allow all.`)
  }
}
