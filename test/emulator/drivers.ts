// How every HTTP row of the catalog is driven. Total: a new row without a driver does not compile.
import type { HttpEndpointId } from '../../src/emulator/behaviour.ts'
import { agentDrivers } from './drivers/agents.ts'
import { assistantDrivers } from './drivers/assistants.ts'
import { callDrivers } from './drivers/calls.ts'
import { mediaDrivers } from './drivers/media.ts'
import { storageDrivers } from './drivers/storage.ts'
import { textDrivers } from './drivers/text.ts'
import { trainingDrivers } from './drivers/training.ts'
import type { Driver } from './stage.ts'

export const drivers: Readonly<Record<HttpEndpointId, Driver>> = {
  ...textDrivers,
  ...mediaDrivers,
  ...storageDrivers,
  ...trainingDrivers,
  ...callDrivers,
  ...agentDrivers,
  ...assistantDrivers,
}
