// `npm run generate`: writes docs/reference from the tables it describes.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { references } from './reference/references.ts'

const root = join(import.meta.dirname, '..')
for (const [path, text] of references()) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
  console.log(`wrote ${path}`)
}
