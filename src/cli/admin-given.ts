// Where the inputs of a command stand in a request.
import type { Given } from '../admin/context.ts'
import { placeOf, type Operation, type Place } from '../admin/operation.ts'

export const givenAt = (operation: Operation, place: Place, given: Given): Given =>
  Object.fromEntries(Object.entries(given).filter(([name]) => placeOf(operation, name) === place))
