// The catalog: every operation Relay carries, one row each. Families are listed in the order of the reference.
import type { Endpoint } from './endpoint.ts'
import { agents } from './agents.ts'
import { assistants } from './assistants.ts'
import { audio } from './audio.ts'
import { batches } from './batches.ts'
import { chat } from './chat.ts'
import { chatkit } from './chatkit.ts'
import { containers } from './containers.ts'
import { conversations } from './conversations.ts'
import { decisions } from './decisions.ts'
import { embeddings } from './embeddings.ts'
import { evals } from './evals.ts'
import { files } from './files.ts'
import { fineTuning } from './fine-tuning.ts'
import { images } from './images.ts'
import { live } from './live.ts'
import { models } from './models.ts'
import { moderations } from './moderations.ts'
import { realtime } from './realtime.ts'
import { responses } from './responses.ts'
import { safety } from './safety.ts'
import { skills } from './skills.ts'
import { uploads } from './uploads.ts'
import { vaults } from './vaults.ts'
import { vectorStores } from './vector-stores.ts'
import { videos } from './videos.ts'
import { webhooks } from './webhooks.ts'

export const catalog = [
  ...responses,
  ...conversations,
  ...chat,
  ...embeddings,
  ...moderations,
  ...models,
  ...images,
  ...audio,
  ...videos,
  ...files,
  ...uploads,
  ...batches,
  ...vectorStores,
  ...containers,
  ...skills,
  ...fineTuning,
  ...evals,
  ...realtime,
  ...live,
  ...agents,
  ...vaults,
  ...webhooks,
  ...safety,
  ...decisions,
  ...chatkit,
  ...assistants,
] as const satisfies readonly Endpoint[]

/** The id of a row: `family.noun.verb`. Records over it are total, so that a row without a behaviour does not compile. */
export type EndpointId = (typeof catalog)[number]['id']

/** A row whose id is known to be one of the catalog. */
export type CatalogEndpoint = Endpoint & { readonly id: EndpointId }
