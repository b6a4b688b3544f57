// Shares: a project may read what another project of its tenant owns. Nothing is ever shared with another tenant.
import type { AccountId, ProjectId, TenantId } from '../../kernel/ids.ts'
import type { Row, Store } from '../../store/store.ts'
import type { Change } from '../change.ts'
import { DirectoryError } from '../directory-error.ts'
import type { Actor, Share } from '../records.ts'
import { findProject } from './projects.ts'
import { findTenant } from './tenants.ts'

export type Shares = {
  /** `project` is who may read it: another project of the tenant that owns the object. */
  readonly grant: (
    actor: Actor,
    options: { readonly kind: string; readonly id: string; readonly project: string; readonly tenant?: string },
  ) => Promise<Share>
  readonly revoke: (
    actor: Actor,
    options: { readonly kind: string; readonly id: string; readonly project: string; readonly tenant?: string },
  ) => Promise<Share>
  readonly list: (options?: { readonly tenant?: string; readonly project?: string }) => Promise<readonly Share[]>
}

export function createShares({ store, change }: { readonly store: Store; readonly change: Change }): Shares {
  return {
    grant: (actor, { kind, id, ...named }) =>
      change(actor, async (sql) => {
        const project = await findProject(sql, named)
        // Another tenant's object is as unknown here as one that is not there.
        const [object] = await sql.all(
          "SELECT account, project FROM objects WHERE id = ? AND kind = ? AND tenant = ? AND state = 'live'",
          id,
          kind,
          project.tenant,
        )
        if (object === undefined) throw new DirectoryError('unknown', 'id', `${project.tenantName} owns no ${kind} ${id}.`)
        if (object['project'] === project.id) throw new DirectoryError('invalid', 'project', `${project.name} owns ${id} itself.`)
        const account = object['account'] as AccountId
        const added = await sql.run(
          'INSERT INTO shares (account, kind, id, project) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
          account,
          kind,
          id,
          project.id,
        )
        const share: Share = {
          kind,
          id,
          account,
          project: project.id,
          projectName: project.name,
          tenant: project.tenant,
          tenantName: project.tenantName,
        }
        return { result: share, entry: added === 0 ? null : { action: 'share.grant', target: id, detail: { kind, project: project.id } } }
      }),

    revoke: (actor, { kind, id, ...named }) =>
      change(actor, async (sql) => {
        const project = await findProject(sql, named)
        const [share] = (await sql.all(`${shareRows} WHERE s.id = ? AND s.kind = ? AND s.project = ?`, id, kind, project.id)).map(shareOf)
        if (share === undefined) throw new DirectoryError('unknown', 'id', `${project.name} was not granted the ${kind} ${id}.`)
        await sql.run('DELETE FROM shares WHERE id = ? AND kind = ? AND project = ?', id, kind, project.id)
        return { result: share, entry: { action: 'share.revoke', target: id, detail: { kind, project: project.id } } }
      }),

    list: async ({ tenant, project } = {}) => {
      const order = 'ORDER BY t.name, p.name, s.kind, s.id'
      if (project !== undefined)
        return (await store.all(`${shareRows} WHERE s.project = ? ${order}`, (await findProject(store, { project, tenant })).id)).map(
          shareOf,
        )
      if (tenant !== undefined)
        return (await store.all(`${shareRows} WHERE p.tenant = ? ${order}`, (await findTenant(store, tenant)).id)).map(shareOf)
      return (await store.all(`${shareRows} ${order}`)).map(shareOf)
    },
  }
}

const shareRows = `SELECT s.kind, s.id, s.account, s.project, p.name AS project_name, p.tenant, t.name AS tenant_name
  FROM shares s JOIN projects p ON p.id = s.project JOIN tenants t ON t.id = p.tenant`

function shareOf(row: Row): Share {
  return {
    kind: row['kind'] as string,
    id: row['id'] as string,
    account: row['account'] as AccountId,
    project: row['project'] as ProjectId,
    projectName: row['project_name'] as string,
    tenant: row['tenant'] as TenantId,
    tenantName: row['tenant_name'] as string,
  }
}
