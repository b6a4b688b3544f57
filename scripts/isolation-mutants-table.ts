// The guards of the isolation of tenants, one row each: how to take it away, and the tests that must notice.

export type Mutant = {
  /** What is lost. */
  readonly guard: string
  /** Texts that stand exactly once in a file of src/, and what stands there without the guard. */
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[]
  /** A file of test/isolation, and a pattern for the names of its tests. */
  readonly suite: string
  readonly tests: string
}

const matrix = (place: string): Pick<Mutant, 'suite' | 'tests'> => ({ suite: 'matrix.test.ts', tests: `on sqlite.*missing in a ${place}` })
const carriers = (tests: string): Pick<Mutant, 'suite' | 'tests'> => ({ suite: 'carriers.test.ts', tests: `on sqlite.*${tests}` })
const channels = (tests: string): Pick<Mutant, 'suite' | 'tests'> => ({ suite: 'channels.test.ts', tests })

export const isolationMutants: readonly Mutant[] = [
  {
    guard: 'ids of paths are looked up',
    edits: [{ file: 'relay/resolve.ts', from: 'const inPath = plan.params.map(', to: 'const inPath = plan.params.slice(99).map(' }],
    ...matrix('path'),
  },
  {
    guard: 'ids of queries are looked up',
    edits: [
      {
        file: 'relay/resolve.ts',
        from: 'const inQuery = queryMentions(query, plan)\n    const inBody',
        to: "const inQuery = queryMentions('', plan)\n    const inBody",
      },
    ],
    ...matrix('query'),
  },
  {
    guard: 'ids at the places of a body are looked up',
    edits: [{ file: 'relay/plan.ts', from: "...standing('body').map(({ at, resource }) => ({ at, rule: { resource } })),", to: '' }],
    ...matrix('body'),
  },
  {
    guard: 'ids under the usual keys are looked up wherever they stand',
    edits: [
      {
        file: 'relay/net.ts',
        from: '[...referenceKeys].map(([key, kind]) => [key,',
        to: '[...referenceKeys].slice(99).map(([key, kind]) => [key,',
      },
    ],
    ...matrix('body'),
  },
  {
    guard: 'ids in queries that no row knows are looked up',
    edits: [{ file: 'relay/query.ts', from: '(plan.queries.get(path) ?? netted(path))', to: '(plan.queries.get(path) ?? [])' }],
    suite: 'matrix.test.ts',
    tests: 'on sqlite.*query that no row knows',
  },
  {
    guard: 'files of containers are looked up under the key of files',
    edits: [{ file: 'relay/mention.ts', from: 'const mentions = all.map(asMeant)', to: 'const mentions = all' }],
    ...matrix('body'),
  },
  {
    guard: 'capitals and spaces make no other id',
    edits: [{ file: 'relay/mention.ts', from: 'value.trimStart().slice(0, longestPrefix).toLowerCase()', to: 'value' }],
    ...matrix('body'),
  },
  {
    guard: 'a compressed body is read',
    edits: [
      {
        file: 'relay/authorize.ts',
        from: 'readJsonFacts(inflated ?? bytes,',
        to: "readJsonFacts(inflated === null ? bytes : Buffer.from('{}'),",
      },
    ],
    ...matrix('body'),
  },
  {
    guard: 'fine-tuned models are looked up',
    edits: [
      {
        file: 'relay/mention.ts',
        from: 'return looksLikeOne(prefixes, value)',
        to: "return resource.kind !== 'model' && looksLikeOne(prefixes, value)",
      },
    ],
    ...matrix('body'),
  },
  {
    guard: 'fields of forms are looked up',
    edits: [
      {
        file: 'relay/resolve.ts',
        from: "if (body.kind !== 'stream' || !isRead(authorized)) return null",
        to: 'if (body.kind !== null) return null',
      },
    ],
    ...matrix('form'),
  },
  {
    guard: 'the row of another tenant is not found',
    edits: [
      {
        file: 'ownership/objects.ts',
        from: "if (row['tenant'] !== owner.tenant || row['state'] === 'gone') continue",
        to: "if (row['state'] === 'gone') continue",
      },
      { file: 'ownership/objects.ts', from: "${isOfAll ? '' : ' AND o.tenant = ?'}", to: "${isOfAll ? '' : ' AND ? IS NOT NULL'}" },
      {
        file: 'ownership/objects.ts',
        from: 'if (project === owner.project) return',
        to: "if (project === owner.project || row['tenant'] !== owner.tenant) return",
      },
    ],
    ...matrix('path'),
  },
  {
    guard: 'the row of another project is not found',
    edits: [
      { file: 'ownership/objects.ts', from: 'if (project === owner.project) return', to: "if (row['tenant'] === owner.tenant) return" },
    ],
    ...matrix('path'),
  },
  {
    guard: 'a revoked token counts no more',
    edits: [{ file: 'identity/snapshot.ts', from: "isRevoked: row['revoked_at'] !== null", to: 'isRevoked: false' }],
    ...matrix('path'),
  },
  {
    guard: 'an expired token counts no more',
    edits: [{ file: 'identity/roster.ts', from: 'expiresAt: each.expiresAt ?? Infinity', to: 'expiresAt: Infinity' }],
    ...matrix('path'),
  },
  {
    guard: 'a token does what it may and nothing else',
    edits: [{ file: 'relay/authorize.ts', from: 'if (!caller.mayDo(endpoint.permission) ||', to: 'if (' }],
    ...matrix('path'),
  },
  {
    guard: 'lists are the own ones',
    edits: [{ file: 'relay/resolve.ts', from: 'isListed: plan.list !== null && !isWhole', to: 'isListed: plan.list !== null && isWhole' }],
    suite: 'matrix.test.ts',
    tests: 'on sqlite.*in no list',
  },
  {
    guard: 'models of others are not listed',
    edits: [{ file: 'relay/models-list.ts', from: "(!isOwned('model', id) || own.has(id))", to: 'own !== null' }],
    ...channels('models of others'),
  },
  {
    guard: 'lines of a batch are checked',
    edits: [{ file: 'relay/resolve.ts', from: "if (resource.act === 'lines' && (", to: "if (resource.act === 'list' && (" }],
    ...carriers('of a batch'),
  },
  {
    guard: 'a line of a batch says once where it goes',
    edits: [{ file: 'relay/batch-lines.ts', from: 'if (urls.length > 1 || methods.length > 1)', to: 'if (urls.length > 9)' }],
    ...carriers('under two urls'),
  },
  {
    guard: 'a new id waits for its owner in an answer',
    edits: [
      {
        file: 'relay/recorder.ts',
        from: 'if (list.length === 0) return then()',
        to: 'if (list.length > 0) void record(list)\n    if (list !== null) return then()',
      },
    ],
    suite: 'born.test.ts',
    tests: 'on sqlite.*(vector_stores.create|responses.create|files.create) ',
  },
  {
    guard: 'a new id waits for its owner in a header',
    edits: [{ file: 'relay/observe.ts', from: 'await recordLocation(', to: 'void recordLocation(' }],
    suite: 'born.test.ts',
    tests: 'on sqlite.*in a header',
  },
  {
    guard: 'what is recorded stays whose it is',
    edits: [
      {
        file: 'ownership/writes.ts',
        from: 'DO UPDATE SET body =',
        to: 'DO UPDATE SET tenant = excluded.tenant, project = excluded.project, body =',
      },
      { file: 'ownership/writes.ts', from: 'WHERE objects.tenant = excluded.tenant AND objects.project = excluded.project', to: '' },
    ],
    suite: 'born.test.ts',
    tests: 'on sqlite.*stay theirs',
  },
  {
    guard: 'a delete is denied at once',
    edits: [
      {
        file: 'relay/resolve.ts',
        from: 'deleting: deleted === null ? null : await beginDelete(authorized, deleted)',
        to: 'deleting: null',
      },
    ],
    suite: 'deleting.test.ts',
    tests: 'on sqlite.*being deleted',
  },
  {
    guard: 'values are namespaced in bodies, queries and headers',
    edits: [{ file: 'relay/namespace.ts', from: '`${tenant}\\0${value}`', to: "`${tenant === value ? '' : value}`" }],
    ...channels('meets no other'),
  },
  {
    guard: 'values are namespaced in bodies',
    edits: [{ file: 'relay/resolve.ts', from: '(label === null ? body : labelled(body, inBody, label))', to: 'body' }],
    ...channels('meets no other'),
  },
  {
    guard: 'limits of the account are told to nobody',
    edits: [{ file: 'relay/headers.ts', from: "name.startsWith('x-ratelimit-')", to: "name.startsWith('x-ratelimits-')" }],
    ...channels('limits and names'),
  },
  {
    guard: 'names of the account are told to nobody',
    edits: [{ file: 'relay/headers.ts', from: "  'set-cookie2',\n  ...accountHeaders,", to: "  'set-cookie2'," }],
    ...channels('limits and names'),
  },
  {
    guard: 'errors name only what is the caller’s',
    edits: [
      {
        file: 'relay/observe.ts',
        from: 'const isError = label !== null && status >= 300',
        to: 'const isError = label !== null && status >= 600',
      },
    ],
    ...channels('an error'),
  },
  {
    guard: 'what belongs to the account is reached by nobody',
    edits: [
      {
        file: 'relay/authorize.ts',
        from: "endpoint.tenants === 'account' && options.isShared()",
        to: "endpoint.tenants === 'account' && !options.isShared()",
      },
    ],
    ...channels('belongs to the whole account'),
  },
  {
    guard: 'no source is the whole account',
    edits: [{ file: 'relay/resolve.ts', from: "if (mention.resource.act === 'refuse')", to: "if (mention.resource.act === 'list')" }],
    ...channels('takes no source'),
  },
  {
    guard: 'what is shared is shared to read',
    edits: [{ file: 'relay/resolve.ts', from: "if (one.access === 'read' && changes)", to: "if (one.access === 'deleting' && changes)" }],
    suite: 'sharing.test.ts',
    tests: 'on sqlite.*neither changed',
  },
  {
    guard: 'objects of two accounts meet in no request',
    edits: [
      { file: 'relay/resolve.ts', from: 'if (pinned !== null && pinned !== one.account)', to: 'if (pinned !== null && one === null)' },
    ],
    suite: 'sharing.test.ts',
    tests: 'never sent to the account of another',
  },
  {
    guard: 'an object is asked for where it lives',
    edits: [
      {
        file: 'relay/resolve.ts',
        from: 'const account = pinned ?? caller.account',
        to: 'const account = pinned === null ? caller.account : caller.account',
      },
    ],
    suite: 'sharing.test.ts',
    tests: 'asked for where it was made',
  },
  {
    guard: 'what a client was told of survives a kill',
    edits: [
      {
        file: 'relay/recorder.ts',
        from: 'if (list.length === 0) return then()',
        to: 'if (list.length > 0) setTimeout(() => void record(list).catch(() => {}), 20)\n    if (list !== null) return then()',
      },
    ],
    suite: 'killed.test.ts',
    tests: 'told of is its own',
  },
]
