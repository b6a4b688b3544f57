// Skills: bundles of files with a manifest, in versions, one of which is the default.
import { file as fileAnswer, json } from '../../answer.ts'
import type { Answer } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalid, notFound } from '../../errors.ts'
import type { ApiError } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { readShape, string } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'
import { newestFirst, page, readPageQuery } from '../../state/pages.ts'
import { withBundle } from './bundle.ts'
import type { Bundle } from './bundle.ts'

type Skill = {
  readonly id: string
  readonly object: 'skill'
  readonly name: string
  readonly description: string
  readonly created_at: number
  readonly default_version: string
  readonly latest_version: string
}

type SkillVersion = {
  readonly id: string
  readonly object: 'skill.version'
  readonly skill_id: string
  readonly version: string
  readonly created_at: number
  readonly name: string
  readonly description: string
}

const skillsOf = (platform: Platform): Collection<Skill> => platform.collection('skill')
/** Their parent is the skill; the zip is the blob of their id. */
const versionsOf = (platform: Platform): Collection<SkillVersion> => platform.collection('skill.version')
/** How many versions a skill has ever had: numbers are not given again. */
const countsOf = (platform: Platform): Collection<{ readonly id: string; readonly count: number }> => platform.collection('skill.count')

export const skills = {
  'skills.create': (call) =>
    withBundle(call, (bundle) => {
      const { platform } = call
      const id = newId('skill')
      return platform.objects.together(() => {
        const version = addVersion(platform, id, bundle)
        const skill: Skill = {
          id,
          object: 'skill',
          ...bundle.manifest,
          created_at: version.created_at,
          default_version: version.version,
          latest_version: version.version,
        }
        skillsOf(platform).put(skill)
        return json(skill)
      })
    }),
  'skills.list': (call) => json(page(skillsOf(call.platform), readPageQuery(call.query, newestFirst), { unknown: missing })),
  'skills.retrieve': (call) => json(find(call)),
  'skills.update': async (call) => {
    const { default_version: wanted } = readShape({ default_version: string({ min: 1 }) }, await call.json())
    return json(makeDefault(call.platform, find(call), findVersion(call, wanted)))
  },
  'skills.delete': (call) => {
    const { id } = find(call)
    forget(call.platform, id)
    return json({ object: 'skill.deleted', deleted: true, id })
  },
  'skills.content': (call) => contentOf(call, findVersion(call, find(call).default_version)),
  'skills.versions.create': (call) => {
    find(call)
    return withBundle(call, (bundle) => {
      const { platform } = call
      return platform.objects.together(() => {
        const skill = find(call)
        const version = addVersion(platform, skill.id, bundle)
        const grown: Skill = { ...skill, latest_version: version.version }
        skillsOf(platform).put(grown)
        if (bundle.isDefault) makeDefault(platform, grown, version)
        return json(version)
      })
    })
  },
  'skills.versions.list': (call) =>
    json(
      page(versionsOf(call.platform), readPageQuery(call.query, newestFirst), {
        parent: find(call).id,
        unknown: (id) => notFound(`Skill version with id '${id}' not found.`),
      }),
    ),
  'skills.versions.retrieve': (call) => json(findVersion(call, call.param('version'))),
  'skills.versions.content': (call) => contentOf(call, findVersion(call, call.param('version'))),
  'skills.versions.delete': (call) => {
    const { platform } = call
    const skill = find(call)
    const { id, version } = findVersion(call, call.param('version'))
    const others = [...versionsOf(platform).list({ parent: skill.id })].filter((each) => each.id !== id)
    const latest = others.at(-1)
    // The last version takes its skill with it.
    if (latest === undefined) forget(platform, skill.id)
    else {
      if (skill.default_version === version)
        throw invalid(`Version ${version} is the default of skill '${skill.id}': make another version the default before you delete it.`)
      platform.objects.together(() => {
        versionsOf(platform).delete(id, skill.id)
        skillsOf(platform).put({ ...skill, latest_version: latest.version })
      })
      platform.blobs.delete(id)
    }
    return json({ object: 'skill.version.deleted', deleted: true, id, version })
  },
} satisfies Family

function addVersion(platform: Platform, skillId: string, { draft, manifest }: Bundle): SkillVersion {
  const count = (countsOf(platform).get(skillId)?.count ?? 0) + 1
  const version: SkillVersion = {
    object: 'skill.version',
    id: newId('skillVersion'),
    skill_id: skillId,
    version: String(count),
    created_at: platform.clock.seconds(),
    ...manifest,
  }
  platform.blobs.keep(draft, version.id)
  versionsOf(platform).put(version, skillId)
  countsOf(platform).put({ id: skillId, count })
  return version
}

/** A skill is called as its default version calls itself. */
function makeDefault(platform: Platform, skill: Skill, { version, name, description }: SkillVersion): Skill {
  const changed: Skill = { ...skill, name, description, default_version: version }
  skillsOf(platform).put(changed)
  return changed
}

function forget(platform: Platform, id: string): void {
  const versions = [...versionsOf(platform).list({ parent: id })]
  platform.objects.together(() => {
    skillsOf(platform).delete(id)
    versionsOf(platform).deleteAll(id)
    countsOf(platform).delete(id)
  })
  for (const version of versions) platform.blobs.delete(version.id)
}

function contentOf({ platform }: Call, { id, name, version }: SkillVersion): Answer {
  const filename = `${name.replaceAll(/[^\w.-]+/g, '-')}-v${version}.zip`
  return fileAnswer(platform.blobs.path(id), platform.blobs.sizeBytes(id) ?? 0, 'application/zip', {
    headers: ['content-disposition', `attachment; filename="${filename}"`],
  })
}

function find(call: Call): Skill {
  const id = call.param('skill_id')
  const skill = skillsOf(call.platform).get(id)
  if (skill === undefined) throw missing(id)
  return skill
}

function findVersion(call: Call, wanted: string): SkillVersion {
  const skill = find(call)
  const number = wanted === 'latest' ? skill.latest_version : wanted
  for (const each of versionsOf(call.platform).list({ parent: skill.id })) if (each.version === number) return each
  throw notFound(`Version '${wanted}' of skill '${skill.id}' not found.`)
}

const missing = (id: string): ApiError => notFound(`Skill with id '${id}' not found.`)
