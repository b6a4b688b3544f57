// The Agents API: all of its operations, and what happens in them over time.
import type { Family, JobSteps } from '../../behaviour.ts'
import { reusableAgents } from './agents.ts'
import { artifacts } from './artifacts.ts'
import { automations, automationSteps } from './automations.ts'
import { environments } from './environments.ts'
import { sessionInput } from './session-input.ts'
import { sessionReads } from './session-reads.ts'
import { sessionFamily } from './sessions.ts'
import { sessionSteps } from './steps.ts'
import { subagentReads } from './subagents.ts'
import { templates } from './templates.ts'

export const agents = {
  ...reusableAgents,
  ...artifacts,
  ...automations,
  ...environments,
  ...sessionFamily,
  ...sessionInput,
  ...sessionReads,
  ...subagentReads,
  ...templates,
} satisfies Family

export const agentSteps: JobSteps = { ...automationSteps, ...sessionSteps }
