// The only request Relay makes to an address a caller names: the `download_link` of a file in a ChatGPT conversation.
// Allowed hosts only, https only, public addresses only; connects to the very address that was checked; follows nothing.
import { lookup } from 'node:dns/promises'
import { request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { Transform, type Readable } from 'node:stream'
import { Refusal } from '../kernel/errors.ts'
import { isPublicAddress } from './address.ts'

export type FetchedFile = { readonly stream: Readable; readonly bytes: number | null; readonly mimeType: string | null }

/** @throws Refusal file_not_fetched, or `tooLarge` once more than `maxBytes` are known or have come */
export type FetchFile = (
  link: string,
  options: { readonly maxBytes: number; readonly tooLarge: () => Refusal; readonly signal: AbortSignal },
) => Promise<FetchedFile>

/** What lies between a name and a connection. Tests put a server of their own there. */
export type Network = {
  readonly resolve: (name: string) => Promise<readonly string[]>
  readonly isPublic: (address: string) => boolean
  readonly port: number
  /** The only certificate to trust, in PEM; those of the system where it is null. */
  readonly trust: string | null
}

export const publicInternet: Network = {
  resolve: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  isPublic: isPublicAddress,
  port: 443,
  trust: null,
}

const fetchMs = 20_000

const refused = (why: string): Refusal => new Refusal('file_not_fetched', { why })

export function createFetchFile({ hosts, network }: { readonly hosts: readonly string[]; readonly network: Network }): FetchFile {
  const patterns = hosts.map(
    (host) =>
      new RegExp(
        `^${host
          .split('*')
          .map((part) => RegExp.escape(part))
          .join('[a-z0-9-]*')}$`,
      ),
  )

  return async (link, { maxBytes, tooLarge, signal }) => {
    const url = readLink(link)
    const name = url.hostname
    if (!patterns.some((pattern) => pattern.test(name))) throw refused('Refusing to fetch file URL from an untrusted host')
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(fetchMs)])
    const address = await checkedAddress(name, network, deadline)
    const answer = await get(url, address, network, deadline).catch(() => {
      throw refused('Failed to download file')
    })
    const status = answer.statusCode ?? 0
    const encoding = answer.headers['content-encoding']
    const announced = /^\d{1,15}$/.test(answer.headers['content-length'] ?? '') ? Number(answer.headers['content-length']) : null
    const refusal =
      status !== 200
        ? refused(`Failed to download file (HTTP ${status})`)
        : encoding !== undefined && encoding !== 'identity'
          ? refused('Failed to download file: it came encoded')
          : announced !== null && announced > maxBytes
            ? tooLarge()
            : null
    if (refusal !== null) {
      answer.destroy()
      throw refusal
    }
    return { stream: limited(answer, maxBytes, tooLarge), bytes: announced, mimeType: answer.headers['content-type'] ?? null }
  }
}

/** @throws Refusal file_not_fetched */
function readLink(link: string): URL {
  // The URL parser drops tabs and line ends, and turns backslashes around: what it would mend is refused instead.
  if (link.length > 8192 || !/^[\x21-\x5b\x5d-\x7e]+$/.test(link) || !URL.canParse(link)) throw refused('The download link is not a URL')
  const url = new URL(link)
  if (url.protocol !== 'https:') throw refused('Only https URLs are supported')
  if (url.username !== '' || url.password !== '' || url.port !== '') throw refused('Refusing to fetch file URL with credentials or a port')
  return url
}

/** Every address of the name must be public: one that is not says whose name it is. */
async function checkedAddress(name: string, { resolve, isPublic }: Network, signal: AbortSignal): Promise<string> {
  const literal = name.replace(/^\[|\]$/g, '')
  const addresses = isIP(literal) === 0 ? await Promise.race([resolve(name), aborted(signal)]).catch(() => []) : [literal]
  const [first] = addresses
  if (first === undefined) throw refused('Failed to download file: the host has no address')
  if (!addresses.every(isPublic)) throw refused('Refusing to fetch file URL from an address that is not public')
  return first
}

function get(url: URL, address: string, { port, trust }: Network, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({
      host: address,
      port,
      path: url.pathname + url.search,
      method: 'GET',
      agent: false,
      signal,
      // The certificate is held against the name, not the address.
      ...(isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0 ? { servername: url.hostname } : {}),
      ...(trust === null ? {} : { ca: trust }),
      headers: { Host: url.hostname, Accept: '*/*', 'Accept-Encoding': 'identity', Connection: 'close' },
    })
    outgoing.once('response', resolve).on('error', reject).end()
  })
}

/** Counts while it passes on: the announced length may be missing or wrong. */
function limited(answer: IncomingMessage, maxBytes: number, tooLarge: () => Refusal): Readable {
  let bytes = 0
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      done(bytes > maxBytes ? tooLarge() : null, chunk)
    },
  })
  answer.once('error', () => counter.destroy(refused('Failed to download file: it broke off')))
  counter.once('close', () => answer.destroy())
  return answer.pipe(counter)
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('given up')), { once: true })
  })
