// The composition root: settings become stores, services and servers, and are taken down in reverse order.
import type { Settings, Sources } from './config/settings.ts'
import { createActions } from './actions/actions.ts'
import { createFetchFile, publicInternet, type Network } from './actions/fetch.ts'
import { startHttpServer } from './http/server.ts'
import { createControl } from './http/control.ts'
import { loadPepper } from './identity/old-pepper.ts'
import { createTokens } from './identity/tokens.ts'
import { systemClock } from './kernel/clock.ts'
import { Secret } from './kernel/secret.ts'
import { createAuthenticate } from './relay/authenticate.ts'
import { createAuthorize } from './relay/authorize.ts'
import { createHolder } from './relay/body/hold.ts'
import { createForward } from './relay/forward.ts'
import { createObserve } from './relay/observe.ts'
import { createReceive } from './relay/receive.ts'
import { createRelay } from './relay/relay.ts'
import { createRoute } from './relay/route.ts'
import { createSettle } from './relay/settle.ts'
import { createPages } from './openapi/serve.ts'
import { openStore } from './store/sqlite.ts'
import { createLog } from './telemetry/log.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { createAccount } from './upstreams/account.ts'

export type App = {
  /** Where clients point their base URL, without `/v1`. */
  readonly url: string
  readonly upstream: { readonly kind: 'emulator' | 'configured'; readonly url: string }
  /** Made because nobody had a token; shown once. */
  readonly firstToken: string | null
  /** Drains: open exchanges may finish for `drainMs`. */
  readonly close: () => Promise<void>
}

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

  const store = openStore({ dataDir: settings.dataDir })
  undo.defer(() => store.close())
  const tokens = createTokens({
    store,
    pepper: loadPepper(store),
    clock,
    token: settings.token,
    onError: () => log.warn('tokens-unreadable', {}),
  })
  undo.defer(() => tokens.close())

  const upstream = await openUpstream(settings, undo)
  const account = createAccount({
    url: upstream.url,
    key: upstream.key,
    organization: settings.upstreamOrganization,
    project: settings.upstreamProject,
    maxConnections: settings.upstreamConnections,
    connectMs: settings.connectMs,
    tick: clock.tick,
  })
  undo.defer(() => account.pool.close())

  let isDraining = false
  const readiness = (): 'draining' | 'upstream_credentials_refused' | null =>
    isDraining ? 'draining' : account.credentials.isRefused() ? 'upstream_credentials_refused' : null
  const metrics = createMetrics({ upstreamConnections: account.pool.open, isReady: () => readiness() === null })

  const authenticate = createAuthenticate(tokens.verify)
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
      maxJsonDepth: settings.maxJsonDepth,
      clientSilenceMs: settings.clientSilenceMs,
    }),
    route: createRoute(account),
    forward: createForward({
      deadlines: {
        control: settings.deadlineControlMs,
        generation: settings.deadlineGenerationMs,
        upload: settings.deadlineUploadMs,
        download: settings.deadlineDownloadMs,
      },
      clientSilenceMs: settings.clientSilenceMs,
      passAccountHeaders: settings.callerOrganization === 'pass',
      onCredentialsRefused: () =>
        log.warn('upstream-credentials-refused', { fix: 'check OPENAI_API_KEY, OPENAI_ORGANIZATION and OPENAI_PROJECT' }),
    }),
    observe: createObserve(clock.tick),
    settle,
    tick: clock.tick,
    onUnexpected,
  })
  const server = await startHttpServer({
    host: settings.host,
    port: settings.port,
    maxHeaderBytes: settings.maxHeaderBytes,
    headMs: settings.headMs,
    control: createControl({ readiness, metrics, pages: createPages({ publicUrl: settings.publicUrl, now: () => new Date(clock.now()) }) }),
    actions,
    relay,
    onOpened: metrics.opened,
    onClosed: metrics.closed,
  })

  // Not before the port is ours: a token made for a start that fails would never be shown.
  const firstToken = tokens.ensureFirstToken()
  const kept = undo.move()
  return {
    url: `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${server.port}`,
    upstream: { kind: upstream.kind, url: upstream.url },
    firstToken: firstToken?.secret ?? null,
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
