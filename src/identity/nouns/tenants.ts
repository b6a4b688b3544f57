// Tenants: made with a project `default`, disabled and enabled. There is no way to remove one: what it owns would be nobody's.
import type { Clock } from '../../kernel/clock.ts'
import { newProjectId, newTenantId, type AccountId, type TenantId } from '../../kernel/ids.ts'
import type { Row, Sql, Store } from '../../store/store.ts'
import type { Change } from '../change.ts'
import { DirectoryError } from '../directory-error.ts'
import { checkName } from '../names.ts'
import type { Actor, Tenant } from '../records.ts'

export type Tenants = {
  /** With a project `default`. */
  readonly create: (actor: Actor, options: { readonly name: string }) => Promise<Tenant>
  readonly list: () => Promise<readonly Tenant[]>
  /** Its tokens are refused until it is enabled again; what it owns stays. */
  readonly disable: (actor: Actor, options: { readonly tenant: string }) => Promise<Tenant>
  readonly enable: (actor: Actor, options: { readonly tenant: string }) => Promise<Tenant>
}

/** What belongs to nobody in particular belongs to the tenant, and to the project, of this name. */
export const defaultName = 'default'

export function createTenants({
  store,
  change,
  clock,
}: {
  readonly store: Store
  readonly change: Change
  readonly clock: Clock
}): Tenants {
  const setDisabled = (actor: Actor, named: string, isDisabled: boolean): Promise<Tenant> =>
    change(actor, async (sql) => {
      const tenant = await findTenant(sql, named)
      if ((tenant.disabledAt !== null) === isDisabled) return { result: tenant, entry: null }
      const disabledAt = isDisabled ? clock.now() : null
      await sql.run('UPDATE tenants SET disabled_at = ? WHERE id = ?', disabledAt, tenant.id)
      return {
        result: { ...tenant, disabledAt },
        entry: { action: isDisabled ? 'tenant.disable' : 'tenant.enable', target: tenant.id, detail: { name: tenant.name } },
      }
    })

  return {
    create: async (actor, { name }) => {
      checkName('tenant', name)
      return await change(actor, async (sql) => {
        if ((await sql.all('SELECT id FROM tenants WHERE name = ?', name)).length > 0)
          throw new DirectoryError('taken', 'name', `There is a tenant named ${name} already: choose another name.`)
        const tenant: Tenant = { id: newTenantId(), name, account: null, createdAt: clock.now(), disabledAt: null }
        await sql.run('INSERT INTO tenants (id, name, created_at) VALUES (?, ?, ?)', tenant.id, name, tenant.createdAt)
        const project = newProjectId()
        await sql.run(
          'INSERT INTO projects (id, tenant, name, created_at) VALUES (?, ?, ?, ?)',
          project,
          tenant.id,
          defaultName,
          tenant.createdAt,
        )
        return { result: tenant, entry: { action: 'tenant.create', target: tenant.id, detail: { name, project } } }
      })
    },
    list: async () => (await store.all(`${tenantRows} ORDER BY created_at, id`)).map(tenantOf),
    disable: (actor, { tenant }) => setDisabled(actor, tenant, true),
    enable: (actor, { tenant }) => setDisabled(actor, tenant, false),
  }
}

const tenantRows = 'SELECT id, name, account, created_at, disabled_at FROM tenants'

/** By name or id; the tenant `default` where none is named. */
export async function findTenant(sql: Sql, named: string = defaultName): Promise<Tenant> {
  const row = (await sql.all(`${tenantRows} WHERE id = ? OR name = ?`, named, named))[0]
  if (row === undefined)
    throw new DirectoryError('unknown', 'tenant', `There is no tenant ${named}: \`relay tenant list\` shows the names and ids.`)
  return tenantOf(row)
}

function tenantOf(row: Row): Tenant {
  return {
    id: row['id'] as TenantId,
    name: row['name'] as string,
    account: row['account'] as AccountId | null,
    createdAt: row['created_at'] as number,
    disabledAt: row['disabled_at'] as number | null,
  }
}
