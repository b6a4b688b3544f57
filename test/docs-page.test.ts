// The reference page in a real browser: it shows every tag, complains of nothing, and asks nobody but the relay.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, test } from 'node:test'
import { chromium, type Browser } from 'playwright-core'
import { fullDocument } from '../src/openapi/document.ts'
import { startWorld } from './harness/world.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path))
const skip = executablePath === undefined ? 'there is no Chromium: install the package `chromium`' : false

/** A browser that asks nothing of its maker while it runs. */
const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    timeout: 120_000,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })

type Seen = { readonly text: string; readonly origins: readonly string[]; readonly complaints: readonly string[] }

/** Opens the page and reads on until `isThere` says so; `spoil` is what a broken page would do. */
async function read(url: string, isThere: (text: string) => boolean, spoil?: string): Promise<Seen> {
  const browser = await openBrowser()
  try {
    const page = await browser.newPage()
    page.setDefaultTimeout(120_000)
    const origins = new Set<string>()
    const complaints: string[] = []
    page.on('request', (request) => origins.add(new URL(request.url()).origin))
    page.on('console', (message) =>
      message.type() === 'error' || message.type() === 'warning' ? complaints.push(message.text()) : undefined,
    )
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${url}/docs`, { waitUntil: 'load' })
    if (spoil !== undefined) await page.evaluate(spoil).catch(() => {})
    const deadline = performance.now() + 90_000
    let text = ''
    while (!isThere((text = await page.evaluate<string>('document.body.innerText'))) && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 250))
    return { text, origins: [...origins].filter((origin) => origin !== 'null'), complaints }
  } finally {
    await browser.close()
  }
}

const tags = (fullDocument('https://relay.test')['tags'] as readonly { readonly name: string }[]).map(({ name }) => name)
const isShown = (text: string, tag: string): boolean => text.split('\n').some((line) => line.trim() === tag)

describe('the reference page', { skip }, () => {
  test('shows every tag, without a complaint and without a request to anybody else', async () => {
    await using world = await startWorld({ upstream: 'emulator' })
    const seen = await read(world.url, (text) => tags.every((tag) => isShown(text, tag)))
    assert.deepEqual(
      tags.filter((tag) => !isShown(seen.text, tag)),
      [],
    )
    assert.deepEqual(seen.complaints, [])
    assert.deepEqual(seen.origins, [world.url])
  })

  test('may reach no other place, and the browser says so when it tries', async () => {
    await using world = await startWorld({ upstream: 'emulator' })
    await using other = await startWorld({ upstream: 'emulator' })
    const seen = await read(world.url, () => true, `fetch('${other.url}/health')`)
    assert.match(seen.complaints.join('\n'), /Content Security Policy/)
  })
})
