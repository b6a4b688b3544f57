// The bytes both ends of the bench exchange, put together once: what an OpenAI SDK sends and what the API answers, in size and in headers.

export const relayToken = 'relay-token-of-the-bench-0123456789abcdef'
export const operatorKey = 'sk-operator-key-of-the-bench-0123456789abcdef'

export const requestBodyBytes = 2048
export const answerBodyBytes = 1024
export const eventsPerStream = 200
export const eventBytes = 115
export const multipartBoundary = '----formdata-undici-012345678901'

/** The 18 fields of a request of the official SDK, in its order; without a body two less. */
function requestHead(path: string, token: string, content: { readonly type: string; readonly length: number } | null): string {
  return [
    `${content === null ? 'GET' : 'POST'} ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'connection: keep-alive',
    `authorization: Bearer ${token}`,
    'user-agent: OpenAI/JS 7.57.0',
    'accept: application/json',
    ...(content === null ? [] : [`content-type: ${content.type}`]),
    'x-stainless-retry-count: 0',
    'x-stainless-timeout: 600',
    'x-stainless-lang: js',
    'x-stainless-package-version: 7.57.0',
    'x-stainless-os: Linux',
    'x-stainless-arch: x64',
    'x-stainless-runtime: node',
    'x-stainless-runtime-version: v24.21.0',
    'accept-language: *',
    'sec-fetch-mode: cors',
    'accept-encoding: gzip, deflate',
    ...(content === null ? [] : [`content-length: ${content.length}`]),
    '\r\n',
  ].join('\r\n')
}

function chatBody(isStreaming: boolean): string {
  const before = `{"model":"gpt-4o-mini",${isStreaming ? '"stream":true,' : ''}"temperature":0.2,"messages":[{"role":"system","content":"You answer briefly."},{"role":"user","content":"`
  const after = '"}]}'
  return before + filler(requestBodyBytes - before.length - after.length) + after
}

function filler(length: number): string {
  return 'the quick brown fox jumps over the lazy dog and '.repeat(Math.ceil(length / 48)).slice(0, length)
}

export function chatRequest(options: { readonly isStreaming: boolean; readonly token?: string }): Buffer {
  const head = requestHead('/v1/chat/completions', options.token ?? relayToken, { type: 'application/json', length: requestBodyBytes })
  return Buffer.from(head + chatBody(options.isStreaming), 'latin1')
}

/** @param previous id of the response that is continued */
export function responseRequest({ token, previous }: { readonly token: string; readonly previous: string | null }): Buffer {
  const before = `{"model":"gpt-4o-mini",${previous === null ? '' : `"previous_response_id":"${previous}",`}"instructions":"You answer briefly.","input":"`
  const body = `${before}${filler(requestBodyBytes - before.length - 2)}"}`
  const head = requestHead('/v1/responses', token, { type: 'application/json', length: body.length })
  return Buffer.from(head + body, 'latin1')
}

export function getRequest(path: string, token: string): Buffer {
  return Buffer.from(requestHead(path, token, null), 'latin1')
}

/** An upload: `before`, then `fileBytes` of anything, then `after`. */
export function uploadRequest(fileBytes: number, token = relayToken): { before: Buffer; after: Buffer; bodyBytes: number } {
  const opening =
    `--${multipartBoundary}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n` +
    `--${multipartBoundary}\r\ncontent-disposition: form-data; name="file"; filename="large.bin"\r\ncontent-type: application/octet-stream\r\n\r\n`
  const closing = `\r\n--${multipartBoundary}--\r\n`
  const bodyBytes = opening.length + fileBytes + closing.length
  const head = requestHead('/v1/files', token, { type: `multipart/form-data; boundary=${multipartBoundary}`, length: bodyBytes })
  return { before: Buffer.from(head + opening, 'latin1'), after: Buffer.from(closing, 'latin1'), bodyBytes }
}

/** The fields OpenAI sends with an answer, without its cookies. */
function answerHead(contentType: string, framing: string): string {
  return [
    'HTTP/1.1 200 OK',
    'date: Sun, 22 Nov 2026 12:00:00 GMT',
    `content-type: ${contentType}`,
    framing,
    'connection: keep-alive',
    'openai-organization: org-of-the-operator',
    'openai-processing-ms: 312',
    'openai-version: 2020-10-01',
    'x-request-id: req_0123456789abcdef0123456789abcdef',
    'x-ratelimit-limit-requests: 10000',
    'x-ratelimit-limit-tokens: 2000000',
    'x-ratelimit-remaining-requests: 9999',
    'x-ratelimit-remaining-tokens: 1999000',
    'x-ratelimit-reset-requests: 6ms',
    'x-ratelimit-reset-tokens: 30ms',
    'strict-transport-security: max-age=31536000; includeSubDomains; preload',
    '\r\n',
  ].join('\r\n')
}

export const jsonAnswerBody = ((): Buffer => {
  const before =
    '{"id":"chatcmpl-0123456789","object":"chat.completion","created":1795348800,"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"'
  const after =
    '","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":480,"completion_tokens":170,"total_tokens":650}}'
  return Buffer.from(before + filler(answerBodyBytes - before.length - after.length) + after, 'latin1')
})()

export const jsonAnswer = Buffer.concat([
  Buffer.from(answerHead('application/json', `content-length: ${jsonAnswerBody.length}`), 'latin1'),
  jsonAnswerBody,
])

export const streamHead = Buffer.from(answerHead('text/event-stream; charset=utf-8', 'transfer-encoding: chunked'), 'latin1')

function chunk(data: string): Buffer {
  return Buffer.from(`${data.length.toString(16)}\r\n${data}\r\n`, 'latin1')
}

function streamEvent(number: number): string {
  const before = `data: {"id":"chatcmpl-0123456789","object":"chat.completion.chunk","choices":[{"delta":{"content":" t${number}`
  const after = '"}}]}\n\n'
  return before + 'e'.repeat(eventBytes - before.length - after.length) + after
}

const lastEvents =
  'data: {"id":"chatcmpl-0123456789","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":480,"completion_tokens":200,"total_tokens":680}}\n\n' +
  'data: [DONE]\n\n'

/** The events of one stream, each a chunk of its own as the API sends them. */
export const streamEvents: readonly Buffer[] = Array.from({ length: eventsPerStream }, (_, number) => chunk(streamEvent(number)))
/** Usage and [DONE], then the end of the body, in one write. */
export const streamEnd = Buffer.concat([chunk(lastEvents), Buffer.from('0\r\n\r\n', 'latin1')])
export const streamBodyBytes = eventsPerStream * eventBytes + lastEvents.length

export function uploadAnswer(receivedBytes: number): Buffer {
  const body = `{"id":"file-0123456789","object":"file","bytes":${receivedBytes},"created_at":1795348800,"filename":"large.bin","purpose":"user_data"}`
  return Buffer.from(answerHead('application/json', `content-length: ${body.length}`) + body, 'latin1')
}

/** An id as the API makes them: the same length each time, another one each time. */
let ids = 0
const nextId = (prefix: string): string => `${prefix}${(++ids).toString(16).padStart(48, '0')}`

/** What the API tells of a response that is asked for by its id, or of a new one; its message has the same number. */
export function responseAnswer(path: string): Buffer {
  const number = /^\/v1\/responses\/resp_(\w+)$/.exec(path)?.[1] ?? nextId('')
  const before =
    `{"id":"resp_${number}","object":"response","created_at":1795348800,"status":"completed","error":null,"model":"gpt-4o-mini",` +
    `"output":[{"type":"message","id":"msg_${number}","status":"completed","role":"assistant","content":[{"type":"output_text","text":"`
  const after =
    '","annotations":[]}]}],"parallel_tool_calls":true,"previous_response_id":null,"store":true,"tools":[],' +
    '"usage":{"input_tokens":480,"output_tokens":170,"total_tokens":650}}'
  const body = before + filler(answerBodyBytes - before.length - after.length) + after
  return Buffer.from(answerHead('application/json', `content-length: ${body.length}`) + body, 'latin1')
}

/** What the API tells of an object that is asked for by its id, or of a file that is uploaded. */
export function objectAnswer(path: string): Buffer {
  const body = objectBody(/^\/v1\/(?:files|batches)\/([\w-]+)$/.exec(path)?.[1] ?? nextId('file-'))
  return Buffer.from(answerHead('application/json', `content-length: ${body.length}`) + body, 'latin1')
}

export function objectBody(id: string): string {
  return id.startsWith('batch_')
    ? `{"id":"${id}","object":"batch","endpoint":"/v1/responses","errors":null,"input_file_id":"file-${id.slice(6)}","completion_window":"24h",` +
        '"status":"in_progress","output_file_id":null,"error_file_id":null,"created_at":1795348800,"request_counts":{"total":100,"completed":3,"failed":0},"metadata":null}'
    : `{"id":"${id}","object":"file","bytes":120000,"created_at":1795348800,"expires_at":null,"filename":"handbook.pdf","purpose":"assistants","status":"processed","status_details":null}`
}
