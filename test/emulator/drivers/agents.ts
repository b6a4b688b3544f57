// Drivers: agents with their sessions, environments and automations; vaults.
import type OpenAI from 'openai'
import type { AgentSession, Subagent } from 'openai/resources/beta/agents/agents'
import type { Automation, CreateAutomationParamsPeriodic } from 'openai/resources/beta/agents/automations/automations'
import type { EnvironmentInfo } from 'openai/resources/beta/agents/environments/environments'
import type { Credential } from 'openai/resources/beta/agents/vaults/credentials'
import type { SessionArtifact } from 'openai/resources/beta/agents/sessions/artifacts'
import type { Turn } from 'openai/resources/beta/agents/sessions/turns/turns'
import { all, until, type FamilyDrivers, type Stage } from '../stage.ts'

const model = 'gpt-5-mini'
const said = (text: string): { role: 'user'; content: { type: 'input_text'; text: string }[] }[] => [
  { role: 'user', content: [{ type: 'input_text', text }] },
]

const agent = ({ client, shared }: Stage): Promise<OpenAI.Beta.Agent> =>
  shared('agent', () =>
    client.beta.agents.create({ model, name: 'Clerk', instructions: 'Be brief.', metadata: { a: 'b' }, tools: [{ type: 'tool_search' }] }),
  )

const settled = ({ client }: Stage, id: string): Promise<AgentSession> =>
  until(
    () => client.beta.agents.sessions.retrieve(id),
    ({ status }) => status === 'idle' || status === 'failed' || status === 'requires_action',
  )

/** A session that has worked with a subagent, and has written a file. */
const session = (stage: Stage): Promise<AgentSession> =>
  stage.shared('session', async () => {
    const { id } = await stage.client.beta.agents.sessions.create({
      agent: { model, multi_agent: { enabled: true }, tools: [{ type: 'web_search' }] },
      environment: { type: 'openai_hosted' },
      input: said('Search the web for herons, let a subagent check it, and write it to /workspace/outputs/herons.txt'),
      metadata: { a: 'b' },
    })
    return settled(stage, id)
  })

const subagent = async (stage: Stage): Promise<{ readonly session_id: string; readonly subagent: Subagent }> => {
  const session_id = (await session(stage)).id
  const [first] = await all(stage.client.beta.agents.sessions.subagents.list(session_id))
  if (first === undefined) throw new Error('no subagent was made')
  return { session_id, subagent: first }
}

const turn = async (stage: Stage): Promise<Turn> => {
  const [first] = await all(stage.client.beta.agents.sessions.turns.list((await session(stage)).id))
  if (first === undefined) throw new Error('no turn was made')
  return first
}

const artifact = async (stage: Stage): Promise<SessionArtifact> => {
  const [first] = await all(stage.client.beta.agents.sessions.artifacts.list((await session(stage)).id))
  if (first === undefined) throw new Error('no artifact was made')
  return first
}

const environment = ({ client, shared }: Stage): Promise<EnvironmentInfo> =>
  shared('environment', () =>
    client.beta.agents.environments.create({
      environment: {
        type: 'openai_hosted',
        files: [{ type: 'inline', path: '/workspace/a.txt', data: Buffer.from('a').toString('base64') }],
        network: { access: 'disabled' },
      },
    }),
  )

const template = ({ client }: Stage): Promise<OpenAI.Beta.Agents.Environments.EnvironmentTemplate> =>
  client.beta.agents.environments.templates.create({ name: 'plain', packages: { npm: ['left-pad'] }, network: { access: 'disabled' } })

const daily: CreateAutomationParamsPeriodic = {
  type: 'periodic',
  name: 'daily',
  expression: '0 9 * * *',
  timezone: 'Europe/Paris',
  metadata: { a: 'b' },
  target: { type: 'new_session', agent: { model }, environment: { type: 'none' }, input: said('Reply with exactly: pong') },
}

const automation = ({ client, shared }: Stage): Promise<Automation> =>
  shared('automation', () => client.beta.agents.automations.create(daily))

const vault = ({ client, shared }: Stage): Promise<OpenAI.Beta.Agents.Vault> =>
  shared('vault', () => client.beta.agents.vaults.create({ name: 'keys', metadata: { a: 'b' } }))

const newCredential = async (stage: Stage): Promise<Credential> =>
  stage.client.beta.agents.vaults.credentials.create((await vault(stage)).id, {
    name: 'docs',
    auth: { type: 'static_bearer', token: 'secret', mcp_server_url: 'https://mcp.example.com' },
  })

export const agentDrivers = {
  'agents.list': async (stage) => {
    await agent(stage)
    await all(stage.client.beta.agents.list())
  },
  'agents.create': agent,
  'agents.delete': async ({ client }) => client.beta.agents.delete((await client.beta.agents.create({ model })).id),
  'agents.retrieve': async (stage) => stage.client.beta.agents.retrieve((await agent(stage)).id),
  'agents.update': async (stage) => stage.client.beta.agents.update((await agent(stage)).id, { name: 'Scribe' }),

  'agents.automations.list': async (stage) => {
    await automation(stage)
    await all(stage.client.beta.agents.automations.list())
  },
  'agents.automations.create': async (stage) => {
    await automation(stage)
    const run_at = Math.floor(Date.now() / 1000) + 86_400
    const target = { type: 'existing_session', session_id: (await session(stage)).id, instructions: 'Go on.' } as const
    await stage.client.beta.agents.automations.create({ type: 'once', name: 'once', run_at, target })
  },
  'agents.automations.delete': async ({ client }) =>
    client.beta.agents.automations.delete((await client.beta.agents.automations.create(daily)).id),
  'agents.automations.retrieve': async (stage) => stage.client.beta.agents.automations.retrieve((await automation(stage)).id),
  'agents.automations.update': async (stage) =>
    stage.client.beta.agents.automations.update((await automation(stage)).id, { name: 'weekly', expression: '0 9 * * 1' }),
  'agents.automations.pause': async (stage) => stage.client.beta.agents.automations.pause((await automation(stage)).id),
  'agents.automations.resume': async (stage) => {
    const { id } = await stage.client.beta.agents.automations.create(daily)
    await stage.client.beta.agents.automations.pause(id)
    await stage.client.beta.agents.automations.resume(id)
  },
  'agents.automations.invocations.list': async (stage) => {
    const { id } = await automation(stage)
    await stage.client.beta.agents.automations.invocations.create(id)
    await all(stage.client.beta.agents.automations.invocations.list(id))
  },
  'agents.automations.invocations.create': async (stage) =>
    stage.client.beta.agents.automations.invocations.create((await automation(stage)).id),
  'agents.automations.invocations.retrieve': async (stage) => {
    const automation_id = (await automation(stage)).id
    const { invocations } = stage.client.beta.agents.automations
    const { id } = await invocations.create(automation_id)
    await until(
      () => invocations.retrieve(id, { automation_id }),
      ({ status }) => status === 'completed',
    )
  },

  'agents.environments.list': async (stage) => {
    await environment(stage)
    await all(stage.client.beta.agents.environments.list())
  },
  'agents.environments.create': environment,
  'agents.environments.retrieve': async (stage) => {
    const { id } = await environment(stage)
    await until(
      () => stage.client.beta.agents.environments.retrieve(id),
      ({ status }) => status !== 'pending',
    )
  },
  'agents.environments.files.list': async (stage) => all(stage.client.beta.agents.environments.files.list((await environment(stage)).id)),
  'agents.environments.files.create': async (stage) =>
    stage.client.beta.agents.environments.files.create((await environment(stage)).id, {
      type: 'inline',
      path: '/workspace/b.txt',
      data: Buffer.from('b').toString('base64'),
    }),
  'agents.environments.templates.list': async (stage) => {
    await template(stage)
    await all(stage.client.beta.agents.environments.templates.list())
  },
  'agents.environments.templates.create': template,
  'agents.environments.templates.delete': async (stage) =>
    stage.client.beta.agents.environments.templates.delete((await template(stage)).id),
  'agents.environments.templates.retrieve': async (stage) =>
    stage.client.beta.agents.environments.templates.retrieve((await template(stage)).id),
  'agents.environments.templates.update': async (stage) =>
    stage.client.beta.agents.environments.templates.update((await template(stage)).id, { name: 'plainer' }),

  'agents.sessions.list': async (stage) => {
    await session(stage)
    await all(stage.client.beta.agents.sessions.list())
  },
  'agents.sessions.create': async (stage) => {
    await session(stage)
    const { id } = await agent(stage)
    await all(
      stage.client.beta.agents.sessions.create({
        agent_id: id,
        environment: { type: 'none' },
        input: 'Reply with exactly: pong',
        stream: true,
      }),
    )
  },
  'agents.sessions.delete': async ({ client }) => {
    const { id } = await client.beta.agents.sessions.create({ agent: { model }, environment: { type: 'openai_hosted' } })
    await client.beta.agents.sessions.delete(id)
  },
  'agents.sessions.retrieve': session,
  'agents.sessions.update': async (stage) => stage.client.beta.agents.sessions.update((await session(stage)).id, { metadata: { c: 'd' } }),
  'agents.sessions.artifacts.list': artifact,
  'agents.sessions.artifacts.delete': async (stage) => {
    const { client } = stage
    const { id: session_id } = await client.beta.agents.sessions.create({
      agent: { model },
      environment: { type: 'openai_hosted' },
      input: said('Write a poem to /workspace/outputs/poem.txt'),
    })
    await settled(stage, session_id)
    const [made] = await all(client.beta.agents.sessions.artifacts.list(session_id))
    await client.beta.agents.sessions.artifacts.delete(made?.id ?? '', { session_id })
  },
  'agents.sessions.artifacts.retrieve': async (stage) => {
    const { id, session_id } = await artifact(stage)
    await stage.client.beta.agents.sessions.artifacts.retrieve(id, { session_id })
  },
  'agents.sessions.artifacts.content': async (stage) => {
    const { id, session_id } = await artifact(stage)
    await (await stage.client.beta.agents.sessions.artifacts.content(id, { session_id })).arrayBuffer()
  },
  'agents.sessions.events.stream': async ({ client }) => {
    const tool = {
      type: 'function',
      name: 'get_weather',
      description: 'The weather.',
      parameters: { type: 'object', properties: {} },
    } as const
    const { id } = await client.beta.agents.sessions.create({ agent: { model, tools: [tool] }, environment: { type: 'openai_hosted' } })
    const events = await client.beta.agents.sessions.events.stream(id)
    await client.beta.agents.sessions.events.create(id, {
      events: [{ type: 'agent.session.input.message', input: said('What is the weather? Use get_weather.') }],
    })
    for await (const event of events) if (event.type === 'agent.session.requires_action' || event.type === 'agent.session.idle') break
  },
  'agents.sessions.events.create': async (stage) => {
    const { id } = await session(stage)
    await stage.client.beta.agents.sessions.events.create(id, {
      events: [{ type: 'agent.session.input.message', input: said('Say hello') }],
    })
    await settled(stage, id)
  },
  'agents.sessions.items.list': async (stage) => all(stage.client.beta.agents.sessions.items.list((await session(stage)).id)),
  'agents.sessions.subagents.list': subagent,
  'agents.sessions.subagents.retrieve': async (stage) => {
    const { session_id, subagent: made } = await subagent(stage)
    await stage.client.beta.agents.sessions.subagents.retrieve(made.id, { session_id })
  },
  'agents.sessions.subagents.items.list': async (stage) => {
    const { session_id, subagent: made } = await subagent(stage)
    await all(stage.client.beta.agents.sessions.subagents.items.list(made.id, { session_id }))
  },
  'agents.sessions.subagents.turns.list': async (stage) => {
    const { session_id, subagent: made } = await subagent(stage)
    await all(stage.client.beta.agents.sessions.subagents.turns.list(made.id, { session_id }))
  },
  'agents.sessions.subagents.turns.retrieve': async (stage) => {
    const { session_id, subagent: made } = await subagent(stage)
    const [first] = await all(stage.client.beta.agents.sessions.subagents.turns.list(made.id, { session_id }))
    await stage.client.beta.agents.sessions.subagents.turns.retrieve(first?.id ?? '', { session_id, subagent_id: made.id })
  },
  'agents.sessions.subagents.turns.items.list': async (stage) => {
    const { session_id, subagent: made } = await subagent(stage)
    const [first] = await all(stage.client.beta.agents.sessions.subagents.turns.list(made.id, { session_id }))
    await all(stage.client.beta.agents.sessions.subagents.turns.items.list(first?.id ?? '', { session_id, subagent_id: made.id }))
  },
  'agents.sessions.traces.list': async (stage) => all(stage.client.beta.agents.sessions.traces.list((await session(stage)).id)),
  'agents.sessions.turns.list': turn,
  'agents.sessions.turns.retrieve': async (stage) => {
    const { id, session_id } = await turn(stage)
    await stage.client.beta.agents.sessions.turns.retrieve(id, { session_id })
  },
  'agents.sessions.turns.items.list': async (stage) => {
    const { id, session_id } = await turn(stage)
    await all(stage.client.beta.agents.sessions.turns.items.list(id, { session_id }))
  },

  'vaults.list': async (stage) => {
    await vault(stage)
    await all(stage.client.beta.agents.vaults.list())
  },
  'vaults.create': vault,
  'vaults.delete': async ({ client }) => client.beta.agents.vaults.delete((await client.beta.agents.vaults.create({ name: 'gone' })).id),
  'vaults.retrieve': async (stage) => stage.client.beta.agents.vaults.retrieve((await vault(stage)).id),
  'vaults.update': async (stage) => stage.client.beta.agents.vaults.update((await vault(stage)).id, { name: 'more keys' }),
  'vaults.credentials.list': async (stage) => {
    await newCredential(stage)
    await all(stage.client.beta.agents.vaults.credentials.list((await vault(stage)).id))
  },
  'vaults.credentials.create': async (stage) => {
    const { id } = await vault(stage)
    const networking = { type: 'limited' as const, allowed_hosts: ['example.com'] }
    const auth = { type: 'environment_variable' as const, secret_name: 'TOKEN', secret_value: 'secret', networking }
    await stage.client.beta.agents.vaults.credentials.create(id, { name: 'shell', auth })
    await newCredential(stage)
  },
  'vaults.credentials.delete': async (stage) => {
    const { id, vault_id } = await newCredential(stage)
    await stage.client.beta.agents.vaults.credentials.delete(id, { vault_id })
  },
  'vaults.credentials.retrieve': async (stage) => {
    const { id, vault_id } = await newCredential(stage)
    await stage.client.beta.agents.vaults.credentials.retrieve(id, { vault_id })
  },
  'vaults.credentials.update': async (stage) => {
    const { id, vault_id } = await newCredential(stage)
    await stage.client.beta.agents.vaults.credentials.update(id, { vault_id, auth: { type: 'static_bearer', token: 'newer' } })
  },
} satisfies FamilyDrivers
