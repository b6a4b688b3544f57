// Where an automation delivers: into a session that is there, or into a new one each time. What is confidential is kept for the
// delivery and never shown.
import { invalid } from '../../errors.ts'
import type { Platform } from '../../platform.ts'
import { array, readShape, string } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import { variant } from '../../variant.ts'
import type { Variant } from '../../variant.ts'
import type { AgentConfig } from './config.ts'
import type { ContainerSize } from './environment-store.ts'
import { fileViews, readSetup } from './hosted-setup.ts'
import type { FileView, Setup } from './hosted-setup.ts'
import { message } from './session-input.ts'
import { requireSession } from './session-store.ts'
import type { InputContent } from './session-store.ts'
import { agentOf, sessionShape, startShape } from './start-session.ts'
import type { environmentParam, SessionRequest } from './start-session.ts'
import type { SessionTool } from './tools.ts'

export type AutomationTarget =
  | { readonly type: 'existing_session'; readonly session_id: string; readonly instructions: string }
  | {
      readonly type: 'new_session'
      readonly agent: (Omit<AgentConfig, 'tools'> & { readonly tools: readonly SessionTool[] }) | null
      readonly agent_id: string | null
      readonly environment: AutomationEnvironment
      readonly input: readonly { readonly type: 'message'; readonly role: 'user'; readonly content: readonly InputContent[] }[]
      readonly metadata: Readonly<Record<string, string>>
      readonly vault_ids: readonly string[]
    }

type AutomationEnvironment =
  | { readonly type: 'none' }
  | {
      readonly type: 'self_hosted'
      readonly environment_id: null
      readonly workspace_directory: string
      readonly capability_directories: readonly string[]
    }
  | ({
      readonly type: 'openai_hosted'
      readonly environment_id: string | null
      readonly environment_template_id: string | null
      readonly container_size: ContainerSize | null
      readonly files: readonly FileView[] | null
    } & { readonly [Name in Exclude<keyof Setup, 'fails' | 'files'>]: Setup[Name] | null })

const { environment, agent, agent_id: agentId, metadata, vault_ids: vaultIds } = startShape

export const targetParam = variant({
  new_session: { environment, agent, agent_id: agentId, input: array(message, { min: 1 }), metadata, vault_ids: vaultIds },
  existing_session: { session_id: string(), instructions: string({ min: 1 }) },
})

/** What of a target is shown. `raw` is the parameter as it came. */
export function shownTarget(platform: Platform, given: GivenTarget, raw: JsonObject): AutomationTarget {
  if (given.type === 'existing_session') {
    requireSession(platform, given.session_id, 'target.session_id')
    return { type: given.type, session_id: given.session_id, instructions: given.instructions }
  }
  if ((given.agent === undefined) === (given.agent_id === undefined))
    throw invalid("Provide exactly one of 'target.agent' and 'target.agent_id'.", 'target.agent')
  const { id: _id, name: _name, ...config } = agentOf(platform, requestOf(raw), raw, 'target.')
  return {
    type: given.type,
    agent: given.agent === undefined ? null : config,
    agent_id: given.agent_id ?? null,
    environment: shownEnvironment(given.environment),
    input: given.input.map(({ content }) => ({ type: 'message', role: 'user', content })),
    metadata: given.metadata ?? {},
    vault_ids: given.vault_ids ?? [],
  }
}

type GivenTarget = ReturnType<typeof targetParam.read>

/** The request for a session that a target stands for. */
export function requestOf({ type: _type, ...target }: JsonObject): SessionRequest {
  return readShape(sessionShape, target, { at: 'target.' })
}

function shownEnvironment(given: Variant<typeof environmentParam>): AutomationEnvironment {
  switch (given.type) {
    case 'none':
      return { type: given.type }
    case 'self_hosted':
      return {
        type: given.type,
        environment_id: null,
        workspace_directory: given.workspace_directory,
        capability_directories: given.capability_directories ?? [],
      }
    case 'openai_hosted': {
      const setup = readSetup(given, 'target.environment.')
      return {
        type: given.type,
        environment_id: given.environment_id ?? null,
        environment_template_id: given.environment_template_id ?? null,
        container_size: given.container_size ?? null,
        capability_directories: setup.capability_directories ?? null,
        desktop: setup.desktop ?? null,
        files: setup.files === undefined ? null : fileViews(setup.files),
        network: setup.network ?? null,
        packages: setup.packages ?? null,
        plugins: setup.plugins ?? null,
        skills: setup.skills ?? null,
      }
    }
  }
}
