// Files a prompt asks for: their name, their content as far as the prompt says it, and the Python that would write them.
import { extname } from 'node:path'
import { encodePng } from '../../../media/png.ts'
import { chartOf } from './chart.ts'
import { encodePdf } from './pdf-file.ts'
import { calculationIn } from './calculations.ts'

export type MadeFile = { readonly name: string; readonly content: Uint8Array; readonly code: string }

const verbs = /\b(?:create|make|write|save|generate|export|produce|build|store|draw|plot|output|put)\b/i
const fileName = /(?<![/\w.])[\w-]+(?:\.[\w-]+)*\.(?:txt|csv|tsv|json|md|html|xml|py|log|svg|png|pdf)\b/i

/** What a file is called that only its kind is known of. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/\bcsv\b|\bspreadsheet\b/i, 'output.csv'],
  [/\b(?:plot|chart|graph|histogram|diagram|png)\b/i, 'plot.png'],
  [/\bpdf\b/i, 'output.pdf'],
  [/\bjson file\b/i, 'output.json'],
  [/\bmarkdown file\b/i, 'output.md'],
  [/\bfile\b/i, 'output.txt'],
]

/** The file a prompt wants made, or null. */
export function fileIn(asked: string): MadeFile | null {
  if (!verbs.test(asked)) return null
  const name = fileName.exec(asked)?.[0] ?? kinds.find(([pattern]) => pattern.test(asked))?.[1]
  if (name === undefined) return null
  const path = `/mnt/data/${name}`
  switch (extname(name).toLowerCase()) {
    case '.png': {
      const values = numbersIn(asked)
      const code = `import matplotlib.pyplot as plt\n\nplt.bar(range(${values.length}), [${values.join(', ')}])\nplt.savefig('${path}')\n`
      return { name, content: encodePng(chartOf(values)), code }
    }
    case '.pdf': {
      const text = contentIn(asked, name)
      const code = `from reportlab.pdfgen import canvas\n\npage = canvas.Canvas('${path}')\npage.drawString(72, 720, ${JSON.stringify(text)})\npage.save()\n`
      return { name, content: encodePdf(text.split('\n')), code }
    }
    default: {
      const text = contentIn(asked, name)
      const code = `with open('${path}', 'w') as file:\n    file.write(${JSON.stringify(text)})\n`
      return { name, content: Buffer.from(text), code }
    }
  }
}

const fenced = /```[\w-]*\s*\n([\s\S]*?)\n?```/
const quoted = /"([^"]+)"|(?<!\w)'([^']+)'(?!\w)|“([^”]+)”|`([^`]+)`/g
const stated =
  /\b(?:contain(?:s|ing)|with (?:the )?(?:contents?|text|words?|lines?|rows?|data)|that (?:says|reads)|saying|contents?:)\s*:?\s+(\S[^\n]*?)[.!]?\s*$/im
const counted = /\bnumbers? (?:from )?(\d+) (?:to|through) (\d+)/i
const countMax = 10_000

/** What the prompt says the file holds, or what it has calculated; where it says nothing, the prompt itself. */
function contentIn(asked: string, name: string): string {
  const block = fenced.exec(asked)?.[1]
  if (block !== undefined) return `${block}\n`
  for (const match of asked.matchAll(quoted)) {
    const text = match.slice(1).find((each) => each !== undefined)
    if (text !== undefined && text !== name) return withNewline(text.replaceAll(String.raw`\n`, '\n'))
  }
  const range = counted.exec(asked)
  if (range !== null) {
    const [from, to] = [Number(range[1]), Number(range[2])]
    const rows = Array.from({ length: Math.min(Math.max(0, to - from + 1), countMax) }, (_, index) => String(from + index))
    return withNewline([...(extname(name) === '.csv' ? ['number'] : []), ...rows].join('\n'))
  }
  const text = stated.exec(asked)?.[1] ?? calculationIn(asked)?.logs.trim() ?? asked.trim()
  if (extname(name) === '.json') return `${JSON.stringify({ text }, null, 2)}\n`
  if (extname(name) === '.csv' && !text.includes(',')) return `text\n"${text.replaceAll('"', '""')}"\n`
  return withNewline(text)
}

const withNewline = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)

/** What a chart shows: the numbers of the prompt, or some that rise. */
function numbersIn(asked: string): readonly number[] {
  const found = (asked.match(/\d+(?:\.\d+)?/g) ?? []).map(Number).slice(0, 24)
  return found.length > 1 ? found : [1, 3, 2, 5, 4]
}
