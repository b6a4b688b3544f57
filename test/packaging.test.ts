// What ships Relay agrees with what Relay is: one Node everywhere, a stop that waits for the drain, files that are there.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { settingKeys, settingOf } from '../src/config/settings.ts'

type Manifest = { readonly engines: { readonly node: string }; readonly optionalDependencies: Readonly<Record<string, string>> }

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json')) as Manifest
const dockerfile = read('Dockerfile')
const unit = read('packaging/relay.service')
const drainSeconds = Number(settingOf('drainMs').default) / 1000

test('every file that names a Node names the same major version', () => {
  const named = [
    manifest.engines.node.replace('>=', ''),
    read('.node-version').trim(),
    read('.nvmrc').trim(),
    ...Object.values(manifest.optionalDependencies).map((version) => version.split('.')[0]),
    ...[...dockerfile.matchAll(/^FROM node:(\d+)-slim/gm)].map(([, major]) => major),
  ]
  assert.deepEqual([...new Set(named)], ['24'])
})

test('the service may take longer to stop than the relay to drain', () => {
  const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])
  assert.ok(seconds > drainSeconds, `${seconds} s to stop, ${drainSeconds} s to drain`)
})

test('the service does not start again after a mistake in the settings', () => {
  assert.match(unit, /^RestartPreventExitStatus=2$/m)
})

test('the image runs without rights and is watched by /health', () => {
  assert.match(dockerfile, /^USER node$/m)
  assert.match(dockerfile, /^HEALTHCHECK [\s\S]*?\/health'/m)
})

test('the image copies only files that are here and not ignored', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '))
  const admitted = read('.dockerignore').split('\n')
  assert.ok(copied.length > 0)
  assert.deepEqual(
    copied.filter((path) => !existsSync(join(root, path)) || !admitted.includes(`!${path}`)),
    [],
  )
})

test('the image holds every folder the program reads beside itself', () => {
  const sources = globSync('src/**/*.ts', { cwd: root }).map((path) => read(path))
  const beside = sources.flatMap((text) => [...text.matchAll(/new URL\('\.\.\/\.\.\/([\w.-]+)/g)].map(([, name = '']) => name))
  assert.ok(beside.includes('package.json'))
  const [, last = ''] = dockerfile.split(/^FROM [^\n]+$/m).slice(-2)
  assert.deepEqual(
    [...new Set(beside)].filter((name) => !new RegExp(`^COPY .*\\b${name} ${name}$`, 'm').test(last)),
    [],
  )
})

test('every variable the image and the service set is a setting', () => {
  const settings = new Set(settingKeys.flatMap((key) => [...settingOf(key).env]))
  const named = [...`${dockerfile}\n${unit}`.matchAll(/\b(?:RELAY|OPENAI)_[A-Z_]+/g)].map(([name]) => name)
  assert.deepEqual(
    named.filter((name) => !settings.has(name)),
    [],
  )
})
