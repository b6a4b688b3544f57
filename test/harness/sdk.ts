// The official SDK, pointed at a relay, without the retries that would hide a failure.
import OpenAI from 'openai'
import type { ClientOptions } from 'openai'
import type { World } from './world.ts'

export function sdkOf(world: Pick<World, 'url' | 'token'>, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ apiKey: world.token, baseURL: `${world.url}/v1`, maxRetries: 0, timeout: 60_000, ...options })
}

/** Bytes that no two positions share, made as they are asked for: a big file that is never held. */
export async function* generatedBytes(total: number, blockBytes = 262_144): AsyncGenerator<Buffer> {
  for (let made = 0; made < total;) {
    const block = Buffer.alloc(Math.min(blockBytes, total - made))
    for (let at = 0; at + 8 <= block.length; at += 4096) block.writeDoubleLE(made + at, at)
    made += block.length
    yield block
  }
}
