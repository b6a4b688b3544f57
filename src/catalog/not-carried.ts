// Operations of the upstream that Relay refuses to carry, each with its reason, so that nothing is merely forgotten.

export type NotCarried = { readonly prefix: `/v1/${string}`; readonly reason: string }

/** A path equal to a prefix, or below it, answers like an unknown one whatever the settings say. */
export const notCarried: readonly NotCarried[] = [
  { prefix: '/v1/organization', reason: 'Administration of the operator’s own organization: users, keys, invoices, audit logs. A tenant never reaches it.' },
  { prefix: '/v1/projects', reason: 'Role bindings of the operator’s own projects. A tenant never reaches them.' },
  { prefix: '/v1/dashboard', reason: 'Billing pages of the operator’s own account.' },
]
