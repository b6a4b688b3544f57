// Members: the people of a tenant who may sign in, by their address.
import type { Clock } from '../../kernel/clock.ts'
import { newMemberId, type MemberId, type TenantId } from '../../kernel/ids.ts'
import type { Row, Sql, Store } from '../../store/store.ts'
import type { Change } from '../change.ts'
import { DirectoryError } from '../directory-error.ts'
import type { Actor, Member, Role, Tenant } from '../records.ts'
import { findTenant } from './tenants.ts'

export type Members = {
  /** A member who is there already gets the role. */
  readonly add: (actor: Actor, options: { readonly email: string; readonly role: Role; readonly tenant?: string }) => Promise<Member>
  readonly list: (options?: { readonly tenant?: string }) => Promise<readonly Member[]>
  readonly remove: (actor: Actor, options: { readonly member: string; readonly tenant?: string }) => Promise<Member>
}

const roles: readonly Role[] = ['admin', 'viewer']

export function createMembers({
  store,
  change,
  clock,
}: {
  readonly store: Store
  readonly change: Change
  readonly clock: Clock
}): Members {
  return {
    add: async (actor, { email: given, role, tenant: named }) => {
      const email = given.toLowerCase()
      if (!/^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,255}$/u.test(email))
        throw new DirectoryError('invalid', 'email', `${given} is no address: use one such as ada@example.com.`)
      if (!roles.includes(role)) throw new DirectoryError('invalid', 'role', `${role} is no role: use ${roles.join(' or ')}.`)
      return await change(actor, async (sql) => {
        const tenant = await findTenant(sql, named)
        const present = (await sql.all(`${memberRows} WHERE m.tenant = ? AND m.email = ?`, tenant.id, email)).map(memberOf)[0]
        if (present?.role === role) return { result: present, entry: null }
        const member: Member = { ...(present ?? draft(tenant, email)), role }
        await (present === undefined
          ? sql.run(
              'INSERT INTO members (id, tenant, email, role, created_at) VALUES (?, ?, ?, ?, ?)',
              member.id,
              member.tenant,
              email,
              role,
              member.createdAt,
            )
          : sql.run('UPDATE members SET role = ? WHERE id = ?', role, member.id))
        return { result: member, entry: { action: 'member.add', target: member.id, detail: { email, role, tenant: tenant.id } } }
      })
    },

    list: async ({ tenant: named } = {}) => {
      const rows =
        named === undefined
          ? await store.all(`${memberRows} ORDER BY t.name, m.email`)
          : await store.all(`${memberRows} WHERE m.tenant = ? ORDER BY m.email`, (await findTenant(store, named)).id)
      return rows.map(memberOf)
    },

    remove: (actor, { member: named, tenant }) =>
      change(actor, async (sql) => {
        const member = await findMember(sql, named, tenant)
        await sql.run('DELETE FROM members WHERE id = ?', member.id)
        const { email, role } = member
        return { result: member, entry: { action: 'member.remove', target: member.id, detail: { email, role, tenant: member.tenant } } }
      }),
  }

  function draft(tenant: Tenant, email: string): Omit<Member, 'role'> {
    return { id: newMemberId(), email, tenant: tenant.id, tenantName: tenant.name, createdAt: clock.now() }
  }
}

const memberRows =
  'SELECT m.id, m.email, m.role, m.tenant, t.name AS tenant_name, m.created_at FROM members m JOIN tenants t ON t.id = m.tenant'

/** By id, or by address within the tenant. */
async function findMember(sql: Sql, named: string, tenant: string | undefined): Promise<Member> {
  const byId = (await sql.all(`${memberRows} WHERE m.id = ?`, named)).map(memberOf)[0]
  if (byId !== undefined && tenant === undefined) return byId
  const owner = await findTenant(sql, tenant)
  if (byId?.tenant === owner.id) return byId
  const byEmail = (await sql.all(`${memberRows} WHERE m.tenant = ? AND m.email = ?`, owner.id, named.toLowerCase())).map(memberOf)[0]
  if (byEmail !== undefined) return byEmail
  throw new DirectoryError('unknown', 'member', `${owner.name} has no member ${named}: \`relay member list\` shows them.`)
}

function memberOf(row: Row): Member {
  return {
    id: row['id'] as MemberId,
    email: row['email'] as string,
    role: row['role'] as Role,
    tenant: row['tenant'] as TenantId,
    tenantName: row['tenant_name'] as string,
    createdAt: row['created_at'] as number,
  }
}
