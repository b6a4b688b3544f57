// A TCP proxy in front of a database that can make every answer late. A request that waits for the database three times in a row
// becomes late by three delays: that counts the round trips in its way, and only those.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export type DelayingProxy = AsyncDisposable & {
  readonly port: number
  /** From now on, every byte from the server comes this much later. */
  delayBy(ms: number): void
}

export async function startDelayingProxy(to: { readonly host: string; readonly port: number }): Promise<DelayingProxy> {
  let delayMs = 0
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ ...to, noDelay: true })
    const end = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    client.on('data', (bytes) => upstream.write(bytes))
    // Timers of one duration fire in the order they were set, so bytes keep theirs.
    upstream.on('data', (bytes) => (delayMs === 0 ? client.write(bytes) : setTimeout(() => client.write(bytes), delayMs)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    delayBy: (ms) => {
      delayMs = ms
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
