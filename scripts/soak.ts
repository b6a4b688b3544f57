// `npm run soak`: 4 GB up and 4 GB down through a relay of its own process; prints what each added to its resident memory and
// whether every byte arrived. `npm run soak -- 1` moves 1 GB each way. Takes minutes; `npm test` has the short version.
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../test/harness/raw-client.ts'
import { okScript, rawUpstream } from '../test/harness/raw-upstream.ts'
import { startRelayProcess } from '../test/harness/relay-process.ts'
import { downloadThrough, uploadThrough, type Transfer } from '../test/harness/transfer.ts'

const gigabytes = Number(process.argv[2] ?? 4)
if (!(gigabytes > 0)) throw new Error('usage: npm run soak -- [GIGABYTES]')
const bytes = Math.round(gigabytes * 1024 ** 3)
const allowedBytes = 64 * 1024 ** 2
const token = 'rk_soak'

const inMegabytes = (count: number): string => `${(count / 1024 ** 2).toFixed(1)} MB`

async function measure(name: string, transfer: typeof uploadThrough): Promise<boolean> {
  await using upstream = await rawUpstream(okScript, { keepBytes: 0 })
  await using relay = await startRelayProcess({
    nodeArgs: ['--max-semi-space-size=8'],
    env: { OPENAI_API_KEY: 'sk-upstream', OPENAI_BASE_URL: `${upstream.url}/v1`, RELAY_TOKEN: token },
  })
  const port = Number(new URL(await relay.url).port)
  for (let round = 0; round < 20; round++) await ask(port, { path: '/v1/models', token })
  await sleep(500)
  relay.forgetPeak()
  const idleBytes = relay.rssBytes()
  const done: Transfer = await transfer(port, token, upstream, bytes)
  const peakBytes = relay.rssPeakBytes()
  const isWhole = done.bytes === bytes && done.sha256Arrived === done.sha256Sent
  const isLean = peakBytes - idleBytes <= allowedBytes
  console.log(
    `${name}: ${gigabytes} GB in ${done.seconds.toFixed(1)} s (${inMegabytes(bytes / done.seconds)}/s), sha256 ${isWhole ? 'equal' : 'DIFFERENT'}, ` +
      `RSS ${inMegabytes(idleBytes)} idle, ${inMegabytes(peakBytes)} peak, +${inMegabytes(peakBytes - idleBytes)} of ${inMegabytes(allowedBytes)}${isLean ? '' : ' TOO MUCH'}`,
  )
  return isWhole && isLean
}

const results = [await measure('upload', uploadThrough), await measure('download', downloadThrough)]
process.exitCode = results.every(Boolean) ? 0 : 1
