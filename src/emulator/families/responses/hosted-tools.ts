// Tools the platform runs itself while it answers. One entry per tool type; a type without one is accepted and never used.
import type { Platform } from '../../platform.ts'
import type { JsonObject } from '../../shape.ts'
import type { Context } from './context.ts'
import type { HostedResult, HostedTool } from './hosted-tool.ts'
import { codeInterpreter } from './hosted-tools/code-interpreter.ts'
import { fileSearch } from './hosted-tools/file-search.ts'
import { webSearch } from './web-search.ts'

const hostedTools: Readonly<Record<string, HostedTool>> = {
  code_interpreter: codeInterpreter,
  file_search: fileSearch,
  web_search: webSearch,
  web_search_2025_08_26: webSearch,
  web_search_preview: webSearch,
  web_search_preview_2025_03_11: webSearch,
}

const hostedTool = (tool: JsonObject): HostedTool | undefined => hostedTools[String(tool['type'])]

/** Throws OpenAI's refusal of a tool that names what is not there. */
export function checkHostedTools(platform: Platform, tools: readonly JsonObject[]): void {
  for (const [index, tool] of tools.entries()) hostedTool(tool)?.check?.(platform, tool, `tools[${index}]`)
}

export const completeHostedTool = (tool: JsonObject): JsonObject => hostedTool(tool)?.complete?.(tool) ?? tool

/** Runs what the prompt asks for, tool by tool. */
export async function runHostedTools(
  platform: Platform,
  tools: readonly JsonObject[],
  { prompt, before, input }: Context,
  include: readonly string[],
): Promise<readonly HostedResult[]> {
  if (tools.length === 0 || prompt.toolChoice === 'none' || prompt.messages.at(-1)?.role === 'tool') return []
  const asked = prompt.messages.findLast(({ role }) => role === 'user')?.text ?? ''
  const results: HostedResult[] = []
  for (const tool of tools) {
    const isNamed = typeof prompt.toolChoice === 'object' && prompt.toolChoice.name === tool['type']
    if (typeof prompt.toolChoice === 'object' && !isNamed) continue
    const result = await hostedTool(tool)?.run({
      platform,
      tool,
      asked,
      prompt,
      items: [...before, ...input],
      include,
      isForced: isNamed || (prompt.toolChoice === 'required' && tools.length === 1),
    })
    if (result !== null && result !== undefined) results.push(result)
  }
  return results
}
