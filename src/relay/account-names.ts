// Names of the operator's account in the answers of an upstream: organization, project and user ids. With several tenants on the
// account they are nobody's business.

const name = /^(?:org|proj|user|svc)[-_]/

export const isAccountName = (text: string): boolean => name.test(text)

/** The fields in which objects of lists say whose they are upstream. */
const fields = /("(?:organization_id|owned_by)"\s*:\s*")((?:org|proj|user|svc)[-_][^"\\]*)"/g

/** @param text JSON; names keep their length, as in answers that pass */
export const hideAccountNames = (text: string): string =>
  text.replace(fields, (_, before: string, found: string) => `${before}${masked(found)}"`)

/** The kind of name stays to be seen, and the length. */
export const masked = (text: string): string =>
  text.replace(/^([a-z]+[-_])?(.*)$/s, (_, prefix: string | undefined, rest: string) => `${prefix ?? ''}${'*'.repeat(rest.length)}`)
