// What an operator asked of the directory that cannot be done.

/**
 * The message is for the operator. `unknown`: nothing has that name. `taken`: something else has it. `in-use`: other things need it.
 * `invalid`: the value itself is wrong. `param` is the option of the call that is meant.
 */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError'
  readonly kind: 'unknown' | 'taken' | 'in-use' | 'invalid'
  readonly param: string

  constructor(kind: DirectoryError['kind'], param: string, message: string) {
    super(message)
    this.kind = kind
    this.param = param
  }
}
