// What a command of the admin table asks for, and where its inputs stand in a request.
import type { Given } from '../admin/context.ts'
import { placeOf, type Operation, type Place } from '../admin/operation.ts'
import type { OperationId } from '../admin/operations.ts'
import type { Flags } from '../config/load.ts'

export type Asked = {
  readonly operation: Operation & { readonly id: OperationId }
  readonly given: Given
  /** Inputs that are taken from a variable of this name, or from standard input where there is none. */
  readonly secrets: Readonly<Record<string, string | null>>
  readonly flags: Flags
  /** A relay elsewhere; null: the store of the settings. */
  readonly url: string | null
  readonly isJson: boolean
}

export const givenAt = (operation: Operation, place: Place, given: Given): Given =>
  Object.fromEntries(Object.entries(given).filter(([name]) => placeOf(operation, name) === place))
