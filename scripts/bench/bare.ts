// The least a relay on node:http and undici's dispatch can do: check the token, swap it, pass the bytes. No routing, rules, logs or metrics.
// It shows how much of the relay's cost is the price of its two HTTP engines.
import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { Pool, type Dispatcher } from 'undici'
import { operatorKey, relayToken } from './payloads.ts'

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'authorization',
  'host',
  'content-length',
])
const pool = new Pool(process.env['OPENAI_BASE_URL']?.replace(/\/v1$/, '') ?? '', { headersTimeout: 0, bodyTimeout: 0 })
const tokens = new Set([`Bearer ${relayToken}`])

const server = createServer({ requestTimeout: 0, highWaterMark: 65_536 }, (request, response) => {
  if (!tokens.has(request.headers.authorization ?? '')) {
    response.writeHead(401).end()
    return
  }
  const length = request.headers['content-length']
  const headers = ['host', 'api.openai.com', 'authorization', `Bearer ${operatorKey}`]
  if (length !== undefined) headers.push('content-length', length)
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? ''
    if (!hopByHop.has(name.toLowerCase())) headers.push(name, request.rawHeaders[index + 1] ?? '')
  }
  const method = request.method ?? 'GET'
  pool.dispatch({ path: request.url ?? '/', method, headers, body: method === 'GET' ? null : request }, answerTo(response))
})

function answerTo(response: ServerResponse): Dispatcher.DispatchHandler {
  let exchange: Dispatcher.DispatchController | undefined
  response.on('close', () => {
    if (!response.writableFinished) exchange?.abort(new Error('client left'))
  })
  return {
    onRequestStart: (controller) => {
      exchange = controller
    },
    onResponseStart: (controller, status) => {
      const raw = (controller.rawHeaders as Buffer[] | null) ?? []
      const headers: string[] = []
      for (let index = 0; index < raw.length; index += 2) {
        const name = raw[index]?.toString('latin1') ?? ''
        if (!hopByHop.has(name.toLowerCase()) || name === 'content-length') headers.push(name, raw[index + 1]?.toString('latin1') ?? '')
      }
      response.writeHead(status, headers)
    },
    onResponseData: (controller, bytes) => {
      if (response.write(bytes)) return
      controller.pause()
      response.once('drain', () => controller.resume())
    },
    onResponseEnd: () => void response.end(),
    onResponseError: () => {
      if (response.headersSent) response.destroy()
      else response.writeHead(502).end()
    },
  }
}

process.on('SIGTERM', () => process.exit(0))
server.listen(Number(process.env['RELAY_PORT']), '127.0.0.1')
await once(server, 'listening')
