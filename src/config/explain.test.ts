import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tmpdir } from 'node:os'
import { explainSettings } from './explain.ts'
import { loadSettings } from './load.ts'
import { settingKeys } from './settings.ts'

test('every setting is explained with its source, secrets only as set or unset', async () => {
  const { settings, sources } = await loadSettings({ flags: { port: '1' }, env: { OPENAI_API_KEY: 'planted' }, cwd: tmpdir() })
  const rows = explainSettings(settings, sources)
  const row = (key: string): unknown => rows.find(({ setting }) => setting === key)
  assert.deepEqual(
    rows.map(({ setting }) => setting),
    settingKeys,
  )
  assert.deepEqual(row('port'), {
    setting: 'port',
    value: 1,
    source: 'flag --port',
    environment: ['RELAY_PORT'],
    flag: '--port',
    help: 'Port to listen on; 0 lets the system choose.',
  })
  assert.deepEqual(
    [rows.find(({ setting }) => setting === 'upstreamKey')?.value, rows.find(({ setting }) => setting === 'token')?.value],
    ['set', null],
  )
  assert.ok(!JSON.stringify(rows).includes('planted'))
})
