// What a credential authenticates with. Secrets are checked and dropped: nothing offline has a use for them, and nobody can read back
// what is not kept.
import { invalid, invalidValue } from '../../errors.ts'
import { array, object, optional, string } from '../../shape.ts'
import type { Field, JsonObject } from '../../shape.ts'
import { variant } from '../../variant.ts'
import type { Variant } from '../../variant.ts'

export type CredentialAuth =
  | { readonly type: 'mcp_oauth'; readonly mcp_server_url: string; readonly expires_at: string | null; readonly refresh: Refresh | null }
  | { readonly type: 'static_bearer'; readonly mcp_server_url: string }
  | { readonly type: 'environment_variable'; readonly secret_name: string; readonly networking: Networking }

type Refresh = {
  readonly client_id: string
  readonly resource: string | null
  readonly scope: string | null
  readonly token_endpoint: string
  readonly token_endpoint_auth: { readonly type: 'none' | 'client_secret_basic' | 'client_secret_post' }
}

type Networking = { readonly type: 'unrestricted' } | { readonly type: 'limited'; readonly allowed_hosts: readonly string[] }

/** A text that passes a test, or a refusal that says what it should be. */
const textThat = (fits: (text: string) => boolean, expected: string): Field<string> => {
  const text = string({ min: 1 })
  return {
    ...text,
    read: (value, at, isForm) => {
      const given = text.read(value, at, isForm)
      if (!fits(given)) throw invalid(`Invalid '${at}': expected ${expected}.`, at, 'invalid_value')
      return given
    },
  }
}

const httpsUrl = textThat((text) => URL.canParse(text) && new URL(text).protocol === 'https:', 'an HTTPS URL')
// A line break or a NUL would become part of a header or end it.
const secret = textThat((text) => !/[\r\n\0]/.test(text), 'a secret without line breaks and NUL')
const variableName = textThat(
  (text) => /^[A-Za-z_]\w*$/.test(text) && !text.startsWith('CODEX_'),
  'the name of an environment variable that is not reserved',
)
const host = textThat((text) => /^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i.test(text), 'a hostname without scheme, port, path and wildcard')
const timestamp = textThat((text) => /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)), 'an RFC 3339 timestamp')

const clientSecret = { client_secret: secret }

const created = {
  mcp_oauth: {
    mcp_server_url: httpsUrl,
    access_token: secret,
    expires_at: optional(timestamp),
    refresh: optional(
      object({
        client_id: string({ min: 1 }),
        refresh_token: secret,
        token_endpoint: httpsUrl,
        token_endpoint_auth: variant({ none: {}, client_secret_basic: clientSecret, client_secret_post: clientSecret }),
        resource: optional(string()),
        scope: optional(string()),
      }),
    ),
  },
  static_bearer: { mcp_server_url: httpsUrl, token: secret },
  environment_variable: {
    secret_name: variableName,
    secret_value: secret,
    networking: variant({ unrestricted: {}, limited: { allowed_hosts: array(host, { min: 1, max: 16 }) } }),
  },
}

export const createdAuth = variant(created)

export function authOf(given: Variant<typeof created>): CredentialAuth {
  switch (given.type) {
    case 'mcp_oauth':
      return {
        type: 'mcp_oauth',
        mcp_server_url: given.mcp_server_url,
        expires_at: given.expires_at ?? null,
        refresh:
          given.refresh === undefined
            ? null
            : {
                client_id: given.refresh.client_id,
                resource: given.refresh.resource ?? null,
                scope: given.refresh.scope ?? null,
                token_endpoint: given.refresh.token_endpoint,
                token_endpoint_auth: { type: given.refresh.token_endpoint_auth.type },
              },
      }
    case 'static_bearer':
      return { type: 'static_bearer', mcp_server_url: given.mcp_server_url }
    case 'environment_variable': {
      const { networking, secret_name: name } = given
      return {
        type: 'environment_variable',
        secret_name: name,
        networking:
          networking.type === 'limited'
            ? { type: 'limited', allowed_hosts: [...new Set(networking.allowed_hosts.map((each) => each.toLowerCase()))] }
            : { type: 'unrestricted' },
      }
    }
  }
}

const rotatedSecret = { client_secret: optional(secret) }

const rotated = {
  mcp_oauth: {
    access_token: optional(secret),
    expires_at: optional(timestamp),
    refresh: optional(
      object({
        refresh_token: optional(secret),
        scope: optional(string()),
        token_endpoint_auth: optional(variant({ client_secret_basic: rotatedSecret, client_secret_post: rotatedSecret })),
      }),
    ),
  },
  static_bearer: { token: secret },
  environment_variable: { secret_value: secret },
}

export const rotatedAuth = variant(rotated)

/** `raw` is the parameter as it came: null clears what leaving out keeps. */
export function rotate(auth: CredentialAuth, given: Variant<typeof rotated>, raw: JsonObject): CredentialAuth {
  if (given.type !== auth.type) throw invalidValue('auth.type', given.type, [auth.type])
  // The secrets of the two other methods are all that can be replaced, and they are not kept.
  if (auth.type !== 'mcp_oauth' || given.type !== 'mcp_oauth') return auth
  // Quirk: a new token has a new expiry, or none.
  const keepsExpiry = raw['expires_at'] === undefined && given.access_token === undefined
  return {
    ...auth,
    expires_at: keepsExpiry ? auth.expires_at : (given.expires_at ?? null),
    refresh: given.refresh === undefined ? auth.refresh : rotateRefresh(auth.refresh, given.refresh, raw['refresh'] as JsonObject),
  }
}

type RotatedRefresh = { readonly scope?: string | undefined; readonly token_endpoint_auth?: { readonly type: string } | undefined }

function rotateRefresh(refresh: Refresh | null, given: RotatedRefresh, raw: JsonObject): Refresh {
  if (refresh === null) throw invalid('This credential has no refresh configuration to update.', 'auth.refresh')
  const method = given.token_endpoint_auth?.type
  if (method !== undefined && method !== refresh.token_endpoint_auth.type)
    throw invalidValue('auth.refresh.token_endpoint_auth.type', method, [refresh.token_endpoint_auth.type])
  return { ...refresh, scope: raw['scope'] === undefined ? refresh.scope : (given.scope ?? null) }
}
