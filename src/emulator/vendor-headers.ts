// The headers that every answer of the real service carries, the ones a relay must not pass on included.
import type { CatalogEndpoint } from '../catalog/index.ts'
import { randomHex } from './ids.ts'

/** The account that all keys of an emulator belong to. */
export const organization = 'org-EmulatorOffline0000000'
export const project = 'proj_EmulatorOffline00000000'

const requestsPerMinute = 10_000
const tokensPerMinute = 30_000_000

type VendorHeaders = {
  readonly requestId: string
  readonly processingMs: number
  readonly row: CatalogEndpoint | null
  readonly nowMs: number
}

/** Flat name-value pairs, in the order the real service sends them. */
export function vendorHeaders({ requestId, processingMs, row, nowMs }: VendorHeaders): string[] {
  const headers = [
    'openai-version',
    '2020-10-01',
    'openai-organization',
    organization,
    'openai-project',
    project,
    'openai-processing-ms',
    String(Math.max(1, Math.round(processingMs))),
    'x-request-id',
    requestId,
    'x-content-type-options',
    'nosniff',
    'server',
    'cloudflare',
    'cf-cache-status',
    'DYNAMIC',
    'cf-ray',
    `${requestId.slice(4, 20)}-FRA`,
    'set-cookie',
    cookie(nowMs),
  ]
  if (row?.pace === 'generation' && row.method === 'POST') {
    headers.push(
      'x-ratelimit-limit-requests',
      String(requestsPerMinute),
      'x-ratelimit-limit-tokens',
      String(tokensPerMinute),
      'x-ratelimit-remaining-requests',
      String(requestsPerMinute - 1),
      'x-ratelimit-remaining-tokens',
      String(tokensPerMinute - 42),
      'x-ratelimit-reset-requests',
      '6ms',
      'x-ratelimit-reset-tokens',
      '0s',
    )
  }
  return headers
}

let cookieMinute = 0
let cookieText = ''

/** The edge's bot-management cookie; a new one a minute is as good as one a request, and costs nothing. */
function cookie(nowMs: number): string {
  const minute = Math.floor(nowMs / 60_000)
  if (minute !== cookieMinute) {
    cookieMinute = minute
    const expires = new Date((minute + 30) * 60_000).toUTCString()
    cookieText = `__cf_bm=${randomHex(43)}-${Math.floor(nowMs / 1000)}-1.0.1.1-${randomHex(86)}; path=/; expires=${expires}; domain=.api.openai.com; HttpOnly; Secure; SameSite=None`
  }
  return cookieText
}
