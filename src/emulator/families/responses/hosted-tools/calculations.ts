// Questions that a line of Python answers: what the code would be, and what it would print.
import { evaluate, printed } from './arithmetic.ts'
import type { Value } from './arithmetic.ts'

export type Calculation = { readonly code: string; readonly logs: string }

/** The first kind of calculation a prompt asks for, or null. */
export function calculationIn(asked: string): Calculation | null {
  for (const find of [scriptIn, equationIn, phraseIn, expressionIn]) {
    const found = find(asked)
    if (found !== null) return found
  }
  return null
}

/** Python the prompt brings: its assignments and prints of arithmetic and of texts are followed, the rest is only shown. */
function scriptIn(asked: string): Calculation | null {
  const code = /```(?:python|py)?\s*\n([\s\S]*?)```/.exec(asked)?.[1]?.trim()
  if (code === undefined) return null
  const variables = new Map<string, Value>()
  const lines: string[] = []
  for (const line of code.split('\n')) {
    const [, name = '', value = ''] = /^\s*([a-z_]\w*)\s*=\s*(.+)$/i.exec(line) ?? []
    const assigned = evaluate(value, variables)
    if (assigned !== null) variables.set(name, assigned)
    const argument = /^\s*print\((.*)\)\s*$/.exec(line)?.[1]
    if (argument === undefined) continue
    const text = /^(?:"([^"]*)"|'([^']*)')$/.exec(argument.trim())
    const result = evaluate(argument, variables)
    if (text !== null) lines.push(text[1] ?? text[2] ?? '')
    else if (result !== null) lines.push(printed(result))
  }
  return { code, logs: lines.map((line) => `${line}\n`).join('') }
}

const digits = String.raw`\d+(?:\.\d+)?`

/** `3x + 11 = 14` */
function equationIn(asked: string): Calculation | null {
  const match = new RegExp(String.raw`(-?\s*(?:${digits})?)\s*\*?\s*x\s*(?:([-+])\s*(${digits}))?\s*=\s*(-?\s*${digits})`, 'i').exec(asked)
  if (match === null) return null
  const [, factor = '', sign = '+', added = '0', right = '0'] = match
  const coefficient = factor.replaceAll(/\s/g, '')
  const slope = coefficient === '' ? '1' : coefficient === '-' ? '-1' : coefficient
  const expression = `(${right.replaceAll(/\s/g, '')} ${sign === '-' ? '+' : '-'} ${added}) / ${slope}`
  return evaluated(expression, (name) => `x = ${name}\nprint(x)`)
}

type Phrase = readonly [pattern: RegExp, expressionOf: (match: RegExpExecArray) => string | null]

const listOf = (text: string): readonly string[] => text.match(new RegExp(digits, 'g')) ?? []
const factorial = (n: number): string | null =>
  n > 500 ? null : Array.from({ length: Math.max(1, n) }, (_, index) => index + 1).join(' * ')

const phrases: readonly Phrase[] = [
  [/\bfactorial of (\d+)|\b(\d+)!(?!=)|\b(\d+) factorial\b/i, (match) => factorial(Number(match[1] ?? match[2] ?? match[3]))],
  [/\bsquare root of (\d+(?:\.\d+)?)/i, (match) => `${match[1]} ** 0.5`],
  [/\bsum\b[^.?!]*?\bfrom (\d+) (?:to|through) (\d+)/i, ([, from, to]) => `(${from} + ${to}) * (${to} - ${from} + 1) // 2`],
  [/(\d+(?:\.\d+)?)\s*(?:%|percent) of (\d+(?:\.\d+)?)/i, ([, share, of]) => `${share} * ${of} / 100`],
  [
    new RegExp(String.raw`\b(?:average|mean) of\b[^\d]*(${digits}(?:\s*(?:,|and|,\s*and)\s*${digits})+)`, 'i'),
    (match) => `(${listOf(match[1] ?? '').join(' + ')}) / ${listOf(match[1] ?? '').length}`,
  ],
  [
    new RegExp(String.raw`\b(?:sum|total) of\b[^\d]*(${digits}(?:\s*(?:,|and|,\s*and)\s*${digits})+)`, 'i'),
    (match) => listOf(match[1] ?? '').join(' + '),
  ],
]

function phraseIn(asked: string): Calculation | null {
  for (const [pattern, expressionOf] of phrases) {
    const match = pattern.exec(asked)
    const expression = match === null ? null : expressionOf(match)
    if (expression !== null) return evaluated(expression)
  }
  return null
}

const words: readonly (readonly [RegExp, string])[] = [
  [/\bto the power of\b/gi, '**'],
  [/\b(?:times|multiplied by)\b|[×·]/gi, '*'],
  [/\bdivided by\b|÷/gi, '/'],
  [/\bplus\b/gi, '+'],
  [/\bminus\b|[−–]/gi, '-'],
  [/(?<=\d),(?=\d{3}\b)/g, ''],
]

/** Anything that is written as arithmetic; the longest piece is meant. */
function expressionIn(asked: string): Calculation | null {
  const text = words.reduce((rest, [pattern, sign]) => rest.replaceAll(pattern, sign), asked)
  const pieces = text.match(/[-+(]?[\d(][\d\s.()*/%^+-]*[\d)]/g) ?? []
  const candidates = pieces.filter((piece) => /\d[\s)]*(?:\*\*|\/\/|[-+*/%^])[\s(-]*\d/.test(piece) && !/\d-\d+-\d/.test(piece))
  for (const piece of candidates.toSorted((a, b) => b.length - a.length)) {
    const found = evaluated(piece.trim().replaceAll('^', '**'))
    if (found !== null) return found
  }
  return null
}

function evaluated(expression: string, codeOf: (expression: string) => string = (each) => `print(${each})`): Calculation | null {
  const value = evaluate(expression)
  return value === null ? null : { code: codeOf(expression), logs: `${printed(value)}\n` }
}
