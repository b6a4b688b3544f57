// A wire between a relay and its upstream that keeps every byte the relay sent: what is not in it has not left.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export type Wire = {
  /** The address of the wire in the place of the upstream's. */
  readonly url: string
  /** All that went upstream since the last `clear`, one connection after the other. */
  readonly sent: () => Buffer
  readonly clear: () => void
  /** Cuts every connection, as an upstream that dies does. */
  readonly cut: () => void
} & AsyncDisposable

/** @param upstream `http://127.0.0.1:1234` */
export async function startWire(upstream: string): Promise<Wire> {
  const { hostname, port } = new URL(upstream)
  const sockets = new Set<Socket>()
  const kept = new Map<Socket, Buffer[]>()
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: hostname, port: Number(port), noDelay: true })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    near.on('data', (bytes) => {
      const pieces = kept.get(near)
      if (pieces === undefined) kept.set(near, [bytes])
      else pieces.push(bytes)
    })
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => Buffer.concat([...kept.values()].flat()),
    clear: () => kept.clear(),
    cut,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        cut()
      }),
  }
}
