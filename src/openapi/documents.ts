// The documents as text, built once; only the address of the server is put in for each reader.
import { actionsDocument } from './actions-document.ts'
import { adminDocument } from './admin-document.ts'
import { fullDocument, type Document } from './document.ts'

/** By the address clients reach the relay at, without `/v1`. */
export type Documents = Readonly<Record<'full' | 'actions' | 'admin', (server: string) => string>>

export const createDocuments = (): Documents => ({
  full: written(fullDocument),
  actions: written(actionsDocument),
  admin: written(adminDocument),
})

/** Built when it is first asked for: most relays never are. */
function written(build: (serverUrl: string) => Document): (serverUrl: string) => string {
  const place = 'https://server.invalid'
  let parts: readonly string[] | null = null
  return (url) => {
    parts ??= JSON.stringify(build(place)).split(JSON.stringify(place))
    return parts.join(JSON.stringify(url))
  }
}
