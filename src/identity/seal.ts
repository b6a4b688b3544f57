// Keys of upstream accounts at rest: AES-256-GCM under a key made from the pepper, so that a stolen database alone holds no key.
import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto'
import { Secret } from '../kernel/secret.ts'
import { keyFor } from './pepper.ts'

const nonceBytes = 12
const tagBytes = 16

export type Seal = {
  /** `owner` is bound in: a sealed key that was moved to another row does not open. */
  readonly close: (text: string, owner: string) => Buffer
  /** Throws where it was changed, or sealed under another pepper. */
  readonly open: (sealed: Uint8Array, owner: string) => Secret
}

export function createSeal(pepper: KeyObject): Seal {
  const key = keyFor(pepper, 'upstream-keys')
  return {
    close: (text, owner) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(owner))
      return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    },
    open: (sealed, owner) => {
      const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(owner))
        .setAuthTag(sealed.subarray(-tagBytes))
      const text = Buffer.concat([cipher.update(sealed.subarray(nonceBytes, -tagBytes)), cipher.final()])
      return new Secret(text.toString('utf8'))
    },
  }
}
