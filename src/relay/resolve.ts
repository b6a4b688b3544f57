// Room 4: every id the request names belongs to the caller, or the request goes no further. A foreign id and a missing one take
// the very same way and get the same answer.
import type { Resource, ResourceAct } from '../catalog/endpoint.ts'
import type { ResourceKind } from '../catalog/kinds.ts'
import { Refusal } from '../kernel/errors.ts'
import type { AccountId, IntentId, TenantId } from '../kernel/ids.ts'
import type { Caller, Tenancy } from '../identity/caller.ts'
import type { Found, Named, Owner, Ownership } from '../ownership/ownership.ts'
import { StoreUnavailable } from '../store/store.ts'
import { isLimited, type BatchLines } from './batch-lines.ts'
import { createFormGate } from './body/form-gate.ts'
import { spliceStrings } from './body/json-splice.ts'
import type { Authorized, RequestBody, Resolved } from './exchange.ts'
import { inOrder, isOwnedKind, mentionOf, missing, type Mention } from './mention.ts'
import type { Namespace } from './namespace.ts'
import { checkNamesModel, isChoice } from './model-choice.ts'
import { queryMentions, rewriteQuery } from './query.ts'

/** At once where nothing is named, announced or read on its way: most requests. */
export type Resolve = (authorized: Authorized) => Resolved | Promise<Resolved>

export type ResolveOptions = {
  readonly ownership: Ownership
  readonly tenancy: Tenancy
  readonly namespace: Namespace
  readonly checkLines: BatchLines
  /** Nothing lives on another upstream account than that of the settings. */
  readonly hasOneAccount: () => boolean
  readonly maxFieldBytes: number
  readonly clientSilenceMs: number
}

/** Whose request is checked by the rules of which row. */
type Checked = Pick<Authorized, 'caller' | 'endpoint' | 'params' | 'plan'>

/** What the ids of a request come to. */
type Verdict = { readonly pinned: AccountId | null; readonly deleted: Found | null; readonly heir: Owner }

export function createResolve(options: ResolveOptions): Resolve {
  const { ownership, tenancy, namespace, checkLines } = options

  const check = (checked: Checked, owner: Owner, all: readonly Mention[]): Promise<Verdict> => judge(checked, owner, ownedOf(checked, all))

  /** @throws Refusal in the words of the upstream for the first id that is not the caller's */
  async function judge({ endpoint, params }: Checked, owner: Owner, owned: readonly Mention[]): Promise<Verdict> {
    const found = await ownership.find(owner, owned.map(namedOf))
    let pinned: AccountId | null = null
    let deleted: Found | null = null
    let heir = owner
    owned.forEach((mention, at) => {
      const one = found[at] ?? null
      const isDelete = mention.resource.act === 'delete'
      if (one === null || (one.access === 'deleting' && !isDelete)) throw missing(mention, params)
      const isPath = mention.resource.at.startsWith('path.')
      const changes = isDelete || ((isPath || written.has(mention.resource.kind)) && endpoint.permission.endsWith(':write'))
      if (one.access === 'read' && changes) throw new Refusal('shared_for_reading')
      if (pinned !== null && pinned !== one.account) throw new Refusal('objects_of_two_accounts', { param: mention.path })
      pinned = one.account
      if (isDelete) deleted = one
      // A shared parent's children are its owner's.
      if (isPath && one.project !== owner.project) heir = { ...owner, project: one.project }
    })
    return { pinned, deleted, heir }
  }

  /** Values each tenant has a space of its own for; null where the tenant has the whole account to itself. */
  const labelFor = (tenant: TenantId): ((value: string) => string) | null =>
    tenancy.isShared() ? (value) => namespace(tenant, value) : null

  function resolve(authorized: Authorized): Resolved | Promise<Resolved> {
    const { caller, plan, params, facts, query, body } = authorized
    const owner: Owner = { tenant: caller.tenant, project: caller.project }
    const label = labelFor(caller.tenant)
    const inPath = plan.params.map(({ name, resource }) => mentionOf(resource, decodeURIComponent(params[name] ?? ''), name))
    const inQuery = queryMentions(query, plan)
    const inBody = facts?.mentions ?? []
    for (const mention of inBody) if (mention.resource.act === 'refuse') refuseSource(mention, tenancy.isDivided())
    if (facts === null && !isRead(authorized)) checkNamesModel(authorized.caller, authorized.plan.choosesModel, inQuery)
    if (facts !== null && facts.longAt !== null && (tenancy.isDivided() || caller.mayUse !== null))
      throw new Refusal('string_above_max_length', { param: facts.longAt })
    const owned = ownedOf(authorized, [...inPath, ...inQuery, ...inBody])
    const isPlain = owned.length === 0 && body.kind !== 'stream' && plan.intent === null && ownership.isReachable()
    if (!isPlain) return resolveNamed(authorized, owner, label, owned)
    const head = headed(authorized, owner, label)
    const labels = label === null ? body : labelled(body, inBody, label)
    return { ...authorized, ...head, heir: owner, accountId: caller.account, body: labels, deleting: null, intent: null }
  }

  async function resolveNamed(
    authorized: Authorized,
    owner: Owner,
    label: ((value: string) => string) | null,
    owned: readonly Mention[],
  ): Promise<Resolved> {
    const { caller, facts, body } = authorized
    const inBody = facts?.mentions ?? []
    const { pinned, deleted, heir } = await judge(authorized, owner, owned)

    const account = pinned ?? caller.account
    const gate = body.kind === 'stream' ? await openGate(authorized, owner, account, label) : null
    const chosen = gate?.pinned() ?? account
    if (pinned !== null && chosen !== pinned) throw new Refusal('objects_of_two_accounts', { param: 'form' })
    for (const { resource, value } of inBody)
      if (resource.act === 'lines' && (tenancy.isDivided() || isLimited(caller)))
        await checkLines(authorized, chosen, value, (ofLine, line) => check(line, owner, ofLine))

    return {
      ...authorized,
      ...headed(authorized, owner, label),
      heir,
      accountId: chosen,
      body: gate === null ? (label === null ? body : labelled(body, inBody, label)) : gate.body,
      deleting: deleted === null ? null : await beginDelete(authorized, deleted),
      intent: await announce(authorized, owner, chosen),
    }
  }

  /** What does not depend on what the request names. */
  function headed(
    { caller, plan, query }: Authorized,
    owner: Owner,
    label: ((value: string) => string) | null,
  ): Pick<Resolved, 'owner' | 'label' | 'isAlone' | 'upstreamQuery' | 'isListed'> {
    const isAlone = !tenancy.isDivided() && tenancy.home() === caller.tenant
    const isWhole = isAlone && (plan.list !== 'model' || caller.mayUse === null)
    return {
      owner,
      label,
      isAlone,
      upstreamQuery: label === null ? query : rewriteQuery(query, (name, value) => (isLabel(plan.queries.get(name)) ? label(value) : null)),
      isListed: plan.list !== null && !isWhole,
    }
  }

  /** A form is read while it passes: what is held back of it is only ever the field that is being read. */
  async function openGate(
    authorized: Authorized,
    owner: Owner,
    account: AccountId,
    label: ((value: string) => string) | null,
  ): Promise<(Gate & { readonly body: RequestBody }) | null> {
    const { plan, body, head, incoming, tally, departure } = authorized
    if (body.kind !== 'stream' || !isRead(authorized)) return null
    // Nothing in it could be another's: it streams as if nobody looked.
    if (!tenancy.isDivided() && tenancy.home() === owner.tenant && authorized.caller.mayUse === null && options.hasOneAccount()) return null
    let pinned: AccountId | null = null
    let hasBegun = false
    let hasModel = queryMentions(authorized.query, plan).some(({ resource }) => isChoice(resource))
    const gate = createFormGate({
      incoming,
      contentType: head.contentType ?? '',
      rules: plan.form,
      label,
      maxFieldBytes: options.maxFieldBytes,
      silenceMs: options.clientSilenceMs,
      tally,
      departure,
      checkWhole() {
        if (!hasModel) checkNamesModel(authorized.caller, authorized.plan.choosesModel, [])
      },
      async check(mentions) {
        hasModel ||= mentions.some(({ resource }) => isChoice(resource))
        const verdict = await check(authorized, owner, mentions).catch(refuseUnavailable)
        const isFixed = hasBegun || pinned !== null
        if (verdict.pinned !== null && isFixed && verdict.pinned !== (pinned ?? account))
          throw new Refusal('objects_of_two_accounts', { param: mentions[0]?.path ?? 'form' })
        pinned = verdict.pinned ?? pinned
      },
    })
    await gate.begun
    hasBegun = true
    const bytes = gate.changesLength ? null : body.bytes
    return { pinned: () => pinned, body: { kind: 'stream', bytes, gate } }
  }

  /** Denied from now on, whatever becomes of this exchange. */
  async function beginDelete({ plan, params }: Authorized, found: Found): Promise<Resolved['deleting']> {
    if (plan.deletes === null || !found.isRecorded) return null
    const named: Named = { kind: plan.deletes.kind, id: decodeURIComponent(params[plan.deletes.param] ?? '') }
    await ownership.beginDelete(found.account, named)
    return named
  }

  /** Nothing is made upstream that could not be written down. */
  async function announce({ plan, endpoint }: Authorized, owner: Owner, account: AccountId): Promise<IntentId | null> {
    if (plan.intent !== null) return await ownership.intend(owner, account, plan.intent)
    const bears = endpoint.method === 'POST' && (plan.answer !== null || plan.event !== null || plan.location !== null)
    if (bears && !ownership.isReachable()) await ownership.find(owner, [{ kind: 'label', id: '' }])
    return null
  }

  return (authorized) => {
    const resolved = resolve(authorized)
    return resolved instanceof Promise ? resolved.catch(refuseUnavailable) : resolved
  }
}

function refuseUnavailable(error: unknown): never {
  if (error instanceof StoreUnavailable) throw new Refusal('store_unavailable', {}, { cause: error, headers: ['Retry-After', '1'] })
  throw error
}

type Gate = { readonly pinned: () => AccountId | null }

const namedOf = ({ resource, value }: Mention): Named => ({ kind: resource.kind, id: value })
const isLabel = (resources: readonly Resource[] | undefined): boolean => resources?.some(({ act }) => act === 'namespace') === true
/** Acts that name an object which must be the caller's. */
const names: ReadonlySet<ResourceAct> = new Set(['use', 'delete'])
/** A request that works with one of these writes to it, wherever it names it. */
const written: ReadonlySet<ResourceKind> = new Set(['conversation', 'container', 'agent_environment', 'agent_session'])

/** Whether the body is read as it passes. */
const isRead = ({ body, plan, head: { contentType } }: Authorized): boolean =>
  body.kind === 'stream' && plan.form.size > 0 && contentType !== null && /^\s*multipart\//i.test(contentType)

/**
 * What must be the caller's, in the order in which it is looked for.
 * @throws Refusal model_not_allowed
 */
function ownedOf({ caller, plan }: Checked, all: readonly Mention[]): readonly Mention[] {
  const mentions = inOrder(all, plan)
  for (const { resource, value } of mentions) if (resource.kind === 'model') checkModel(caller, value)
  return mentions.filter((mention) => names.has(mention.resource.act) && isOwnedKind(mention))
}

function checkModel(caller: Caller, model: string): void {
  if (caller.mayUse !== null && !caller.mayUse(model)) throw new Refusal('model_not_allowed', { model, param: 'model' })
}

function refuseSource({ resource, value, path }: Mention, isDivided: boolean): void {
  if (isDivided && resource.values?.includes(value) === true) throw new Refusal('source_not_for_tenants', { param: path, given: value })
}

/** The body with the values that need a space of their own in it, everything else byte for byte. */
function labelled(body: RequestBody, mentions: readonly Mention[], label: (value: string) => string): RequestBody {
  const labels = mentions.filter(({ resource }) => resource.act === 'namespace')
  if (body.kind !== 'bytes' || labels.length === 0) return body
  const plain = body.inflated ?? body.bytes
  return {
    kind: 'bytes',
    bytes: spliceStrings(
      plain,
      labels.map(({ start, end, value }) => ({ start, end, text: label(value) })),
    ),
    inflated: null,
    isRecoded: body.inflated !== null,
  }
}
