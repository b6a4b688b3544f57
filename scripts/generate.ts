// `npm run generate`: writes docs/reference and the golden OpenAPI documents from the tables they describe.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { goldens } from './reference/golden.ts'
import { references } from './reference/references.ts'

const root = join(import.meta.dirname, '..')
for (const [path, text] of [...references(), ...goldens()]) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
  console.log(`wrote ${path}`)
}
