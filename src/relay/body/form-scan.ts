// Reads the fields of a multipart/form-data body as it passes (RFC 7578). Files stream through; a field that is asked for is held
// until it is whole, so that it can be refused before a byte of it has left.

/**
 * `ambiguous`: two readers could see different fields. `malformed`: some readers take it, others do not. `unfinished`: it stopped
 * before its last boundary.
 */
export type FormProblem = 'ambiguous' | 'malformed' | 'headers-too-large' | 'too-many-parts' | 'field-too-large' | 'unfinished'

export type FormOptions = {
  /** Is this a field whose value is asked for? Names as they stand in the form, brackets and all. */
  readonly wanted: (name: string) => boolean
  readonly maxFieldBytes: number
}

/** @property start offset of the value in all that was pushed; `end` is behind its last byte */
export type FieldPlace = { readonly start: number; readonly end: number }

export type FormHandlers = { readonly field: (name: string, value: Buffer, place: FieldPlace) => void }

export type FormScanner = {
  /**
   * Never throws, apart from what `field` throws.
   * @returns how many bytes of all pushed so far may go on; after a problem nothing more may
   */
  readonly push: (chunk: Buffer) => number
  readonly end: () => FormProblem | null
  readonly problem: FormProblem | null
}

export function createFormScanner(_boundary: string, _options: FormOptions, _handlers: FormHandlers): FormScanner {
  throw new Error('not built yet')
}

/** @returns the boundary of a Content-Type, or null when readers could disagree about it */
export function boundaryOf(_contentType: string): string | null {
  throw new Error('not built yet')
}
