// Arithmetic as Python writes and prints it: whole numbers of any size, floats, and the usual operators. Nothing is ever executed.

/** A whole number as bigint, anything else as number. */
export type Value = bigint | number

type Variables = ReadonlyMap<string, Value>

const token = /\s*(\d+(?:_\d+)*(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+|\*\*|\/\/|[-+*/%^()]|[a-z_]\w*)/iy

/** Beyond this many bits a power is nobody's question. */
const bitsMax = 20_000

/**
 * The value of an expression, or null where it is none.
 * @example evaluate('2 * (3 + 4)') // 14n
 */
export function evaluate(expression: string, variables: Variables = new Map()): Value | null {
  const tokens = tokensOf(expression)
  if (tokens === null || tokens.length === 0) return null
  let at = 0
  const take = (...wanted: readonly string[]): string | undefined => {
    const next = tokens[at]
    if (next === undefined || !wanted.includes(next)) return undefined
    at++
    return next
  }
  const sum = (): Value => {
    let value = product()
    for (let sign = take('+', '-'); sign !== undefined; sign = take('+', '-')) value = apply(sign, value, product())
    return value
  }
  const product = (): Value => {
    let value = unary()
    for (let sign = take('*', '/', '//', '%'); sign !== undefined; sign = take('*', '/', '//', '%')) value = apply(sign, value, unary())
    return value
  }
  const unary = (): Value => {
    if (take('-') !== undefined) return apply('-', 0n, unary())
    if (take('+') !== undefined) return unary()
    return power()
  }
  const power = (): Value => {
    const base = atom()
    return take('**', '^') === undefined ? base : apply('**', base, unary())
  }
  const atom = (): Value => {
    if (take('(') !== undefined) {
      const value = sum()
      if (take(')') === undefined) throw new SyntaxError('unclosed')
      return value
    }
    const next = tokens[at++] ?? ''
    const known = variables.get(next)
    if (known !== undefined) return known
    if (!/^[\d.]/.test(next)) throw new SyntaxError(next)
    return /^[\d_]+$/.test(next) ? BigInt(next.replaceAll('_', '')) : Number(next.replaceAll('_', ''))
  }
  try {
    const value = sum()
    return at === tokens.length && (typeof value === 'bigint' || Number.isFinite(value)) ? value : null
  } catch {
    return null
  }
}

function tokensOf(expression: string): readonly string[] | null {
  const tokens: string[] = []
  token.lastIndex = 0
  const text = expression.trim()
  while (token.lastIndex < text.length) {
    const match = token.exec(text)
    if (match?.[1] === undefined) return null
    tokens.push(match[1])
  }
  return tokens
}

/** Throws RangeError for a division by zero, like everything else that has no value. */
function apply(sign: string, left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint' && sign !== '/' && !(sign === '**' && right < 0n))
    return applyWhole(sign, left, right)
  const [a, b] = [Number(left), Number(right)]
  if (b === 0 && ['/', '//', '%'].includes(sign)) throw new RangeError('division by zero')
  switch (sign) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    case '//':
      return Math.floor(a / b)
    case '%':
      return a - b * Math.floor(a / b)
    default:
      return a ** b
  }
}

function applyWhole(sign: string, left: bigint, right: bigint): bigint {
  switch (sign) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '//':
      // Python rounds down, not towards zero.
      return left / right - (left % right !== 0n && left < 0n !== right < 0n ? 1n : 0n)
    case '%':
      return ((left % right) + right) % right
    default:
      if (BigInt(left.toString(2).length) * right > BigInt(bitsMax)) throw new RangeError('too large')
      return left ** right
  }
}

/** As `print` shows it: floats keep their point. */
export const printed = (value: Value): string =>
  typeof value === 'bigint' ? String(value) : Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : String(value)
