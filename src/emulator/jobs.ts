// Things that take time: a batch that validates, a background response that runs. A job is a stored step that falls due;
// it survives a restart, and its handler moves the subject one state on and schedules the next step.
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from './clock.ts'

export type Jobs = {
  /** Does `kind` for the object `subject` after `steps` paces. Scheduling it again replaces the first. */
  readonly schedule: (kind: string, subject: string, steps?: number) => void
  /** The same at a time (milliseconds since the epoch), whatever the pace: alarms and lifetimes. */
  readonly scheduleAt: (kind: string, subject: string, dueAt: number) => void
  readonly cancel: (kind: string, subject: string) => void
  /** Takes up the jobs that an earlier process left. */
  readonly resume: () => void
  readonly clear: () => void
  /** Resolves when the steps that are under way have ended. */
  readonly stop: () => Promise<void>
}

type Row = { readonly seq: number; readonly kind: string; readonly subject: string; readonly due_at: number }

type JobsOptions = {
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly paceMs: number
  readonly warn: (what: string, error: unknown) => void
  readonly run: (kind: string, subject: string) => void | Promise<void>
}

export function createJobs({ database, clock, paceMs, run, warn }: JobsOptions): Jobs {
  const put = database.prepare('insert or replace into jobs (kind, subject, due_at) values (?, ?, ?) returning seq, kind, subject, due_at')
  const remove = database.prepare('delete from jobs where seq = ?')
  const removeAny = database.prepare('delete from jobs where kind = ? and subject = ?')
  const armed = new Map<string, () => void>()
  const running = new Set<Promise<void>>()
  let isStopped = false

  const arm = (job: Row): void => {
    const key = `${job.kind} ${job.subject}`
    armed.get(key)?.()
    armed.set(
      key,
      clock.at(job.due_at, () => {
        armed.delete(key)
        const step = perform(job).finally(() => running.delete(step))
        running.add(step)
      }),
    )
  }

  const perform = async (job: Row): Promise<void> => {
    try {
      await run(job.kind, job.subject)
    } catch (error) {
      if (!isStopped) warn(`job ${job.kind} of ${job.subject} failed`, error)
    }
    // Only now: a process killed within the step does it again. A step that scheduled itself anew is another row.
    if (!isStopped) remove.run(job.seq)
  }

  const scheduleAt: Jobs['scheduleAt'] = (kind, subject, dueAt) => {
    if (isStopped) return
    arm(put.get(kind, subject, Math.ceil(dueAt)) as Row)
  }

  return {
    schedule: (kind, subject, steps = 1) => scheduleAt(kind, subject, clock.now() + steps * paceMs),
    scheduleAt,
    cancel: (kind, subject) => {
      armed.get(`${kind} ${subject}`)?.()
      armed.delete(`${kind} ${subject}`)
      removeAny.run(kind, subject)
    },
    resume: () => {
      for (const job of database.prepare('select seq, kind, subject, due_at from jobs').all() as Row[]) arm(job)
    },
    clear: () => {
      for (const callOff of armed.values()) callOff()
      armed.clear()
      database.exec('delete from jobs')
    },
    stop: async () => {
      isStopped = true
      for (const callOff of armed.values()) callOff()
      await Promise.allSettled(running)
    },
  }
}
