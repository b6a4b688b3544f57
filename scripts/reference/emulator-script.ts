// docs/reference/emulator-script.schema.json: what editors complete a script of the emulator from, and check it against.
import { scriptSchema } from '../../src/emulator/script/script.ts'

export function emulatorScriptSchema(): string {
  return `${JSON.stringify(scriptSchema, null, 2)}\n`
}
