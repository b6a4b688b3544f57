// An operation of the admin table, asked of a relay elsewhere over its admin API.
import type { Given } from '../admin/context.ts'
import type { Operation } from '../admin/operation.ts'
import type { Answer } from '../admin/present.ts'
import { errorCode } from '../kernel/error-code.ts'
import { givenAt } from './admin-asked.ts'
import type { Performed } from './admin-print.ts'
import { exitCodes, Failure, usageCodes } from './failure.ts'

const patienceMs = 60_000

export async function performRemotely(operation: Operation, given: Given, url: string): Promise<Performed> {
  const token = process.env['RELAY_ADMIN_TOKEN'] ?? ''
  if (token === '')
    throw new Failure('RELAY_ADMIN_TOKEN is not set: --url needs an admin token, `relay admin-token create NAME` makes one.', {
      exitCode: exitCodes.usage,
    })
  const where = baseOf(url)
  const asked = await fetch(addressOf(operation, given, where), {
    method: operation.method,
    headers: { Authorization: `Bearer ${token}`, ...(operation.method === 'POST' ? { 'Content-Type': 'application/json' } : {}) },
    ...(operation.method === 'POST' ? { body: JSON.stringify(givenAt(operation, 'body', given)) } : {}),
    // A token goes where it was meant to go.
    redirect: 'error',
    signal: AbortSignal.timeout(patienceMs),
  }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    throw new Failure(`No relay answers at ${where} (${errorCode(cause)}).`, { cause: error })
  })
  const text = await asked.text()
  if (!asked.ok) throw failureOf(asked.status, text, where)
  return { answer: parsed(text, where), where }
}

/** With or without `/v1` or the prefix of the API at its end: it is what people have at hand. */
function baseOf(url: string): string {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
    throw new Failure(`--url (flag) is "${url}": use the address of a relay, such as https://relay.example.com.`, {
      exitCode: exitCodes.usage,
    })
  return url.replace(/\/+$/, '').replace(/(?:\/admin)?\/v1$/, '')
}

function addressOf(operation: Operation, given: Given, base: string): string {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(given[name])))
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(givenAt(operation, 'query', given))) query.set(name, String(value))
  return `${base}${path}${query.size === 0 ? '' : `?${query.toString()}`}`
}

function failureOf(status: number, text: string, where: string): Failure {
  const { error } = parsed(text, where) as { readonly error?: { readonly message?: unknown; readonly code?: unknown } }
  if (typeof error?.message !== 'string') throw new Failure(`${where} answered ${status}, and that is no relay.`)
  return new Failure(error.message, { exitCode: usageCodes.has(String(error.code)) ? exitCodes.usage : exitCodes.failure })
}

function parsed(text: string, where: string): Answer {
  try {
    return JSON.parse(text) as Answer
  } catch (error) {
    throw new Failure(`${where} did not answer JSON: that is no relay.`, { cause: error })
  }
}
