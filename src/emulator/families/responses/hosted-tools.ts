// Tools the platform runs itself while it answers. One entry per tool type; a type without one is accepted and never used.
import type { Platform } from '../../platform.ts'
import type { JsonObject } from '../../shape.ts'
import type { Prompt } from '../../text/reply.ts'
import type { HostedResult, HostedTool } from './hosted-tool.ts'
import { searchWeb } from './web-search.ts'

const hostedTools: Readonly<Record<string, HostedTool>> = {
  web_search: searchWeb,
  web_search_2025_08_26: searchWeb,
  web_search_preview: searchWeb,
  web_search_preview_2025_03_11: searchWeb,
}

/** Runs what the prompt asks for, tool by tool. */
export async function runHostedTools(
  platform: Platform,
  tools: readonly JsonObject[],
  prompt: Prompt,
  include: readonly string[],
): Promise<readonly HostedResult[]> {
  if (tools.length === 0 || prompt.toolChoice === 'none' || prompt.messages.at(-1)?.role === 'tool') return []
  const asked = prompt.messages.findLast(({ role }) => role === 'user')?.text ?? ''
  const results: HostedResult[] = []
  for (const tool of tools) {
    const run = hostedTools[String(tool['type'])]
    if (run === undefined) continue
    const isNamed = typeof prompt.toolChoice === 'object' && prompt.toolChoice.name === tool['type']
    if (typeof prompt.toolChoice === 'object' && !isNamed) continue
    const result = await run({
      platform,
      tool,
      asked,
      prompt,
      include,
      isForced: isNamed || (prompt.toolChoice === 'required' && tools.length === 1),
    })
    if (result !== null) results.push(result)
  }
  return results
}
