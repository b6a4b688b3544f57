// How a text would be spoken: when each word begins and ends. Speech is made from it, and transcripts take their times from it, so
// that the words of a transcript lie where the sound is.

export type SpokenWord = { readonly text: string; readonly startMs: number; readonly endMs: number }
export type Rhythm = { readonly words: readonly SpokenWord[]; readonly durationMs: number }

const silenceAroundMs = 120
const msPerCharacter = 55
const shortestWordMs = 110
const pauseMs = 70

/** At `speed` 1 that is about fourteen characters a second. */
export function rhythmOf(text: string, speed = 1): Rhythm {
  let at = silenceAroundMs
  const words = text
    .split(/\s+/u)
    .filter((word) => word !== '')
    .map((word): SpokenWord => {
      const startMs = at
      const endMs = startMs + Math.max(shortestWordMs, word.length * msPerCharacter) / speed
      at = endMs + (/[.!?…。！？]["'”’)\]]*$/u.test(word) ? 5 : /[,;:–—、，]$/u.test(word) ? 3 : 1) * (pauseMs / speed)
      return { text: word, startMs, endMs }
    })
  return { words, durationMs: (words.at(-1)?.endMs ?? at) + silenceAroundMs }
}

/** Whether there is a voice in each step of so many milliseconds. */
export function voicing({ words, durationMs }: Rhythm, stepMs: number): boolean[] {
  let next = 0
  return Array.from({ length: Math.ceil(durationMs / stepMs) }, (_, step) => {
    const middle = (step + 0.5) * stepMs
    while ((words[next]?.endMs ?? Infinity) <= middle) next++
    return (words[next]?.startMs ?? Infinity) <= middle
  })
}
