// Parameters that assistants, threads and runs share: tools, what tools may use, how answers look.
import { ApiError, invalid, invalidValue, missingParameter, notFound } from '../../errors.ts'
import { findModel, useOf } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import { anyObject, array, choice, either, isObject, metadata, object, optional, string, textOr } from '../../shape.ts'
import type { Field, JsonObject } from '../../shape.ts'
import { requireFile } from '../../stored-files.ts'
import { requireStrictSchema } from '../../strict-schema.ts'
import { stores } from '../vector-stores/stored.ts'
import type { ToolResources } from './stored.ts'

const toolTypes = ['code_interpreter', 'file_search', 'function'] as const
const functionName = /^[a-zA-Z0-9_-]{1,64}$/

/** Tools, checked and as they came. */
export const tools = (max: number): Field<readonly JsonObject[] | undefined> => {
  const list = array(anyObject(), { max })
  return optional({
    ...list,
    read: (value, at, isForm) => {
      const given = list.read(value, at, isForm)
      for (const [index, tool] of given.entries()) checkTool(tool, `${at}[${index}]`)
      return given
    },
  })
}

function checkTool(tool: JsonObject, at: string): void {
  const type = tool['type']
  if (type === undefined) throw missingParameter(`${at}.type`)
  if (!(toolTypes as readonly unknown[]).includes(type)) throw invalidValue(`${at}.type`, type, toolTypes)
  if (type !== 'function') return
  const described = tool['function']
  if (!isObject(described)) throw missingParameter(`${at}.function`)
  const name = described['name']
  if (typeof name !== 'string') throw missingParameter(`${at}.function.name`)
  if (!functionName.test(name))
    throw invalid(
      `Invalid '${at}.function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      `${at}.function.name`,
      'invalid_value',
    )
  if (described['strict'] === true)
    requireStrictSchema(described['parameters'], `function '${name}'`, `${at}.function.parameters`, 'invalid_function_parameters')
}

const formatTypes = ['text', 'json_object', 'json_schema'] as const

export const responseFormat = (): Field<'auto' | JsonObject | undefined> => {
  const format = anyObject()
  return optional(
    either(choice('auto'), {
      ...format,
      read: (value, at, isForm) => {
        const given = format.read(value, at, isForm)
        const type = given['type']
        if (type === undefined) throw missingParameter(`${at}.type`)
        if (!(formatTypes as readonly unknown[]).includes(type)) throw invalidValue(`${at}.type`, type, formatTypes)
        if (type === 'json_schema') checkSchema(given['json_schema'], `${at}.json_schema`)
        return given
      },
    }),
  )
}

function checkSchema(given: unknown, at: string): void {
  if (!isObject(given)) throw missingParameter(at)
  if (typeof given['name'] !== 'string') throw missingParameter(`${at}.name`)
  if (given['strict'] === true) requireStrictSchema(given['schema'], `response_format '${given['name']}'`, 'response_format', null)
}

export const effort = (): Field<string | undefined> => optional(choice('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'))

const resources = object({
  code_interpreter: optional(object({ file_ids: optional(array(string(), { max: 20 })) })),
  file_search: optional(
    object({
      vector_store_ids: optional(array(string(), { max: 1 })),
      vector_stores: optional(
        array(object({ file_ids: optional(array(string())), chunking_strategy: optional(anyObject()), metadata: optional(metadata()) }), {
          max: 1,
        }),
      ),
    }),
  ),
})

export const toolResources = (): Field<ResourcesRequest | undefined> => optional(resources)
export type ResourcesRequest = ReturnType<(typeof resources)['read']>

/** Checks what tools may use, and makes the vector store that is asked for by its files. */
export async function readResources(
  platform: Platform,
  given: ResourcesRequest | undefined,
  at = 'tool_resources',
): Promise<ToolResources> {
  if (given === undefined) return {}
  const { code_interpreter: code, file_search: search } = given
  for (const id of code?.file_ids ?? []) requireFile(platform, id, `${at}.code_interpreter.file_ids`)
  for (const id of search?.vector_store_ids ?? [])
    if (stores(platform).get(id) === undefined)
      throw notFound(`No vector store found with id '${id}'.`, `${at}.file_search.vector_store_ids`)
  if (search?.vector_store_ids !== undefined && search.vector_stores !== undefined)
    throw invalid(
      `Only one of '${at}.file_search.vector_store_ids' and '${at}.file_search.vector_stores' can be given.`,
      `${at}.file_search`,
      'mutually_exclusive_parameters',
    )
  const made: string[] = []
  for (const wanted of search?.vector_stores ?? []) made.push(await makeStore(platform, wanted))
  return {
    ...(code === undefined ? {} : { code_interpreter: { file_ids: code.file_ids ?? [] } }),
    ...(search === undefined ? {} : { file_search: { vector_store_ids: [...(search.vector_store_ids ?? []), ...made] } }),
  }
}

/** Calls the platform's own endpoint; what it refuses is refused here in the same words. Returns the store's id. */
export async function makeStore(platform: Platform, body: JsonObject): Promise<string> {
  const reply = await platform.perform({ method: 'POST', path: '/v1/vector_stores', body })
  const answer = isObject(reply.body) ? reply.body : {}
  if (reply.status === 200) return textOr(answer['id'])
  const error = isObject(answer['error']) ? answer['error'] : {}
  throw new ApiError(reply.status, textOr(error['message'], 'The vector store could not be made.'), {
    param: textOr(error['param']) || null,
  })
}

/** Quirk: 400 and the parameter, as Responses does. */
export function requireAssistantsModel(platform: Platform, id: string): void {
  if (findModel(platform, id) === undefined) throw invalid(`The requested model '${id}' does not exist.`, 'model', 'model_not_found')
  if (useOf(id) !== 'chat')
    throw invalid(`The requested model '${id}' cannot be used with the Assistants API.`, 'model', 'unsupported_model')
}

/** A value, unless the request leaves it out; here `null` is a value. */
export const orNull = <V>(body: JsonObject, name: string, given: V | undefined, old: V | null): V | null =>
  name in body ? (given ?? null) : old
