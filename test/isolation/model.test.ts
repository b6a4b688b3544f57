// Random operations of two tenants on a real relay, with kills in between: what each sees is what the model says, at every step.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { openDatabase, type DatabaseKind } from '../harness/database.ts'
import { startKillableRelay, type KillableRelay } from '../harness/killable-relay.ts'
import { commands, projects, type Model, type Project, type Real } from './model.ts'

const runs: Readonly<Record<DatabaseKind, { readonly count: number; readonly length: number; readonly processes: number }>> = {
  sqlite: { count: 8, length: 80, processes: 1 },
  postgres: { count: 8, length: 80, processes: 2 },
}

for (const [database, { count, length, processes }] of Object.entries(runs) as [DatabaseKind, (typeof runs)['sqlite']][])
  test(`on ${database}, with ${processes === 1 ? 'one process' : 'two processes'}, everybody sees what is their own and nothing else`, async (context) => {
    await using opened = await openDatabase(database)
    if (opened === null) return context.skip('no database')
    await using relay = await startKillableRelay(opened.url)
    const others = processes > 1 ? [(await relay.second()).base] : []
    let run = 0
    let taken = 0
    await fc.assert(
      fc.asyncProperty(commands(length), async (steps) => {
        const real = await realOf(relay, others, ++run)
        const model: Model = { objects: [], steps: 0 }
        await fc.asyncModelRun(() => ({ model, real }), steps)
        taken += model.steps
      }),
      // What a run leaves behind cannot be undone: smaller ones would start from another place.
      { numRuns: count, endOnFailure: true, seed: Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31) },
    )
    assert.ok(taken > length, `${taken} steps are too few to mean something`)
  })

async function realOf(relay: KillableRelay, others: readonly string[], run: number): Promise<Real> {
  const { admin, emulator } = relay
  const tenant = (name: string): string => `${name}-${run}`
  const secrets: Partial<Record<Project, string>> = {}
  for (const name of ['red', 'blue']) await admin('tenants.create', { name: tenant(name) })
  for (const project of projects) {
    const [of = '', name = ''] = project.split(' ')
    await admin('projects.create', { name, tenant: tenant(of) })
    secrets[project] = String((await admin('tokens.create', { name, tenant: tenant(of), project: name }))['token'])
  }
  let turns = 0
  const bases = (): readonly string[] => [relay.url(), ...others]
  return {
    admin,
    secrets: secrets as Record<Project, string>,
    tenant,
    turn: () => void turns++,
    kill: async () => {
      await relay.kill()
      await relay.start()
    },
    strayFile: async () => {
      const form = new FormData()
      form.set('purpose', 'user_data')
      form.set('file', new File(['text'], 'stray.txt'))
      const answer = await fetch(`${emulator.url}/v1/files`, { method: 'POST', headers: { authorization: 'Bearer sk-test' }, body: form })
      return ((await answer.json()) as { readonly id: string }).id
    },
    send: async (secret, method, path, type, body) => {
      const base = bases()[turns % bases().length] ?? ''
      const headers = { authorization: `Bearer ${secret}`, ...(type === undefined ? {} : { 'content-type': type }) }
      const answer = await fetch(`${base}${path}`, { method, headers, ...(body === undefined ? {} : { body: new Uint8Array(body) }) })
      return { status: answer.status, text: await answer.text() }
    },
  }
}
