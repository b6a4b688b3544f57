// What a tool is that the platform runs itself: what it is told, and what it brings back.
import type { Platform } from '../../platform.ts'
import type { JsonObject } from '../../shape.ts'
import type { Prompt } from '../../text/reply.ts'
import type { Item } from '../items.ts'

export type HostedContext = {
  readonly platform: Platform
  /** The tool as the caller configured it. */
  readonly tool: JsonObject
  /** What the user asked last. */
  readonly asked: string
  readonly prompt: Prompt
  /** Everything that came before, calls of earlier answers included. */
  readonly items: readonly Item[]
  readonly include: readonly string[]
  /** Whether `tool_choice` names this tool, or demands any. */
  readonly isForced: boolean
}

export type HostedResult = {
  /** The items of its calls, finished, in the order they appear in the output. */
  readonly items: readonly Item[]
  /** What it found out, for the answer; null where there is nothing to say. */
  readonly finding: string | null
  /** Annotations for the text that was answered. */
  readonly cite: (text: string) => readonly JsonObject[]
}

export type HostedTool = {
  /** Refuses what cannot work before anything is accepted; `at` is how the request names the tool. */
  readonly check?: (platform: Platform, tool: JsonObject, at: string) => void
  /** The tool as responses show it. */
  readonly complete?: (tool: JsonObject) => JsonObject
  /** Null where the prompt gives no reason to use the tool. */
  readonly run: (context: HostedContext) => HostedResult | null | Promise<HostedResult | null>
}
