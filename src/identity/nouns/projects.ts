// Projects: the parts of a tenant. What one project made, another does not see unless it is shared.
import type { Clock } from '../../kernel/clock.ts'
import { newProjectId, type AccountId, type ProjectId, type TenantId } from '../../kernel/ids.ts'
import type { Row, Sql, Store } from '../../store/store.ts'
import type { Change } from '../change.ts'
import { DirectoryError } from '../directory-error.ts'
import { checkName } from '../names.ts'
import type { Actor, Project } from '../records.ts'
import { defaultName, findTenant } from './tenants.ts'

export type Projects = {
  readonly create: (actor: Actor, options: { readonly name: string; readonly tenant?: string }) => Promise<Project>
  readonly list: (options?: { readonly tenant?: string }) => Promise<readonly Project[]>
}

export function createProjects({
  store,
  change,
  clock,
}: {
  readonly store: Store
  readonly change: Change
  readonly clock: Clock
}): Projects {
  return {
    create: async (actor, { name, tenant: named }) => {
      checkName('project', name)
      return await change(actor, async (sql) => {
        const tenant = await findTenant(sql, named)
        if ((await sql.all('SELECT id FROM projects WHERE tenant = ? AND name = ?', tenant.id, name)).length > 0)
          throw new DirectoryError('taken', 'name', `${tenant.name} has a project named ${name} already: choose another name.`)
        const project: Project = {
          id: newProjectId(),
          name,
          tenant: tenant.id,
          tenantName: tenant.name,
          account: null,
          createdAt: clock.now(),
        }
        await sql.run(
          'INSERT INTO projects (id, tenant, name, created_at) VALUES (?, ?, ?, ?)',
          project.id,
          tenant.id,
          name,
          project.createdAt,
        )
        return { result: project, entry: { action: 'project.create', target: project.id, detail: { name, tenant: tenant.id } } }
      })
    },
    list: async ({ tenant: named } = {}) => {
      const rows =
        named === undefined
          ? await store.all(`${projectRows} ORDER BY t.name, p.created_at, p.id`)
          : await store.all(`${projectRows} WHERE p.tenant = ? ORDER BY p.created_at, p.id`, (await findTenant(store, named)).id)
      return rows.map(projectOf)
    },
  }
}

const projectRows =
  'SELECT p.id, p.name, p.tenant, t.name AS tenant_name, p.account, p.created_at FROM projects p JOIN tenants t ON t.id = p.tenant'

/** An id says whose the project is; a name is looked for in the tenant. */
export async function findProject(
  sql: Sql,
  { project: named, tenant }: { readonly project?: string | undefined; readonly tenant?: string | undefined },
): Promise<Project> {
  const byId = named === undefined ? undefined : (await sql.all(`${projectRows} WHERE p.id = ?`, named))[0]
  const owner = byId !== undefined && tenant === undefined ? null : await findTenant(sql, tenant)
  const name = named ?? defaultName
  const row =
    owner === null ? byId : (await sql.all(`${projectRows} WHERE p.tenant = ? AND (p.id = ? OR p.name = ?)`, owner.id, name, name))[0]
  if (row === undefined)
    throw new DirectoryError('unknown', 'project', `${owner?.name} has no project ${name}: \`relay project list\` shows the names and ids.`)
  return projectOf(row)
}

function projectOf(row: Row): Project {
  return {
    id: row['id'] as ProjectId,
    name: row['name'] as string,
    tenant: row['tenant'] as TenantId,
    tenantName: row['tenant_name'] as string,
    account: row['account'] as AccountId | null,
    createdAt: row['created_at'] as number,
  }
}
