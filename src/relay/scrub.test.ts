// What is taken out of an error, and what stays.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountId, ProjectId, TenantId } from '../kernel/ids.ts'
import type { Ownership } from '../ownership/ownership.ts'
import { scrub } from './scrub.ts'

const owner = { tenant: 'ten_red' as TenantId, project: 'prj_red' as ProjectId }
/** Only `find` is asked: `file-red` is the caller's, nothing else is. */
const ownership = {
  find: (_: unknown, named: readonly { readonly id: string }[]) =>
    Promise.resolve(
      named.map(({ id }) =>
        id === 'file-red' ? { account: 'ups_default' as AccountId, project: owner.project, access: 'own', isRecorded: true } : null,
      ),
    ),
} as Pick<Ownership, 'find'>
const scrubbed = (text: string, said = ''): Promise<string> => scrub(text, (id) => said.includes(id), owner, ownership)

test('ids that are not the caller’s become stars, own ones and those the request named stay', async () => {
  assert.equal(await scrubbed('"file-red and file-blue, not resp_other"'), '"file-red and ***, not ***"')
  assert.equal(await scrubbed('"No such File object: file-typed"', 'GET /v1/files/file-typed'), '"No such File object: file-typed"')
})

test('an id written with escapes is one all the same', async () => {
  assert.equal(await scrubbed('{"error":{"message":"see \\u0066ile-blue"}}'), '{"error":{"message":"see ***"}}')
})

test('names of the account and ends of keys go, whoever asks', async () => {
  assert.equal(
    await scrubbed('"Rate limit reached in organization org-abc123 with key sk-proj-***wxyz"'),
    '"Rate limit reached in organization org-****** with key ***"',
  )
})

test('other text is left byte for byte', async () => {
  const text = '{"error": {\n  "message": "Invalid value: \'profile-picture\'",  "param": null}}'
  assert.equal(await scrubbed(text), text)
})
