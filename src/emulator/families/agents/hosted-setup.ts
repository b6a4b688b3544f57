// How a hosted environment is set up: what templates keep, what sessions and environments add to them, and what of it may be shown.
import { invalid } from '../../errors.ts'
import { array, boolean, choice, object, optional, string } from '../../shape.ts'
import type { Values } from '../../shape.ts'
import { variant } from '../../variant.ts'
import { agentError } from './agent-error.ts'
import { readFileInputs } from './file-inputs.ts'
import type { FileInput } from './file-inputs.ts'
import { texts } from './tools.ts'

export type Setup = {
  readonly capability_directories: readonly string[]
  readonly desktop: { readonly enabled: boolean }
  readonly files: readonly FileInput[]
  readonly network: Network
  readonly packages: { readonly npm: readonly string[]; readonly python: readonly string[]; readonly system: readonly string[] }
  readonly plugins: readonly Plugin[]
  readonly skills: readonly SkillInput[]
  /** Commands and variables are confidential and run nowhere; all that is kept is whether setting up would fail. */
  readonly fails: boolean
}

export type Network = { readonly access: 'enabled' | 'disabled' | 'restricted'; readonly allowed_domains: readonly string[] }
export type Plugin = { readonly type: 'inline'; readonly name: string; readonly description: string }
export type SkillInput =
  | { readonly type: 'skill_reference'; readonly skill_id: string; readonly version: string | null }
  | { readonly type: 'inline'; readonly name: string; readonly description: string }

const directories = array(string())
const zip = variant({ base64: { data: string(), media_type: choice('application/zip') } })
const inline = { name: string({ min: 1 }), description: string(), source: zip }

export const setupShape = {
  capability_directories: optional(directories),
  desktop: optional(object({ enabled: boolean() })),
  env: optional(texts()),
  files: optional(array(variant({ file_id: { file_id: string(), path: string() }, inline: { data: string(), path: string() } }))),
  network: optional(
    object({
      access: choice('enabled', 'disabled', 'restricted'),
      allowed_domains: optional(array(string())),
      blocked_domains: optional(array(string())),
    }),
  ),
  packages: optional(object({ npm: optional(directories), python: optional(directories), system: optional(directories) })),
  plugins: optional(array(variant({ inline }))),
  setup_commands: optional(array(object({ command: string({ min: 1 }), cwd: optional(string()) }))),
  skills: optional(array(variant({ skill_reference: { skill_id: string(), version: optional(string()) }, inline }))),
}

type Given = Values<typeof setupShape>

export const plainSetup: Setup = {
  capability_directories: [],
  desktop: { enabled: false },
  files: [],
  network: { access: 'enabled', allowed_domains: [] },
  packages: { npm: [], python: [], system: [] },
  plugins: [],
  skills: [],
  fails: false,
}

/** What the parameters say, in full; what they leave out stays out. `at` is their prefix: `environment.`. */
export function readSetup(given: Given, at: string): Partial<Setup> {
  const { network, packages, plugins, skills, setup_commands: commands } = given
  return {
    ...(given.capability_directories === undefined ? {} : { capability_directories: given.capability_directories }),
    ...(given.desktop === undefined ? {} : { desktop: given.desktop }),
    ...(given.files === undefined ? {} : { files: readFileInputs(given.files, `${at}files`) }),
    ...(network === undefined ? {} : { network: readNetwork(network, `${at}network`) }),
    ...(packages === undefined
      ? {}
      : { packages: { npm: packages.npm ?? [], python: packages.python ?? [], system: packages.system ?? [] } }),
    ...(plugins === undefined ? {} : { plugins: plugins.map((plugin, index) => inlineOf(plugin, `${at}plugins[${index}]`)) }),
    ...(skills === undefined
      ? {}
      : {
          skills: skills.map((skill, index) =>
            skill.type === 'inline'
              ? inlineOf(skill, `${at}skills[${index}]`)
              : { type: skill.type, skill_id: skill.skill_id, version: skill.version ?? null },
          ),
        }),
    ...(commands === undefined ? {} : { fails: commands.some(({ command }) => failing.test(command)) }),
  }
}

/** Commands do not run here, but a setup that is meant to fail does. */
const failing = /^\s*(?:false|exit\s+[1-9]\d*)\s*$/

function inlineOf({ name, description, source }: Values<typeof inline>, at: string): Plugin {
  if (Buffer.from(source.data, 'base64').toString('latin1', 0, 2) !== 'PK')
    throw invalid(`Invalid '${at}.source.data': expected a ZIP archive in standard base64.`, `${at}.source.data`, 'invalid_value')
  return { type: 'inline', name, description }
}

function readNetwork(given: NonNullable<Given['network']>, at: string): Network {
  const { access, allowed_domains: allowed = [], blocked_domains: blocked = [] } = given
  if (access !== 'restricted' && allowed.length + blocked.length > 0)
    throw agentError(`Domains can only be listed when access is 'restricted'.`, `${at}.access`)
  if (allowed.length > 0 && blocked.length > 0)
    throw agentError(`'allowed_domains' and 'blocked_domains' cannot be combined.`, `${at}.blocked_domains`)
  for (const [list, domains] of Object.entries({ allowed_domains: allowed, blocked_domains: blocked }))
    for (const [index, domain] of domains.entries())
      if (domain.includes('*')) throw agentError('Wildcard domains are not supported.', `${at}.${list}[${index}]`)
  return { access, allowed_domains: allowed }
}

/** A template under what is said inline. A network may be made smaller, never larger. */
export function onTopOf(template: Setup | null, own: Partial<Setup>, at: string): Setup {
  if (template !== null && own.network !== undefined && isBroader(own.network, template.network))
    throw agentError("The network policy cannot be broader than the template's.", `${at}network`)
  return { ...(template ?? plainSetup), ...own }
}

const breadth = { disabled: 0, restricted: 1, enabled: 2 } as const

function isBroader(own: Network, template: Network): boolean {
  if (own.access !== 'restricted' || template.access !== 'restricted') return breadth[own.access] > breadth[template.access]
  return template.allowed_domains.length > 0 && !own.allowed_domains.every((domain) => template.allowed_domains.includes(domain))
}

/** Files as those may see them who must not see what is in them. */
export const fileViews = (files: readonly FileInput[]): readonly FileView[] =>
  files.map((file) =>
    file.type === 'file_id' ? file : { type: file.type, path: file.path, size_bytes: Buffer.byteLength(file.data, 'base64') },
  )

export type FileView =
  | { readonly type: 'file_id'; readonly file_id: string; readonly path: string }
  | { readonly type: 'inline'; readonly path: string; readonly size_bytes: number }
