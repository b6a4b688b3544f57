// Fine-tuning jobs: made, watched, paused, cancelled.
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { ApiError, invalid } from '../../errors.ts'
import { newestFirst, page, readPageQuery } from '../../state/pages.ts'
import type { Page } from '../../state/pages.ts'
import { readJob } from './request.ts'
import { fineTuningSteps } from './steps.ts'
import { addEvent, endJob, fineTuningJobs, isOver, jobCheckpoints, jobEvents } from './stored.ts'
import type { FineTuningJob } from './stored.ts'

export const jobs = {
  'fine_tuning.jobs.create': async ({ platform, json: body }) => {
    const job = readJob(platform, await body())
    const { id, training_file: training, validation_file: validation } = job
    platform.objects.together(() => {
      fineTuningJobs(platform).put(job)
      addEvent(platform, id, `Created fine-tuning job: ${id}`)
      addEvent(platform, id, `Validating training file: ${training}${validation === null ? '' : ` and validation file: ${validation}`}`)
    })
    platform.jobs.schedule('fine_tuning.validate', id)
    return json(job)
  },
  'fine_tuning.jobs.list': (call) => {
    const wanted = call.query.entries('metadata')
    const wantsNone = call.query.get('metadata') === 'null'
    return json(
      withoutIds(
        page(fineTuningJobs(call.platform), readPageQuery(call.query, newestFirst), {
          unknown: missing,
          where: ({ metadata }) => (wantsNone ? metadata === null : wanted.every(([key, value]) => metadata?.[key] === value)),
        }),
      ),
    )
  },
  'fine_tuning.jobs.retrieve': (call) => json(find(call)),
  'fine_tuning.jobs.events.list': (call) =>
    json(withoutIds(page(jobEvents(call.platform), readPageQuery(call.query, newestFirst), { parent: find(call).id, unknown: missing }))),
  'fine_tuning.jobs.checkpoints.list': (call) =>
    json(
      page(jobCheckpoints(call.platform), readPageQuery(call.query, { ...newestFirst, limit: 10 }), {
        parent: find(call).id,
        unknown: missing,
      }),
    ),
  'fine_tuning.jobs.cancel': (call) => {
    const { platform } = call
    const job = find(call)
    if (isOver(job.status)) throw cannot('cancelled', job)
    callOff(call, job)
    platform.objects.together(() => {
      addEvent(platform, job.id, 'Fine tuning process stopping due to job cancellation', { level: 'warn' })
      endJob(platform, { ...job, status: 'cancelled' })
    })
    return json(find(call))
  },
  'fine_tuning.jobs.pause': (call) => {
    const job = find(call)
    if (job.status !== 'running') throw cannot('paused', job)
    callOff(call, job)
    return json(change(call, { ...job, status: 'paused', estimated_finish: null }, 'Fine-tuning job paused'))
  },
  'fine_tuning.jobs.resume': (call) => {
    const job = find(call)
    if (job.status !== 'paused') throw cannot('resumed', job)
    const queued = change(call, { ...job, status: 'queued' }, 'Resuming fine-tuning job, moving job to queued state')
    call.platform.jobs.schedule('fine_tuning.start', job.id)
    return json(queued)
  },
} satisfies Family

function change({ platform }: Call, job: FineTuningJob, message: string): FineTuningJob {
  platform.objects.together(() => {
    fineTuningJobs(platform).put(job)
    addEvent(platform, job.id, message)
  })
  return job
}

function callOff({ platform }: Call, job: FineTuningJob): void {
  for (const step of Object.keys(fineTuningSteps)) platform.jobs.cancel(step, job.id)
}

function find(call: Call): FineTuningJob {
  const id = call.param('fine_tuning_job_id')
  const job = fineTuningJobs(call.platform).get(id)
  if (job === undefined) throw missing(id)
  return job
}

/** Quirk: the words and the code of the endpoints before these. */
const missing = (id: string): ApiError =>
  new ApiError(404, `Could not find fine tune: ${id}`, { param: 'fine_tune_id', code: 'fine_tune_not_found' })

const cannot = (done: string, { id, status }: FineTuningJob): ApiError => invalid(`Job ${id} cannot be ${done}: its status is '${status}'.`)

/** Quirk: these two lists do not name their ends. */
const withoutIds = <T>({ object, data, has_more }: Page<T>): Pick<Page<T>, 'object' | 'data' | 'has_more'> => ({ object, data, has_more })
