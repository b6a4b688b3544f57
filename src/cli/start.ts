// `relay start`: settings, the app, what the operator reads, and the signals that end it. Standard output belongs to the log.
import { startApp, type App } from '../app.ts'
import { loadSettings, type Flags } from '../config/load.ts'
import type { Settings, Sources } from '../config/settings.ts'
import { nameOfPlace } from '../store/place.ts'
import { closeOnSignals, listenFailure } from './listening.ts'
import { version } from '../kernel/version.ts'

export async function start(flags: Flags): Promise<void> {
  const { settings, sources, notices } = await loadSettings({ flags, env: process.env, cwd: process.cwd() })
  for (const notice of notices) console.error(`relay: ${notice}`)
  const app = await startApp({ settings, sources }).catch((error: unknown) => {
    throw listenFailure(error, settings)
  })
  console.error(greeting({ app, settings, sources }))
  const drainSeconds = Math.ceil(settings.drainMs / 1000)
  closeOnSignals(app.close, `draining, open exchanges may finish for ${drainSeconds} s; a second signal ends at once`)
}

type Running = { readonly app: App; readonly settings: Settings; readonly sources: Sources }

function greeting(running: Running): string {
  const { app, settings } = running
  const lines = [
    `Relay ${version()} listens on ${app.url}`,
    `  clients:  base URL ${app.url}/v1, a relay token as API key`,
    `  upstream: ${upstreamLine(running)}`,
    `  data:     ${settings.databaseUrl === null ? settings.dataDir : nameOfPlace(settings)}`,
  ]
  if (app.firstToken !== null) {
    lines.push(`  token:    ${app.firstToken}`, '            made for you, shown this one time; `relay token create NAME` makes more')
  }
  if (app.firstAdminToken !== null) {
    lines.push(
      `  admin:    ${app.firstAdminToken}`,
      '            for the admin API of tenants and tokens, shown this one time; `relay admin-token create NAME` makes another',
    )
  }
  if (app.firstToken !== null) {
    lines.push('', 'Try it:', curl(app.url, app.firstToken))
  }
  return `${lines.join('\n')}\n`
}

function upstreamLine({ app, settings, sources }: Running): string {
  if (app.upstream.kind === 'configured') return settings.upstreamUrl
  if (sources.upstreamUrl === 'default') return 'no OPENAI_API_KEY: answering from the embedded emulator, nothing leaves this machine'
  return `no OPENAI_API_KEY: answering from the embedded emulator, and NOT from ${settings.upstreamUrl} (${sources.upstreamUrl}).
            Set OPENAI_API_KEY to use it; for a server that asks for no key any text will do.`
}

/** Works as pasted into a shell on this machine, whatever address the relay listens on. */
function curl(url: string, token: string): string {
  const here = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
  return `  curl ${here}/v1/chat/completions \\
    -H 'Authorization: Bearer ${token}' \\
    -H 'Content-Type: application/json' \\
    -d '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Reply with exactly: pong"}]}'`
}
