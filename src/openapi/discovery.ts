// The small pages that say what is here. A stranger reads them: they name no key, no organization and no upstream.
import { wrappers } from '../actions/wrappers.ts'
import { catalog, type CatalogEndpoint } from '../catalog/index.ts'
import { version } from '../kernel/version.ts'
import { familyOf } from './operation.ts'

export const ping = { source: 'relay', status: 'ok' } as const

export const health = (now: Date): unknown => ({
  object: 'health',
  status: 'ok',
  timestamp: now.toISOString(),
  relay: { auth_enabled: true, auth_header: 'Authorization' },
})

export const info = (server: string): unknown => ({
  type: 'relay.info',
  relay: {
    name: 'Relay',
    version: version(),
    openapi_url: `${server}/openapi.json`,
    actions_openapi_url: `${server}/openapi.actions.json`,
    docs_url: `${server}/docs`,
  },
})

/** The operations of the Actions document, by group. */
export function manifest(server: string): unknown {
  const rows: readonly CatalogEndpoint[] = catalog
  const direct = rows.filter(({ actions }) => actions === 'direct').map(({ id, path }) => [familyOf(id), path] as const)
  const wrapped = wrappers
    .filter(({ path }) => !path.includes(':'))
    .map(({ id, path }) => [`${id.split('.')[1] ?? ''}_actions`, path] as const)
  const groups = Map.groupBy([...direct, ...wrapped], ([group]) => (group === 'proxy_actions' ? 'proxy' : group))
  const endpoints = Object.fromEntries([...groups].map(([group, members]) => [group, [...new Set(members.map(([, path]) => path))]]))
  const meta = {
    relay_name: 'Relay',
    auth_required: true,
    auth_header: 'Authorization',
    openapi_url: `${server}/openapi.json`,
    actions_openapi_url: `${server}/openapi.actions.json`,
    actions_openapi_groups: Object.keys(endpoints),
  }
  return { object: 'relay.manifest', data: { endpoints, meta }, endpoints, meta }
}

export const plugin = (server: string): unknown => ({
  schema_version: 'v1',
  name_for_human: 'Relay',
  name_for_model: 'relay',
  description_for_human: 'Files, batches, images, audio, videos, vector stores and responses of the OpenAI API.',
  description_for_model: `Calls the OpenAI API through a relay. ${server}/manifest lists the operations by group.`,
  auth: { type: 'user_http', authorization_type: 'bearer' },
  api: { type: 'openapi', url: `${server}/openapi.actions.json` },
})
