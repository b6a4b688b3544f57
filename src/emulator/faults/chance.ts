// Faults that come by themselves, `overloaded:0.1`: one request in ten. The same seed gives the same requests the same faults, as
// long as they arrive in the same order.
import { FaultError, parseFault } from './fault.ts'
import type { Fault } from './fault.ts'

/** The fault of the next request, or null. */
export type Chance = { readonly next: () => Fault | null; readonly restart: () => void }

/** @throws FaultError */
export function createChance(specs: readonly string[], seed: number): Chance | null {
  if (specs.length === 0) return null
  const faults = specs.map(readSpec)
  let random = createRandom(seed)
  return {
    next: () => {
      // Every fault is drawn for every request, so that what hits one does not shift what hits the others.
      const drawn = faults.filter(({ probability }) => random() < probability)
      return drawn[0]?.fault ?? null
    },
    restart: () => {
      random = createRandom(seed)
    },
  }
}

function readSpec(spec: string): { readonly fault: Fault; readonly probability: number } {
  // The last colon: a date of `retry-after` has colons of its own.
  const [, words = '', chance = ''] = /^(.*):\s*([\d.]+)\s*$/s.exec(spec) ?? []
  const probability = Number(chance)
  if (words === '' || !(probability >= 0 && probability <= 1))
    throw new FaultError(`"${spec}" has no probability: write the fault, a colon and a number from 0 to 1, such as "overloaded:0.1"`)
  return { fault: parseFault(words), probability }
}

/** mulberry32: small, and the same on every machine. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
