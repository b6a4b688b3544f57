// The shortest plain text that a regular expression matches, for JSON Schemas with a `pattern`.

/**
 * Reads classes, counts, groups, alternatives and anchors; look-arounds and back-references are beyond it.
 * @example textForPattern('^[A-Z]{2}-\\d+$') // 'AA-1'
 */
export function textForPattern(pattern: string): string {
  let at = 0
  const alternatives = (): string => {
    const first = sequence()
    while (pattern[at] === '|') {
      at++
      sequence()
    }
    return first
  }
  const sequence = (): string => {
    let made = ''
    while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')') made += counted(atom())
    return made
  }
  const counted = (one: string): string => {
    const times = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(pattern.slice(at))
    if (times === null) return one
    at += times[0].length
    if (times[1] !== undefined) return one.repeat(Number(times[1]))
    return times[0].startsWith('+') ? one : ''
  }
  const atom = (): string => {
    const sign = pattern[at++] ?? ''
    if (sign === '^' || sign === '$') return ''
    if (sign === '.') return 'a'
    if (sign === '(') {
      at += /^\?(?::|<\w+>)/.exec(pattern.slice(at))?.[0].length ?? 0
      const inside = alternatives()
      at++
      return inside
    }
    if (sign === '[') {
      const end = pattern.indexOf(']', at + 1)
      const inside = pattern.slice(at, end)
      at = end + 1
      return ofClass(inside)
    }
    return sign === '\\' ? ofEscape(pattern[at++] ?? '') : sign
  }
  return alternatives()
}

function ofClass(inside: string): string {
  if (inside.startsWith('^')) return ['a', '0', 'A', '_', ' '].find((each) => !new RegExp(`[${inside.slice(1)}]`).test(each)) ?? 'a'
  return inside.startsWith('\\') ? ofEscape(inside[1] ?? '') : (inside[0] ?? 'a')
}

const ofEscape = (sign: string): string =>
  ({ d: '1', w: 'a', s: ' ', D: 'a', W: ' ', S: 'a', b: '', B: '', n: '\n', t: '\t' })[sign] ?? sign
