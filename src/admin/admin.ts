// Performs one operation of the table, whoever asks: the HTTP API and the command line both come through here.
import { DirectoryError } from '../identity/directory-error.ts'
import type { Actor } from '../identity/records.ts'
import { Refusal, type ErrorCode } from '../kernel/errors.ts'
import { checkShape } from '../kernel/shape.ts'
import { StoreUnavailable } from '../store/store.ts'
import type { Context, Given, Page } from './context.ts'
import { handlers } from './handlers.ts'
import { inputsAt, type Operation, type Place } from './operation.ts'
import { operations, type OperationId } from './operations.ts'
import { outputs } from './outputs.ts'
import { present, type Answer } from './present.ts'

/** One object, or `{object: 'list', data, hasMore}`. */
export type Perform = (id: OperationId, actor: Actor, given: Given) => Promise<Answer>

export type AdminOptions = Pick<Context, 'directory' | 'adopt'> & { readonly now: () => number }

export const rowOf: ReadonlyMap<string, Operation & { readonly id: OperationId }> = new Map(operations.map((row) => [row.id, row]))

const codes: Readonly<Record<DirectoryError['kind'], ErrorCode>> = {
  unknown: 'admin_not_found',
  taken: 'admin_conflict',
  'in-use': 'admin_conflict',
  invalid: 'admin_invalid',
}

/** @throws Refusal, with the words of the directory where it refused */
export function createAdmin({ directory, adopt, now }: AdminOptions): Perform {
  return async (id, actor, given) => {
    const row = rowOf.get(id)
    if (row === undefined) throw new Refusal('internal_error', {}, { cause: new Error(`no operation ${id}`) })
    const { shape } = outputs[row.output]
    const result = await handlers[id](withoutNull(given), { directory, adopt, actor, now: now() }).catch((error: unknown) => {
      throw error instanceof DirectoryError ? directoryRefusal(error) : error instanceof StoreUnavailable ? storeRefusal(error) : error
    })
    if (row.answers === 'one') return present(shape, result)
    const { rows, hasMore } = pageOf(result)
    return { object: 'list', data: rows.map((each) => present(shape, each)), hasMore }
  }
}

/**
 * Holds what was given against the row.
 * @throws Refusal unknown_parameter, missing_required_parameter, invalid_value
 */
export function checkGiven(row: Operation, place: Place, given: Given): void {
  checkShape(inputsAt(row, place), given)
}

/** Null stands for "not given", as in bodies elsewhere. */
const withoutNull = (given: Given): Given => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))

const pageOf = (result: unknown): Page => (Array.isArray(result) ? { rows: result, hasMore: false } : (result as Page))

const directoryRefusal = (error: DirectoryError): Refusal =>
  new Refusal(codes[error.kind], { why: error.message, param: error.param }, { cause: error })

const storeRefusal = (cause: StoreUnavailable): Refusal => new Refusal('store_unavailable', {}, { cause, headers: ['Retry-After', '1'] })
