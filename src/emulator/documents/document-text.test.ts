import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync, deflateSync } from 'node:zlib'
import { textOfDocument } from './document-text.ts'

const textOf = (filename: string, content: string | Buffer): string => {
  const read = textOfDocument(filename, Buffer.from(content))
  return 'text' in read ? read.text : `${read.problem.code}: ${read.problem.message}`
}

/** A PDF of these objects; a pair is a dictionary and its stream, which is deflated. */
function pdf(...objects: readonly (string | readonly [dictionary: string, stream: string])[]): Buffer {
  const parts = objects.map((object, index) => {
    if (typeof object === 'string') return Buffer.from(`${index + 1} 0 obj\n${object}\nendobj\n`)
    const stream = deflateSync(object[1])
    const head = `${index + 1} 0 obj\n<< ${object[0]} /Filter /FlateDecode /Length ${stream.length} >>\nstream\n`
    return Buffer.concat([Buffer.from(head), stream, Buffer.from('\nendstream\nendobj\n')])
  })
  return Buffer.concat([Buffer.from('%PDF-1.7\n'), ...parts, Buffer.from('trailer << >>\n%%EOF')])
}

/** A zip archive; every other member is deflated. Checksums are left out: nobody looks at them here. */
function zip(members: Readonly<Record<string, string>>): Buffer {
  const files: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const [index, [name, content]] of Object.entries(members).entries()) {
    const data = index % 2 === 0 ? deflateRawSync(content) : Buffer.from(content)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(index % 2 === 0 ? 8 : 0, 4)
    common.writeUInt32LE(data.length, 14)
    common.writeUInt32LE(Buffer.byteLength(content), 18)
    common.writeUInt16LE(Buffer.byteLength(name), 22)
    const place = Buffer.alloc(14)
    place.writeUInt32LE(at, 10)
    const file = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), data])
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\0\0'), common, place, Buffer.from(name)]))
    files.push(file)
    at += file.length
  }
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...files, ...directory, end])
}

test('plain text is taken as it is, in UTF-8 and UTF-16', () => {
  assert.equal(textOf('a.txt', 'Grüße'), 'Grüße')
  assert.equal(textOf('a.MD', Buffer.from('\ufeffGrüße', 'utf16le')), 'Grüße')
})

test('markup is left out of HTML', () => {
  const html = '<head><style>p{}</style><title>A</title></head><p>One &amp; two<br>three</p><script>x()</script>'
  assert.equal(textOf('a.html', html), 'A\nOne & two\nthree')
})

test('Word and PowerPoint files give their paragraphs, slides in order', () => {
  const word = zip({
    '[Content_Types].xml': '<Types/>',
    'word/document.xml':
      '<w:p><w:r><w:t>Red </w:t></w:r><w:r><w:t xml:space="preserve">apples</w:t></w:r></w:p><w:p><w:t>A &lt; B</w:t></w:p>',
  })
  assert.equal(textOf('a.docx', word), 'Red apples\nA < B')
  const slides = zip({
    'ppt/slides/slide10.xml': '<a:p><a:t>ten</a:t></a:p>',
    'ppt/slides/slide2.xml': '<a:p><a:t>two</a:t></a:p>',
  })
  assert.equal(textOf('a.pptx', slides), 'two\n\nten')
})

test('a PDF gives the text of its content streams', () => {
  const file = pdf('<< /Type /Catalog >>', [
    '',
    String.raw`BT /F1 12 Tf 72 700 Td (Hello \(big\) ) Tj [(w) 20 (orld) -300 (again)] TJ 0 -14 Td (Gr\374\337e) Tj T* <4142> Tj ET`,
  ])
  assert.equal(textOf('a.pdf', file), 'Hello (big) world again\nGrüße\nAB')
})

test('fonts with codes of their own are read through their maps, also where objects are packed', () => {
  const map =
    'begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfchar <0003> <0020> endbfchar 2 beginbfrange <0010> <0012> <0061> <0020> <0021> [<0078> <0079007A>] endbfrange endcmap'
  const packed = '5 0 6 40 '
  const inner = `${'<< /Type /Font /ToUnicode 2 0 R >>'.padEnd(40)}<< /Font << /F7 5 0 R >> >>`
  const file = pdf(
    '<< /Type /Catalog >>',
    ['', map],
    [`/Type /ObjStm /N 2 /First ${packed.length}`, packed + inner],
    ['', 'BT /F7 9 Tf <001000110012000300200021> Tj ET'],
  )
  assert.equal(textOf('a.pdf', file), 'abc xyz')
})

test('what cannot be read says why', () => {
  assert.equal(textOf('a.csv', 'a,b'), 'unsupported_file: The file type is not supported.')
  assert.equal(textOf('noextension', 'a'), 'unsupported_file: The file type is not supported.')
  assert.equal(textOf('a.txt', Buffer.from([0xff, 0x00, 0x9c])), 'unsupported_file: The file type is not supported.')
  assert.equal(textOf('a.txt', ''), 'invalid_file: The file could not be parsed because it is empty.')
  assert.equal(textOf('a.txt', ' \n'), 'invalid_file: The file could not be parsed because it is empty.')
  assert.equal(textOf('a.pdf', 'no pdf'), 'invalid_file: The file could not be parsed.')
  assert.equal(textOf('a.pdf', pdf('<< /Type /Catalog >>')), 'invalid_file: The file could not be parsed.')
  assert.equal(textOf('a.docx', 'PK no zip'), 'invalid_file: The file could not be parsed.')
  assert.equal(textOf('a.txt', 'word '.repeat(4_000_001)), 'invalid_file: The file could not be parsed because it is too large.')
})
