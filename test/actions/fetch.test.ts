// The one outbound fetch: 80 spellings of addresses that are nobody's business, and a trap behind them that stays untouched.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isPublicAddress } from '../../src/actions/address.ts'
import { createFetchFile, publicInternet, type FetchFile, type Network } from '../../src/actions/fetch.ts'
import { Refusal } from '../../src/kernel/errors.ts'
import { fileHostName, startFileHost, type FileHost } from '../harness/file-host.ts'

/** Hosts as they may stand in a link: literals in every notation a URL knows. */
const literals = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '127.255.255.254',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0x7f.1',
  '017700000001',
  '0177.0.0.1',
  '0177.1',
  '127.0.0.1.',
  '%31%32%37.0.0.1',
  '127%2e0%2e0%2e1',
  '127。0。0。1',
  '①②⑦.⓪.⓪.①',
  '１２７.0.0.1',
  '0',
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '167772161',
  '0xa000001',
  '100.64.0.1',
  '100.127.255.254',
  '169.254.169.254',
  '169.254.170.2',
  '2852039166',
  '0xA9FEA9FE',
  '0251.0376.0251.0376',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '192.168.1.254',
  '3232235521',
  '192.0.0.1',
  '192.0.0.170',
  '192.0.2.1',
  '192.88.99.1',
  '198.18.0.1',
  '198.19.255.254',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[0000:0000:0000:0000:0000:0000:0000:0001]',
  '[::127.0.0.1]',
  '[::7f00:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:0:127.0.0.1]',
  '[::ffff:10.0.0.1]',
  '[::ffff:169.254.169.254]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::a9fe:a9fe]',
  '[64:ff9b:1::a00:1]',
  '[100::1]',
  '[2001::1]',
  '[2001:0:7f00:1::]',
  '[2001:db8::1]',
  '[2001:10::1]',
  '[2002:7f00:1::]',
  '[2002:a00:1::1]',
  '[2002:c0a8:101::]',
  '[3fff::1]',
  '[5f00::1]',
  '[fc00::1]',
  '[fd00::1]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
  '[ff0e::1]',
  '[::ffff:0a00:0001]',
]

/** What a name may resolve to. */
const addresses = [
  '127.0.0.1',
  '10.1.2.3',
  '169.254.169.254',
  '192.168.1.1',
  '100.100.100.100',
  '0.0.0.0',
  '::1',
  '::',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::7f00:1',
  'fe80::1%lo',
  'fd12::1',
  '2002:7f00:1::',
  'nonsense',
  '',
]

describe('fetching a file', { concurrency: false }, () => {
  let trap: FileHost
  before(async () => {
    trap = await startFileHost()
  })
  after(async () => {
    await trap[Symbol.asyncDispose]()
  })

  const fetcher = (network: Partial<Network>, hosts: readonly string[] = ['*', '*.*', '*.*.*', '*.*.*.*']): FetchFile =>
    createFetchFile({ hosts, network: { ...trap.network, isPublic: publicInternet.isPublic, ...network } })
  const load = async (fetchFile: FetchFile, link: string, maxBytes = 1000): Promise<string> => {
    const { stream } = await fetchFile(link, {
      maxBytes,
      tooLarge: () => new Refusal('file_too_large', { why: 'too large' }),
      signal: new AbortController().signal,
    })
    return Buffer.concat((await stream.toArray()) as Buffer[]).toString()
  }
  const isRefused = (error: unknown): boolean => error instanceof Refusal && error.code === 'file_not_fetched'

  test(`a trap sees nothing of ${literals.length} spellings of addresses, nor of names that lead to them`, async () => {
    const seen = trap.connections()
    assert.ok(literals.length >= 80)
    for (const host of literals) await assert.rejects(load(fetcher({}), `https://${host}/latest/meta-data`), isRefused, host)
    // Literals are refused by their address even where every host is allowed, colons included.
    for (const host of literals.filter((each) => each.startsWith('['))) assert.ok(!isPublicAddress(host.slice(1, -1)), host)
    for (const address of addresses)
      for (const resolved of [[address], ['93.184.216.34', address], [address, '2606:2800:220:1::1']])
        await assert.rejects(
          load(fetcher({ resolve: () => Promise.resolve(resolved) }), `https://${fileHostName}/x`),
          isRefused,
          resolved.join(),
        )
    assert.equal(trap.connections(), seen)
  })

  test('without the check of addresses the trap would be reached', async () => {
    const seen = trap.connections()
    for (const host of ['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.0.0.1'])
      await load(fetcher({ isPublic: () => true }), `https://${host}/x`).catch(() => {})
    assert.equal(trap.connections(), seen + 5)
  })

  test('an address of the internet is public, and one beside a special range too', () => {
    for (const address of [
      '8.8.8.8',
      '1.1.1.1',
      '93.184.216.34',
      '100.63.255.255',
      '100.128.0.0',
      '172.15.255.255',
      '172.32.0.0',
      '198.17.255.255',
      '198.20.0.0',
      '223.255.255.255',
      '2606:2800:220:1:248:1893:25c8:1946',
      '2a00:1450:4001::200e',
    ])
      assert.ok(isPublicAddress(address), address)
  })

  const links: readonly (readonly [string, string])[] = [
    ['plain http', `http://${fileHostName}/x`],
    ['another scheme', 'file:///etc/passwd'],
    ['data', 'data:text/plain,x'],
    ['no URL', 'files'],
    ['nothing', ''],
    ['a user', `https://user@${fileHostName}/x`],
    ['a password', `https://user:secret@${fileHostName}/x`],
    ['an allowed host as user', `https://${fileHostName}@127.0.0.1/x`],
    ['a port', `https://${fileHostName}:8443/x`],
    ['a backslash', `https://evil.example\\@${fileHostName}/x`],
    ['a tab', `https://${fileHostName}/\tx`],
    ['a line end', `https://${fileHostName}/x\r\nHost: evil`],
    ['a space before it', ` https://${fileHostName}/x`],
    ['another host', 'https://evil.example/x'],
    ['an allowed host below another', `https://${fileHostName}.evil.example/x`],
    ['a dot at its end', `https://${fileHostName}./x`],
    ['a name with an allowed end', 'https://evil-oaiusercontent.com/x'],
    ['two labels for one star', 'https://a.b.oaiusercontent.com/x'],
    ['an account that only begins so', 'https://oaidalleapiprod.evil.example/x'],
    ['localhost', 'https://localhost/x'],
  ]
  for (const [what, link] of links) {
    test(`a link with ${what} is refused unasked`, async () => {
      const seen = trap.connections()
      await assert.rejects(
        load(fetcher({ isPublic: () => true }, ['*.oaiusercontent.com', 'oaidalleapiprod*.blob.core.windows.net']), link),
        isRefused,
      )
      assert.equal(trap.connections(), seen)
    })
  }

  test('a file comes over https by its name, with no header that tells of anybody', async () => {
    trap.requests.length = 0
    assert.equal(await load(fetcher({ isPublic: () => true }), `https://${fileHostName}/a/b?sig=c%2Fd`), 'a file of the conversation')
    assert.equal(trap.requests[0]?.url, '/a/b?sig=c%2Fd')
    assert.deepEqual(trap.requests[0]?.headers, { host: fileHostName, accept: '*/*', 'accept-encoding': 'identity', connection: 'close' })
  })

  test('a certificate for another name is not trusted', async () => {
    trap.requests.length = 0
    await assert.rejects(load(fetcher({ isPublic: () => true }), 'https://other.oaiusercontent.com/x'), isRefused)
    assert.equal(trap.requests.length, 0)
  })

  test('nothing is followed, and nothing but 200 is taken', async () => {
    for (const status of [204, 206, 301, 302, 303, 307, 308, 401, 404, 500]) {
      trap.requests.length = 0
      trap.answer((_, outgoing) => outgoing.writeHead(status, { location: `https://${fileHostName}/elsewhere` }).end())
      await assert.rejects(load(fetcher({ isPublic: () => true }), `https://${fileHostName}/x`), {
        message: `Failed to download file (HTTP ${status})`,
      })
      assert.equal(trap.requests.length, 1)
    }
  })

  test('a file that is too large is given up, announced or not', async () => {
    trap.answer((_, outgoing) => outgoing.writeHead(200, { 'content-length': '2000' }).end(Buffer.alloc(2000)))
    await assert.rejects(load(fetcher({ isPublic: () => true }), `https://${fileHostName}/x`), { code: 'file_too_large' })
    trap.answer((_, outgoing) => {
      outgoing.write(Buffer.alloc(600))
      outgoing.end(Buffer.alloc(600))
    })
    await assert.rejects(load(fetcher({ isPublic: () => true }), `https://${fileHostName}/x`), { code: 'file_too_large' })
  })

  test('a file that comes encoded, or breaks off, is refused', async () => {
    trap.answer((_, outgoing) => outgoing.writeHead(200, { 'content-encoding': 'gzip' }).end('x'))
    await assert.rejects(load(fetcher({ isPublic: () => true }), `https://${fileHostName}/x`), isRefused)
    trap.answer((_, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '100' }).write('x')
      setTimeout(() => outgoing.destroy(), 20)
    })
    await assert.rejects(load(fetcher({ isPublic: () => true }), `https://${fileHostName}/x`))
  })
})
