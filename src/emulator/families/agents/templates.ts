// Environment templates: how hosted environments are set up, kept for sessions to come.
import type { Family } from '../../behaviour.ts'
import { newId } from '../../ids.ts'
import { optional, readShape, string } from '../../shape.ts'
import { changed, createNoun } from '../noun.ts'
import { fileViews, onTopOf, plainSetup, readSetup, setupShape } from './hosted-setup.ts'
import type { FileView, Setup } from './hosted-setup.ts'

export type StoredTemplate = {
  readonly id: string
  readonly object: 'agent.environment.template'
  readonly created_at: number
  readonly updated_at: number
  readonly name: string | null
  readonly setup: Setup
}

/** Without the contents of files, commands and variables. */
export type EnvironmentTemplate = Omit<StoredTemplate, 'setup'> & Omit<Setup, 'files' | 'fails'> & { readonly files: readonly FileView[] }

export const viewOf = ({ setup, ...rest }: StoredTemplate): EnvironmentTemplate => {
  const { files, fails: _fails, ...shown } = setup
  return { ...rest, ...shown, files: fileViews(files) }
}

export const template = createNoun<StoredTemplate>({
  kind: 'agent.environment.template',
  label: 'Environment template',
  param: 'environment_template_id',
  show: viewOf,
})

const shape = { ...setupShape, name: optional(string()) }

export const templates = {
  'agents.environments.templates.list': template.list,
  'agents.environments.templates.create': template.create(({ platform }, body) => {
    const { name, ...given } = readShape(shape, body)
    const now = platform.clock.seconds()
    return {
      id: newId('agentEnvironmentTemplate'),
      object: 'agent.environment.template',
      created_at: now,
      updated_at: now,
      name: name ?? null,
      setup: onTopOf(null, readSetup(given, ''), ''),
    }
  }),
  'agents.environments.templates.retrieve': template.retrieve,
  'agents.environments.templates.update': template.update((object, body, { platform }) => {
    const { name, ...given } = readShape(shape, body)
    // What is null goes back to what it would have been without a word.
    const cleared = Object.entries(plainSetup).filter(([field]) => body[field] === null)
    const fails = body['setup_commands'] === null ? { fails: false } : {}
    return {
      ...object,
      updated_at: platform.clock.seconds(),
      name: changed(body, 'name', name, object.name, null),
      setup: { ...object.setup, ...Object.fromEntries(cleared), ...fails, ...readSetup(given, '') },
    }
  }),
  'agents.environments.templates.delete': template.remove,
} satisfies Family
