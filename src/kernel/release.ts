// Gives the memory of bytes that have passed through back at once. Left to the garbage collector, a stream of large reads
// keeps some 64 MB of them around (V8 waits that long for external memory), and a relay's memory would grow with a body.

/** Smaller ones are not worth a call. */
export const releasableBytes = 16_384

/**
 * Detaches the memory under `bytes`: they read as empty from here on.
 * The caller must be the only holder of that memory, views included, and whoever was to read it must be done.
 */
export function release(bytes: Buffer): void {
  const { buffer } = bytes
  // What node's pool hands out is shorter than half a pool, and a part of it: that memory has other holders.
  const isOwn = bytes.length >= Buffer.poolSize >>> 1 || bytes.length === buffer.byteLength
  if (isOwn && bytes.length >= releasableBytes && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
