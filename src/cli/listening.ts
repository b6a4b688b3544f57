// What `relay start` and `relay emulator` share: a port that cannot be had, and the signals that end a server.
import { errorCode } from '../kernel/error-code.ts'
import { exitCodes, Failure } from './failure.ts'

/** The error of `listen` in words for the operator; any other error as it is. */
export function listenFailure(error: unknown, { host, port }: { readonly host: string; readonly port: number }): unknown {
  const isListening = error instanceof Error && 'syscall' in error && (error.syscall === 'listen' || error.syscall === 'getaddrinfo')
  if (!isListening) return error
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} on ${host} is in use: end the program that has it, or choose another port, for example --port ${port + 1}.`,
    EACCES: `Port ${port} on ${host} needs more rights than this user has: choose another port, for example --port 8000.`,
    EADDRNOTAVAIL: `This machine has no address ${host}: choose one it has with --host; 0.0.0.0 is all of them.`,
    ENOTFOUND: `The name ${host} cannot be resolved: give an address with --host, for example 127.0.0.1.`,
  }
  return new Failure(reasons[errorCode(error)] ?? `Cannot listen on ${host} port ${port}: ${error.message}.`, { cause: error })
}

/**
 * The first SIGTERM or SIGINT closes, the second ends at once. npm passes on a Ctrl-C that the terminal has already sent to
 * the whole group, so under npm a second one that follows within a moment is the same press.
 */
export function closeOnSignals(close: () => Promise<void>, notice: string): void {
  const sameMs = process.env['npm_lifecycle_event'] === undefined ? 0 : 300
  let closingSince: number | null = null
  const onSignal = (): void => {
    if (closingSince !== null) {
      if (performance.now() - closingSince >= sameMs) process.exit(exitCodes.failure)
      return
    }
    closingSince = performance.now()
    console.error(`relay: ${notice}`)
    close().then(
      () => process.exit(exitCodes.ok),
      (error: unknown) => {
        console.error(`relay: it did not close cleanly: ${error instanceof Error ? error.message : String(error)}`)
        process.exit(exitCodes.failure)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}
