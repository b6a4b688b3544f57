#!/usr/bin/env node
// The command `relay`. Relay needs Node 24: an older node that was started with this file looks for a newer one beside the
// package (package.json, optionalDependencies) and hands over. Old syntax only, so that an old node can say so.
import { spawn } from 'child_process'
import { existsSync, readdirSync, realpathSync, statSync } from 'fs'
import { dirname, join } from 'path'
import { fileURLToPath, pathToFileURL } from 'url'

var root = dirname(dirname(fileURLToPath(import.meta.url)))

if (Number(process.versions.node.split('.')[0]) >= 24) {
  import(pathToFileURL(entry()).href)
} else {
  var newer = findNode()
  if (newer === null) {
    console.error('relay: Relay needs Node 24 or newer and this is ' + process.version + ': install it, or run `npm ci` in ' + root + ', which brings one.')
    process.exitCode = 1
  } else {
    handOver(newer)
  }
}

// The compiled program, unless this is a checkout whose sources have changed since it was compiled.
function entry() {
  var compiled = join(root, 'dist', 'main.js')
  var source = join(root, 'src', 'main.ts')
  if (!existsSync(source)) return compiled
  if (!existsSync(compiled)) return source
  return newest(join(root, 'src')) > statSync(compiled).mtimeMs ? source : compiled
}

function newest(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce(function (latest, each) {
    var path = join(folder, each.name)
    return Math.max(latest, each.isDirectory() ? newest(path) : statSync(path).mtimeMs)
  }, 0)
}

function findNode() {
  var system = process.platform === 'win32' ? 'win' : process.platform
  var name = process.platform === 'win32' ? 'node.exe' : 'node'
  var binary = join('node-' + system + '-' + process.arch, 'bin', name)
  // In a checkout it lies below this package, in an installation among its neighbours.
  var candidates = [join(root, 'node_modules', '.bin', name), join(root, 'node_modules', binary), join(root, '..', binary)]
  for (var index = 0; index < candidates.length; index++) {
    if (existsSync(candidates[index]) && realpathSync(candidates[index]) !== realpathSync(process.execPath)) return candidates[index]
  }
  return null
}

function handOver(node) {
  var child = spawn(node, [fileURLToPath(import.meta.url)].concat(process.argv.slice(2)), { stdio: 'inherit' })
  // A Ctrl-C in a terminal reaches the child by itself; passed on it would arrive twice, and the second one means "at once".
  var isTerminal = process.stdin.isTTY === true
  ;['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR1', 'SIGUSR2'].forEach(function (signal) {
    process.on(signal, function () {
      if (signal !== 'SIGINT' || !isTerminal) child.kill(signal)
    })
  })
  child.on('error', function (error) {
    console.error('relay: ' + node + ' does not run: ' + error.message)
    process.exitCode = 1
  })
  child.on('exit', function (code, signal) {
    if (signal === null) {
      process.exitCode = code === null ? 1 : code
    } else {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    }
  })
}
