// A map that forgets what was not asked for longest, roughly: between the last half and the last whole of what it may hold.

export type Lru<Value> = {
  readonly get: (key: string) => Value | undefined
  readonly set: (key: string, value: Value) => void
  readonly delete: (key: string) => void
  readonly clear: () => void
}

/**
 * Two maps, a new and an old one: what is asked for moves to the new one, and when that is full, what is left in the old one
 * is forgotten at once. A single map that is kept in order by deleting and adding again leaves a hole at its beginning each
 * time, and to find its oldest entry means to walk over the holes: 50 µs at 50,000 entries.
 */
export function createLru<Value>(maxEntries: number): Lru<Value> {
  let recent = new Map<string, Value>()
  let older = new Map<string, Value>()

  function set(key: string, value: Value): void {
    recent.set(key, value)
    if (recent.size * 2 < maxEntries) return
    older = recent
    recent = new Map()
  }

  return {
    get(key) {
      const value = recent.get(key)
      if (value !== undefined) return value
      const early = older.get(key)
      if (early !== undefined) set(key, early)
      return early
    },
    set,
    delete(key) {
      recent.delete(key)
      older.delete(key)
    },
    clear() {
      recent = new Map()
      older = new Map()
    },
  }
}
