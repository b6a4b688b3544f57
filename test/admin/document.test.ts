// GET /admin/openapi.json is the table: every operation with its inputs where they stand, served as it is committed. (Linted with
// the other documents in test/openapi.test.ts; answers are held against it in operations.test.ts.)
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goldens, goldenServer } from '../../scripts/reference/golden.ts'
import { placeOf } from '../../src/admin/operation.ts'
import { outputs, type Output } from '../../src/admin/outputs.ts'
import { operationIdsTwice, structuralProblems } from '../../src/check/openapi.ts'
import { rows, rowOf } from '../harness/admin.ts'
import { startWorld } from '../harness/world.ts'

type Described = {
  readonly summary: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly requestBody?: {
    readonly required?: boolean
    readonly content: Readonly<Record<string, { readonly schema: { readonly properties: object; readonly required?: readonly string[] } }>>
  }
}

const golden = goldens().get('test/golden/openapi.admin.json') ?? ''
const document = JSON.parse(golden) as {
  readonly security: unknown
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
}

test('it is what is served, to everybody, and what `relay check` takes', async () => {
  assert.deepEqual([structuralProblems(document), operationIdsTwice(document)], [[], []])
  await using world = await startWorld({ upstream: 'emulator', settings: { publicUrl: goldenServer } })
  const answer = await fetch(`${world.url}/admin/openapi.json`)
  assert.equal(answer.status, 200)
  assert.ok(`${JSON.stringify(await answer.json(), null, 1)}\n` === golden)
})

test('it holds every operation of the table at its place, and nothing else', () => {
  const found = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  )
  assert.deepEqual(new Set(found), new Set(rows.map(({ method, path }) => `${method} ${path}`)))
  assert.equal(found.length, rows.length)
  assert.deepEqual(document.security, [{ adminToken: [] }])
})

test('every input stands where the table has it, and is needed where the table needs it', () => {
  for (const row of rows) {
    const { parameters = [], requestBody } = document.paths[row.path]?.[row.method.toLowerCase()] ?? assert.fail(row.id)
    const { properties = {}, required = [] } = requestBody?.content['application/json']?.schema ?? {}
    const said = [
      ...parameters.map((each) => [each.name, each.in, each.required === true] as const),
      ...Object.keys(properties).map((name) => [name, 'body', required.includes(name)] as const),
    ]
    const expected = Object.keys(row.input).map((name) => [name, placeOf(row, name), row.required.includes(name)] as const)
    assert.deepEqual(new Set(said.map(String)), new Set(expected.map(String)), row.id)
    assert.equal(requestBody?.required === true, required.length > 0, row.id)
  }
})

test('the laws of a row', () => {
  const all: Readonly<Record<string, Output>> = outputs
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length)
  assert.equal(new Set(rows.map(({ command }) => command.split(/ [<[]/)[0])).size, rows.length)
  for (const row of rows) {
    const inPath = [...row.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    const asArguments = [...row.command.matchAll(/([<[])(\w+)/g)]
    for (const name of [...inPath, ...row.required, ...asArguments.map(([, , each = '']) => each)])
      assert.ok(name in row.input, `${row.id} ${name}`)
    for (const name of inPath) assert.ok(row.required.includes(name), `${row.id} ${name}`)
    for (const [, bracket, name = ''] of asArguments) assert.equal(bracket === '<', row.required.includes(name), `${row.id} ${name}`)
    // A query or a path is text: what is neither text nor a number stands in a body.
    for (const [name, { type }] of Object.entries(row.input))
      if (placeOf(row, name) !== 'body') assert.ok(['string', 'integer'].includes(type), `${row.id} ${name}`)
    const output = all[row.output] ?? assert.fail(row.output)
    for (const [, name = ''] of row.said.matchAll(/\{(\w+)\}/g))
      assert.ok(name === 'where' || name in output.shape.properties, `${row.id} ${name}`)
    for (const name of output.columns) assert.ok(name in output.shape.properties, `${row.output} ${name}`)
    assert.equal(row.answers === 'all', output.columns.length > 0 && row.id.endsWith('.list'), row.id)
    // A secret is told where it is made and nowhere else.
    assert.equal(output.secret !== null, /^(?:admin_)?tokens\.(?:create|rotate)$/.test(row.id), row.id)
    assert.ok(row.examples.length > 0 && row.examples.every((example) => example.startsWith(row.command.split(/ [<[]/)[0] ?? '')), row.id)
  }
  assert.equal(rowOf('tokens.create').output, 'newToken')
})
