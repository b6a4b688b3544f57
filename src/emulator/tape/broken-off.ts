// An answer that breaks off because the one it is a copy of did.

/** Thrown by a stream of bytes to have the connection cut; nobody is warned of it. */
export class BrokenOff extends Error {
  override readonly name = 'BrokenOff'
}
