// How well training goes: curves that fall and rise as they should, always the same for the same seed.
import type { JsonObject } from '../../shape.ts'

export type Metrics = {
  readonly step: number
  readonly train_loss: number
  readonly train_mean_token_accuracy: number
  readonly valid_loss: number | null
  readonly valid_mean_token_accuracy: number | null
}

type Training = { readonly seed: number; readonly steps: number; readonly hasValidation: boolean }

export function metricsAt({ seed, steps, hasValidation }: Training, step: number): Metrics {
  const done = step / steps
  const loss = 0.08 + 2.4 * Math.exp(-3.5 * done) * (0.85 + 0.3 * noise(seed, step))
  const validLoss = loss + 0.05 + 0.1 * done
  return {
    step,
    train_loss: round(loss),
    train_mean_token_accuracy: round(accuracy(loss)),
    valid_loss: hasValidation ? round(validLoss) : null,
    valid_mean_token_accuracy: hasValidation ? round(accuracy(validLoss)) : null,
  }
}

/** What is known of a step, without the measures it has not. */
export const known = (metrics: Metrics): JsonObject => Object.fromEntries(Object.entries(metrics).filter(([, value]) => value !== null))

const columns = ['step', 'train_loss', 'train_accuracy', 'valid_loss', 'valid_mean_token_accuracy'] as const
/** Nobody plots more points. */
const rowsMax = 10_000

/** The result file: a line per step, of long jobs a line per some steps. */
export function* resultLines(training: Training): Generator<string> {
  yield `${columns.join(',')}\n`
  const stride = Math.ceil(training.steps / rowsMax)
  for (let step = 1; step <= training.steps; step += stride) {
    const at = metricsAt(training, step)
    yield `${[at.step, at.train_loss, at.train_mean_token_accuracy, at.valid_loss ?? '', at.valid_mean_token_accuracy ?? ''].join(',')}\n`
  }
}

const accuracy = (loss: number): number => Math.max(0.05, 1 - loss / 4)
const round = (value: number): number => Math.round(value * 1e5) / 1e5

/** Between 0 and 1. */
function noise(seed: number, step: number): number {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(step, 0xc2b2ae35)
  state ^= state >>> 15
  state = Math.imul(state, 0x2c1b3c6d)
  state ^= state >>> 12
  return (state >>> 0) / 2 ** 32
}
