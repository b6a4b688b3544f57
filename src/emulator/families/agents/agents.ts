// Reusable agents.
import type { Family } from '../../behaviour.ts'
import { newId } from '../../ids.ts'
import { metadata, optional, readShape, string } from '../../shape.ts'
import { changed, createNoun } from '../noun.ts'
import { configOf, configShape } from './config.ts'
import type { AgentConfig } from './config.ts'

export type Agent = {
  readonly id: string
  readonly object: 'agent'
  readonly created_at: number
  readonly updated_at: number
  readonly name: string | null
  readonly metadata: Readonly<Record<string, string>>
} & AgentConfig

export const agent = createNoun<Agent>({ kind: 'agent', label: 'Agent', param: 'agent_id' })

const shape = { ...configShape, name: optional(string()), metadata: optional(metadata()) }

export const reusableAgents = {
  'agents.list': agent.list,
  'agents.create': agent.create(({ platform }, body) => {
    const given = readShape({ ...shape, model: string({ min: 1 }) }, body)
    const now = platform.clock.seconds()
    return {
      id: newId('agent'),
      object: 'agent',
      created_at: now,
      updated_at: now,
      name: given.name ?? null,
      metadata: given.metadata ?? {},
      ...configOf(platform, { base: null, given, raw: body, at: '', keepsSecrets: false }),
    }
  }),
  'agents.retrieve': agent.retrieve,
  'agents.update': agent.update((object, body, { platform }) => {
    const given = readShape(shape, body)
    return {
      ...object,
      ...configOf(platform, { base: object, given, raw: body, at: '', keepsSecrets: false }),
      updated_at: platform.clock.seconds(),
      name: changed(body, 'name', given.name, object.name, null),
      metadata: changed(body, 'metadata', given.metadata, object.metadata, {}),
    }
  }),
  'agents.delete': agent.remove,
} satisfies Family
