// The table of the admin API: what an operator can ask of tenants and what belongs to them. Data only; what a row does stands
// under its id in handlers.ts. Wherever something is named, its name or its id will do.
import type { Field } from '../kernel/field.ts'
import type { Input, Operation } from './operation.ts'

const text = (description: string, example: string, more: Partial<Input> = {}): Input => ({ type: 'string', description, example, minLength: 1, maxLength: 1000, ...more })
const texts = (option: string, description: string, ...example: readonly string[]): Input => {
  const items: Field = { type: 'string', description: 'One of them.', minLength: 1, maxLength: 200 }
  return { type: 'array', description, option, example, items, minItems: 1, maxItems: 1000 }
}

const tenant = text('Its tenant; default where none is named.', 'red')
const ofTenant = text('Only those of this tenant.', 'red')
const project = text('Its project; default where none is named.', 'web')
const named = (what: string, example: string): Input => text(`Name of the new ${what}.`, example)
const which = (what: string, example: string): Input => text(`Name or id of the ${what}.`, example)
const sharing = {
  kind: text('Kind of the object.', 'file'), id: text('Id of the object.', 'file-abc'), project: text('The project that reads it: another one of the tenant that owns it.', 'web'), tenant,
}

export const operations = [
  { id: 'tenants.create', method: 'POST', path: '/admin/v1/tenants', command: 'tenant create <name>', output: 'tenant', answers: 'one',
    summary: 'Make a tenant, with a project named default.', examples: ['tenant create red'],
    input: { name: named('tenant', 'red') }, required: ['name'], said: 'Made the tenant {name} ({id}). `relay token create --tenant {name}` makes a token of it.' },
  { id: 'tenants.list', method: 'GET', path: '/admin/v1/tenants', command: 'tenant list', output: 'tenant', answers: 'all',
    summary: 'List the tenants.', examples: ['tenant list'], input: {}, required: [], said: 'There are no tenants in {where}.' },
  { id: 'tenants.disable', method: 'POST', path: '/admin/v1/tenants/{tenant}/disable', command: 'tenant disable <tenant>', output: 'tenant', answers: 'one',
    summary: 'Refuse the tokens of a tenant until it is enabled again; what it owns stays.', examples: ['tenant disable red'],
    input: { tenant: which('tenant', 'red') }, required: ['tenant'], said: 'Disabled the tenant {name} ({id}). A running relay refuses its tokens within a second.' },
  { id: 'tenants.enable', method: 'POST', path: '/admin/v1/tenants/{tenant}/enable', command: 'tenant enable <tenant>', output: 'tenant', answers: 'one',
    summary: 'Let the tokens of a disabled tenant in again.', examples: ['tenant enable red'],
    input: { tenant: which('tenant', 'red') }, required: ['tenant'], said: 'Enabled the tenant {name} ({id}).' },

  { id: 'projects.create', method: 'POST', path: '/admin/v1/projects', command: 'project create <name>', output: 'project', answers: 'one',
    summary: 'Make a project: objects of one are not seen by another.', examples: ['project create web --tenant red'],
    input: { name: named('project', 'web'), tenant }, required: ['name'], said: 'Made the project {name} ({id}) of the tenant {tenantName}.' },
  { id: 'projects.list', method: 'GET', path: '/admin/v1/projects', command: 'project list', output: 'project', answers: 'all',
    summary: 'List the projects.', examples: ['project list --tenant red'], input: { tenant: ofTenant }, required: [], said: 'There are no projects in {where}.' },

  { id: 'tokens.create', method: 'POST', path: '/admin/v1/tokens', command: 'token create [name]', output: 'newToken', answers: 'one',
    summary: 'Make a token and show it, this one time.',
    examples: ['token create "laptop of Ada"', 'token create ci --tenant red --project web', "token create bot --permission files:read --permission 'responses:*' --model 'gpt-*' --expires 30d", "token create reader --endpoint 'files.*' --json"],
    input: {
      name: text('Its name; the first free one of token-1, token-2, ... where none is given.', 'ci'), tenant, project,
      permissions: texts('permission', 'What it may do, such as files:read, `*` for any part; everything where none is given.', 'files:read', 'responses:*'),
      models: texts('model', 'A model it may use, `*` for any part; all where none is given.', 'gpt-*'),
      endpoints: texts('endpoint', 'An endpoint it may call by its name in the catalog, `*` for any part; all where none is given.', 'files.*', 'responses.*'),
      expires: text('When it ends: after a time such as 30d, 12h or 90m, or at one such as 2031-01-31T00:00:00Z. Never where none is given.', '30d'),
    }, required: [], said: 'Made the token {name} ({id}) in {where}. It is shown this one time:' },
  { id: 'tokens.list', method: 'GET', path: '/admin/v1/tokens', command: 'token list', output: 'token', answers: 'all',
    summary: 'List the tokens, without their secrets, revoked ones too.', examples: ['token list', 'token list --tenant red --json'],
    input: { tenant: ofTenant, project: text('Only those of this project.', 'web') }, required: [], said: 'There are no tokens in {where}: `relay token create NAME` makes one.' },
  { id: 'tokens.rotate', method: 'POST', path: '/admin/v1/tokens/{token}/rotate', command: 'token rotate <token>', output: 'newToken', answers: 'one',
    summary: 'Give a token a new secret; the old one ends after an overlap.', examples: ['token rotate ci --tenant red', 'token rotate ci --overlap 15m'],
    input: { token: which('token', 'ci'), tenant: text('Its tenant, where several have a token of that name.', 'red'), overlap: text('How long the old secret counts, such as 15m; 24h where none is given, 0s to end it at once.', '1h') },
    required: ['token'], said: 'Rotated the token {name} (now {id}) in {where}. The old secret ends after the overlap. The new one is shown this one time:' },
  { id: 'tokens.revoke', method: 'POST', path: '/admin/v1/tokens/{token}/revoke', command: 'token revoke <token>', output: 'token', answers: 'one',
    summary: 'End a token.', examples: ['token revoke ci', 'token revoke tok_0123'],
    input: { token: which('token', 'ci'), tenant: text('Its tenant, where several have a token of that name.', 'red') }, required: ['token'],
    said: 'Revoked the token {name} ({id}). A running relay refuses it within a second.' },

  { id: 'members.add', method: 'POST', path: '/admin/v1/members', command: 'member add <email>', output: 'member', answers: 'one',
    summary: 'Add a person to a tenant, or change their role.', examples: ['member add ada@example.com --tenant red --role admin'],
    input: { email: text('Who it is.', 'ada@example.com'), role: { ...text('What they may do: change what belongs to the tenant, or look.', 'admin'), enum: ['admin', 'viewer'] }, tenant }, required: ['email', 'role'],
    said: '{email} ({id}) is {role} of the tenant {tenantName}.' },
  { id: 'members.list', method: 'GET', path: '/admin/v1/members', command: 'member list', output: 'member', answers: 'all',
    summary: 'List the members.', examples: ['member list --tenant red'], input: { tenant: ofTenant }, required: [], said: 'There are no members in {where}.' },
  { id: 'members.remove', method: 'DELETE', path: '/admin/v1/members/{member}', command: 'member remove <member>', output: 'member', answers: 'one',
    summary: 'Take a person out of a tenant.', examples: ['member remove ada@example.com --tenant red'],
    input: { member: text('Address or id of the member.', 'ada@example.com'), tenant }, required: ['member'], said: 'Removed {email} ({id}) from the tenant {tenantName}.' },

  { id: 'accounts.create', method: 'POST', path: '/admin/v1/accounts', command: 'account create <name>', output: 'account', answers: 'one',
    summary: 'Add an upstream account: a key of its own for a tenant or project.',
    examples: ['account create eu --key-env EU_KEY', 'account create local --base-url http://127.0.0.1:11434/v1 < key.txt'],
    input: {
      name: named('account', 'eu'), key: text('Its key, sealed in the database and never shown.', 'sk-...', { isSecret: true }),
      url: text('Base URL of the upstream; that of the settings where none is given.', 'https://eu.api.openai.com/v1', { option: 'base-url' }),
      organization: text('Organization sent with every request.', 'org-abc'), project: text('Project of the upstream sent with every request.', 'proj_abc'),
    }, required: ['name', 'key'], said: 'Added the upstream account {name} ({id}). `relay account assign {name} --tenant TENANT` uses it.' },
  { id: 'accounts.list', method: 'GET', path: '/admin/v1/accounts', command: 'account list', output: 'account', answers: 'all',
    summary: 'List the upstream accounts, without their keys.', examples: ['account list'], input: {}, required: [], said: 'There are no upstream accounts in {where}.' },
  { id: 'accounts.assign', method: 'POST', path: '/admin/v1/accounts/assign', command: 'account assign [account]', output: 'assignment', answers: 'one',
    summary: 'Send what a tenant, or one project of it, makes from now on to an account. Without an account: back to what would count otherwise.',
    examples: ['account assign eu --tenant red', 'account assign eu --tenant red --project web', 'account assign --tenant red'],
    input: { account: which('account', 'eu'), tenant: text('The tenant. This or a project must be named.', 'red'), project: text('One project of it; of the tenant default where none is named.', 'web') }, required: [],
    said: 'Upstream account of {name} ({id}): {account}.' },
  { id: 'accounts.rekey', method: 'POST', path: '/admin/v1/accounts/{account}/rekey', command: 'account rekey <account>', output: 'account', answers: 'one',
    summary: 'Give an upstream account another key of the same organization and project; what is on it stays there.', examples: ['account rekey eu --key-env NEW_EU_KEY', 'account rekey eu < key.txt'],
    input: { account: which('account', 'eu'), key: text('Its new key, sealed in the database and never shown.', 'sk-...', { isSecret: true }) }, required: ['account', 'key'],
    said: 'The upstream account {name} ({id}) has another key. A running relay sends it within a second.' },
  { id: 'accounts.remove', method: 'DELETE', path: '/admin/v1/accounts/{account}', command: 'account remove <account>', output: 'account', answers: 'one',
    summary: 'Remove an upstream account that nothing uses.', examples: ['account remove eu'],
    input: { account: which('account', 'eu') }, required: ['account'], said: 'Removed the upstream account {name} ({id}).' },

  { id: 'shares.grant', method: 'POST', path: '/admin/v1/shares', command: 'share grant <kind> <id>', output: 'share', answers: 'one',
    summary: 'Let another project of the same tenant read an object.', examples: ['share grant file file-abc --tenant red --project web'],
    input: sharing, required: ['kind', 'id', 'project'], said: 'The project {projectName} of the tenant {tenantName} may read {id}.' },
  { id: 'shares.list', method: 'GET', path: '/admin/v1/shares', command: 'share list', output: 'share', answers: 'all',
    summary: 'List what is shared.', examples: ['share list --tenant red'],
    input: { tenant: ofTenant, project: text('Only what this project may read.', 'web') }, required: [], said: 'Nothing is shared in {where}.' },
  { id: 'shares.revoke', method: 'DELETE', path: '/admin/v1/shares', command: 'share revoke <kind> <id>', output: 'share', answers: 'one',
    summary: 'End what was granted.', examples: ['share revoke file file-abc --tenant red --project web'],
    input: sharing, required: ['kind', 'id', 'project'], said: 'The project {projectName} of the tenant {tenantName} may not read {id} any more.' },

  { id: 'objects.adopt', method: 'POST', path: '/admin/v1/objects/adopt', command: 'adopt <kind> [ids...]', output: 'adoption', answers: 'one',
    summary: 'Say whose the objects are that were on an account before the relay, by id or by the list of the upstream. Nothing that somebody owns changes hands.',
    examples: ['adopt file file-abc file-def --tenant red --url http://127.0.0.1:8000', 'adopt file --filter purpose=assistants --tenant red --dry-run --url http://127.0.0.1:8000', 'adopt vector_store --all --tenant red --project web --url http://127.0.0.1:8000'],
    input: {
      kind: text('Kind of the objects, such as file, vector_store or batch.', 'file'), ids: texts('id', 'An object by its id.', 'file-abc', 'file-def'),
      all: { type: 'boolean', description: 'All that the upstream lists and nobody owns.', example: false }, filters: texts('filter', 'Those of the list of the upstream that its filter leaves, such as purpose=assistants.', 'purpose=assistants'),
      tenant, project, account: text('The upstream account they are on; that of the project where none is named.', 'default'), dryRun: { type: 'boolean', description: 'Look at everything and change nothing.', example: true },
    }, required: ['kind'], said: '{verdict}' },

  { id: 'audit.list', method: 'GET', path: '/admin/v1/audit', command: 'audit list', output: 'auditRow', answers: 'all',
    summary: 'List the changes, newest first.', examples: ['audit list', 'audit list --limit 100 --before 2000 --json'],
    input: { limit: { type: 'integer', description: 'Most rows of a page; 20 where none is given.', example: 100, minimum: 1, maximum: 1000 }, before: { type: 'integer', description: 'Where to go on: the number of the last row of the page before.', example: 2000, minimum: 1 } },
    required: [], said: 'Nothing was changed in {where} yet.' },
  { id: 'audit.verify', method: 'GET', path: '/admin/v1/audit/verify', command: 'audit verify', output: 'verification', answers: 'one',
    summary: 'Check that no row of the audit is missing and none was changed.', examples: ['audit verify'], input: {}, required: [], said: '{verdict}' },

  { id: 'admin_tokens.create', method: 'POST', path: '/admin/v1/admin_tokens', command: 'admin-token create <name>', output: 'newAdminToken', answers: 'one',
    summary: 'Make a token of this API and show it, this one time.', examples: ['admin-token create ops'],
    input: { name: named('admin token', 'ops') }, required: ['name'], said: 'Made the admin token {name} ({id}) in {where}. It is shown this one time:' },
  { id: 'admin_tokens.list', method: 'GET', path: '/admin/v1/admin_tokens', command: 'admin-token list', output: 'adminToken', answers: 'all',
    summary: 'List the admin tokens, without their secrets.', examples: ['admin-token list'], input: {}, required: [], said: 'There are no admin tokens in {where}: `relay admin-token create NAME` makes one.' },
  { id: 'admin_tokens.revoke', method: 'POST', path: '/admin/v1/admin_tokens/{token}/revoke', command: 'admin-token revoke <token>', output: 'adminToken', answers: 'one',
    summary: 'End an admin token.', examples: ['admin-token revoke ops'],
    input: { token: which('admin token', 'ops') }, required: ['token'], said: 'Revoked the admin token {name} ({id}).' },
] as const satisfies readonly Operation[]

export type OperationId = (typeof operations)[number]['id']
