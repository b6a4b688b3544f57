// The answer to a WebRTC offer: a description that a peer can set, of a connection that nobody will take up.
import { invalid } from '../../errors.ts'
import { randomHex } from '../../ids.ts'

type Section = { readonly kind: string; readonly protocol: string; readonly formats: readonly string[]; readonly lines: readonly string[] }

/** Throws OpenAI's refusal of what is no offer. Sound and data are taken, pictures are turned down. */
export function answerOffer(offer: string, param = 'sdp'): string {
  const lines = offer.split(/\r?\n/).filter((line) => line !== '')
  if (lines[0] !== 'v=0') throw invalid('Failed to parse the SDP offer: it has to begin with v=0.', param, 'invalid_offer')
  const sections = sectionsOf(lines)
  const taken = sections.map((section, index) => ({ section, mid: midOf(section, index), isTaken: section.kind !== 'video' }))
  const user = randomHex(8)
  const password = randomHex(32)
  const fingerprint = randomHex(64).toUpperCase().match(/../g)?.join(':') ?? ''
  const answer = [
    'v=0',
    `o=- ${BigInt(`0x${randomHex(15)}`)} 2 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    `a=group:BUNDLE ${taken
      .filter(({ isTaken }) => isTaken)
      .map(({ mid }) => mid)
      .join(' ')}`.trimEnd(),
    'a=msid-semantic: WMS *',
    'a=ice-lite',
    `a=fingerprint:sha-256 ${fingerprint}`,
    ...taken.flatMap(({ section, mid, isTaken }) => [
      `m=${section.kind} ${isTaken ? 9 : 0} ${section.protocol} ${formatsOf(section).join(' ')}`,
      'c=IN IP4 0.0.0.0',
      `a=mid:${mid}`,
      ...(isTaken
        ? [
            `a=ice-ufrag:${user}`,
            `a=ice-pwd:${password}`,
            `a=setup:${setupOf(section)}`,
            ...detailsOf(section),
            'a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host',
          ]
        : ['a=inactive']),
    ]),
  ]
  return `${answer.join('\r\n')}\r\n`
}

function sectionsOf(lines: readonly string[]): readonly Section[] {
  const sections: Section[] = []
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('m=')) continue
    const [kind = '', , protocol = '', ...formats] = line.slice(2).split(' ')
    const end = lines.findIndex((other, at) => at > index && other.startsWith('m='))
    sections.push({ kind, protocol, formats, lines: lines.slice(index + 1, end === -1 ? undefined : end) })
  }
  return sections
}

const attribute = ({ lines }: Section, name: string): string | undefined =>
  lines.find((line) => line.startsWith(`a=${name}:`))?.slice(name.length + 3)

const midOf = (section: Section, index: number): string => attribute(section, 'mid') ?? String(index)

/** Who offers to be either becomes the one that is called. RFC 8842 5.3. */
const setupOf = (section: Section): string => (attribute(section, 'setup') === 'active' ? 'passive' : 'active')

/** Opus, where it is offered, and no other sound. */
function formatsOf(section: Section): readonly string[] {
  const opus = section.lines.map((line) => /^a=rtpmap:(\d+) opus\//i.exec(line)?.[1]).find((format) => format !== undefined)
  return section.kind === 'audio' && opus !== undefined ? [opus] : section.formats
}

function detailsOf(section: Section): readonly string[] {
  if (section.kind !== 'audio') return ['a=sctp-port:5000', 'a=max-message-size:1073741823']
  const formats = new Set(formatsOf(section))
  const mapped = section.lines.filter((line) => formats.has(/^a=(?:rtpmap|fmtp):(\d+) /.exec(line)?.[1] ?? ''))
  return ['a=sendrecv', 'a=rtcp-mux', ...mapped]
}
