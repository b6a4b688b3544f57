// Environments as they are kept, and as each answer shows them: by themselves, within a session, in events.
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { isObject, textOr } from '../../shape.ts'
import { notFound } from '../../errors.ts'
import { createNoun } from '../noun.ts'
import { placeFile, requireSources } from './environment-files.ts'
import type { HostedFile } from './environment-files.ts'
import type { Network, Plugin, Setup, SkillInput } from './hosted-setup.ts'

export type EnvironmentStatus = 'pending' | 'ready' | 'connected' | 'disconnected' | 'suspended' | 'expired' | 'failed'

type Common = {
  readonly id: string
  readonly object: 'agent.environment'
  readonly status: EnvironmentStatus
  readonly error: { readonly code: string; readonly message: string; readonly type: string } | null
  /** Null until a session takes it. */
  readonly session_id: string | null
  readonly capability_directories: readonly string[]
}

export type HostedEnvironment = Common & {
  readonly type: 'openai_hosted'
  readonly container_size: ContainerSize
  readonly desktop: Setup['desktop']
  readonly files: readonly HostedFile[]
  readonly network: Network
  readonly packages: Setup['packages']
  readonly plugins: readonly Plugin[]
  readonly skills: readonly HostedSkill[]
  /** Setting it up will not work. */
  readonly fails: boolean
}

export type SelfHostedEnvironment = Common & {
  readonly type: 'self_hosted'
  readonly remote_url: string
  readonly workspace_directory: string
}

export type Environment = HostedEnvironment | SelfHostedEnvironment
export type ContainerSize = 'small' | 'medium' | 'large'
export type HostedSkill =
  | { readonly type: 'inline'; readonly name: string; readonly description: string }
  | {
      readonly type: 'skill_reference'
      readonly skill_id: string
      readonly name: string
      readonly description: string
      readonly version: string
    }

/** The environment by itself. */
export type EnvironmentInfo = Pick<HostedEnvironment, 'id' | 'object' | 'status' | 'files' | 'plugins' | 'skills'> & {
  readonly type: Environment['type']
}

export const infoOf = (environment: Environment): EnvironmentInfo => {
  const { id, object, type, status } = environment
  const { files, plugins, skills } = environment.type === 'openai_hosted' ? environment : { files: [], plugins: [], skills: [] }
  return { id, object, type, status, files, plugins, skills }
}

/** The environment within its session. */
export type SessionEnvironment =
  | { readonly type: 'none' }
  | Pick<SelfHostedEnvironment, 'type' | 'id' | 'capability_directories' | 'remote_url' | 'workspace_directory'>
  | Omit<HostedEnvironment, 'object' | 'status' | 'error' | 'session_id' | 'fails'>

export function inSession(environment: Environment): SessionEnvironment {
  const { id, type, capability_directories: directories } = environment
  if (environment.type === 'self_hosted')
    return {
      type: environment.type,
      id,
      capability_directories: directories,
      remote_url: environment.remote_url,
      workspace_directory: environment.workspace_directory,
    }
  const { container_size: size, desktop, files, network, packages, plugins, skills } = environment
  return {
    type: type as 'openai_hosted',
    id,
    capability_directories: directories,
    container_size: size,
    desktop,
    files,
    network,
    packages,
    plugins,
    skills,
  }
}

/** The environment as events tell of it. */
export const stateOf = ({ id, error, status, type }: Environment): Pick<Environment, 'id' | 'error' | 'status' | 'type'> => ({
  id,
  type,
  status,
  error,
})

export const environment = createNoun<Environment>({
  kind: 'agent.environment',
  label: 'Environment',
  param: 'environment_id',
  where:
    ({ query }) =>
    ({ type }) =>
      type === (query.get('type') ?? 'openai_hosted'),
  show: infoOf,
})

type HostedOptions = { readonly setup: Setup; readonly containerSize: ContainerSize; readonly at: string }

/** Makes a hosted environment that is still to be set up: its files are copied, its skills are looked up. */
export async function createHosted(platform: Platform, { setup, containerSize, at }: HostedOptions): Promise<HostedEnvironment> {
  requireSources(platform, setup.files, `${at}files`)
  const skills = await Promise.all(setup.skills.map((skill, index) => findSkill(platform, skill, `${at}skills[${index}].skill_id`)))
  const id = newId('agentEnvironment')
  const files = setup.files.map((input): HostedFile => {
    const { id: fileId, path, size_bytes: sizeBytes } = placeFile(platform, id, input)
    return input.type === 'file_id'
      ? { id: fileId, type: input.type, file_id: input.file_id, path, size_bytes: sizeBytes }
      : { id: fileId, type: input.type, path, size_bytes: sizeBytes }
  })
  return {
    id,
    object: 'agent.environment',
    type: 'openai_hosted',
    status: 'pending',
    error: null,
    session_id: null,
    capability_directories: setup.capability_directories,
    container_size: containerSize,
    desktop: setup.desktop,
    files,
    network: setup.network,
    packages: setup.packages,
    plugins: setup.plugins,
    skills,
    fails: setup.fails,
  }
}

/** A skill as it is installed: with its name and the version that was meant. */
async function findSkill(platform: Platform, skill: SkillInput, param: string): Promise<HostedSkill> {
  if (skill.type === 'inline') return skill
  const { status, body } = await platform.perform({ method: 'GET', path: `/v1/skills/${encodeURIComponent(skill.skill_id)}`, body: {} })
  if (status !== 200 || !isObject(body)) throw notFound(`Skill with id '${skill.skill_id}' not found.`, param)
  const wanted = skill.version === 'latest' ? body['latest_version'] : (skill.version ?? body['default_version'])
  return {
    type: skill.type,
    skill_id: skill.skill_id,
    name: textOr(body['name']),
    description: textOr(body['description']),
    version: textOr(wanted, '1'),
  }
}

type SelfHostedOptions = { readonly workspaceDirectory: string; readonly capabilityDirectories: readonly string[] }

export function createSelfHosted({ workspaceDirectory, capabilityDirectories }: SelfHostedOptions): SelfHostedEnvironment {
  const id = newId('agentEnvironment')
  return {
    id,
    object: 'agent.environment',
    type: 'self_hosted',
    status: 'pending',
    error: null,
    session_id: null,
    capability_directories: capabilityDirectories,
    workspace_directory: workspaceDirectory,
    remote_url: `wss://executors.example.com/v1/environments/${id}`,
  }
}
