// Vaults and their credentials: what agents authenticate with at MCP servers and in hosted environments.
import type { Call, Family } from '../../behaviour.ts'
import { invalid, invalidValue, missingParameter } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { metadata, optional, readShape, string } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import { changed, createNoun, matchesMetadata } from '../noun.ts'
import { authOf, createdAuth, rotate, rotatedAuth } from './credential-auth.ts'
import type { CredentialAuth } from './credential-auth.ts'

type Metadata = Readonly<Record<string, string>>

export type Vault = {
  readonly id: string
  readonly object: 'vault'
  readonly created_at: number
  readonly name: string | null
  readonly metadata: Metadata
}

export type Credential = {
  readonly id: string
  readonly object: 'vault.credential'
  readonly vault_id: string
  readonly created_at: number
  readonly updated_at: number
  readonly name: string
  readonly auth: CredentialAuth
  readonly metadata: Metadata
}

const nameBytesMax = 256
const statuses = ['active', 'archived']

/** Nothing is ever archived here: a list of archived ones alone is empty. */
const filter = (call: Call): ((object: { readonly metadata: Metadata }) => boolean) => {
  const wanted = call.query.all('status')
  for (const status of wanted) if (!statuses.includes(status)) throw invalidValue('status', status, statuses)
  const matches = matchesMetadata(call)
  return (object) => (wanted.length === 0 || wanted.includes('active')) && matches(object)
}

export const vault = createNoun<Vault>({
  kind: 'vault',
  label: 'Vault',
  param: 'vault_id',
  where: filter,
  onDelete: (platform, { id }) => credential.collection(platform).deleteAll(id),
})

const credential = createNoun<Credential>({
  kind: 'vault.credential',
  label: 'Credential',
  param: 'credential_id',
  parent: (call) => vault.find(call).id,
  where: filter,
})

export const vaults = {
  'vaults.list': vault.list,
  'vaults.create': vault.create(({ platform }, body) => {
    const request = readShape({ name: optional(string()), metadata: optional(metadata()) }, body)
    return {
      id: newId('vault'),
      object: 'vault',
      created_at: platform.clock.seconds(),
      name: request.name === undefined ? null : trimmedName(request.name),
      metadata: request.metadata ?? {},
    }
  }),
  'vaults.retrieve': vault.retrieve,
  'vaults.update': vault.update((object, body) => {
    const request = readShape({ name: optional(string()), metadata: optional(metadata()) }, body)
    const name = request.name === undefined ? undefined : trimmedName(request.name)
    return { ...object, name: changed(body, 'name', name, object.name, null), metadata: request.metadata ?? object.metadata }
  }),
  'vaults.delete': vault.remove,
  'vaults.credentials.list': credential.list,
  'vaults.credentials.create': credential.create((call, body) => {
    const request = readShape({ name: string(), auth: createdAuth, metadata: optional(metadata()) }, body)
    const now = call.platform.clock.seconds()
    return {
      id: newId('credential'),
      object: 'vault.credential',
      vault_id: call.param('vault_id'),
      created_at: now,
      updated_at: now,
      name: trimmedName(request.name),
      auth: authOf(request.auth),
      metadata: request.metadata ?? {},
    }
  }),
  'vaults.credentials.retrieve': credential.retrieve,
  'vaults.credentials.update': credential.update((object, body, { platform }) => {
    const request = readShape({ auth: optional(rotatedAuth), metadata: optional(metadata()) }, body)
    if (request.auth === undefined && request.metadata === undefined) throw missingParameter('auth')
    return {
      ...object,
      updated_at: platform.clock.seconds(),
      auth: request.auth === undefined ? object.auth : rotate(object.auth, request.auth, body['auth'] as JsonObject),
      metadata: request.metadata ?? object.metadata,
    }
  }),
  'vaults.credentials.delete': credential.remove,
} satisfies Family

function trimmedName(given: string): string {
  const name = given.trim()
  const size = Buffer.byteLength(name)
  if (size === 0 || size > nameBytesMax)
    throw invalid(`Invalid 'name': expected 1 to ${nameBytesMax} bytes of UTF-8 after trimming, but got ${size} instead.`, 'name')
  return name
}
