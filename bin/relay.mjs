#!/usr/bin/env node
// The command `relay`. Relay needs Node 24: an older one that was started with this file looks for a newer one beside the
// package (package.json, optionalDependencies) and hands over. Syntax of Node 12 only, so that an old one can say so.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const script = fileURLToPath(import.meta.url)
const root = dirname(dirname(realpathSync(script)))

if (Number(process.versions.node.split('.')[0]) >= 24) void import(pathToFileURL(entry()).href)
else handOver(findNode())

/** The compiled program, unless this is a checkout whose sources have changed since it was compiled. */
function entry() {
  const compiled = join(root, 'dist', 'main.js')
  const source = join(root, 'src', 'main.ts')
  if (!existsSync(source)) return compiled
  if (!existsSync(compiled)) return source
  return newest(join(root, 'src')) > statSync(compiled).mtimeMs ? source : compiled
}

/** When a file below the folder changed last. */
function newest(folder) {
  let latest = 0
  for (const each of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, each.name)
    latest = Math.max(latest, each.isDirectory() ? newest(path) : statSync(path).mtimeMs)
  }
  return latest
}

/** In a checkout the newer one lies below this package, in an installation among its neighbours. */
function findNode() {
  const isWindows = process.platform === 'win32'
  const name = isWindows ? 'node.exe' : 'node'
  const binary = join(`node-${isWindows ? 'win' : process.platform}-${process.arch}`, 'bin', name)
  const places = [join(root, 'node_modules', '.bin', name), join(root, 'node_modules', binary), join(root, '..', binary)]
  return places.find((place) => existsSync(place) && realpathSync(place) !== realpathSync(process.execPath))
}

function handOver(node) {
  if (node === undefined) {
    console.error(
      `relay: Relay needs Node 24 or newer and this is ${process.version}: install it, or run \`npm ci\` in ${root}, which brings one.`,
    )
    process.exitCode = 1
    return
  }
  const child = spawn(node, [script, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A Ctrl-C in a terminal reaches the child by itself; passed on it would arrive twice, and the second one means "at once".
  const isTerminal = process.stdin.isTTY === true
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !isTerminal) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    console.error(`relay: ${node} does not run: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    // Ends the way the child did, so that whoever waits for this process learns of a signal too.
    if (signal === null) return process.exit(code === null ? 1 : code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
