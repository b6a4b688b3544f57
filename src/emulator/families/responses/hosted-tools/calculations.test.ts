import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluate, printed } from './arithmetic.ts'
import { calculationIn } from './calculations.ts'

test('arithmetic has the values and the looks that Python gives it', () => {
  const cases: Readonly<Record<string, string>> = {
    '2 + 3 * 4': '14',
    '(2 + 3) * 4': '20',
    '-2 ** 2': '-4',
    '2 ** 3 ** 2': '512',
    '2 ** 100': '1267650600228229401496703205376',
    '2 ** -1': '0.5',
    '7 / 2': '3.5',
    '6 / 2': '3.0',
    '7 // 2': '3',
    '-7 // 2': '-4',
    '-7 % 3': '2',
    '0.1 + 0.2': '0.30000000000000004',
    '1_000 * 2': '2000',
  }
  for (const [expression, expected] of Object.entries(cases)) {
    const value = evaluate(expression)
    assert.equal(value === null ? null : printed(value), expected, expression)
  }
})

test('what is no arithmetic, or has no value, has none', () => {
  for (const expression of ['', '2 +', '(1', '1 / 0', '1 // 0', '1 % 0', 'name', '2 ** 99999999', '1; 2', '__import__("os")'])
    assert.equal(evaluate(expression), null, expression)
})

test('a question is calculated when it asks for something to calculate', () => {
  const cases: Readonly<Record<string, string>> = {
    'What is 12 * (3 + 4)?': '84',
    'what is 17 times 23': '391',
    'How much is 1,200 plus 34?': '1234',
    'I need to solve the equation 3x + 11 = 14. Can you help me?': '1.0',
    'Solve -x - 2 = 4': '-6.0',
    'What is the factorial of 20?': '2432902008176640000',
    'the square root of 2': '1.4142135623730951',
    'Give me the sum of the integers from 1 to 100': '5050',
    'What is 15% of 80?': '12.0',
    'the average of 3, 4 and 8': '5.0',
    'the sum of 1, 2 and 3.5': '6.5',
    '```python\na = 6\nb = a * 7\nprint(b)\nprint("done")\n```': '42\ndone',
  }
  for (const [asked, expected] of Object.entries(cases)) assert.equal(calculationIn(asked)?.logs.trim(), expected, asked)
  assert.equal(calculationIn('What is 2 + 2?')?.code, 'print(2 + 2)')
})

test('numbers that are no question are left alone', () => {
  for (const asked of [
    'Who won in 1998?',
    'Call me at 555-123-4567',
    'It happened on 2024-05-01',
    'version 1.2.3',
    'Tell me about 7 wonders',
  ])
    assert.equal(calculationIn(asked), null, asked)
})
