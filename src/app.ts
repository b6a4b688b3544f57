// The composition root: settings become stores, services and servers, and are taken down in reverse order.
import type { Settings, Sources } from './config/settings.ts'
import { createActions } from './actions/actions.ts'
import { startBackground } from './background/background.ts'
import { startHeartbeat } from './background/heartbeat.ts'
import { createAdmin } from './admin/admin.ts'
import { createAdminApi } from './admin/serve.ts'
import { vocabulary } from './admin/vocabulary.ts'
import { createFetchFile, publicInternet, type Network } from './actions/fetch.ts'
import { startHttpServer } from './http/server.ts'
import { createControl } from './http/control.ts'
import { createDirectory } from './identity/directory.ts'
import { keyFor, loadPepper } from './identity/pepper.ts'
import { openRoster } from './identity/roster.ts'
import { systemClock } from './kernel/clock.ts'
import { newProcessId } from './kernel/ids.ts'
import { Secret } from './kernel/secret.ts'
import { createAuthenticate } from './relay/authenticate.ts'
import { createAuthorize } from './relay/authorize.ts'
import { createBatchLines } from './relay/batch-lines.ts'
import { createHolder } from './relay/body/hold.ts'
import { createForward } from './relay/forward.ts'
import { createList } from './relay/list.ts'
import { createListModels } from './relay/models-list.ts'
import { createNamespace } from './relay/namespace.ts'
import { createObserve } from './relay/observe.ts'
import { createReceive } from './relay/receive.ts'
import { createRelay } from './relay/relay.ts'
import { createResolve } from './relay/resolve.ts'
import { createRoute } from './relay/route.ts'
import { createSettle } from './relay/settle.ts'
import { createRecordTold } from './relay/told-births.ts'
import { createPages } from './openapi/serve.ts'
import { createAdoption } from './ownership/adoption.ts'
import { createListings } from './ownership/listing.ts'
import { createOwnership } from './ownership/objects.ts'
import { createReconcile } from './ownership/reconcile.ts'
import { openStore } from './store/open.ts'
import { createLog } from './telemetry/log.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { createAccount } from './upstreams/account.ts'
import { createAccounts } from './upstreams/accounts.ts'
import { createAsk } from './upstreams/ask.ts'

export type App = {
  /** Where clients point their base URL, without `/v1`. */
  readonly url: string
  readonly upstream: { readonly kind: 'emulator' | 'configured'; readonly url: string }
  /** Made because nobody had a token; shown once. */
  readonly firstToken: string | null
  /** For the admin API; made because there was none, shown once. */
  readonly firstAdminToken: string | null
  /** Drains: open exchanges may finish for `drainMs`. */
  readonly close: () => Promise<void>
}

/** The longest list an upstream answers: 10,000 files. */
const maxAskedBytes = 67_108_864
/** All the time a list has for its questions to the upstream. */
const refreshMs = 5_000
const sweepMs = 60_000
/** Beyond the longest request: a create that is older did not come back. */
const graceMs = 300_000
/** OpenAI's longest field with an id in it is a session as JSON. */
const maxFieldBytes = 1_048_576

/** @throws StoreError, or the error of `listen` */
export async function startApp({
  settings,
  network = publicInternet,
}: {
  readonly settings: Settings
  readonly sources: Sources
  readonly network?: Network
}): Promise<App> {
  await using undo = new AsyncDisposableStack()
  const clock = systemClock
  const log = createLog({ isOn: settings.log === 'json', now: clock.now })
  undo.defer(() => log.close())

  const store = await openStore({ dataDir: settings.dataDir, databaseUrl: settings.databaseUrl })
  undo.defer(() => store.close())
  const pepper = await loadPepper({ store, secret: settings.secret })
  const roster = await openRoster({
    store,
    pepper,
    clock,
    token: settings.token,
    unowned: settings.unowned,
    onError: () => log.warn('store-unavailable', { known: 'tokens of the last minute stay in force' }),
  })
  undo.defer(() => roster.close())
  const { tenancy } = roster
  // Else a misspelled name would look like an account without objects.
  if (settings.unowned !== null && settings.unowned !== 'deny' && tenancy.home() === null)
    log.warn('unowned-names-nobody', { fix: 'make that tenant, or correct RELAY_UNOWNED: until then what nobody recorded is nobody’s' })
  const directory = createDirectory({
    store,
    pepper,
    clock,
    vocabulary,
    hasSettingsToken: settings.token !== null,
    onChanged: roster.refresh,
  })
  const processId = newProcessId()
  const ownership = createOwnership({
    store,
    clock,
    processId,
    home: tenancy.home,
    onError: () => log.warn('owner-unwritten', { fix: 'see the state of the database; lists ask the upstream again' }),
  })
  // It ends after the last exchange: what this process announced is looked into by others only then.
  undo.use(
    await startHeartbeat({
      store,
      clock,
      processId,
      onError: () => log.warn('background-failed', { fix: 'it is tried again in a moment' }),
    }),
  )
  undo.defer(() => ownership.close())

  const upstream = await openUpstream(settings, undo)
  const shape = { maxConnections: settings.upstreamConnections, connectMs: settings.connectMs, tick: clock.tick }
  const account = createAccount({
    url: upstream.url,
    key: upstream.key,
    organization: settings.upstreamOrganization,
    project: settings.upstreamProject,
    ...shape,
  })
  const accounts = createAccounts({
    first: account,
    known: roster.accounts,
    open: ({ url, key, organization, project }) => createAccount({ url: url ?? upstream.url, key, organization, project, ...shape }),
  })
  undo.defer(() => accounts.close())
  const onCredentialsRefused = (): void =>
    log.warn('upstream-credentials-refused', { fix: 'check OPENAI_API_KEY, OPENAI_ORGANIZATION and OPENAI_PROJECT' })
  const ask = createAsk({ accountOf: accounts.get, maxBytes: maxAskedBytes, silenceMs: settings.deadlineControlMs, onCredentialsRefused })
  const recordTold = createRecordTold(ownership)
  const background = startBackground({
    store,
    clock,
    everyMs: sweepMs,
    processId,
    onError: () => log.warn('background-failed', { fix: 'it is tried again in a minute' }),
    jobs: [
      createReconcile({
        store,
        ask,
        recordTold,
        clock,
        graceMs: settings.deadlineGenerationMs + graceMs,
        onOrphans: (kind, count) => log.warn('orphans-found', { kind, count: String(count), fix: '`relay adopt` gives them an owner' }),
        onError: () => log.warn('reconcile-failed', { fix: 'it is tried again in a minute' }),
      }),
    ],
  })
  undo.defer(() => background.close())

  let isDraining = false
  const readiness = (): 'draining' | 'upstream_credentials_refused' | null =>
    isDraining ? 'draining' : account.credentials.isRefused() ? 'upstream_credentials_refused' : null
  const metrics = createMetrics({ upstreamConnections: accounts.open, isReady: () => readiness() === null })

  const authenticate = createAuthenticate(roster.verify)
  const holder = createHolder({
    maxBodyBytes: settings.maxJsonBytes,
    maxHeldBytes: settings.maxHeldBytes,
    silenceMs: settings.clientSilenceMs,
  })
  const settle = createSettle({ log, metrics, tick: clock.tick })
  const onUnexpected = (requestId: string, error: unknown): void =>
    log.warn('internal-error', { request_id: requestId, error: error instanceof Error ? (error.stack ?? error.message) : 'not an error' })
  const actions = createActions({
    authenticate,
    holder,
    settle,
    onUnexpected,
    tick: clock.tick,
    // Answers of its own calls: their pauses are the upstream's, and `answerMs` is over before they get long.
    answerHolder: createHolder({
      maxBodyBytes: settings.maxJsonBytes,
      maxHeldBytes: settings.maxHeldBytes,
      silenceMs: settings.deadlineGenerationMs,
    }),
    maxJsonDepth: settings.maxJsonDepth,
    answerMs: settings.actionsAnswerMs,
    fetchFile: createFetchFile({ hosts: settings.actionsFetchHosts, network }),
  })
  const relay = createRelay({
    receive: createReceive({ unlisted: settings.unlisted }),
    authenticate,
    authorize: createAuthorize({
      holder,
      maxJsonBytes: settings.maxJsonBytes,
      maxJsonDepth: settings.maxJsonDepth,
      clientSilenceMs: settings.clientSilenceMs,
      isShared: tenancy.isShared,
    }),
    resolve: createResolve({
      ownership,
      tenancy,
      namespace: createNamespace(keyFor(pepper, 'namespace')),
      checkLines: createBatchLines({
        accountOf: accounts.get,
        silenceMs: settings.deadlineDownloadMs,
        maxJsonDepth: settings.maxJsonDepth,
      }),
      hasOneAccount: () => roster.accounts().size === 0,
      maxFieldBytes,
      clientSilenceMs: settings.clientSilenceMs,
    }),
    list: createList({
      listings: createListings({
        store,
        ask,
        recordTold,
        clock,
        home: tenancy.home,
        refreshMs,
        onError: () => log.warn('list-unrefreshed', {}),
      }),
      listModels: createListModels(ask, ownership),
      silenceMs: settings.deadlineControlMs,
      tick: clock.tick,
    }),
    route: createRoute(accounts.get),
    forward: createForward({
      deadlines: {
        control: settings.deadlineControlMs,
        generation: settings.deadlineGenerationMs,
        upload: settings.deadlineUploadMs,
        download: settings.deadlineDownloadMs,
      },
      clientSilenceMs: settings.clientSilenceMs,
      passAccountHeaders: settings.callerOrganization === 'pass',
      onCredentialsRefused,
    }),
    observe: createObserve({
      tick: clock.tick,
      ownership,
      onConflict: (requestId, named) =>
        log.warn('owner-conflict', { request_id: requestId, objects: named.map(({ kind, id }) => `${kind} ${id}`).join(', ') }),
    }),
    forget: ownership.forget,
    settle,
    tick: clock.tick,
    onUnexpected,
  })
  const perform = createAdmin({
    directory,
    adopt: createAdoption({ store, ask, recordTold, change: directory.change, clock }),
    now: clock.now,
  })
  const adminApi = createAdminApi({
    perform,
    actorOf: async (presented) => (await roster.verifyAdmin(presented))?.actor ?? null,
    settle,
    tick: clock.tick,
    silenceMs: settings.clientSilenceMs,
    onUnexpected,
  })
  const hasAdmin = settings.admin === 'on'
  const server = await startHttpServer({
    host: settings.host,
    port: settings.port,
    maxHeaderBytes: settings.maxHeaderBytes,
    headMs: settings.headMs,
    control: createControl({
      readiness,
      metrics,
      pages: createPages({ publicUrl: settings.publicUrl, hasAdmin, now: () => new Date(clock.now()) }),
    }),
    actions: (inner) => {
      const answer = actions(inner)
      return (incoming, outgoing) => (hasAdmin ? adminApi(incoming, outgoing) : null) ?? answer(incoming, outgoing)
    },
    relay,
    onOpened: metrics.opened,
    onClosed: metrics.closed,
  })

  // Not before the port is ours: a token made for a start that fails would never be shown.
  const firstToken = await directory.tokens.ensureFirst()
  const firstAdminToken = hasAdmin ? await directory.adminTokens.ensureFirst() : null
  const kept = undo.move()
  return {
    url: `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${server.port}`,
    upstream: { kind: upstream.kind, url: upstream.url },
    firstToken: firstToken?.secret ?? null,
    firstAdminToken: firstAdminToken?.secret ?? null,
    async close() {
      isDraining = true
      await server.close(settings.drainMs)
      await kept.disposeAsync()
    },
  }
}

/** The configured upstream, or the embedded emulator on a port of its own where there is no key. */
async function openUpstream(settings: Settings, undo: AsyncDisposableStack): Promise<App['upstream'] & { readonly key: Secret }> {
  if (settings.upstreamKey !== null) return { kind: 'configured', url: settings.upstreamUrl, key: settings.upstreamKey }
  const { startEmulator } = await import('./emulator/emulator.ts')
  const emulator = await startEmulator({
    dataDir: settings.dataDir,
    jobPaceMs: settings.emulatorJobMs,
    scriptFile: settings.emulatorScript,
  })
  undo.defer(() => emulator.close())
  return { kind: 'emulator', url: `${emulator.url}/v1`, key: new Secret('sk-emulator') }
}
