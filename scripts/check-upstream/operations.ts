// Reads a list of the vendor's operations. The list comes from elsewhere and grows, so unknown fields are ignored and
// missing ones have a plain meaning; only an entry without method and path is an error.

/** One operation as the vendor describes it. */
export type Operation = {
  readonly method: string
  /** With `/v1`, without a query. */
  readonly path: string
  readonly requestContentTypes: readonly string[]
  readonly responseContentTypes: readonly string[]
  readonly isStreaming: boolean
  readonly isMultipart: boolean
  readonly isBinary: boolean
  readonly isWebSocket: boolean
  readonly isDeprecated: boolean
  /** The value of `OpenAI-Beta`, where the list names a single one. */
  readonly beta: string | null
}

/** @throws TypeError when the text is no list of operations */
export function parseOperations(text: string): readonly Operation[] {
  const list: unknown = JSON.parse(text)
  if (!Array.isArray(list)) throw new TypeError('The operation list must be a JSON array.')
  return list.map(parseOperation)
}

function parseOperation(entry: unknown, index: number): Operation {
  const fields: Readonly<Record<string, unknown>> = typeof entry === 'object' && entry !== null ? { ...entry } : {}
  const { method, path } = fields
  if (typeof method !== 'string' || typeof path !== 'string') throw new TypeError(`Entry ${index} has no method and path.`)
  const plain = path.replace(/\?.*$/, '')
  return {
    method: method.toUpperCase(),
    path: plain.startsWith('/v1/') ? plain : `/v1${plain}`,
    requestContentTypes: strings(fields['request_content_types']),
    responseContentTypes: strings(fields['response_content_types']),
    isStreaming: fields['streams_sse'] === true,
    isMultipart: fields['multipart'] === true,
    isBinary: fields['binary_response'] === true,
    isWebSocket: fields['websocket'] === true,
    isDeprecated: fields['deprecated'] === true,
    beta: typeof fields['beta_header'] === 'string' ? (/^(?:OpenAI-Beta: *)?(\w+=v\d+)\b/.exec(fields['beta_header'])?.[1] ?? null) : null,
  }
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}
