// Upstream accounts: the keys a tenant or a project may have of its own. A key is sealed when it comes in and never shown again.
import type { Clock } from '../../kernel/clock.ts'
import { firstAccountId, newAccountId, type AccountId } from '../../kernel/ids.ts'
import type { Row, Sql, Store } from '../../store/store.ts'
import type { Change } from '../change.ts'
import { DirectoryError } from '../directory-error.ts'
import { checkName } from '../names.ts'
import type { Account, Actor, Project, Tenant } from '../records.ts'
import type { Seal } from '../seal.ts'
import { findProject } from './projects.ts'
import { findTenant } from './tenants.ts'

export type Accounts = {
  readonly create: (
    actor: Actor,
    options: {
      readonly name: string
      readonly key: string
      readonly url?: string
      readonly organization?: string
      readonly project?: string
    },
  ) => Promise<Account>
  readonly list: () => Promise<readonly Account[]>
  /** Another key of the same organization: what is on the account stays there. */
  readonly rekey: (actor: Actor, options: { readonly account: string; readonly key: string }) => Promise<Account>
  /** Only while no tenant, project or object is on it. */
  readonly remove: (actor: Actor, options: { readonly account: string }) => Promise<Account>
  /** For a whole tenant, or for one project of it. Without an account: back to what would count otherwise. */
  readonly assign: (
    actor: Actor,
    options: { readonly account?: string; readonly tenant?: string; readonly project?: string },
  ) => Promise<Tenant | Project>
}

export function createAccounts({
  store,
  change,
  clock,
  seal,
}: {
  readonly store: Store
  readonly change: Change
  readonly clock: Clock
  readonly seal: Seal
}): Accounts {
  return {
    create: async (actor, { name, key, url: given, organization = null, project = null }) => {
      checkName('account', name)
      checkKey(key)
      const url = given === undefined ? null : baseUrl(given)
      for (const [param, value] of Object.entries({ organization, project })) {
        if (value !== null && !isVisibleAscii(value))
          throw new DirectoryError('invalid', param, `${param} is sent in a header: visible ASCII characters without spaces.`)
      }
      return await change(actor, async (sql) => {
        if ((await sql.all('SELECT id FROM accounts WHERE name = ?', name)).length > 0)
          throw new DirectoryError('taken', 'name', `There is an account named ${name} already: choose another name.`)
        const account: Account = { id: newAccountId(), name, url, organization, project, hasKey: true, createdAt: clock.now() }
        await sql.run(
          'INSERT INTO accounts (id, name, url, sealed_key, organization, project, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
          account.id,
          name,
          url,
          seal.close(key, account.id),
          organization,
          project,
          account.createdAt,
        )
        return { result: account, entry: { action: 'account.create', target: account.id, detail: { name, url, organization, project } } }
      })
    },

    list: async () => (await store.all(`${accountRows} ORDER BY created_at, id`)).map(accountOf),

    rekey: async (actor, { account: named, key }) => {
      checkKey(key)
      return await change(actor, async (sql) => {
        const account = await findAccount(sql, named)
        if (account.id === firstAccountId)
          throw new DirectoryError(
            'in-use',
            'account',
            `The key of ${account.name} cannot be replaced here, it is in the settings: set OPENAI_API_KEY and start again.`,
          )
        await sql.run('UPDATE accounts SET sealed_key = ? WHERE id = ?', seal.close(key, account.id), account.id)
        return { result: account, entry: { action: 'account.rekey', target: account.id, detail: { name: account.name } } }
      })
    },

    remove: (actor, { account: named }) =>
      change(actor, async (sql) => {
        const account = await findAccount(sql, named)
        if (account.id === firstAccountId)
          throw new DirectoryError('in-use', 'account', `${account.name} is the account of the settings and cannot be removed.`)
        for (const [noun, table] of users) {
          if ((await sql.all(`SELECT 1 AS used FROM ${table} WHERE account = ? LIMIT 1`, account.id)).length > 0)
            throw new DirectoryError('in-use', 'account', `${account.name} cannot be removed: there are ${noun} on it.`)
        }
        await sql.run('DELETE FROM accounts WHERE id = ?', account.id)
        return { result: account, entry: { action: 'account.remove', target: account.id, detail: { name: account.name } } }
      }),

    assign: async (actor, { account: named, tenant, project }) => {
      if (tenant === undefined && project === undefined)
        throw new DirectoryError('invalid', 'tenant', 'Name the tenant, or the project, that the account is for.')
      return await change(actor, async (sql) => {
        const account = named === undefined ? null : (await findAccount(sql, named)).id
        const isForTenant = project === undefined
        const target = isForTenant ? await findTenant(sql, tenant) : await findProject(sql, { project, tenant })
        await sql.run(`UPDATE ${isForTenant ? 'tenants' : 'projects'} SET account = ? WHERE id = ?`, account, target.id)
        return { result: { ...target, account }, entry: { action: 'account.assign', target: target.id, detail: { account } } }
      })
    },
  }
}

/** Who keeps an account from being removed. */
const users = [
  ['tenants', 'tenants'],
  ['projects', 'projects'],
  ['objects', 'objects'],
  ['unfinished requests', 'intents'],
] as const

const accountRows =
  'SELECT id, name, url, organization, project, CASE WHEN sealed_key IS NULL THEN 0 ELSE 1 END AS has_key, created_at FROM accounts'

async function findAccount(sql: Sql, named: string): Promise<Account> {
  const row = (await sql.all(`${accountRows} WHERE id = ? OR name = ?`, named, named))[0]
  if (row === undefined)
    throw new DirectoryError('unknown', 'account', `There is no account ${named}: \`relay account list\` shows the names and ids.`)
  return accountOf(row)
}

function accountOf(row: Row): Account {
  return {
    id: row['id'] as AccountId,
    name: row['name'] as string,
    url: row['url'] as string | null,
    organization: row['organization'] as string | null,
    project: row['project'] as string | null,
    hasKey: row['has_key'] === 1,
    createdAt: row['created_at'] as number,
  }
}

function checkKey(key: string): void {
  if (!isVisibleAscii(key))
    throw new DirectoryError('invalid', 'key', 'A key is given as it was issued: visible ASCII, no spaces, no line end.')
}

const isVisibleAscii = (text: string): boolean => /^[\x21-\x7e]+$/.test(text)

/** Kept without its last slash, as the URL of the settings is. The request adds path and query, so it can have no query of its own. */
function baseUrl(text: string): string {
  const isPlain = /^https?:\/\/[^\s\p{Cc}\\?#]+$/iu.test(text) && URL.canParse(text)
  const url = isPlain ? new URL(text) : null
  if (url === null || url.username !== '' || url.password !== '')
    throw new DirectoryError(
      'invalid',
      'url',
      `${text} is no base URL: use an http or https URL without user, password, query and fragment, such as https://api.openai.com/v1.`,
    )
  return url.href.replace(/\/+$/, '')
}
