// Artifacts: what a turn left in /workspace/outputs, copied when it completed and never changed after.
import { file } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { createNoun } from '../noun.ts'
import { copyBlob, environmentFiles } from './environment-files.ts'
import { requireSession } from './session-store.ts'
import type { Session, Turn } from './session-store.ts'

export type Artifact = {
  readonly id: string
  readonly object: 'agent.session.artifact'
  readonly session_id: string
  readonly turn_id: string
  readonly environment_id: string
  readonly created_at: number
  readonly path: string
  readonly size_bytes: number
}

/** Which turn has already published a file: its next version is another file. */
type Published = { readonly id: string }

const artifact = createNoun<Artifact>({
  kind: 'agent.session.artifact',
  label: 'Artifact',
  param: 'artifact_id',
  parent: (call) => requireSession(call.platform, call.param('session_id')).id,
  where: ({ query }) => {
    const wanted = query.get('environment_id')
    return ({ environment_id: id }) => wanted === undefined || id === wanted
  },
  onDelete: ({ blobs }, { id }) => blobs.delete(id),
})

export const artifacts = {
  'agents.sessions.artifacts.list': artifact.list,
  'agents.sessions.artifacts.retrieve': artifact.retrieve,
  'agents.sessions.artifacts.delete': artifact.remove,
  'agents.sessions.artifacts.content': (call: Call) => {
    const { id, size_bytes: sizeBytes } = artifact.find(call)
    return file(call.platform.blobs.path(id), sizeBytes, 'application/octet-stream')
  },
} satisfies Family

const outputs = '/workspace/outputs/'

export function publishArtifacts(platform: Platform, { id: sessionId, environment }: Session, turn: Turn): void {
  if (environment.type !== 'openai_hosted') return
  const published = platform.collection<Published>('agent.session.artifact.source')
  for (const { id, path, size_bytes: sizeBytes } of environmentFiles(platform).list({ parent: environment.id })) {
    if (!path.startsWith(outputs) || published.get(id, sessionId) !== undefined) continue
    const made: Artifact = {
      id: newId('agentArtifact'),
      object: 'agent.session.artifact',
      session_id: sessionId,
      turn_id: turn.id,
      environment_id: environment.id,
      created_at: platform.clock.seconds(),
      path,
      size_bytes: sizeBytes,
    }
    copyBlob(platform, id, made.id)
    artifact.collection(platform).put(made, sessionId)
    published.put({ id }, sessionId)
  }
}

export function forgetArtifacts(platform: Platform, sessionId: string): void {
  for (const { id } of artifact.collection(platform).list({ parent: sessionId })) platform.blobs.delete(id)
  artifact.collection(platform).deleteAll(sessionId)
  platform.collection<Published>('agent.session.artifact.source').deleteAll(sessionId)
}
