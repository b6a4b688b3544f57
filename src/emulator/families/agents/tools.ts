// The tools of an agent: what callers may configure, and how it reads afterwards. Reusable agents keep no credentials; sessions may be
// given some, which no answer repeats.
import { invalid } from '../../errors.ts'
import { anyObject, array, boolean, choice, isObject, object, optional, string } from '../../shape.ts'
import type { Field, JsonObject } from '../../shape.ts'
import { variant } from '../../variant.ts'
import type { Variant } from '../../variant.ts'

/** A tool as a reusable agent shows it. */
export type PersistedTool =
  | Exclude<SessionTool, { readonly type: 'mcp' }>
  | (McpTool & { readonly transport: (HttpTransport & { readonly headers: Texts }) | StdioTransport })
  | { readonly type: 'tool_search' }

/** A tool as a session shows it. */
export type SessionTool =
  | {
      readonly type: 'function'
      readonly name: string
      readonly description: string
      readonly parameters: JsonObject
      readonly defer_loading: boolean
      readonly async: boolean
    }
  | { readonly type: 'programmatic_tool_calling'; readonly enabled: boolean }
  | (McpTool & { readonly transport: HttpTransport | StdioTransport })
  | {
      readonly type: 'web_search'
      readonly allowed_domains: readonly string[] | null
      readonly context_size: 'low' | 'medium' | 'high'
      readonly location: Location | null
      readonly mode: 'disabled' | 'cached' | 'live'
    }
  | { readonly type: 'computer_use'; readonly include_screenshots: boolean }
  | { readonly type: 'automations' }

type Texts = Readonly<Record<string, string>>
type Location = {
  readonly city: string | null
  readonly country: string | null
  readonly region: string | null
  readonly timezone: string | null
}
type HttpTransport = { readonly type: 'http'; readonly server_url: string }
type StdioTransport = {
  readonly type: 'stdio'
  readonly command: string
  readonly cwd: string
  readonly args: readonly string[]
  readonly env_vars: readonly string[]
}
type McpTool = {
  readonly type: 'mcp'
  readonly server_label: string
  readonly allowed_tools: readonly string[] | null
  readonly connection_origin: 'service' | 'environment'
  readonly credential_id: string | null
  readonly request_metadata: JsonObject
  readonly required: boolean
}

/** An object of texts: headers, environment variables. */
export const texts = (): Field<Texts> => ({
  expected: 'an object of strings',
  isRequired: true,
  fits: (value) => isObject(value) && Object.values(value).every((each) => typeof each === 'string'),
  read: (value) => value as Texts,
})

const url: Field<string> = {
  ...string(),
  read: (value, at) => {
    const given = value as string
    if (!URL.canParse(given)) throw invalid(`Invalid '${at}': expected a URL.`, at, 'invalid_value')
    return given
  },
}

const kinds = {
  function: {
    name: string({ min: 1, max: 64 }),
    description: string(),
    parameters: anyObject(),
    async: optional(boolean()),
    defer_loading: optional(boolean()),
  },
  tool_search: {},
  programmatic_tool_calling: { enabled: optional(boolean()) },
  mcp: {
    server_label: string({ min: 1 }),
    transport: variant({
      // Reusable agents know headers that are no secret, sessions an authorization and headers that may be.
      http: { server_url: url, authorization: optional(string()), headers: optional(texts()) },
      stdio: {
        command: string({ min: 1 }),
        cwd: string(),
        args: optional(array(string())),
        env: optional(texts()),
        env_vars: optional(array(string())),
      },
    }),
    allowed_tools: optional(array(string())),
    connection_origin: optional(choice('service', 'environment')),
    credential_id: optional(string()),
    request_metadata: optional(anyObject()),
    required: optional(boolean()),
  },
  web_search: {
    allowed_domains: optional(array(string())),
    context_size: optional(choice('low', 'medium', 'high')),
    location: optional(
      object({ city: optional(string()), country: optional(string()), region: optional(string()), timezone: optional(string()) }),
    ),
    mode: optional(choice('disabled', 'cached', 'live')),
  },
  computer_use: { include_screenshots: optional(boolean()) },
  automations: {},
}

export const toolList = array(variant(kinds))

type GivenTool = Variant<typeof kinds>

/** `at` is how the request named the list. */
export function readTools(given: readonly GivenTool[], at: string, keepsSecrets: boolean): readonly PersistedTool[] {
  const names = new Set<string>()
  return given.map((tool, index) => {
    if (tool.type === 'function') {
      if (names.has(tool.name)) throw invalid(`Duplicate function name: '${tool.name}'.`, `${at}[${index}].name`)
      names.add(tool.name)
    }
    if (tool.type === 'mcp' && !keepsSecrets) refuseSecrets(tool.transport, `${at}[${index}].transport`)
    return complete(tool)
  })
}

function refuseSecrets(transport: Extract<GivenTool, { type: 'mcp' }>['transport'], at: string): void {
  const secret = transport.type === 'http' ? transport.authorization && 'authorization' : transport.env && 'env'
  if (secret !== undefined && secret !== '')
    throw invalid(
      `Unknown parameter: '${at}.${secret}'. Reusable agents store no credentials; use a vault.`,
      `${at}.${secret}`,
      'unknown_parameter',
    )
}

/** Everything a tool shows that the caller did not say. */
function complete(tool: GivenTool): PersistedTool {
  switch (tool.type) {
    case 'function':
      return {
        type: tool.type,
        name: tool.name,
        description: tool.description,
        parameters: tool.parameters,
        defer_loading: tool.defer_loading ?? false,
        async: tool.async ?? false,
      }
    case 'programmatic_tool_calling':
      return { type: tool.type, enabled: tool.enabled ?? true }
    case 'mcp':
      return {
        type: tool.type,
        server_label: tool.server_label,
        transport: transportOf(tool.transport),
        allowed_tools: tool.allowed_tools ?? null,
        connection_origin: tool.connection_origin ?? 'service',
        credential_id: tool.credential_id ?? null,
        request_metadata: tool.request_metadata ?? {},
        required: tool.required ?? false,
      }
    case 'web_search': {
      const { location } = tool
      return {
        type: tool.type,
        allowed_domains: tool.allowed_domains ?? null,
        context_size: tool.context_size ?? 'medium',
        location:
          location === undefined
            ? null
            : {
                city: location.city ?? null,
                country: location.country ?? null,
                region: location.region ?? null,
                timezone: location.timezone ?? null,
              },
        mode: tool.mode ?? 'live',
      }
    }
    case 'computer_use':
      return { type: tool.type, include_screenshots: tool.include_screenshots ?? false }
    case 'automations':
    case 'tool_search':
      return { type: tool.type }
  }
}

function transportOf(
  transport: Extract<GivenTool, { type: 'mcp' }>['transport'],
): (HttpTransport & { readonly headers: Texts }) | StdioTransport {
  if (transport.type === 'http') return { type: 'http', server_url: transport.server_url, headers: transport.headers ?? {} }
  const { command, cwd, args = [], env_vars: names = [] } = transport
  return { type: 'stdio', command, cwd, args, env_vars: names }
}

/** What a session shows of an agent's tools: no headers, and no tool search, which is a way of loading the others. */
export const sessionTools = (tools: readonly PersistedTool[]): readonly SessionTool[] =>
  tools.flatMap((tool): SessionTool[] => {
    if (tool.type === 'tool_search') return []
    if (tool.type !== 'mcp' || tool.transport.type !== 'http') return [tool]
    const { type, server_url: serverUrl } = tool.transport
    return [{ ...tool, transport: { type, server_url: serverUrl } }]
  })
