// Every refusal Relay can answer, in OpenAI's error shape. One entry per code; docs/reference/errors.md is generated from it.

type ErrorType = 'invalid_request_error' | 'server_error' | 'rate_limit_error'
type Entry = { readonly status: number; readonly type: ErrorType; readonly message: string; readonly fix: string }

/**
 * `message` may hold `{name}` places, filled from the details of a `Refusal`; the detail `param` is also the `param` of the
 * answer. `fix` is what the reference tells the reader to do.
 */
export const errorCatalog = {
  missing_api_key: {
    status: 401,
    type: 'invalid_request_error',
    message:
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    fix: 'Send a relay token as `Authorization: Bearer`, `api-key` or `X-Relay-Key`.',
  },
  invalid_api_key: {
    status: 401,
    type: 'invalid_request_error',
    message: 'Incorrect API key provided: ********. You can find your API key with the operator of this relay.',
    fix: 'The token is unknown, revoked or expired, or its tenant is disabled. `relay token list` shows the valid ones.',
  },
  insufficient_permissions: {
    status: 403,
    type: 'invalid_request_error',
    message:
      "You have insufficient permissions for this operation. Missing scopes: {missing}. Check that you have the correct role in your organization and project, and if you're using a restricted API key, that it has the necessary scopes.",
    fix: 'The token may not do this: `relay token list` shows what it may, `relay token create --permission` makes one that may more.',
  },
  model_not_allowed: {
    status: 403,
    type: 'invalid_request_error',
    message: 'Your token does not have access to model `{model}`.',
    fix: 'The token may use the models it was made for: `relay token list` shows them, `relay token create --model` makes one for others.',
  },
  unknown_url: {
    status: 404,
    type: 'invalid_request_error',
    message: 'Invalid URL ({method} {path})',
    fix: 'The path is no row of the catalog; `relay endpoints` prints them.',
  },
  malformed_path: {
    status: 400,
    type: 'invalid_request_error',
    message: 'The request path is malformed: {why}.',
    fix: 'Send the plain path of the operation: no dot segments, no encoded slashes, no absolute form.',
  },
  malformed_request: {
    status: 400,
    type: 'invalid_request_error',
    message: 'The request is malformed: {why}.',
    fix: 'The HTTP message itself is wrong; the message says where.',
  },
  method_not_allowed: {
    status: 405,
    type: 'invalid_request_error',
    message: 'Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)',
    fix: 'See the `Allow` header of the answer.',
  },
  request_timeout: {
    status: 408,
    type: 'invalid_request_error',
    message: 'The request was not received in time: no byte arrived for {seconds} s.',
    fix: 'Send faster, or raise `clientSilenceMs`.',
  },
  request_too_large: {
    status: 413,
    type: 'invalid_request_error',
    message: 'The JSON body is larger than {limit} bytes.',
    fix: 'Upload big content as a file, or raise `maxJsonBytes`.',
  },
  unsupported_media_type: {
    status: 415,
    type: 'invalid_request_error',
    message: "Unsupported content type '{given}'. {path} takes {accepted}.",
    fix: 'Send one of the content types the endpoint takes.',
  },
  unsupported_content_encoding: {
    status: 415,
    type: 'invalid_request_error',
    message: "Unsupported content encoding '{given}'. Send the body as it is, or with gzip.",
    fix: 'Do not compress the request, or use gzip.',
  },
  expectation_failed: {
    status: 417,
    type: 'invalid_request_error',
    message: 'Only 100-continue can be expected.',
    fix: 'Send no `Expect` header, or `100-continue`.',
  },
  upgrade_required: {
    status: 426,
    type: 'invalid_request_error',
    message: '{path} is a WebSocket endpoint, and this relay does not carry sockets yet.',
    fix: 'Use the HTTP form of the endpoint.',
  },
  headers_too_large: {
    status: 431,
    type: 'invalid_request_error',
    message: 'The request headers are too large.',
    fix: 'Send fewer or smaller headers.',
  },
  invalid_json: {
    status: 400,
    type: 'invalid_request_error',
    message:
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. {why})",
    fix: 'Send one valid JSON object.',
  },
  json_too_complex: {
    status: 400,
    type: 'invalid_request_error',
    message: 'The JSON body is nested or populated beyond what any endpoint takes: {why}.',
    fix: 'Flatten the body, or raise `maxJsonDepth`.',
  },
  unknown_parameter: {
    status: 400,
    type: 'invalid_request_error',
    message: "Unknown parameter: '{param}'.",
    fix: 'The operation takes the parameters its row names and no others.',
  },
  missing_required_parameter: {
    status: 400,
    type: 'invalid_request_error',
    message: "Missing required parameter: '{param}'.",
    fix: 'Send the parameter.',
  },
  invalid_value: {
    status: 400,
    type: 'invalid_request_error',
    message: "Invalid value for '{param}': {why}.",
    fix: 'The message says what the parameter takes.',
  },
  invalid_file: {
    status: 400,
    type: 'invalid_request_error',
    message: '{why}',
    fix: 'The file in the body is missing, empty, no base64, or not of the type the upstream takes.',
  },
  file_too_large: {
    status: 413,
    type: 'invalid_request_error',
    message: '{why}',
    fix: 'Upload in parts, or through the endpoint itself with multipart/form-data.',
  },
  file_not_fetched: {
    status: 400,
    type: 'invalid_request_error',
    message: '{why}',
    fix: 'Links are fetched over https, from the hosts of `actionsFetchHosts`, at public addresses, without redirects and within 20 s.',
  },
  answer_too_large: {
    status: 413,
    type: 'invalid_request_error',
    message: 'The answer does not fit: {why}.',
    fix: 'Ask for less, or page through it; the endpoint itself has no such limit.',
  },
  answer_timeout: {
    status: 504,
    type: 'server_error',
    message: 'There was no answer within {seconds} s, which is all the time a ChatGPT action has, and this call leaves no id to poll.',
    fix: 'Ask for less, use an operation that answers with an id, or raise `actionsAnswerMs` for clients with more patience.',
  },
  proxy_envelope: {
    status: 422,
    type: 'invalid_request_error',
    message: '{why}: {param}',
    fix: 'The envelope is `method`, `path`, `query` (or `params`, `query_params`) and `body` (or `json`, `json_body`), each once.',
  },
  proxy_malformed: {
    status: 400,
    type: 'invalid_request_error',
    message: '{why}',
    fix: 'Send one of GET, POST, PUT, PATCH and DELETE, and the plain path of an operation without host and query.',
  },
  proxy_refused: {
    status: 403,
    type: 'invalid_request_error',
    message: '{why}',
    fix: 'Through /v1/proxy go operations that take and answer JSON, at their canonical path. Call the others directly.',
  },
  missing_admin_token: {
    status: 401,
    type: 'invalid_request_error',
    message: 'The admin API needs an admin token in an Authorization header using Bearer auth.',
    fix: 'Send `Authorization: Bearer rka_...`; `relay admin-token create NAME` makes such a token.',
  },
  invalid_admin_token: {
    status: 401,
    type: 'invalid_request_error',
    message: 'The admin token is unknown or revoked. Tokens of clients do not work here.',
    fix: '`relay admin-token list` shows the valid ones, `relay admin-token create NAME` makes another.',
  },
  admin_not_found: {
    status: 404,
    type: 'invalid_request_error',
    message: '{why}',
    fix: 'Nothing has the name or id that was given; the list of that noun shows them all.',
  },
  admin_conflict: {
    status: 409,
    type: 'invalid_request_error',
    message: '{why}',
    fix: 'The name is taken, or other things still need what is to be removed.',
  },
  admin_invalid: {
    status: 400,
    type: 'invalid_request_error',
    message: '{why}',
    fix: 'The message says what the parameter takes.',
  },
  upstream_credentials_refused: {
    status: 502,
    type: 'server_error',
    message: 'The upstream refused the credentials of this relay. Your own token is fine; the operator has to act.',
    fix: 'Check `OPENAI_API_KEY`, `OPENAI_ORGANIZATION` and `OPENAI_PROJECT`; /ready stays red until an answer comes through.',
  },
  upstream_unreachable: {
    status: 502,
    type: 'server_error',
    message: 'The upstream could not be reached.',
    fix: 'Check `OPENAI_BASE_URL`, DNS and the network of the relay.',
  },
  upstream_failed: {
    status: 502,
    type: 'server_error',
    message: 'The upstream broke off before it answered.',
    fix: 'The connection was lost or the answer was not valid HTTP; the log names which.',
  },
  upstream_timeout: {
    status: 504,
    type: 'server_error',
    message: 'The upstream was silent for {seconds} s.',
    fix: 'If such silence is normal, raise the deadline of the pace of this endpoint: `deadlineControlMs`, `deadlineGenerationMs`, `deadlineUploadMs` or `deadlineDownloadMs`.',
  },
  relay_overloaded: {
    status: 503,
    type: 'server_error',
    message: 'This relay holds as many request bodies as it may. Try again in a moment.',
    fix: 'Too many large JSON bodies at once; raise `maxHeldBytes`.',
  },
  resource_missing: {
    status: 404,
    type: 'invalid_request_error',
    message: 'The upstream has no such object.',
    fix: 'The id names nothing that belongs to the project of the token. The answer itself uses the words OpenAI has for that kind of object.',
  },
  string_above_max_length: {
    status: 400,
    type: 'invalid_request_error',
    message: "Invalid '{param}': string too long.",
    fix: 'No id, model, user or cache key is longer than 1,024 characters.',
  },
  objects_of_two_accounts: {
    status: 400,
    type: 'invalid_request_error',
    message: 'The request names objects that live on different upstream accounts: {param} is on another one than the objects before it.',
    fix: 'Objects stay on the upstream account they were made on. Name objects of one account only, or upload the file again.',
  },
  not_for_tenants: {
    status: 403,
    type: 'invalid_request_error',
    message: '{method} {path} reads or changes what belongs to the whole upstream account, which several tenants share here.',
    fix: 'Only a relay with one tenant carries this row: nobody could tell whose objects it touches.',
  },
  source_not_for_tenants: {
    status: 403,
    type: 'invalid_request_error',
    message: "'{param}' reads from the whole upstream account, which several tenants share here: '{given}' cannot be used.",
    fix: 'Use a data source that names its objects, such as a file.',
  },
  batch_line_refused: {
    status: 400,
    type: 'invalid_request_error',
    message: 'Line {line} of the input file cannot be sent: {why}',
    fix: 'Each line of a batch is held to the same rules as a request of its own: correct the line and upload the file again.',
  },
  shared_for_reading: {
    status: 403,
    type: 'invalid_request_error',
    message: 'This object belongs to another project, which shares it for reading only.',
    fix: 'Ask with a token of the project that owns the object.',
  },
  ambiguous_form: {
    status: 400,
    type: 'invalid_request_error',
    message: 'The form cannot be read without doubt: {why}.',
    fix: 'Send a plain multipart/form-data body: quoted names, one value for each field.',
  },
  no_upstream_account: {
    status: 503,
    type: 'server_error',
    message: 'The upstream account this request belongs to is not set up on this relay.',
    fix: 'The account was removed or its key cannot be opened: see `relay account list`.',
  },
  owner_unwritten: {
    status: 503,
    type: 'server_error',
    message: 'The upstream answered, but the database of this relay does not, so that nobody could be named the owner of what was made.',
    fix: 'Bring the database back. What was made is given to its owner then, and shows in lists; asking again makes another one.',
  },
  store_unavailable: {
    status: 503,
    type: 'server_error',
    message: 'The database of this relay does not answer. Nothing was sent; try again in a moment.',
    fix: 'Bring the database back; the relay goes on by itself.',
  },
  internal_error: {
    status: 500,
    type: 'server_error',
    message: 'The relay had an error while processing your request.',
    fix: 'A bug of Relay: report it with the `x-relay-request-id`.',
  },
} as const satisfies Record<string, Entry>

/** An error in the words of somebody else. */
export type Words = { readonly status: number; readonly message: string; readonly param: string | null; readonly code: string | null }

export type ErrorCode = keyof typeof errorCatalog

/** Leaves the line of rooms with a refusal. Public text comes from the catalog only; `cause` is for the log and never answered. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: ErrorCode
  readonly status: number
  readonly details: Readonly<Record<string, string>>
  /** Extra answer headers, as flat name-value pairs. */
  readonly headers: readonly string[]
  /** What follows on this connection cannot be trusted to be a request. */
  readonly endsConnection: boolean
  /** What is answered in place of the catalog's words: those of the upstream for what it does not have. */
  readonly words: Words | null

  constructor(
    code: ErrorCode,
    details: Readonly<Record<string, string>> = {},
    options: { cause?: unknown; headers?: readonly string[]; endsConnection?: boolean; words?: Words } = {},
  ) {
    super(fill(errorCatalog[code].message, details), options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.words = options.words ?? null
    this.status = this.words?.status ?? errorCatalog[code].status
    this.details = details
    this.headers = options.headers ?? []
    this.endsConnection = options.endsConnection ?? false
  }
}

/** The body of a refusal, `{"error":{"message","type","param","code"}}` (OpenAI, "Error codes"). OpenAI gives routing errors no code. */
export function errorBody(refusal: Refusal): string {
  const type = errorCatalog[refusal.code].type
  if (refusal.words !== null) {
    const { message, param, code } = refusal.words
    return JSON.stringify({ error: { message, type, param, code } })
  }
  const code = refusal.code === 'missing_api_key' ? null : refusal.code
  return JSON.stringify({
    error: { message: refusal.message, type, param: refusal.details['param'] ?? null, code },
  })
}

function fill(template: string, details: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => details[name] ?? '')
}
