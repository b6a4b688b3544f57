// The command line of the bench, and how much is measured: the default ends in two to three minutes, --quick in forty seconds.
import { parseArgs } from 'node:util'

export const measurementNames = ['start', 'memory', 'json', 'burst', 'paced', 'upload', 'latency'] as const
export type MeasurementName = (typeof measurementNames)[number]

export type Extent = {
  readonly starts: number
  /** How often all contenders are started anew for the measurements under load: one process of the same program differs from the next. */
  readonly generations: number
  readonly openStreams: readonly number[]
  readonly settleMs: number
  readonly json: { readonly rounds: number; readonly warmUps: number; readonly durationMs: number }
  readonly burst: { readonly rounds: number; readonly warmUps: number; readonly durationMs: number }
  readonly paced: { readonly rounds: number; readonly warmUps: number }
  readonly upload: { readonly rounds: number; readonly warmUps: number; readonly fileBytes: number }
  readonly latency: { readonly rounds: number; readonly durationMs: number }
}

const full: Extent = {
  starts: 5,
  generations: 3,
  openStreams: [1000, 5000],
  settleMs: 2000,
  json: { rounds: 3, warmUps: 4, durationMs: 1000 },
  burst: { rounds: 3, warmUps: 1, durationMs: 700 },
  paced: { rounds: 2, warmUps: 0 },
  upload: { rounds: 1, warmUps: 1, fileBytes: 400_000_000 },
  latency: { rounds: 1, durationMs: 2000 },
}

const quick: Extent = {
  starts: 2,
  generations: 1,
  openStreams: [1000, 5000],
  settleMs: 800,
  json: { rounds: 3, warmUps: 3, durationMs: 500 },
  burst: { rounds: 3, warmUps: 2, durationMs: 400 },
  paced: { rounds: 1, warmUps: 0 },
  upload: { rounds: 2, warmUps: 1, fileBytes: 100_000_000 },
  latency: { rounds: 1, durationMs: 1500 },
}

export type BenchOptions = {
  readonly only: ReadonlySet<MeasurementName>
  readonly extent: Extent
  readonly isJson: boolean
  readonly isBare: boolean
  readonly isHelp: boolean
  readonly relay: string | undefined
  readonly other: string | undefined
  readonly otherFlags: readonly string[]
}

export const usage = `npm run bench -- [options]

  --quick            fewer and shorter rounds: about 40 seconds instead of 2 to 3 minutes
  --only a,b         only these: ${measurementNames.join(', ')} (sse means burst and paced)
  --json             one JSON document on standard output instead of the table
  --bare             also the least a node:http + undici relay can do, as a floor
  --relay DIR        the built checkout to measure instead of this one
  --other DIR        also a second relay, built in another checkout: one change against another in one run
  --other-flags="…"  Node flags for that second relay
`

export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      bare: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      relay: { type: 'string' },
      other: { type: 'string' },
      'other-flags': { type: 'string', default: '' },
    },
  })
  return {
    only: selectMeasurements(values.only),
    extent: values.quick ? quick : full,
    isJson: values.json,
    isBare: values.bare,
    isHelp: values.help,
    relay: values.relay,
    other: values.other,
    otherFlags: values['other-flags'].split(' ').filter((flag) => flag !== ''),
  }
}

function selectMeasurements(text: string | undefined): ReadonlySet<MeasurementName> {
  if (text === undefined) return new Set(measurementNames)
  const names = text.split(',').flatMap((name) => (name === 'sse' ? ['burst', 'paced'] : [name]))
  return new Set(
    names.map((name) => {
      const known = measurementNames.find((candidate) => candidate === name)
      if (known === undefined) throw new Error(`"${name}" is no measurement; there are ${measurementNames.join(', ')} and sse`)
      return known
    }),
  )
}
