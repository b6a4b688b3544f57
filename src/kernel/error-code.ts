// The short word for what went wrong that Node puts into `error.code` (ENOENT, ECONNRESET, …).

/** The code, or the message where there is none; any thrown thing has an answer. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
