// Reads what `node --cpu-prof` writes: which function the time went to, by itself and with everything it called.

export type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    readonly children?: readonly number[]
  }[]
  /** Microseconds of the monotonic clock, the one of process.hrtime. */
  readonly startTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export type Place = { readonly functionName: string; readonly file: string; readonly line: number }
export type Hot = Place & { readonly selfMicroseconds: number; readonly totalMicroseconds: number }

/** Functions by self time, heaviest first; only samples between the two times (microseconds of the monotonic clock) count, and no idle ones. */
export function hotFunctions(profile: CpuProfile, from: number, to: number): Hot[] {
  const selfById = new Map<number, number>()
  let at = profile.startTime
  for (const [index, id] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0
    at += delta
    if (at >= from && at <= to) selfById.set(id, (selfById.get(id) ?? 0) + delta)
  }

  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const hot = new Map<string, { place: Place; self: number; total: number }>()
  // A function that calls itself is counted once: only its outermost frame adds to its total.
  const visit = (id: number, open: ReadonlySet<string>): number => {
    const node = nodes.get(id)
    if (node === undefined) return 0
    const place = placeOf(node.callFrame)
    const key = `${place.functionName} ${place.file}:${place.line}`
    const self = selfById.get(id) ?? 0
    const isOutermost = !open.has(key)
    const inside = isOutermost ? new Set([...open, key]) : open
    const total = self + (node.children ?? []).reduce((sum, child) => sum + visit(child, inside), 0)
    const entry = hot.get(key) ?? { place, self: 0, total: 0 }
    entry.self += self
    if (isOutermost) entry.total += total
    hot.set(key, entry)
    return total
  }
  const root = profile.nodes[0]
  if (root !== undefined) visit(root.id, new Set())

  return [...hot.values()]
    .filter(({ place, total }) => total > 0 && place.functionName !== '(idle)' && place.functionName !== '(root)')
    .map(({ place, self, total }) => ({ ...place, selfMicroseconds: self, totalMicroseconds: total }))
    .toSorted((a, b) => b.selfMicroseconds - a.selfMicroseconds)
}

/** Self time summed by file: which module costs what. */
export function hotFiles(functions: readonly Hot[]): { file: string; selfMicroseconds: number }[] {
  const files = new Map<string, number>()
  for (const { file, functionName, selfMicroseconds } of functions) {
    const name = file === '' ? functionName : file
    files.set(name, (files.get(name) ?? 0) + selfMicroseconds)
  }
  return [...files]
    .map(([file, selfMicroseconds]) => ({ file, selfMicroseconds }))
    .toSorted((a, b) => b.selfMicroseconds - a.selfMicroseconds)
}

function placeOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): Place {
  const file = url.replace(/^file:\/\//, '').replace(/^.*\/(?=(?:dist|src|node_modules)\/)/, '')
  return { functionName: functionName === '' ? '(anonymous)' : functionName, file, line: lineNumber + 1 }
}
