// Room 2: whose token is this? Nothing of the body has been read yet, so a stranger costs us a head and no more.
import type { Caller } from '../identity/tokens.ts'
import { Refusal } from '../kernel/errors.ts'
import type { Authenticated, Received } from './exchange.ts'
import type { HeadFacts } from './headers.ts'

export type Authenticate = (received: Received) => Authenticated

/** RFC 9110 11.1: the scheme has no case. Whatever follows it is the token, spaces included: SDK suites use such keys. */
const bearer = /^bearer[ \t]+(.*)$/i

export function createAuthenticate(verify: (presented: string) => Caller | null): Authenticate {
  return (received) => {
    const presented = presentedToken(received.head)
    if (presented === null) throw new Refusal('missing_api_key', {}, { headers: ['WWW-Authenticate', 'Bearer'] })
    const caller = verify(presented)
    if (caller === null) throw new Refusal('invalid_api_key', {}, { headers: ['WWW-Authenticate', 'Bearer'] })
    received.tally.caller = caller
    return { ...received, caller, presented }
  }
}

/** `X-Relay-Key` is only ever meant for us; `Authorization` comes before the Azure spelling. */
function presentedToken(head: HeadFacts): string | null {
  // An empty header names no token: some clients send every header they know.
  return head.relayKey || bearer.exec(head.authorization ?? '')?.[1] || head.apiKey || null
}
