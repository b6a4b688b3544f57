// Numbers out of a text: media made from a prompt are the same on every machine and in every run.
import { createHash } from 'node:crypto'

/** The next number, from 0 up to and without `below`. */
export type Series = (below: number) => number

/**
 * @example const next = createSeries('a red fox'); next(6) // always the same die
 */
export function createSeries(seed: string): Series {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0)
  return (below) => {
    // Mulberry32: one multiplication and a few shifts a number, and even enough for pictures.
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}
