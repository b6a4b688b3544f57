// How a token is looked for: by its HMAC under the pepper. Finding one compares no byte of a secret, and an unknown one costs the same.
import { createHmac, type KeyObject } from 'node:crypto'

/** One character a byte. @param presented header text as Node gives it: one character a byte (RFC 9110 5.5) */
export type Digest = (presented: string) => string

export const createDigest =
  (pepper: KeyObject): Digest =>
  (presented) =>
    createHmac('sha256', pepper).update(presented, 'latin1').digest('binary')
