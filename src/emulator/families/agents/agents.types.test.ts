// What is kept and answered has the types of the official SDK. Nothing runs here: the compiler checks it.
import type {
  Agent as SdkAgent,
  AgentSession,
  AgentSessionItem,
  Environment,
  Subagent as SdkSubagent,
} from 'openai/resources/beta/agents/agents'
import type { Automation as SdkAutomation } from 'openai/resources/beta/agents/automations/automations'
import type { AutomationInvocation } from 'openai/resources/beta/agents/automations/invocations'
import type { EnvironmentInfo as SdkEnvironmentInfo } from 'openai/resources/beta/agents/environments/environments'
import type { EnvironmentTemplate as SdkTemplate } from 'openai/resources/beta/agents/environments/templates'
import type { SessionArtifact } from 'openai/resources/beta/agents/sessions/artifacts'
import type { SessionTrace } from 'openai/resources/beta/agents/sessions/traces'
import type { Turn as SdkTurn } from 'openai/resources/beta/agents/sessions/turns/turns'
import type { Credential as SdkCredential } from 'openai/resources/beta/agents/vaults/credentials'
import type { Vault as SdkVault } from 'openai/resources/beta/agents/vaults/vaults'
import type { Credential, Vault } from '../vaults/vaults.ts'
import type { Agent } from './agents.ts'
import type { Artifact } from './artifacts.ts'
import type { Automation, Invocation } from './automations.ts'
import type { EnvironmentInfo, SessionEnvironment } from './environment-store.ts'
import type { Trace } from './session-reads.ts'
import type { Item, Session, Subagent, Turn } from './session-store.ts'
import type { EnvironmentTemplate } from './templates.ts'

/** The SDK declares nothing as readonly. */
type Writable<T> = T extends readonly (infer Element)[]
  ? Writable<Element>[]
  : T extends object
    ? { -readonly [Name in keyof T]: Writable<T[Name]> }
    : T

type Fits<Theirs, Ours extends Theirs> = Ours

export type Checked = [
  Fits<SdkAgent, Writable<Agent>>,
  Fits<AgentSession, Writable<Session>>,
  Fits<Environment, Writable<SessionEnvironment>>,
  Fits<AgentSessionItem, Writable<Item>>,
  Fits<SdkTurn, Writable<Turn>>,
  Fits<SdkSubagent, Writable<Subagent>>,
  Fits<SessionArtifact, Writable<Artifact>>,
  Fits<SessionTrace, Writable<Trace>>,
  Fits<SdkEnvironmentInfo, Writable<EnvironmentInfo>>,
  Fits<SdkTemplate, Writable<EnvironmentTemplate>>,
  Fits<SdkAutomation, Writable<Automation>>,
  Fits<AutomationInvocation, Writable<Invocation>>,
  Fits<SdkVault, Writable<Vault>>,
  Fits<SdkCredential, Writable<Credential>>,
]
