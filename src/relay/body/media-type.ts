// What a Content-Type and a Content-Encoding say, compared with what a row takes.
import type { RequestKind } from '../../catalog/endpoint.ts'

const essences: Readonly<Record<RequestKind, string>> = {
  json: 'application/json',
  multipart: 'multipart/form-data',
  sdp: 'application/sdp',
}

/** RFC 9110 8.3.1: type and subtype without case; parameters follow a semicolon. */
export function kindOf(contentType: string | null): RequestKind | null {
  if (contentType === null) return null
  const semicolon = contentType.indexOf(';')
  const essence = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()
  for (const kind of Object.keys(essences) as RequestKind[]) if (essences[kind] === essence) return kind
  return null
}

export const acceptedText = (kinds: readonly RequestKind[]): string =>
  kinds.length === 0 ? 'no body' : kinds.map((kind) => essences[kind]).join(' or ')

/** RFC 2046 5.1.1: without a boundary a multipart body cannot be read by anybody. */
export const hasBoundary = (contentType: string): boolean => /;\s*boundary=(?:"[^"\r\n]{1,70}"|[^\s";,]{1,70})/i.test(contentType)

export type Coding = 'identity' | 'gzip' | 'other'

export function codingOf(contentEncoding: string | null): Coding {
  const coding = contentEncoding === null ? 'identity' : contentEncoding.trim().toLowerCase()
  return coding === 'identity' || coding === '' ? 'identity' : coding === 'gzip' || coding === 'x-gzip' ? 'gzip' : 'other'
}
