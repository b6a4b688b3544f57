import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOfPdf } from '../../../documents/pdf.ts'
import { fileIn } from './made-files.ts'

const textOf = (asked: string): readonly [name: string | undefined, text: string | undefined] => {
  const file = fileIn(asked)
  return [file?.name, file === null ? undefined : Buffer.from(file.content).toString()]
}

test('a file has the name and the content that the prompt says', () => {
  assert.deepEqual(textOf("Create a file called hello.txt with the content 'Hello there'"), ['hello.txt', 'Hello there\n'])
  assert.deepEqual(textOf('Save "a,b\\n1,2" as data/table.csv'), ['output.csv', 'a,b\n1,2\n'])
  assert.deepEqual(textOf('Write table.csv:\n```csv\na,b\n1,2\n```'), ['table.csv', 'a,b\n1,2\n'])
  assert.deepEqual(textOf('Make a CSV of the numbers 1 to 3'), ['output.csv', 'number\n1\n2\n3\n'])
  assert.deepEqual(textOf('Generate a text file that says good morning.'), ['output.txt', 'good morning\n'])
  assert.deepEqual(textOf('Compute 6 * 7 and write it to a file called product.txt'), ['product.txt', '42\n'])
  assert.deepEqual(JSON.parse(textOf('Make a JSON file containing one two')[1] ?? ''), { text: 'one two' })
})

test('pictures and PDFs are real ones', () => {
  const chart = fileIn('Plot the values 3, 5, 8 as a bar chart')
  assert.equal(chart?.name, 'plot.png')
  assert.deepEqual([...(chart?.content.subarray(0, 4) ?? [])], [0x89, 0x50, 0x4e, 0x47])
  assert.match(chart?.code ?? '', /\[3, 5, 8\]/)
  const page = fileIn('Create a PDF named note.pdf with the text "Total (net): 7"')
  assert.equal(page?.name, 'note.pdf')
  assert.equal(textOfPdf(Buffer.from(page?.content ?? [])), 'Total (net): 7')
})

test('a prompt that wants no file gets none', () => {
  for (const asked of ['Write a poem', 'What is in report.csv?', 'How do charts work?', 'See https://example.com/a.txt'])
    assert.equal(fileIn(asked), null, asked)
})
