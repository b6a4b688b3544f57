// Errors as OpenAI words them: one constructor per situation, with the status, type, code and param that belong to it.

type Details = {
  readonly type?: string
  readonly code?: string | null
  readonly param?: string | null
  readonly headers?: readonly string[]
}

/** Thrown anywhere in a behaviour; the edge answers it. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly type: string
  readonly code: string | null
  readonly param: string | null
  /** Extra headers of the answer, as flat name-value pairs. */
  readonly headers: readonly string[]

  constructor(status: number, message: string, details: Details = {}) {
    super(message)
    this.status = status
    this.type = details.type ?? 'invalid_request_error'
    this.code = details.code ?? null
    this.param = details.param ?? null
    this.headers = details.headers ?? []
  }
}

export type ErrorObject = { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string | null }

export const errorObject = (error: ApiError): ErrorObject => ({
  message: error.message,
  type: error.type,
  param: error.param,
  code: error.code,
})

/** 400 with a code: the common refusal of a parameter. */
export const invalid = (message: string, param: string | null = null, code: string | null = null): ApiError =>
  new ApiError(400, message, { param, code })

export const notFound = (message: string, param: string | null = null): ApiError => new ApiError(404, message, { param })

export const missingParameter = (param: string): ApiError =>
  invalid(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter')

export const unknownParameter = (param: string): ApiError => invalid(`Unknown parameter: '${param}'.`, param, 'unknown_parameter')

/** OpenAI lists alternatives as `'a', 'b', and 'c'`. */
export function invalidValue(param: string, got: unknown, supported: readonly string[]): ApiError {
  const quoted = supported.map((each) => `'${each}'`)
  const list = quoted.length > 1 ? `${quoted.slice(0, -1).join(', ')}${quoted.length > 2 ? ',' : ''} and ${quoted.at(-1)}` : quoted.join('')
  return invalid(
    `Invalid value: '${typeof got === 'string' ? got : JSON.stringify(got)}'. Supported values are: ${list}.`,
    param,
    'invalid_value',
  )
}

export const invalidType = (param: string, expected: string, value: unknown): ApiError =>
  invalid(`Invalid type for '${param}': expected ${expected}, but got ${describe(value)} instead.`, param, 'invalid_type')

export const unreadableJson = (): ApiError =>
  invalid(
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)",
  )

export const unsupportedContentType = (given: string, accepted: string): ApiError =>
  invalid(
    `Unsupported content type: '${given}'. This API method only accepts '${accepted}' requests, but you specified the header 'Content-Type: ${given}'. Please try again with a supported content type.`,
    null,
    'unsupported_content_type',
  )

export const missingKey = (): ApiError =>
  new ApiError(
    401,
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API from your browser and are prompted for a username and password. You can obtain an API key from https://platform.openai.com/account/api-keys.",
    { headers: ['www-authenticate', 'Basic realm="OpenAI API"'] },
  )

/** The message quotes the key's ends only: `sk-ab***wxyz`. */
export function wrongKey(key: string): ApiError {
  const shown = key.length < 12 ? '*'.repeat(key.length) : `${key.slice(0, 5)}${'*'.repeat(Math.min(key.length - 9, 32))}${key.slice(-4)}`
  return new ApiError(
    401,
    `Incorrect API key provided: ${shown}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    {
      code: 'invalid_api_key',
    },
  )
}

export const unknownUrl = (method: string, path: string): ApiError => notFound(`Invalid URL (${method} ${path})`)

export const wrongMethod = (method: string, path: string, allowed: readonly string[]): ApiError =>
  new ApiError(405, `Not allowed to ${method} on ${path}. (HINT: Perhaps you meant to use a different HTTP method?)`, {
    headers: ['allow', allowed.join(', ')],
  })

export const serverError = (): ApiError =>
  new ApiError(500, 'The server had an error while processing your request. Sorry about that!', { type: 'server_error' })

/** How OpenAI names what it got instead. */
function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
