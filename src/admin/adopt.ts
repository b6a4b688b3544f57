// Adoption as an operator asks for it: names become ids, and what was found becomes words.
import { kinds, type ResourceKind } from '../catalog/kinds.ts'
import { DirectoryError } from '../identity/directory-error.ts'
import type { Actor } from '../identity/records.ts'
import { Refusal } from '../kernel/errors.ts'
import { firstAccountId, type AccountId } from '../kernel/ids.ts'
import { AdoptionError, isAdoptable, type Adopted, type AdoptRequest } from '../ownership/adoption.ts'
import type { Context, Given } from './context.ts'

type Named = { readonly id: string; readonly name: string; readonly account: AccountId | null }

export async function adoptObjects(given: Given, { directory, actor, adopt }: Context): Promise<unknown> {
  if (adopt === null)
    throw new DirectoryError(
      'invalid',
      'kind',
      'Only a running relay asks the upstream: name it with --url, and give the admin token in RELAY_ADMIN_TOKEN.',
    )
  const kind = kindOf(given['kind'] as string)
  const from = sourceOf(given)
  const isDryRun = given['dryRun'] === true
  const wanted = { tenant: (given['tenant'] ?? 'default') as string, project: (given['project'] ?? 'default') as string }
  const tenant = find(await directory.tenants.list(), 'tenant', wanted.tenant)
  const project = find(await directory.projects.list({ tenant: tenant.id }), 'project', wanted.project)
  const account =
    typeof given['account'] === 'string'
      ? find(await directory.accounts.list().then((all) => all.map((each) => ({ ...each, account: null }))), 'account', given['account']).id
      : (project.account ?? tenant.account ?? firstAccountId)
  const adopted = await adopt({ owner: { tenant: tenant.id, project: project.id }, account, kind, from, isDryRun, actor }).catch(
    (error: unknown) => {
      throw error instanceof AdoptionError ? new DirectoryError('invalid', 'kind', error.message) : error
    },
  )
  return { ...adopted, isDryRun, verdict: verdictOf(adopted, isDryRun, `${tenant.name}/${project.name}`) }
}

function kindOf(text: string): ResourceKind {
  const all = (Object.keys(kinds) as ResourceKind[]).filter(isAdoptable)
  const kind = all.find((each) => each === text)
  if (kind === undefined) throw new Refusal('invalid_value', { param: 'kind', why: `expected one of ${all.join(', ')}` })
  return kind
}

/** Exactly one of the ways to say which. */
function sourceOf(given: Given): AdoptRequest<Actor>['from'] {
  const ids = given['ids'] as readonly string[] | undefined
  const filters = given['filters'] as readonly string[] | undefined
  const ways = [ids !== undefined, filters !== undefined, given['all'] === true].filter(Boolean).length
  if (ways !== 1) throw new Refusal('invalid_value', { param: 'ids', why: 'give ids, or filters, or all' })
  if (ids !== undefined) return { ids }
  const query: Record<string, string> = {}
  for (const filter of filters ?? []) {
    const [, name, value] = /^([a-z_]+)=(.+)$/.exec(filter) ?? []
    if (name === undefined || value === undefined) throw new Refusal('invalid_value', { param: 'filters', why: 'use name=value' })
    query[name] = value
  }
  return { query }
}

function find<Row extends Named>(rows: readonly Row[], noun: string, wanted: string): Row {
  const found = rows.find(({ id }) => id === wanted) ?? rows.find(({ name }) => name === wanted)
  if (found === undefined)
    throw new DirectoryError('unknown', noun, `There is no ${noun} ${wanted}: \`relay ${noun} list\` shows the names and ids.`)
  return found
}

function verdictOf({ claimed, theirs, others, missing, isVerified }: Adopted, isDryRun: boolean, owner: string): string {
  const parts = [
    isDryRun ? `${claimed.length} would become those of ${owner}` : `${claimed.length} are those of ${owner} now`,
    ...(theirs.length === 0 ? [] : [`${theirs.length} were before`]),
    ...(others === 0 ? [] : [`${others} belong to somebody else and stay there`]),
    ...(missing.length === 0 ? [] : [`the upstream does not know ${missing.join(', ')}`]),
    ...(isVerified ? [] : ['the upstream cannot be asked about single ones, so that the ids were taken as they are']),
  ]
  return `${parts.join('; ')}.`
}
