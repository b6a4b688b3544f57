// What the patterns of a token can mean: the permissions and endpoints of the catalog, and those a row never names.
import { catalog } from '../catalog/index.ts'

export const vocabulary: { readonly permissions: readonly string[]; readonly endpoints: readonly string[] } = {
  permissions: [...new Set([...catalog.map(({ permission }) => permission), 'unlisted:write'])],
  endpoints: [...catalog.map(({ id }) => id), 'unlisted'],
}
