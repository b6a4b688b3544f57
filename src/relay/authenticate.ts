// Room 2: whose token is this? Nothing of the body has been read yet, so a stranger costs us a head and no more.
import type { Caller } from '../identity/caller.ts'
import { Refusal } from '../kernel/errors.ts'
import type { Authenticated, Received } from './exchange.ts'
import type { HeadFacts } from './headers.ts'

/** At once for a token that is known; a promise where the database has to be asked. */
export type Authenticate = (received: Received) => Authenticated | Promise<Authenticated>

/** RFC 9110 11.1: the scheme has no case. Whatever follows it is the token, spaces included: SDK suites use such keys. */
const bearer = /^bearer[ \t]+(.*)$/i

export function createAuthenticate(verify: (presented: string) => Caller | null | Promise<Caller | null>): Authenticate {
  return (received) => {
    const presented = presentedToken(received.head)
    if (presented === null) throw new Refusal('missing_api_key', {}, { headers: ['WWW-Authenticate', 'Bearer'] })
    const caller = verify(presented)
    return caller instanceof Promise ? caller.then((late) => admitted(received, late, presented)) : admitted(received, caller, presented)
  }
}

function admitted(received: Received, caller: Caller | null, presented: string): Authenticated {
  if (caller === null) throw new Refusal('invalid_api_key', {}, { headers: ['WWW-Authenticate', 'Bearer'] })
  received.tally.caller = caller
  return { ...received, caller, presented }
}

/** `X-Relay-Key` is only ever meant for us; `Authorization` comes before the Azure spelling. */
function presentedToken(head: HeadFacts): string | null {
  // An empty header names no token: some clients send every header they know.
  return head.relayKey || bearer.exec(head.authorization ?? '')?.[1] || head.apiKey || null
}
