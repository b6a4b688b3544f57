// Which tenant and project own which upstream object, and on which account it lives: the words other modules use.
import type { ResourceKind } from '../catalog/kinds.ts'
import type { AccountId, IntentId, ProjectId, TenantId } from '../kernel/ids.ts'

/** An id as a request or an answer names it. */
export type Named = { readonly kind: ResourceKind; readonly id: string }

/** On whose behalf: an object belongs to a project, and a project to a tenant. */
export type Owner = { readonly tenant: TenantId; readonly project: ProjectId }

/** `read`: another project of the tenant shares it. `deleting`: only a second delete may still name it. */
export type Access = 'own' | 'read' | 'deleting'

/** `isRecorded` is false for what nobody recorded and the caller's tenant is the home of. */
export type Found = { readonly account: AccountId; readonly project: ProjectId; readonly access: Access; readonly isRecorded: boolean }

/** An object that is born, or seen inside what is the owner's. */
export type Born = Named & {
  /** Id of the object it is part of. */
  readonly parent: string | null
  /** Of kinds with a list: the object as the upstream told it, when it was born or seen last; null while unknown. */
  readonly body: string | null
}

export type Ownership = {
  /**
   * In the order of `named`; null where the id is nobody's, another's or gone: the caller cannot tell which.
   * @throws StoreUnavailable
   */
  readonly find: (owner: Owner, named: readonly Named[]) => Promise<readonly (Found | null)[]>
  /**
   * Writes owners down; when it resolves they are on disk. Who is recorded stays: an id that is another's is left as it is.
   * @returns the ids that are another's
   * @throws StoreUnavailable; they are written as soon as the database answers again
   */
  readonly record: (owner: Owner, account: AccountId, born: readonly Born[]) => Promise<readonly Named[]>
  /** Ids this process knows to be recorded for the owner: recording them again would change nothing. */
  readonly isKnown: (owner: Owner, account: AccountId, named: Named) => boolean
  /** The object as the upstream told it just now, for lists. In the background: a body that is lost is asked for again. */
  readonly remember: (account: AccountId, named: Named, body: string) => void
  /** Before a create is sent. @throws StoreUnavailable */
  readonly intend: (owner: Owner, account: AccountId, kind: ResourceKind) => Promise<IntentId>
  /** The create did not happen. In the background. */
  readonly forget: (intent: IntentId) => void
  /** Denied from now on. @throws StoreUnavailable */
  readonly beginDelete: (account: AccountId, named: Named) => Promise<void>
  /** `gone`: the upstream has it no more. `live`: it refused to delete. In the background: what is lost is finished later. */
  readonly endDelete: (account: AccountId, named: Named, state: 'gone' | 'live') => void
  /** False while the database does not answer. */
  readonly isReachable: () => boolean
  /** Waits for what was left to the background. */
  readonly close: () => Promise<void>
}
