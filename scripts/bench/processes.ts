// What the kernel says about a process and its descendants: CPU time and resident memory, read from /proc (Linux only).
import { readdirSync, readFileSync } from 'node:fs'

/**
 * Nanoseconds on a CPU and nanoseconds of waiting for one: the first two fields of schedstat. Exact, where utime and stime of `stat` are told
 * in ticks of 10 ms.
 */
export function parseSchedstat(text: string): { readonly ran: number; readonly waited: number } {
  const [ran, waited] = text.split(' ')
  return { ran: Number(ran), waited: Number(waited) }
}

/** utime + stime of a `stat` line in ticks. The command name may hold blanks and parentheses, so fields count from the last one. */
export function parseStatTicks(text: string): number {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** VmRSS of a `status` file in bytes; 0 for a kernel thread or a process that has just ended. */
export function parseResidentBytes(text: string): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]
  return kilobytes === undefined ? 0 : Number(kilobytes) * 1024
}

/** The hard limit of open files (Node raises its own soft limit to it at start). */
export function parseOpenFilesLimit(text: string): number {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(text)?.[1]
  return hard === undefined || hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard)
}

export function openFilesLimit(): number {
  return parseOpenFilesLimit(readFileSync('/proc/self/limits', 'utf8'))
}

/** The process and all its descendants. */
export function processTree(rootPid: number): number[] {
  const pids = [rootPid]
  for (let index = 0; index < pids.length; index++) {
    const pid = pids[index]
    for (const thread of listed(`/proc/${pid}/task`)) {
      const children = readOrEmpty(`/proc/${pid}/task/${thread}/children`).trim()
      if (children !== '') pids.push(...children.split(' ').map(Number))
    }
  }
  return pids
}

/** CPU microseconds spent so far by the tree. Threads that have ended are not in it; Node and nginx keep theirs. */
export function cpuMicroseconds(rootPid: number): number {
  let nanoseconds = 0
  for (const pid of processTree(rootPid)) {
    for (const thread of listed(`/proc/${pid}/task`)) {
      const schedstat = readOrEmpty(`/proc/${pid}/task/${thread}/schedstat`)
      // A kernel without CONFIG_SCHED_INFO has no schedstat; ticks of 10 ms are coarse but true.
      nanoseconds +=
        schedstat === '' ? parseStatTicks(readOrEmpty(`/proc/${pid}/task/${thread}/stat`)) * 1e7 || 0 : parseSchedstat(schedstat).ran
    }
  }
  return nanoseconds / 1000
}

/** Microseconds in which some thread of the tree could have run and did not get a core: how much others used the machine. */
export function waitedMicroseconds(rootPid: number): number {
  let nanoseconds = 0
  for (const pid of processTree(rootPid)) {
    for (const thread of listed(`/proc/${pid}/task`)) {
      const schedstat = readOrEmpty(`/proc/${pid}/task/${thread}/schedstat`)
      if (schedstat !== '') nanoseconds += parseSchedstat(schedstat).waited
    }
  }
  return nanoseconds / 1000
}

export function residentBytes(rootPid: number): number {
  return processTree(rootPid).reduce((sum, pid) => sum + parseResidentBytes(readOrEmpty(`/proc/${pid}/status`)), 0)
}

// A thread may end between listing and reading; it then counts nothing.
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function listed(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
