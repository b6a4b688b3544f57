// What operations answer, as data: nothing leaves the admin API that is not a field here. Times are ISO 8601.
import type { Field, Shape } from '../kernel/field.ts'

export type Output = {
  readonly shape: Shape
  /** What a person sees in a list, in this order. */
  readonly columns: readonly string[]
  /** The field that is told this one time and never again. */
  readonly secret: string | null
}

const text = (description: string, more: Partial<Field> = {}): Field => ({ type: 'string', description, ...more })
const whole = (description: string): Field => ({ type: 'integer', description })
const time = (description: string): Field => text(description, { format: 'date-time' })
const maybe = (field: Field): Field => ({ ...field, isNullable: true })
const texts = (description: string): Field => ({ type: 'array', description, items: text('One of them.') })

const tenantOf = { tenant: text('Id of its tenant.'), tenantName: text('Name of its tenant.') }
const createdAt = time('When it was made.')
const madeAt = maybe(time('When it was made; null: it was there from the start.'))
const scope = {
  permissions: maybe(texts('What it may do, `*` for any part; null: everything.')),
  models: maybe(texts('Models it may use, `*` for any part; null: all.')),
  endpoints: maybe(texts('Endpoints it may call, `*` for any part; null: all.')),
}

const token = {
  id: text('Its id.'), name: text('Its name.'), ...tenantOf, project: text('Id of its project.'), projectName: text('Name of its project.'), ...scope,
  last4: text('How the secret ends.'), state: text('Whether it counts.', { enum: ['valid', 'expired', 'revoked'] }), createdAt, createdBy: maybe(text('Who made it; null: the relay by itself.')),
  expiresAt: maybe(time('When it ends by itself.')), lastUsedAt: maybe(time('When it was last used, to the minute.')), revokedAt: maybe(time('When it was revoked.')),
}
const adminToken = {
  id: text('Its id.'), name: text('Its name.'), last4: text('How the secret ends.'), state: text('Whether it counts.', { enum: ['valid', 'revoked'] }), createdAt, revokedAt: maybe(time('When it was revoked.')),
}
const secret = text('The secret. It is shown this one time.')

/** Every field is in every answer. */
const shape = (properties: Shape['properties']): Shape => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false })

export const outputs = {
  tenant: {
    shape: shape({ id: text('Its id.'), name: text('Its name.'), account: maybe(text('Id of its upstream account; null: that of the settings.')), createdAt: madeAt, disabledAt: maybe(time('Since when its tokens are refused.')) }),
    columns: ['name', 'id', 'account', 'createdAt', 'disabledAt'], secret: null },
  project: {
    shape: shape({ id: text('Its id.'), name: text('Its name.'), ...tenantOf, account: maybe(text('Id of its upstream account; null: that of its tenant.')), createdAt: madeAt }),
    columns: ['name', 'id', 'tenantName', 'account', 'createdAt'], secret: null },
  token: { shape: shape(token), columns: ['name', 'id', 'last4', 'tenantName', 'projectName', 'createdAt', 'expiresAt', 'lastUsedAt', 'state'], secret: null },
  newToken: { shape: shape({ token: secret, ...token }), columns: [], secret: 'token' },
  member: {
    shape: shape({ id: text('Its id.'), email: text('Who it is.'), role: text('What they may do.', { enum: ['admin', 'viewer'] }), ...tenantOf, createdAt }),
    columns: ['email', 'id', 'role', 'tenantName', 'createdAt'], secret: null },
  account: {
    shape: shape({ id: text('Its id.'), name: text('Its name.'), url: maybe(text('Base URL; null: that of the settings.')), organization: maybe(text('Organization sent with every request.')), project: maybe(text('Project sent with every request.')), hasKey: { type: 'boolean', description: 'Whether it has a key of its own; that of `default` is in the settings.' }, createdAt: madeAt }),
    columns: ['name', 'id', 'url', 'organization', 'project', 'createdAt'], secret: null },
  assignment: { shape: shape({ id: text('Id of the tenant or project.'), name: text('Name of the tenant or project.'), account: maybe(text('Id of its upstream account; null: what would count otherwise.')) }), columns: [], secret: null },
  share: {
    shape: shape({ kind: text('Kind of the object.'), id: text('Id of the object.'), account: text('Id of the upstream account it is on.'), project: text('Id of the project that may read it.'), projectName: text('Name of the project that may read it.'), ...tenantOf }),
    columns: ['kind', 'id', 'tenantName', 'projectName'], secret: null },
  auditRow: {
    shape: shape({ seq: whole('Its number, from 1 without gaps.'), at: time('When it happened.'), actor: text('Who did it: `cli:` and a user of the machine, or `admin:` and the name of an admin token.'), action: text('What was done.'), target: text('Id of what was changed.'), detail: { type: 'object', description: 'More about it.', properties: {}, additionalProperties: true }, hash: text('Over this row and all before it.') }),
    columns: ['seq', 'at', 'actor', 'action', 'target', 'detail'], secret: null },
  verification: { shape: shape({ ok: { type: 'boolean', description: 'Whether no row is missing and none was changed.' }, rows: whole('How many rows there are.'), brokenAt: maybe(whole('The first row that is missing or is not as it was written.')), verdict: text('The same in words.') }), columns: [], secret: null },
  adoption: {
    shape: shape({
      verdict: text('What was found, in words.'), isDryRun: { type: 'boolean', description: 'Whether nothing was changed.' }, claimed: texts('Ids that are the owner\'s now, or would be.'), theirs: texts('Ids that were the owner\'s before.'),
      others: whole('How many belong to somebody else: they stay where they are.'), missing: texts('Ids the upstream does not know.'), isVerified: { type: 'boolean', description: 'False where the upstream cannot be asked about one object of the kind: the ids were taken as they are.' },
    }), columns: [], secret: null },
  adminToken: { shape: shape(adminToken), columns: ['name', 'id', 'last4', 'createdAt', 'state'], secret: null },
  newAdminToken: { shape: shape({ token: secret, ...adminToken }), columns: [], secret: 'token' },
} as const satisfies Readonly<Record<string, Output>>

export type OutputName = keyof typeof outputs
