// Safety alerts and cases: a fixed few, since nothing dangerous happens here; and where a picture or a recording came from.
import { json } from '../answer.ts'
import type { Call, Family } from '../behaviour.ts'
import { invalid, notFound } from '../errors.ts'
import { readProvenance } from '../provenance.ts'

type Alert = {
  readonly id: string
  readonly object: 'safety.alert'
  readonly created_at: number
  readonly error_type:
    | 'potentially_unintended_data_transfer'
    | 'potentially_unintended_data_access'
    | 'potentially_unintended_destructive_activity'
    | 'other'
  readonly model: string
  readonly reason: string | null
  readonly request_id: string
  readonly request_paused: boolean
  readonly response_id: string
  readonly detailed_explanation?: string
}

type Case = {
  readonly id: string
  readonly object: 'safety.case'
  readonly created_at: number
  readonly entity_identifier: string
  readonly notice: { readonly type: 'warning' | 'deactivation' }
  readonly reason: string | null
}

const alerts: readonly Alert[] = [
  {
    id: 'alert_1',
    object: 'safety.alert',
    created_at: 1_767_225_600,
    error_type: 'potentially_unintended_data_transfer',
    model: 'gpt-5.2',
    reason: 'The response may have sent data to a place that was not asked for.',
    request_id: 'req_00000000000000000000000000000001',
    request_paused: true,
    response_id: 'resp_000000000000000000000000000000000000000000000001',
    detailed_explanation: 'A tool call was about to upload a file to a host that no instruction names.',
  },
  {
    id: 'alert_2',
    object: 'safety.alert',
    created_at: 1_767_312_000,
    error_type: 'other',
    model: 'gpt-5.2',
    reason: null,
    request_id: 'req_00000000000000000000000000000002',
    request_paused: false,
    response_id: 'resp_000000000000000000000000000000000000000000000002',
  },
]

const cases: readonly Case[] = [
  {
    id: 'case_1',
    object: 'safety.case',
    created_at: 1_767_225_600,
    entity_identifier: 'user-1',
    notice: { type: 'warning' },
    reason: 'Repeated requests against the usage policies.',
  },
  {
    id: 'case_2',
    object: 'safety.case',
    created_at: 1_767_312_000,
    entity_identifier: 'user-2',
    notice: { type: 'deactivation' },
    reason: null,
  },
]

export const safety = {
  'safety.alerts.retrieve': (call) => json(find(call, alerts, 'Safety alert')),
  'safety.cases.retrieve': (call) => json(find(call, cases, 'Safety case')),
  'content_provenance_checks.create': async (call) => {
    await using form = await call.form()
    const { draft } = form.file('file')
    const results = await readProvenance(call.platform, draft.path)
    if (results === null)
      throw invalid('Unsupported file: expected an image (PNG, JPEG, WebP or GIF) or an audio file.', 'file', 'unsupported_file')
    return json({ object: 'content_provenance_check', created_at: call.platform.clock.seconds(), results })
  },
} satisfies Family

function find<T extends { readonly id: string }>(call: Call, all: readonly T[], label: string): T {
  const id = call.param('id')
  const found = all.find((each) => each.id === id)
  if (found === undefined) throw notFound(`${label} with id '${id}' not found.`)
  return found
}
