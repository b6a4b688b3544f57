import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { toFile } from 'openai'
import type { Uploadable } from 'openai'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'
import { readZip, readZipEntry } from './zip.ts'

const manifest = (name: string, description = 'Adds numbers.'): string =>
  `---\nname: ${name}\ndescription: ${description}\n---\n\nUse it.\n`
const file = (path: string, content: string | Buffer): Promise<Uploadable> => toFile(Buffer.from(content), path)
const folder = async (name = 'sums', code = 'print(1)\n'): Promise<Uploadable[]> => [
  await file('sums/SKILL.md', manifest(name)),
  await file('sums/scripts/add.py', code),
]

/** What is in a zip, read with the emulator's reader. */
async function contentsOf(zip: ArrayBuffer): Promise<Record<string, string>> {
  const directory = await mkdtemp(join(tmpdir(), 'relay-zip-test-'))
  try {
    const path = join(directory, 'x.zip')
    await writeFile(path, Buffer.from(zip))
    const contents: Record<string, string> = {}
    for (const entry of await readZip(path)) contents[entry.name] = (await readZipEntry(path, entry, 1 << 20)).toString()
    return contents
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** A zip of one deflated file, with a data descriptor as streaming writers leave it. */
function deflatedZip(name: string, content: string): Buffer<ArrayBuffer> {
  const packed = deflateRawSync(content)
  const uint16 = (value: number): Buffer => Buffer.from([value & 255, value >> 8])
  const uint32 = (value: number): Buffer => Buffer.concat([uint16(value & 0xffff), uint16(value >>> 16)])
  const flags = Buffer.concat([uint16(20), uint16(8), uint16(8), uint32(0)])
  const local = Buffer.concat([
    uint32(0x04034b50),
    flags,
    uint32(0),
    uint32(0),
    uint32(0),
    uint16(name.length),
    uint16(0),
    Buffer.from(name),
  ])
  const sizes = Buffer.concat([uint32(0), uint32(packed.length), uint32(content.length)])
  const descriptor = Buffer.concat([uint32(0x08074b50), sizes])
  const central = Buffer.concat([
    ...[
      uint32(0x02014b50),
      uint16(20),
      flags,
      sizes,
      uint16(name.length),
      uint16(0),
      uint16(0),
      uint16(0),
      uint16(0),
      uint32(0),
      uint32(0),
    ],
    Buffer.from(name),
  ])
  const end = Buffer.concat([
    ...[uint32(0x06054b50), uint32(0), uint16(1), uint16(1), uint32(central.length)],
    ...[uint32(local.length + packed.length + descriptor.length), uint16(0)],
  ])
  return Buffer.concat([local, packed, descriptor, central, end])
}

test('a folder of files becomes a skill, and its content is a zip of the same files, also after a restart', async () => {
  await using emulator = await startTestEmulator()
  const skill = await emulator.client.skills.create({ files: await folder() })
  assert.match(skill.id, /^skill_/)
  assert.deepEqual(
    [skill.name, skill.description, skill.default_version, skill.latest_version, skill.object],
    ['sums', 'Adds numbers.', '1', '1', 'skill'],
  )
  await emulator.restart()
  const { client } = emulator
  assert.deepEqual(await client.skills.retrieve(skill.id), skill)
  const content = await client.skills.content.retrieve(skill.id)
  assert.equal(content.headers.get('content-type'), 'application/zip')
  assert.deepEqual(await contentsOf(await content.arrayBuffer()), {
    'sums/SKILL.md': manifest('sums'),
    'sums/scripts/add.py': 'print(1)\n',
  })
})

test('one zip is kept byte for byte, whether it comes in a form or in JSON', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const zip = deflatedZip('tool/SKILL.md', manifest('tool', '"Quoted: yes"'))
  const skill = await client.skills.create({ files: await file('tool.zip', zip) })
  assert.deepEqual([skill.name, skill.description], ['tool', 'Quoted: yes'])
  assert.deepEqual(Buffer.from(await (await client.skills.content.retrieve(skill.id)).arrayBuffer()), zip)
  const response = await emulator.send('POST', '/v1/skills', { files: [zip.toString('base64')] })
  assert.equal(response.status, 200)
  const inline = (await response.json()) as { id: string }
  assert.deepEqual(Buffer.from(await (await client.skills.content.retrieve(inline.id)).arrayBuffer()), zip)
})

test('versions are added, listed, read and made the default; the skill is called as its default calls itself', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const { id } = await client.skills.create({ files: await folder() })
  const second = await client.skills.versions.create(id, { files: await folder('sums-two', 'print(2)\n') })
  assert.deepEqual([second.version, second.name, second.skill_id, second.object], ['2', 'sums-two', id, 'skill.version'])
  const before = await client.skills.retrieve(id)
  assert.deepEqual([before.default_version, before.latest_version, before.name], ['1', '2', 'sums'])
  const third = await client.skills.versions.create(id, { files: await folder('sums-three'), default: true })
  assert.equal((await client.skills.retrieve(id)).default_version, '3')
  const updated = await client.skills.update(id, { default_version: '2' })
  assert.deepEqual([updated.default_version, updated.name], ['2', 'sums-two'])
  const page = await client.skills.versions.list(id, { limit: 2 })
  assert.deepEqual([page.data.map(({ version }) => version), page.has_more], [['3', '2'], true])
  const rest = await client.skills.versions.list(id, { after: second.id })
  assert.deepEqual(
    rest.data.map(({ version }) => version),
    ['1'],
  )
  assert.deepEqual(await client.skills.versions.retrieve('3', { skill_id: id }), third)
  const content = await client.skills.versions.content.retrieve('2', { skill_id: id })
  assert.equal((await contentsOf(await content.arrayBuffer()))['sums/scripts/add.py'], 'print(2)\n')
  assert.equal((await refusal(client.skills.update(id, { default_version: '9' }))).status, 404)
})

test('versions and skills are deleted with their bytes; the default goes last and takes the skill with it', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const { id } = await client.skills.create({ files: await folder() })
  const second = await client.skills.versions.create(id, { files: await folder() })
  assert.match((await refusal(client.skills.versions.delete('1', { skill_id: id }))).message, /is the default/)
  const deleted = await client.skills.versions.delete('2', { skill_id: id })
  assert.deepEqual(deleted, { object: 'skill.version.deleted', deleted: true, id: second.id, version: '2' })
  assert.equal((await client.skills.retrieve(id)).latest_version, '1')
  assert.equal((await client.skills.versions.create(id, { files: await folder() })).version, '3')
  await assert.rejects(readFile(join(emulator.dataDir, 'emulator', 'blobs', second.id)), { code: 'ENOENT' })
  const other = await client.skills.create({ files: await folder() })
  assert.deepEqual(
    (await client.skills.list()).data.map((each) => each.id),
    [other.id, id],
  )
  assert.deepEqual(await client.skills.delete(other.id), { object: 'skill.deleted', deleted: true, id: other.id })
  assert.equal((await refusal(client.skills.retrieve(other.id))).status, 404)
  await client.skills.versions.delete('3', { skill_id: id })
  await client.skills.versions.delete('1', { skill_id: id })
  assert.equal((await refusal(client.skills.retrieve(id))).status, 404)
})

test('bundles that are no skill are refused, and leave no bytes behind', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  // By hand: the SDK keeps its users from sending some of these.
  const create = async (files: readonly (readonly [path: string, content: string | Buffer<ArrayBuffer>])[]): Promise<Response> => {
    const form = new FormData()
    for (const [path, content] of files) form.append('files[]', new File([content], path))
    if (files.length === 0) form.append('other', 'x')
    return fetch(`${emulator.url}/v1/skills`, { method: 'POST', headers: { authorization: 'Bearer x' }, body: form })
  }
  const skillMd = ['sums/SKILL.md', manifest('sums')] as const
  const cases: readonly (readonly [Parameters<typeof create>[0], RegExp])[] = [
    [[], /files/],
    [[['sums/readme.md', 'x']], /no SKILL\.md/],
    [[['sums/SKILL.md', 'no front matter']], /no front matter/],
    [[['sums/SKILL.md', '---\nname: x\n---\n']], /no 'description'/],
    [[skillMd, ['sums/../../etc/passwd', 'x']], /no relative path/],
    [[skillMd, ['/etc/passwd', 'x']], /no relative path/],
    [[skillMd, ['other/x', 'x']], /one top-level folder/],
    [[skillMd, ['sums/SKILL.md', 'x']], /twice/],
    [[['x.zip', deflatedZip('a/../SKILL.md', manifest('x'))]], /no relative path/],
    [[['x.zip', deflatedZip('a/SKILL.md', manifest('x')).subarray(0, -4)]], /end record/],
    [[['x.zip', Buffer.from('PK\u0003\u0004 and nothing more')]], /end record/],
  ]
  for (const [files, message] of cases) {
    const response = await create(files)
    const { error } = (await response.json()) as { error: { message: string; param: string } }
    assert.deepEqual([response.status, error.param], [400, 'files'], String(message))
    assert.match(error.message, message)
  }
  const inline = await emulator.send('POST', '/v1/skills', { files: Buffer.from('no zip').toString('base64') })
  assert.equal(inline.status, 400)
  assert.equal((await refusal(client.skills.versions.create('skill_nobody', { files: await folder() }))).status, 404)
  assert.equal((await client.skills.list()).data.length, 0)
  for (const kind of ['blobs', 'drafts']) {
    assert.deepEqual(await readdir(join(emulator.dataDir, 'emulator', kind)), [])
  }
})
