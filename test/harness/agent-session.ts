// What tests of agent sessions say and wait for.
import type OpenAI from 'openai'
import type { AgentSession, AgentSessionEvent } from 'openai/resources/beta/agents/agents'

/** A message of the user, as an event. */
export const say = (
  text: string,
): { type: 'agent.session.input.message'; input: { role: 'user'; content: { type: 'input_text'; text: string }[] }[] } => ({
  type: 'agent.session.input.message',
  input: [{ role: 'user', content: [{ type: 'input_text', text }] }],
})

export async function untilSession(client: OpenAI, id: string, status: AgentSession['status']): Promise<AgentSession> {
  for (;;) {
    const session = await client.beta.agents.sessions.retrieve(id)
    if (session.status === status) return session
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** What happened, without the pieces of texts. */
export const typesOf = (events: readonly AgentSessionEvent[]): string[] =>
  events.map(({ type }) => type).filter((type) => !type.endsWith('.delta'))
