// Headers that name or open somebody's account: shown to nobody, neither by the journal nor in a recording.

const secrets: Readonly<Record<string, 'redact' | 'drop'>> = {
  authorization: 'redact',
  'proxy-authorization': 'redact',
  'api-key': 'redact',
  'x-api-key': 'redact',
  'x-relay-key': 'redact',
  'openai-organization': 'redact',
  'openai-project': 'redact',
  // Browsers put keys into the names of subprotocols.
  'sec-websocket-protocol': 'redact',
  cookie: 'drop',
  'set-cookie': 'drop',
}

/** What may be seen of a header's value; null where not even its presence matters. */
export function shownValue(name: string, value: string): string | null {
  const treatment = secrets[name.toLowerCase()]
  if (treatment === undefined) return value
  // The scheme tells whoever wonders why a key is refused.
  return treatment === 'drop' ? null : `${/^(?:Bearer|Basic) /i.exec(value)?.[0] ?? ''}[redacted]`
}
