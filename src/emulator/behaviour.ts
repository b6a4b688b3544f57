// What the emulator does for one endpoint: a function from a call to an answer. Refusals are thrown (`ApiError`).
import type { CatalogEndpoint, catalog } from '../catalog/index.ts'
import type { Answer } from './answer.ts'
import type { Form } from './form.ts'
import type { Platform } from './platform.ts'
import type { Query } from './query.ts'
import type { JsonObject } from './shape.ts'

/** One request, before its body is read. */
export type Call = {
  readonly platform: Platform
  readonly row: CatalogEndpoint
  readonly requestId: string
  readonly method: string
  /** As sent, without the query. */
  readonly path: string
  /** Decoded path parameters. */
  readonly param: (name: string) => string
  readonly query: Query
  readonly header: (name: string) => string | undefined
  /** Whether the body is a form, for rows that take JSON as well. */
  readonly isForm: boolean
  /** The body as a JSON object; an empty body is `{}`. */
  readonly json: () => Promise<JsonObject>
  /** The body as a form, its files on disk. Take it with `await using`, so that what is not kept is deleted. */
  readonly form: () => Promise<Form>
  /** The body as it came; for small ones only. */
  readonly raw: () => Promise<Buffer>
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal
}

/** The rows that are answered over HTTP; sockets are none of them. */
export type HttpEndpointId = Extract<(typeof catalog)[number], { readonly transport: 'http' }>['id']

export type Behaviour = (call: Call) => Answer | Promise<Answer>

/** What a family's file exports, with `satisfies`: an id that is no row does not compile. */
export type Family = Partial<Record<HttpEndpointId, Behaviour>>

/** A step of a job: moves the object `subject` one state on. */
export type JobStep = (platform: Platform, subject: string) => void | Promise<void>
export type JobSteps = Readonly<Record<string, JobStep>>
