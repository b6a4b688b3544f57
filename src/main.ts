// The process: its arguments go to the command line, and what comes back is its exit code.
import { runCommandLine } from './cli/command-line.ts'

process.exitCode = await runCommandLine(process.argv.slice(2))
