// Gives each tenant a space of its own for values the upstream compares across the whole account: cache keys, end users and
// idempotency keys of one tenant must never meet those of another.
import { createHmac, type KeyObject } from 'node:crypto'
import type { TenantId } from '../kernel/ids.ts'

/** @returns 32 characters that stand for the value of this tenant: the same for the same, and never what it was */
export type Namespace = (tenant: TenantId, value: string) => string

/** OpenAI takes at most 64 characters for each of these values. */
export const createNamespace =
  (key: KeyObject): Namespace =>
  (tenant, value) =>
    createHmac('sha256', key).update(`${tenant}\0${value}`).digest('base64url').slice(0, 32)
