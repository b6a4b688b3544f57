// Audio: speech, what is heard in recordings, and voices.
import type { Family } from '../../behaviour.ts'
import { speech } from './speech.ts'
import { transcriptions } from './transcriptions.ts'
import { translations } from './translations.ts'
import { voices } from './voices.ts'

export const audio = { ...speech, ...transcriptions, ...translations, ...voices } satisfies Family
