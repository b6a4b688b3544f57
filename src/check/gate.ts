// What a gate is made of: steps that assert the content of success, and what has to be cleaned up afterwards.
import type { Answer, Client } from './client.ts'

export type Step = { readonly name: string; readonly isOk: boolean; readonly detail: string }

export type GateStatus = 'passed' | 'failed' | 'not offered'

export type GateResult = {
  readonly gate: string
  readonly title: string
  readonly status: GateStatus
  readonly steps: readonly Step[]
  readonly durationMs: number
}

export type Settings = { readonly model: string; readonly batchWaitMs: number }

export type Gate = { readonly id: string; readonly title: string; readonly run: (visit: Visit) => Promise<GateStatus | undefined> }

/** A gate's way through a deployment. The first step that fails ends the gate; what was made is removed either way. */
export type Visit = {
  readonly client: Client
  readonly settings: Settings
  /** Records that something holds. @throws StepFailed when it does not */
  readonly expect: (name: string, isOk: boolean, detail?: string) => void
  /** An answer of this status with a JSON object; its fields. @throws StepFailed */
  readonly json: (name: string, answer: Answer, status?: number) => Readonly<Record<string, unknown>>
  readonly cleanUp: (task: () => Promise<unknown>) => void
  readonly progress: (text: string) => void
}

export class StepFailed extends Error {
  override readonly name = 'StepFailed'
}

export async function runGate(gate: Gate, client: Client, settings: Settings, progress: (text: string) => void): Promise<GateResult> {
  const steps: Step[] = []
  const tasks: (() => Promise<unknown>)[] = []
  const startedAt = performance.now()
  const expect = (name: string, isOk: boolean, detail = ''): void => {
    steps.push({ name, isOk, detail: isOk ? '' : detail })
    progress(name)
    if (!isOk) throw new StepFailed(name)
  }
  const json = (name: string, answer: Answer, status = 200): Readonly<Record<string, unknown>> => {
    const value = parseObject(answer.body)
    expect(name, answer.status === status && value !== null, described(answer))
    return value ?? {}
  }

  let status: GateStatus
  try {
    status = (await gate.run({ client, settings, expect, json, cleanUp: (task) => tasks.push(task), progress })) ?? 'passed'
  } catch (error) {
    if (!(error instanceof StepFailed))
      steps.push({ name: 'the deployment answers', isOk: false, detail: error instanceof Error ? error.message : String(error) })
    status = 'failed'
  }
  // Newest first: a container's file goes before its container. What cannot be removed does not change the verdict.
  for (const task of tasks.toReversed()) await task().catch(() => {})
  return { gate: gate.id, title: gate.title, status, steps, durationMs: Math.round(performance.now() - startedAt) }
}

export function parseObject(body: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** What came instead, short enough for a line. */
export function described({ status, contentType, body, requestId }: Answer): string {
  const id = requestId === '' ? '' : ` (x-request-id ${requestId})`
  return `got ${status} ${contentType} ${body.subarray(0, 200).toString('utf8').replace(/\s+/g, ' ')}${id}`
}

/** The message of an error in OpenAI's shape, or null when the answer is no such error. */
export function errorMessage(answer: Answer): string | null {
  const error = parseObject(answer.body)?.['error']
  const message = typeof error === 'object' && error !== null ? (error as { message?: unknown }).message : undefined
  return answer.status >= 400 && answer.status < 500 && typeof message === 'string' ? message : null
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
