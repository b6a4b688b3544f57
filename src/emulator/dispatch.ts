// From a method and a path to the behaviour of a row, with OpenAI's refusals on the way. Shared by the socket and by inner calls.
import { catalog } from '../catalog/index.ts'
import type { CatalogEndpoint } from '../catalog/index.ts'
import { createMatcher } from '../catalog/match.ts'
import { json } from './answer.ts'
import type { Answer } from './answer.ts'
import { behaviours } from './behaviours.ts'
import type { Call, HttpEndpointId } from './behaviour.ts'
import { ApiError, errorObject, invalid, serverError, unknownUrl, wrongMethod } from './errors.ts'
import type { Platform } from './platform.ts'

/** Socket rows are no HTTP endpoints: a plain GET on one is answered like any other wrong method or path. */
type HttpRow = CatalogEndpoint & { readonly id: HttpEndpointId }
const httpRows: readonly HttpRow[] = catalog.filter(
  (row): row is Extract<typeof row, { readonly transport: 'http' }> => row.transport === 'http',
)
const match = createMatcher(httpRows)

export type Target = {
  readonly row: HttpRow
  readonly params: Readonly<Record<string, string>>
}

export type Found = ReturnType<typeof match>

/** Which row a request is about, where it is about one. */
export const lookUp = (method: string, path: string): Found => match(method, path.split('/').slice(1), false)

/** Throws OpenAI's 404 and 405. */
export const findTarget = (method: string, path: string): Target => requireTarget(lookUp(method, path), method, path)

export function requireTarget(found: Found, method: string, path: string): Target {
  if (found.kind === 'unknown') throw unknownUrl(method, path)
  if (found.kind === 'wrong-method') throw wrongMethod(method, path, found.methods)
  return found
}

/** Runs a behaviour; whatever it throws becomes an answer. */
export async function perform(target: Target, call: Call): Promise<Answer> {
  try {
    requireBeta(target.row, call)
    return await behaviours[target.row.id](call)
  } catch (error) {
    return answerOf(call.platform, error)
  }
}

export function answerOf(platform: Platform, error: unknown): Answer {
  if (!(error instanceof ApiError)) platform.warn('a behaviour failed', error)
  const shown = error instanceof ApiError ? error : serverError()
  return json({ error: errorObject(shown) }, { status: shown.status, headers: shown.headers })
}

/** What each beta header opens, as its refusal names it. */
const betas: Readonly<Record<NonNullable<CatalogEndpoint['beta']>, string>> = {
  'agents=v1': 'Agents',
  'assistants=v2': 'Assistants',
  'chatkit_beta=v1': 'ChatKit',
}

function requireBeta({ beta }: CatalogEndpoint, call: Call): void {
  if (beta === null || call.header('openai-beta')?.includes(beta) === true) return
  throw invalid(
    `You must provide the 'OpenAI-Beta' header to access the ${betas[beta]} API. Please try again by setting the header 'OpenAI-Beta: ${beta}'.`,
    null,
    'invalid_beta',
  )
}
