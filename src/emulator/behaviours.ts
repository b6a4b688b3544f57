// Every endpoint's behaviour, merged from one file per family. A row without one does not compile.
import type { Behaviour, HttpEndpointId, JobSteps } from './behaviour.ts'
import { assistants } from './families/assistants/assistants.ts'
import { runSteps } from './families/assistants/run-steps.ts'
import { audio } from './families/audio/audio.ts'
import { agents, agentSteps } from './families/agents/family.ts'
import { batches } from './families/batches/batches.ts'
import { batchSteps } from './families/batches/steps.ts'
import { live } from './families/calls/live.ts'
import { realtime } from './families/calls/realtime.ts'
import { chat } from './families/chat/chat.ts'
import { chatkit } from './families/chatkit.ts'
import { completions } from './families/completions.ts'
import { containers } from './families/containers/containers.ts'
import { conversations } from './families/conversations.ts'
import { decisions } from './families/decisions.ts'
import { embeddings } from './families/embeddings.ts'
import { evals } from './families/evals/evals.ts'
import { evalSteps } from './families/evals/steps.ts'
import { files } from './families/files.ts'
import { fineTuning } from './families/fine-tuning/fine-tuning.ts'
import { fineTuningSteps } from './families/fine-tuning/steps.ts'
import { images } from './families/images/images.ts'
import { models } from './families/models.ts'
import { moderations } from './families/moderations.ts'
import { responseSteps } from './families/responses/background.ts'
import { responses } from './families/responses/responses.ts'
import { safety } from './families/safety.ts'
import { skills } from './families/skills/skills.ts'
import { uploads } from './families/uploads.ts'
import { vaults } from './families/vaults/vaults.ts'
import { vectorStoreSteps } from './families/vector-stores/ingest.ts'
import { vectorStores } from './families/vector-stores/vector-stores.ts'
import { videoSteps } from './families/videos/steps.ts'
import { videos } from './families/videos/videos.ts'
import { webhookSteps } from './families/webhooks/deliver.ts'
import { webhooks } from './families/webhooks/webhooks.ts'

export const behaviours: Record<HttpEndpointId, Behaviour> = {
  ...agents,
  ...assistants,
  ...audio,
  ...batches,
  ...chat,
  ...chatkit,
  ...completions,
  ...containers,
  ...conversations,
  ...decisions,
  ...embeddings,
  ...evals,
  ...files,
  ...fineTuning,
  ...images,
  ...live,
  ...models,
  ...moderations,
  ...realtime,
  ...responses,
  ...safety,
  ...skills,
  ...uploads,
  ...vaults,
  ...vectorStores,
  ...videos,
  ...webhooks,
}

/** What families do over time, by the name of the job. */
export const jobSteps: JobSteps = {
  ...agentSteps,
  ...batchSteps,
  ...evalSteps,
  ...fineTuningSteps,
  ...responseSteps,
  ...runSteps,
  ...vectorStoreSteps,
  ...videoSteps,
  ...webhookSteps,
}
