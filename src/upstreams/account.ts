// The upstream account: one credential at one API, the connections to it, and whether it is accepted there.
import type { Secret } from '../kernel/secret.ts'
import { createPool, type Pool } from './wire/pool.ts'

export type UpstreamAccount = {
  /** `host` header of every request. */
  readonly authority: string
  /** What stands in the place of `/v1`: the path of the base URL, without a slash at its end. */
  readonly basePath: string
  readonly key: Secret
  readonly organization: string | null
  readonly project: string | null
  readonly pool: Pool
  readonly credentials: Credentials
}

/** Whether the upstream takes our key. A refused key makes the relay unready until any other answer comes through. */
export type Credentials = {
  readonly isRefused: () => boolean
  /** @returns true when the operator should be told now: at most once a minute. */
  readonly refused: () => boolean
  readonly accepted: () => void
}

const warnEveryMs = 60_000

export function createCredentials(tick: () => number): Credentials {
  let isRefused = false
  let warnedAt = Number.NEGATIVE_INFINITY
  return {
    isRefused: () => isRefused,
    accepted: () => {
      isRefused = false
    },
    refused: () => {
      isRefused = true
      if (tick() - warnedAt < warnEveryMs) return false
      warnedAt = tick()
      return true
    },
  }
}

export type AccountOptions = {
  readonly url: string
  readonly key: Secret
  readonly organization: string | null
  readonly project: string | null
  readonly maxConnections: number
  readonly connectMs: number
  readonly tick: () => number
}

/** @param options.url an absolute http(s) URL without query, fragment or user information */
export function createAccount(options: AccountOptions): UpstreamAccount {
  const url = new URL(options.url)
  const isTls = url.protocol === 'https:'
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return {
    authority: url.host,
    basePath: url.pathname.replace(/\/+$/, ''),
    key: options.key,
    organization: options.organization,
    project: options.project,
    pool: createPool({ host, port, isTls, maxConnections: options.maxConnections, connectMs: options.connectMs }),
    credentials: createCredentials(options.tick),
  }
}
