// What is wrong with an OpenAPI document, found without a library: its structure, and the limits ChatGPT sets an Actions document
// (OpenAI, "GPT Actions: production notes").

type Json = Readonly<Record<string, unknown>>

const methods: readonly string[] = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']
const maxOperations = 30
const maxOperationText = 300
const maxParameterText = 700

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const objectAt = (value: unknown, key: string): Json => (isObject(value) && isObject(value[key]) ? value[key] : {})
const listAt = (value: unknown, key: string): readonly unknown[] =>
  isObject(value) && Array.isArray(value[key]) ? (value[key] as unknown[]) : []
const textAt = (value: unknown, key: string): string => (isObject(value) && typeof value[key] === 'string' ? value[key] : '')

type Found = { readonly where: string; readonly path: string; readonly operation: Json; readonly shared: readonly unknown[] }

function operationsOf(document: Json): readonly Found[] {
  return Object.entries(objectAt(document, 'paths')).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = isObject(item) ? item[method] : undefined
      return isObject(operation) ? [{ where: `${method.toUpperCase()} ${path}`, path, operation, shared: listAt(item, 'parameters') }] : []
    }),
  )
}

export const operationIdsTwice = (document: Json): readonly string[] => {
  const ids = operationsOf(document).map(({ operation }) => textAt(operation, 'operationId'))
  return [...new Set(ids.filter((id, at) => id !== '' && ids.indexOf(id) !== at))]
}

/** Structure only: what a reader of the document would stumble over. */
export function structuralProblems(document: Json): readonly string[] {
  const problems: string[] = []
  if (!/^3\.[01]\.\d+$/.test(textAt(document, 'openapi'))) problems.push('openapi is not 3.0 or 3.1')
  const info = objectAt(document, 'info')
  for (const key of ['title', 'version']) if (textAt(info, key) === '') problems.push(`info has no ${key}`)
  const operations = operationsOf(document)
  if (operations.length === 0) problems.push('it has no operation')
  for (const path of Object.keys(objectAt(document, 'paths')))
    if (!path.startsWith('/')) problems.push(`${path}: a path begins with a slash`)
  for (const found of operations) problems.push(...operationProblems(document, found).map((problem) => `${found.where}: ${problem}`))
  visit(document, '#', (node, at) => {
    const target = node['$ref']
    if (typeof target === 'string' && target.startsWith('#/') && resolve(document, target) === undefined)
      problems.push(`${at} refers to ${target}, which is not there`)
  })
  return problems
}

function operationProblems(document: Json, { path, operation, shared }: Found): readonly string[] {
  const problems: string[] = []
  if (textAt(operation, 'operationId') === '') problems.push('no operationId')
  const answers = Object.entries(objectAt(operation, 'responses'))
  if (answers.length === 0) problems.push('no responses')
  for (const [status, answer] of answers) {
    if (!/^([1-5](\d\d|XX)|default)$/.test(status)) problems.push(`no status: ${status}`)
    if (textAt(follow(document, answer), 'description') === '') problems.push(`response ${status} has no description`)
  }
  const parameters = [...shared, ...listAt(operation, 'parameters')].map((each) => follow(document, each))
  for (const parameter of parameters) {
    const name = textAt(parameter, 'name')
    if (name === '' || !['path', 'query', 'header', 'cookie'].includes(textAt(parameter, 'in')))
      problems.push('a parameter without name or place')
    if (isObject(parameter) && !('schema' in parameter) && !('content' in parameter)) problems.push(`parameter ${name} has no schema`)
    if (textAt(parameter, 'in') === 'path' && isObject(parameter) && parameter['required'] !== true)
      problems.push(`path parameter ${name} is not required`)
  }
  const inPath = parameters
    .filter((each) => textAt(each, 'in') === 'path')
    .map((each) => textAt(each, 'name'))
    .toSorted()
  const named = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name).toSorted()
  if (inPath.join() !== named.join())
    problems.push(`the path names ${named.join(', ') || 'no parameter'}, the operation ${inPath.join(', ') || 'none'}`)
  const body = operation['requestBody']
  if (body !== undefined && Object.keys(objectAt(follow(document, body), 'content')).length === 0) problems.push('a body without content')
  return problems
}

/** @param mustBeHttps false for a deployment that is itself reached over plain HTTP: only a trial is */
export function actionsProblems(document: Json, mustBeHttps: boolean): readonly string[] {
  const problems: string[] = []
  const operations = operationsOf(document)
  if (operations.length > maxOperations) problems.push(`${operations.length} operations, more than ${maxOperations}`)
  const servers = listAt(document, 'servers').map((server) => textAt(server, 'url'))
  if (servers.length !== 1) problems.push(`${servers.length} servers instead of one`)
  for (const url of servers)
    if (!(mustBeHttps ? /^https:\/\/./ : /^https?:\/\/./).test(url)) problems.push(`the server ${url} is not https`)
  const schemes = Object.values(objectAt(objectAt(document, 'components'), 'securitySchemes'))
  if (schemes.length !== 1 || textAt(schemes[0], 'type') !== 'http' || textAt(schemes[0], 'scheme') !== 'bearer')
    problems.push('not one bearer authentication')

  for (const { where, path, operation } of operations) {
    if (/[:*]/.test(path)) problems.push(`${where}: a colon or a wildcard in the path`)
    for (const key of ['summary', 'description']) {
      const { length } = textAt(operation, key)
      if (length > maxOperationText) problems.push(`${where}: its ${key} has ${length} characters, more than ${maxOperationText}`)
    }
    const body = follow(document, operation['requestBody'])
    const answers = Object.values(objectAt(operation, 'responses')).map((answer) => follow(document, answer))
    for (const type of [body, ...answers].flatMap((each) => Object.keys(objectAt(each, 'content'))))
      if (type !== 'application/json') problems.push(`${where}: ${type} instead of JSON`)
  }
  visit(document, '#', (node, at) => {
    const text = textAt(node, 'description')
    // Operations have their own limit; everything that takes or gives a value counts as a parameter.
    if (('schema' in node || 'type' in node) && text.length > maxParameterText)
      problems.push(`${at}: a description of ${text.length} characters, more than ${maxParameterText}`)
    if (node['type'] === 'object' && !isObject(node['properties'])) problems.push(`${at}: an object without properties`)
    if (node['format'] === 'binary') problems.push(`${at}: binary`)
  })
  return problems
}

function visit(node: unknown, at: string, look: (node: Json, at: string) => void): void {
  if (Array.isArray(node)) node.forEach((each, index) => visit(each, `${at}/${index}`, look))
  else if (isObject(node)) {
    look(node, at)
    // An example is a value, not a part of the document.
    for (const [key, value] of Object.entries(node))
      if (key !== 'example' && key !== 'examples') visit(value, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, look)
  }
}

const resolve = (document: Json, reference: string): unknown =>
  reference
    .slice(2)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((node, key) => (isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined), document)

function follow(document: Json, value: unknown): unknown {
  const reference = textAt(value, '$ref')
  return reference.startsWith('#/') ? resolve(document, reference) : value
}
