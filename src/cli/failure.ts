// How the command line ends: exit codes, and what a person reads when something cannot be done.

/** 2 is a mistake in the command line or the settings: trying again changes nothing. */
export const exitCodes = { ok: 0, failure: 1, usage: 2 } as const

/** A command that cannot do what it was asked, in words that say what to do. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exitCode: number

  constructor(message: string, { exitCode = exitCodes.failure, cause }: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
  }
}

/** Errors with a message for the operator, by name: importing their classes would load SQLite for `relay --version`. */
const exitCodeByName: Readonly<Record<string, number>> = {
  SettingsError: exitCodes.usage,
  StoreError: exitCodes.failure,
  StoreUnavailable: exitCodes.failure,
  DocumentError: exitCodes.usage,
  FaultError: exitCodes.usage,
  RecordingError: exitCodes.usage,
}

/** Refusals that are about the command line; the others are about what it asked for. */
export const usageCodes: ReadonlySet<string> = new Set(['unknown_parameter', 'missing_required_parameter', 'invalid_value'])

/** Tells what went wrong on standard error, and gives the exit code. Only a bug comes with its stack. */
export function report(error: unknown): number {
  if (error instanceof Failure) {
    tell(error.message)
    return error.exitCode
  }
  const known = error instanceof Error ? (exitCodeByName[error.name] ?? exitCodeOfRefusal(error)) : undefined
  if (error instanceof Error && known !== undefined) {
    tell(error.message)
    return known
  }
  tell(
    `This is a bug of Relay, please report it with these lines:\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  )
  return exitCodes.failure
}

/** By its name too: the class would load every message of the catalog. */
function exitCodeOfRefusal(error: Error): number | undefined {
  if (error.name !== 'Refusal' || !('code' in error) || error.code === 'internal_error') return undefined
  return usageCodes.has(String(error.code)) ? exitCodes.usage : exitCodes.failure
}

function tell(message: string): void {
  for (const line of message.split('\n')) console.error(`relay: ${line}`)
}
