// The generated files, by path. `npm run generate` writes them; a test holds them against what is committed.
import { adminReference } from './admin.ts'
import { cliReference } from './cli.ts'
import { emulatorScriptSchema } from './emulator-script.ts'
import { endpointsReference } from './endpoints.ts'
import { errorsReference } from './errors.ts'
import { settingsReference } from './settings.ts'

export function references(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/reference/endpoints.md', endpointsReference()],
    ['docs/reference/errors.md', errorsReference()],
    ['docs/reference/settings.md', settingsReference()],
    ['docs/reference/cli.md', cliReference()],
    ['docs/reference/admin.md', adminReference()],
    ['docs/reference/emulator-script.schema.json', emulatorScriptSchema()],
  ])
}
