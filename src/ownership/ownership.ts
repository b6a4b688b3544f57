// Which tenant and project own which upstream object, and on which account it lives.
import type { ResourceKind } from '../catalog/kinds.ts'
import type { AccountId, ProjectId, TenantId } from '../kernel/ids.ts'

/** An id as a request or an answer names it. */
export type Named = { readonly kind: ResourceKind; readonly id: string }

/** On whose behalf: an object belongs to a project, and a project to a tenant. */
export type Owner = { readonly tenant: TenantId; readonly project: ProjectId }

/** `read`: another project of the tenant shares it. `deleting`: only a second delete may still name it. */
export type Access = 'own' | 'read' | 'deleting'

export type Found = { readonly account: AccountId; readonly access: Access }

/** An object that is born, or seen inside what is the owner's. */
export type Born = Named & {
  readonly parent: string | null
  /** Of lists: the object as the upstream told it, when it was born or seen last. */
  readonly body?: string
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
   */
  readonly record: (owner: Owner, account: AccountId, born: readonly Born[]) => Promise<readonly string[]>
}
