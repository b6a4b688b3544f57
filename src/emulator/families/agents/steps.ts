// What happens to environments and turns over time.
import type { JobSteps } from '../../behaviour.ts'
import type { Platform } from '../../platform.ts'
import { environment as environments } from './environment-store.ts'
import type { Environment } from './environment-store.ts'
import { activeTurn, sessions, turns } from './session-store.ts'
import { expireAfterMs, failTurn, moveEnvironment, moveSession, startTurn } from './turns.ts'
import { workTurn } from './work.ts'
import { agentError } from './agent-error.ts'
import { forgetFiles } from './environment-files.ts'

const setupFailed = { code: 'environment_setup_failed', type: 'server_error', message: 'A setup command failed.' }

export const sessionSteps: JobSteps = {
  'agents.turn.start': (platform, id) => {
    const turn = turns(platform).get(id)
    if (turn !== undefined) startTurn(platform, turn)
  },
  'agents.turn.work': (platform, id) => {
    const turn = turns(platform).get(id)
    if (turn !== undefined) workTurn(platform, turn)
  },
  // Hosted ones have been set up. Of those that the application hosts, nobody has come, and nobody could: they pass as connected.
  'agents.environment.prepare': (platform, id) => {
    const environment = environments.collection(platform).get(id)
    if (environment?.status !== 'pending') return
    platform.objects.together(() => {
      if (environment.type === 'openai_hosted' && environment.fails) failEnvironment(platform, environment)
      else if (environment.session_id === null) {
        moveEnvironment(platform, environment, 'ready')
        platform.events.announce('agent.environment.ready', id)
      } else connect(platform, environment, environment.session_id)
    })
  },
  'agents.environment.suspend': (platform, id) => {
    const environment = environments.collection(platform).get(id)
    if (environment?.status !== 'connected') return
    platform.objects.together(() => {
      moveEnvironment(platform, environment, 'suspended')
      platform.events.announce('agent.environment.suspended', id)
      platform.jobs.scheduleAt('agents.environment.expire', id, platform.clock.now() + expireAfterMs)
    })
  },
  'agents.environment.expire': (platform, id) => {
    const environment = environments.collection(platform).get(id)
    if (environment?.status !== 'suspended') return
    platform.objects.together(() => {
      moveEnvironment(platform, environment, 'expired')
      forgetFiles(platform, id)
      platform.events.announce('agent.environment.expired', id)
    })
  },
}

/** From now on the session's turns can run; one that was waiting begins. */
export function connect(platform: Platform, environment: Environment, sessionId: string): void {
  moveEnvironment(platform, { ...environment, session_id: sessionId }, 'connected')
  const session = sessions(platform).get(sessionId)
  const turn = activeTurn(platform, sessionId)
  if (session === undefined) return
  if (turn !== undefined) startTurn(platform, turn)
  else if (session.status === 'requires_action') moveSession(platform, session, { status: 'idle', required_actions: [] })
}

function failEnvironment(platform: Platform, environment: Environment): void {
  moveEnvironment(platform, environment, 'failed', setupFailed)
  if (environment.session_id === null) return platform.events.announce('agent.environment.failed', environment.id)
  const turn = activeTurn(platform, environment.session_id)
  if (turn !== undefined) return failTurn(platform, turn, agentError(setupFailed.message), setupFailed.message)
  const session = sessions(platform).get(environment.session_id)
  if (session !== undefined) moveSession(platform, session, { status: 'failed', error: setupFailed.message, required_actions: [] })
}
