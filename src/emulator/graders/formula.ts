// The formula of a multi grader: arithmetic over the scores of its graders, `0.7 * accuracy + 0.3 * min(style, 1)`.
import { invalid } from '../errors.ts'

/** What the formula is worth with these scores; null where it names something that is none of them. */
export type Formula = (scoreOf: (name: string) => number | undefined) => number | null

const functions: Readonly<Record<string, (...values: number[]) => number>> = {
  min: Math.min,
  max: Math.max,
  abs: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,
  exp: Math.exp,
  sqrt: Math.sqrt,
  log: Math.log,
}

const lexeme = /\s*(?:(\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(\*\*|[-+*/%^(),]))/y

/** Throws a refusal that names `at` where it is no formula. */
export function parseFormula(text: string, at: string): Formula {
  const tokens = tokensOf(text, at)
  let next = 0
  const refuse = (): never => {
    throw invalid(`Invalid '${at}': could not parse the formula '${text}'.`, at, 'invalid_value')
  }
  const take = (...wanted: readonly string[]): string | undefined => {
    const token = tokens[next]
    if (token === undefined || !wanted.includes(token)) return undefined
    next++
    return token
  }

  const sum = (): Formula => chain(product, { '+': (a, b) => a + b, '-': (a, b) => a - b })
  const product = (): Formula => chain(power, { '*': (a, b) => a * b, '/': (a, b) => a / b, '%': (a, b) => a % b })
  const power = (): Formula => {
    if (take('-') !== undefined) return combine([power()], (value) => -value)
    const base = primary()
    return take('^', '**') === undefined ? base : combine([base, power()], (a, b) => a ** b)
  }
  const chain = (operand: () => Formula, operators: Readonly<Record<string, (a: number, b: number) => number>>): Formula => {
    let left = operand()
    for (;;) {
      const operator = take(...Object.keys(operators))
      const apply = operator === undefined ? undefined : operators[operator]
      if (apply === undefined) return left
      left = combine([left, operand()], apply)
    }
  }
  const primary = (): Formula => {
    const token = tokens[next++]
    if (token === undefined) return refuse()
    if (token === '(') {
      const inner = sum()
      return take(')') === undefined ? refuse() : inner
    }
    if (/^[\d.]/.test(token)) return () => Number(token)
    if (!/^[A-Za-z_]/.test(token)) return refuse()
    if (take('(') === undefined) return (scoreOf) => scoreOf(token) ?? null
    const apply = functions[token] ?? refuse()
    const values = [sum()]
    while (take(',') !== undefined) values.push(sum())
    return take(')') === undefined ? refuse() : combine(values, apply)
  }

  const formula = sum()
  return next === tokens.length ? formula : refuse()
}

const combine =
  (parts: readonly Formula[], apply: (...values: number[]) => number): Formula =>
  (scoreOf) => {
    const values: number[] = []
    for (const part of parts) {
      const value = part(scoreOf)
      if (value === null) return null
      values.push(value)
    }
    return apply(...values)
  }

function tokensOf(text: string, at: string): readonly string[] {
  const tokens: string[] = []
  const trimmed = text.trimEnd()
  for (let position = 0; position < trimmed.length; position = lexeme.lastIndex) {
    lexeme.lastIndex = position
    const match = lexeme.exec(trimmed)
    if (match === null) throw invalid(`Invalid '${at}': could not parse the formula '${text}'.`, at, 'invalid_value')
    tokens.push(match[1] ?? match[2] ?? match[3] ?? '')
  }
  return tokens
}
