// The three ways an operator asks for an operation of the admin table: over HTTP, by a command on the store, and by a command that
// asks a relay elsewhere. All take the inputs of the row by name and give the answer of the row.
import assert from 'node:assert/strict'
import { placeOf, type Operation } from '../../src/admin/operation.ts'
import { operations, type OperationId } from '../../src/admin/operations.ts'
import { runCommand, type Ended } from './command.ts'

export type Inputs = Readonly<Record<string, unknown>>
export type Told = { readonly status: number; readonly body: Inputs }

export const rows: readonly (Operation & { readonly id: OperationId })[] = operations

export function rowOf(id: OperationId): Operation & { readonly id: OperationId } {
  const row = rows.find((each) => each.id === id)
  assert.ok(row)
  return row
}

const at = (row: Operation, place: string, inputs: Inputs): readonly (readonly [string, unknown])[] =>
  Object.entries(inputs).filter(([name]) => placeOf(row, name) === place)

/** @param token null sends none */
export async function askHttp(url: string, token: string | null, id: OperationId, inputs: Inputs): Promise<Response> {
  const row = rowOf(id)
  const path = row.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(inputs[name])))
  const query = new URLSearchParams()
  for (const [name, value] of at(row, 'query', inputs)) query.set(name, String(value))
  return fetch(`${url}${path}${query.size === 0 ? '' : `?${query.toString()}`}`, {
    method: row.method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(row.method === 'POST' ? { 'content-type': 'application/json' } : {}),
    },
    ...(row.method === 'POST' ? { body: JSON.stringify(Object.fromEntries(at(row, 'body', inputs))) } : {}),
  })
}

/** The words of a command line, as an operator would write them. A secret goes to standard input. */
export function commandOf(id: OperationId, inputs: Inputs): { readonly args: readonly string[]; readonly input: string } {
  const row = rowOf(id)
  const [words = ''] = row.command.split(/ [<[]/)
  const named = [...row.command.matchAll(/[<[](\w+)(?:\.\.\.)?[>\]]/g)].map(([, name = '']) => name)
  const args = named.flatMap((name) => (inputs[name] === undefined ? [] : [inputs[name]].flat().map(String)))
  const options = Object.entries(inputs)
    .filter(([name]) => !named.includes(name) && row.input[name]?.isSecret !== true)
    .flatMap(([name, value]) => {
      const flag = `--${row.input[name]?.option ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
      return typeof value === 'boolean' ? (value ? [flag] : []) : [value].flat().flatMap((each) => [flag, String(each)])
    })
  const secret = Object.entries(inputs).find(([name]) => row.input[name]?.isSecret === true)
  return { args: [...words.split(' '), ...args, ...options], input: typeof secret?.[1] === 'string' ? secret[1] : '' }
}

export function runOperation(
  id: OperationId,
  inputs: Inputs,
  cwd: string,
  env: Readonly<Record<string, string>>,
  extra: readonly string[],
): Promise<Ended> {
  const { args, input } = commandOf(id, inputs)
  return runCommand([...args, ...extra], { cwd, env, input })
}

/** An admin token, made as an operator makes one, on the data folder of a relay. */
export async function adminToken(dataDir: string, name = 'test', env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await runCommand(['admin-token', 'create', name], {
    cwd: dataDir,
    env: { RELAY_DATA_DIR: dataDir, ...env },
  })
  assert.equal(code, 0, stderr)
  return stdout.trim()
}
