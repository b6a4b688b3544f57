// Prometheus metrics. Labels come from closed vocabularies only (rows, statuses, outcomes): a caller cannot grow them.
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = {
  readonly exchange: (
    endpoint: string,
    status: number,
    outcome: string,
    durationMs: number,
    firstByteMs: number | null,
    requestBytes: number,
    answerBytes: number,
  ) => void
  readonly opened: () => void
  readonly closed: () => void
  readonly text: () => Promise<string>
  readonly contentType: string
}

const secondsBuckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 30, 120, 600]

export function createMetrics({
  upstreamConnections,
  isReady,
}: {
  readonly upstreamConnections: () => number
  readonly isReady: () => boolean
}): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const exchanges = new Counter({
    name: 'relay_exchanges_total',
    help: 'Finished exchanges.',
    labelNames: ['endpoint', 'status', 'outcome'],
    registers,
  })
  const duration = new Histogram({
    name: 'relay_exchange_seconds',
    help: 'From the request head to the last byte of the answer.',
    labelNames: ['endpoint'],
    buckets: secondsBuckets,
    registers,
  })
  const firstByte = new Histogram({
    name: 'relay_first_byte_seconds',
    help: 'From the request head to the head of the upstream answer.',
    labelNames: ['endpoint'],
    buckets: secondsBuckets,
    registers,
  })
  const received = new Counter({ name: 'relay_request_bytes_total', help: 'Body bytes received from clients.', registers })
  const sent = new Counter({ name: 'relay_answer_bytes_total', help: 'Body bytes sent to clients.', registers })
  const open = new Gauge({ name: 'relay_open_exchanges', help: 'Exchanges under way.', registers })
  new Gauge({
    name: 'relay_upstream_connections',
    help: 'Open connections to the upstream.',
    registers,
    collect() {
      this.set(upstreamConnections())
    },
  })
  new Gauge({
    name: 'relay_ready',
    help: '1 while /ready is green.',
    registers,
    collect() {
      this.set(isReady() ? 1 : 0)
    },
  })
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
  new Gauge({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.set((user + system) / 1e6)
    },
  })

  // Finding a labelled child hashes its labels; the few that occur are kept.
  const children = new Map<string, () => void>()
  const histograms = new Map<
    string,
    { readonly duration: Histogram.Internal<'endpoint'>; readonly firstByte: Histogram.Internal<'endpoint'> }
  >()
  let openNow = 0

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    opened: () => open.set(++openNow),
    closed: () => open.set(--openNow),
    exchange(endpoint, status, outcome, durationMs, firstByteMs, requestBytes, answerBytes) {
      const key = `${endpoint} ${status} ${outcome}`
      let count = children.get(key)
      if (count === undefined) {
        const child = exchanges.labels(endpoint, String(status), outcome)
        children.set(key, (count = () => child.inc()))
      }
      count()
      let pair = histograms.get(endpoint)
      if (pair === undefined)
        histograms.set(endpoint, (pair = { duration: duration.labels(endpoint), firstByte: firstByte.labels(endpoint) }))
      pair.duration.observe(durationMs / 1000)
      if (firstByteMs !== null) pair.firstByte.observe(firstByteMs / 1000)
      received.inc(requestBytes)
      sent.inc(answerBytes)
    },
  }
}
