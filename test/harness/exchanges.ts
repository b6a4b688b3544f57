// The official SDK with a memory: which of its methods were called, and what came back over the wire, byte for byte.
import { AsyncLocalStorage } from 'node:async_hooks'
import type OpenAI from 'openai'
import { catalog, type CatalogEndpoint } from '../../src/catalog/index.ts'
import { createMatcher } from '../../src/catalog/match.ts'
import { sdkOf } from './sdk.ts'
import type { World } from './world.ts'

export type Exchanged = {
  readonly row: CatalogEndpoint
  /** The SDK's name of the call, `beta.threads.create`; null for what it has no method for, and for later pages of a list. */
  readonly method: string | null
  /** The values of the parameters in the path, decoded, and the query. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The JSON that was sent; null for none and for other bodies. */
  readonly sent: string | null
  readonly status: number
  readonly headers: Headers
  /** All of it, or what had come when the client left. */
  readonly body: Promise<Buffer>
}

export type RecordingSdk = {
  readonly client: OpenAI
  /** Takes what was exchanged since the last time. */
  readonly take: () => readonly Exchanged[]
}

const match = createMatcher(catalog)

export function recordingSdk(world: Pick<World, 'url' | 'token'>): RecordingSdk {
  const methods = new AsyncLocalStorage<string>()
  let exchanges: Exchanged[] = []
  const client = sdkOf(world, {
    adminAPIKey: world.token,
    fetch: async (target, init) => {
      const answer = await fetch(target, init)
      const { pathname, searchParams: query } = new URL(target instanceof Request ? target.url : target)
      const found = match(init?.method?.toUpperCase() ?? 'GET', pathname.slice(1).split('/'), false)
      if (found.kind !== 'found') throw new Error(`no row carries ${init?.method} ${pathname}`)
      const { status, headers } = answer
      exchanges.push({
        row: found.row,
        method: methods.getStore() ?? null,
        params: Object.fromEntries(Object.entries(found.params).map(([name, value]) => [name, decodeURIComponent(value)])),
        query,
        sent: typeof init?.body === 'string' ? init.body : null,
        status,
        headers,
        body: bytesOf(answer.clone()),
      })
      return answer
    },
  })

  /** The same object, whose methods tell their name to the fetch above. */
  const watched = <T extends object>(target: T, path: string): T =>
    new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof name === 'symbol' || name.startsWith('_')) return value
        // `client.post` and its like are no operation; they have to find the client's private fields.
        if (typeof value === 'function' && path === '') return value.bind(target) as unknown
        if (typeof value === 'function')
          return (...args: unknown[]) => methods.run(path + name, () => Reflect.apply(value, target, args) as unknown)
        const isResource = typeof value === 'object' && value !== null && '_client' in value
        return isResource ? watched(value, `${path}${name}.`) : value
      },
    })

  return {
    client: watched(client, ''),
    take: () => {
      const taken = exchanges
      exchanges = []
      return taken
    },
  }
}

async function bytesOf(answer: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) chunks.push(chunk)
  } catch {
    // The client left: what came is all there is.
  }
  return Buffer.concat(chunks)
}
