// The code interpreter. Nothing is ever executed: arithmetic is worked out here, files that the prompt asks for are written, files
// in the container are shown; the code of the call is what would have done it.
import { closeSync, openSync, readSync } from 'node:fs'
import { posix } from 'node:path'
import { invalid, missingParameter } from '../../../errors.ts'
import { newId } from '../../../ids.ts'
import type { Platform } from '../../../platform.ts'
import { anyObject, array, choice, either, isObject, object, optional, readShape, string } from '../../../shape.ts'
import type { JsonObject, Values } from '../../../shape.ts'
import { requireFile } from '../../../stored-files.ts'
import { networkPolicy } from '../../containers/containers.ts'
import {
  containerFiles,
  containers,
  createContainer,
  memoryLimits,
  requireContainer,
  useContainer,
  writeFile,
} from '../../containers/stored.ts'
import type { Container, ContainerFile } from '../../containers/stored.ts'
import type { Item } from '../../items.ts'
import type { HostedTool } from '../hosted-tool.ts'
import { calculationIn } from './calculations.ts'
import { fileIn } from './made-files.ts'

const shape = {
  type: string(),
  container: either(
    string(),
    object({
      type: choice('auto'),
      file_ids: optional(array(string(), { max: 50 })),
      memory_limit: optional(choice(...memoryLimits)),
      network_policy: optional(networkPolicy()),
      skills: optional(array(anyObject())),
    }),
  ),
  allowed_callers: optional(array(choice('direct', 'programmatic'))),
}

type Wanted = Values<typeof shape>['container']

function read(tool: JsonObject, at: string): Wanted {
  if (isObject(tool['container']) && tool['container']['type'] === undefined) throw missingParameter(`${at}.container.type`)
  return readShape(shape, tool, { at: `${at}.` }).container
}

const reasons =
  /\b(?:code|python|script|calculat\w*|comput\w*|run|execut\w*|solve|plot|chart|graph|histogram|csv|spreadsheet|file|files|data)\b/i

export const codeInterpreter: HostedTool = {
  check: (platform, tool, at) => {
    const wanted = read(tool, at)
    if (typeof wanted === 'string') {
      if (requireContainer(platform, wanted).status === 'expired') throw invalid('Container is expired.')
    } else for (const id of wanted.file_ids ?? []) requireFile(platform, id, `${at}.container.file_ids`)
  },
  run: async ({ platform, tool, asked, items, include, isForced }) => {
    const file = fileIn(asked)
    const calculation = calculationIn(asked)
    if (!isForced && file === null && calculation === null && !reasons.test(asked)) return null
    const container = await containerFor(platform, read(tool, 'tools'), items)
    const { code, logs } = file === null ? (calculation ?? lookInto(platform, container, asked)) : { code: file.code, logs: '' }
    const written = file === null ? null : writeFile(platform, container.id, file.name, file.content)
    return {
      items: [
        {
          id: newId('codeInterpreterCall'),
          type: 'code_interpreter_call',
          status: 'completed',
          code,
          container_id: container.id,
          outputs: include.includes('code_interpreter_call.outputs') ? (logs === '' ? [] : [{ type: 'logs', logs }]) : null,
        },
      ],
      finding: written === null ? logs.trim() || null : linkTo(written),
      cite: (text) => (written === null ? [] : [citation(written, text)]),
    }
  },
}

/** The one that is named; else the one an earlier call of this context worked in; else a new one. */
async function containerFor(platform: Platform, wanted: Wanted, items: readonly Item[]): Promise<Container> {
  if (typeof wanted === 'string') return useContainer(platform, wanted)
  for (const item of items.toReversed()) {
    if (item.type !== 'code_interpreter_call' || typeof item['container_id'] !== 'string') continue
    if (containers(platform).get(item['container_id']) === undefined) continue
    if (requireContainer(platform, item['container_id']).status === 'running') return useContainer(platform, item['container_id'])
  }
  return createContainer(platform, {
    name: 'auto',
    fileIds: wanted.file_ids ?? [],
    memoryLimit: wanted.memory_limit,
    networkPolicy: wanted.network_policy,
  })
}

const sandboxLink = (path: string): string => `sandbox:${path}`
const linkTo = ({ path }: ContainerFile): string => `[Download ${posix.basename(path)}](${sandboxLink(path)})`

/** Points at the link in the text; quirk: 0 to 0 where the text does not have it. */
function citation({ id, container_id: containerId, path }: ContainerFile, text: string): JsonObject {
  const start = Math.max(0, text.indexOf(sandboxLink(path)))
  return {
    type: 'container_file_citation',
    container_id: containerId,
    file_id: id,
    filename: posix.basename(path),
    start_index: start,
    end_index: text.includes(sandboxLink(path)) ? start + sandboxLink(path).length : 0,
  }
}

const shownBytesMax = 2000

/** Nothing to work out: what lies in the container is shown, the file that is asked for first. */
function lookInto(platform: Platform, { id }: Container, asked: string): { readonly code: string; readonly logs: string } {
  const files = [...containerFiles(platform).list({ parent: id })]
  const file = files.find(({ path }) => asked.includes(originalName(path))) ?? files.at(-1)
  if (file === undefined || /\blist\b/i.test(asked))
    return {
      code: "import os\nprint(os.listdir('/mnt/data'))",
      logs: `[${files.map(({ path }) => `'${posix.basename(path)}'`).join(', ')}]\n`,
    }
  return { code: `print(open('${file.path}').read(${shownBytesMax}))`, logs: headOf(platform, file) }
}

/** Without the digits that uploaded files get before their name. */
const originalName = (path: string): string => posix.basename(path).replace(/^[0-9a-f]{32}-/, '')

function headOf(platform: Platform, { id, path }: ContainerFile): string {
  const handle = openSync(platform.blobs.path(id), 'r')
  try {
    const head = Buffer.alloc(shownBytesMax)
    const text = head.subarray(0, readSync(handle, head, 0, shownBytesMax, 0))
    return text.includes(0) ? `<binary ${posix.basename(path)}>\n` : text.toString('utf8')
  } finally {
    closeSync(handle)
  }
}
