// One reading of the request target, and no second one.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../kernel/errors.ts'
import { checkModelId, checkPlainId, parseTarget } from './target.ts'

const isMalformed = (error: unknown): boolean => error instanceof Refusal && error.code === 'malformed_path'

describe('parseTarget', () => {
  it('reads a path with or without /v1 as the same segments, and keeps the query as it was sent', () => {
    assert.deepEqual(parseTarget('/v1/files/file-1?include[]=a&include%5B%5D=b&x=//..'), {
      segments: ['v1', 'files', 'file-1'],
      query: '?include[]=a&include%5B%5D=b&x=//..',
    })
    assert.deepEqual(parseTarget('/chat/completions?'), { segments: ['v1', 'chat', 'completions'], query: '?' })
  })

  it('refuses every spelling that another reader could take for another path', () => {
    const spellings = [
      '',
      '*',
      'v1/files',
      'http://evil/v1/files',
      'https://evil',
      '//evil/v1/files',
      '/./v1/files',
      '/v1/../v1/files',
      '/v1/files/..',
      '/v1/files/.',
      '/v1/files#x',
      '/v1/files?x#y',
      '/v1\\files',
      '/\\evil',
      '/v1/files;a=b',
      '/v1/fi les',
      '/v1/files\t',
      '/v1/files\u00e9',
      '/v1/files\x00',
      '/v1/files?a=\x7f',
      '/v1/%zz',
      '/v1/files%',
      '/v1/files%4',
      '/v1/"files"',
      '/v1/<files>',
      '/v1/{files}',
      '/v1/files|x',
      '/v1/files^x',
      '/v1/files`x',
    ]
    for (const spelling of spellings) assert.throws(() => parseTarget(spelling), isMalformed, JSON.stringify(spelling))
  })

  it('never yields a dot segment, a slash, a backslash or an unprintable character', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('/', '.', '..', 'v1', 'files', '%2e', '%2F', '%5c', '\\', ';', '//', '?', '#', 'é', '\t', 'x'), {
          maxLength: 10,
        }),
        (parts) => {
          try {
            const { segments } = parseTarget(parts.join(''))
            assert.equal(segments[0], 'v1')
            for (const segment of segments) assert.match(segment, /^(?!\.{1,2}$)[^/\\\s;#?]*$/)
          } catch (error) {
            assert.ok(isMalformed(error), String(error))
          }
        },
      ),
    )
  })
})

describe('ids', () => {
  it('a model id may hold an encoded slash, as SDKs send it, and nothing that hides a path', () => {
    for (const id of ['org%2Fname', 'org%2fname', 'a%2Fb%2Fc', 'ft:gpt-4o:org::id', 'name%3Atag', 'name%20x']) checkModelId(id)
    for (const id of [
      '%2Fname',
      'name%2F',
      'a%2F%2Fb',
      '..%2Fb',
      'a%2F..',
      'a%2F%2e%2e%2Fb',
      '%2e%2e',
      '%2E',
      'a%252Fb',
      'a%5Cb',
      'a%5cb',
      'a%00b',
      'a%0d%0ab',
      'a%7f',
      'a%c3%a9',
      'a%ff',
      '..%3b',
      'a%3fb',
      'a%23',
    ])
      assert.throws(() => checkModelId(id), isMalformed, id)
  })

  it('any other id is sent plainly', () => {
    checkPlainId('file-abc_DEF.1~')
    for (const id of ['file%2D1', '%66ile', 'a%2Fb', '%2e%2e']) assert.throws(() => checkPlainId(id), isMalformed, id)
  })
})
