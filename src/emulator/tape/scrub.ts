// Takes keys and names of organizations out of what is kept. Every character is replaced by an x, so that lengths, framing and the
// timing of chunks stay true; what was taken out once stays as it is.

/** The group `secret` is what goes; where there is none, all of the match behind its prefix. */
const patterns: readonly RegExp[] = [
  // Keys: of OpenAI, of a relay, of realtime clients, of webhooks; also as messages quote them, `sk-ab***yz`.
  /(?<![A-Za-z0-9])(?:sk-|rk_|ek_|whsec_)(?<secret>[\w*.+/=-]{8,4096})/dg,
  /\b(?:Bearer|Basic) (?<secret>[\w.~+/=-]{8,4096})/dgi,
  // Accounts. Their ids are long; `org-chart` is a word.
  /(?<![A-Za-z0-9])(?:org-|proj_|user-)(?<secret>[A-Za-z0-9]{20,64})/dg,
  /\bft(?::|%3[Aa])[^:%"\s\\]{1,80}(?::|%3[Aa])(?<secret>[^:%"\s\\]{1,64})(?::|%3[Aa])/dg,
  // Values of fields that hold nothing but secrets, and of queries.
  /"(?:authorization|api_key|apikey|client_secret|signing_secret|access_token|refresh_token|password)"\s*:\s*"(?<secret>(?:[^"\\]|\\.){1,4096})"/dgi,
  /(?<=[?&])(?:api[-_]?key|key|token|access_token|sig|signature)=(?<secret>[^&\s"]{1,4096})/dgi,
]

/** Longer than anything a pattern takes. */
const reach = 8192

export function scrub(text: string): string {
  let scrubbed = text
  for (const { from, to } of secretsIn(text)) scrubbed = scrubbed.slice(0, from) + 'x'.repeat(to - from) + scrubbed.slice(to)
  return scrubbed
}

/** Of a query without its question mark. */
export const scrubQuery = (query: string): string => scrub(`?${query}`).slice(1)

export type Scrubber = { readonly push: (chunk: Uint8Array) => Buffer; readonly end: () => Buffer }

/** The same for bytes as they come; the last ones wait until it is clear that no secret begins in them. */
export function createScrubber(): Scrubber {
  // One character a byte; secrets are ASCII, whatever is around them.
  let pending = ''
  /** The character before: it decides whether a word begins. */
  let before = ''
  const take = (length: number): Buffer => {
    const text = before + pending
    let until = before.length + length
    // From the last to the first: one that is moved behind may uncover another.
    for (const { start, to } of secretsIn(text).toSorted((one, other) => other.start - one.start))
      if (start < until && to > until) until = Math.max(start, before.length)
    const taken = scrub(text).slice(before.length, until)
    pending = text.slice(until)
    before = until === 0 ? '' : text.slice(until - 1, until)
    return Buffer.from(taken, 'latin1')
  }
  return {
    push: (chunk) => {
      pending += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
      return pending.length > reach * 2 ? take(pending.length - reach) : Buffer.alloc(0)
    },
    end: () => take(pending.length),
  }
}

type Span = {
  /** Where its pattern begins. */
  readonly start: number
  readonly from: number
  readonly to: number
}

function secretsIn(text: string): readonly Span[] {
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ index, indices }) => {
      const [from, to] = indices?.groups?.['secret'] ?? [0, 0]
      return { start: index, from, to }
    }),
  )
}
