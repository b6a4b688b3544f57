// Endpoints about the emulator itself, outside the API it emulates: the journal, the events, the clock, somebody who calls, a clean slate.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseJson, readAll } from './body.ts'
import { ApiError, errorObject, invalid, unknownUrl } from './errors.ts'
import { ring } from './families/calls/stored.ts'
import { readFilter } from './journal.ts'
import type { Journal } from './journal.ts'
import type { Platform } from './platform.ts'
import { DocumentError } from './script/document-error.ts'
import type { Scripts } from './script/scripts.ts'

export type Controls = (method: string, path: string, rawQuery: string, request: IncomingMessage, response: ServerResponse) => Promise<void>

type Control = (query: URLSearchParams, request: IncomingMessage) => Promise<unknown>

export function createControls({
  platform,
  journal,
  scripts,
  reset,
}: {
  readonly platform: Platform
  readonly journal: Journal
  readonly scripts: Scripts
  readonly reset: () => Promise<void>
}): Controls {
  const controls: Readonly<Record<string, Control>> = {
    'GET /_emulator/journal': async (query) => ({ data: journal.read(readFilter(query)) }),
    'DELETE /_emulator/journal': async () => {
      journal.clear()
      return {}
    },
    'GET /_emulator/events': async () => ({ data: [...platform.events.list()] }),
    'POST /_emulator/clock': async (_query, request) => {
      const { advance_ms: byMs } = parseJson(await readAll(request))
      if (typeof byMs !== 'number' || byMs < 0) throw invalid("'advance_ms' has to be a number of milliseconds.", 'advance_ms')
      platform.clock.advance(byMs)
      return { now: platform.clock.now() }
    },
    'POST /_emulator/calls': async (_query, request) => {
      const { from = '+15550100' } = parseJson(await readAll(request))
      if (typeof from !== 'string') throw invalid("'from' has to be the number of the caller.", 'from')
      return ring(platform, from)
    },
    'GET /_emulator/script': async () => ({ rules: scripts.report() }),
    'PUT /_emulator/script': async (_query, request) => {
      await scripts.replace((await readAll(request)).toString('utf8'))
      return { rules: scripts.report() }
    },
    'DELETE /_emulator/script': async () => {
      await scripts.replace(null)
      return {}
    },
    'GET /_emulator/script/schema': async () => (await import('./script/script.ts')).scriptSchema,
    'GET /_emulator/seed': async () => ({ ids: (await import('./seed/seed.ts')).seededIds(platform) }),
    'POST /_emulator/seed': async (_query, request) => {
      const { seed } = await import('./seed/seed.ts')
      return { ids: await seed(platform, (await readAll(request)).toString('utf8'), { name: 'the seed', folder: null }) }
    },
    'POST /_emulator/reset': async () => {
      await reset()
      return {}
    },
  }

  return async (method, path, rawQuery, request, response) => {
    const answer = async (): Promise<readonly [status: number, value: unknown]> => {
      try {
        const control = controls[`${method} ${path}`]
        if (control === undefined) throw unknownUrl(method, path)
        return [200, await control(new URLSearchParams(rawQuery), request)]
      } catch (error) {
        if (error instanceof ApiError) return [error.status, { error: errorObject(error) }]
        if (error instanceof DocumentError) return [400, { error: errorObject(invalid(error.message, null, 'invalid_document')) }]
        throw error
      }
    }
    const [status, value] = await answer()
    const body = Buffer.from(JSON.stringify(value))
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
  }
}
