// Which of the offered tools an answer calls, and with what. As predictable as a prompt: tools that must be called are, and tools
// that the prompt asks for by name or by its subject.
import type { Prompt, PromptTool, ToolCall } from './reply.ts'
import { schemaValue } from './schema-value.ts'

export function chooseCalls(prompt: Prompt, asked: string): readonly ToolCall[] {
  const callable = prompt.tools.filter((tool) => tool.kind !== 'hosted')
  if (callable.length === 0 || prompt.toolChoice === 'none') return []
  return chosenTools(prompt, callable, asked).map((tool) => ({ tool, input: inputFor(tool, asked) }))
}

function chosenTools(prompt: Prompt, tools: readonly PromptTool[], asked: string): readonly PromptTool[] {
  if (typeof prompt.toolChoice === 'object') {
    const { name } = prompt.toolChoice
    return tools.filter((tool) => tool.name === name).slice(0, 1)
  }
  // Results have come in: it is time to answer, unless another call is demanded.
  if (prompt.toolChoice === 'auto' && prompt.messages.at(-1)?.role !== 'user') return []
  const named = tools.filter((tool) => mentions(asked, tool.name))
  if (named.length > 0) return prompt.allowsParallelCalls ? named : named.slice(0, 1)
  const [best] = tools.map((tool) => ({ tool, score: relatedness(asked, tool) })).toSorted((a, b) => b.score - a.score)
  if (prompt.toolChoice === 'required') return best === undefined ? [] : [best.tool]
  return best !== undefined && best.score > 0 ? [best.tool] : []
}

const spaced = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[_\-./]+/g, ' ')
    .toLowerCase()

/** By its name, as written or as words: `get_weather`, `get weather`. Names of one common word must be meant as a tool. */
function mentions(asked: string, name: string): boolean {
  if (/[_\-.A-Z]/.test(name)) return asked.includes(name) || asked.toLowerCase().includes(spaced(name))
  return new RegExp(
    String.raw`\b(?:call|use|using|invoke|run|with)\s+(?:the\s+)?(?:tool\s+|function\s+)?["'\`]?${name}\b|\b${name}\b["'\`]?\s+(?:tool|function)`,
    'i',
  ).test(asked)
}

const verbs = new Set(
  'get set fetch find list look lookup search query read write create make send run call do update delete add show check retrieve load compute calculate current info data tool function the for and by of to in a'.split(
    ' ',
  ),
)

/** How many words of the tool's name, verbs aside, the prompt uses: `get_weather` and "What is the weather in Paris?" */
function relatedness(asked: string, tool: PromptTool): number {
  const words = new Set(asked.toLowerCase().match(/\p{L}{3,}/gu) ?? [])
  const subjects = spaced(tool.name)
    .split(' ')
    .filter((word) => word.length > 2 && !verbs.has(word))
  return subjects.filter((word) => words.has(word) || words.has(`${word}s`) || words.has(word.replace(/s$/, ''))).length
}

function inputFor(tool: PromptTool, asked: string): string {
  const source = { prompt: asked, text: asked }
  return tool.kind === 'custom' ? asked : JSON.stringify(schemaValue(tool.schema, source))
}
