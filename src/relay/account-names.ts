// Names of the operator's account in the answers of an upstream: organization, project and user ids. With several tenants on the
// account they are nobody's business.

/** Wherever they stand in a text: alone in a field, or in the words of an error ("... in organization org-abc on ..."). */
const names = /(?<![\w-])(org-|proj_|user-|svc_)([\w-]+)/g

/** The fields in which objects of lists say whose they are upstream. */
const fields = /("(?:organization_id|owned_by)"\s*:\s*")((?:org-|proj_|user-|svc_)[^"\\]*)"/g

/** The kind of name stays to be seen, and so does the length: what is around it keeps its place. */
export const withoutNames = (text: string): string =>
  text.replace(names, (_, prefix: string, rest: string) => prefix + '*'.repeat(rest.length))

/** @param text JSON of lists */
export const hideAccountNames = (text: string): string =>
  text.replace(fields, (_, before: string, found: string) => `${before}${withoutNames(found)}"`)
