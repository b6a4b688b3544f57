// Somebody else's decoder, where the machine has one: media of the emulator are decoded with it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0

/**
 * What ffmpeg makes of a file, in the form that `output` names. Throws where it has anything to complain about.
 * @example decodedBy(mp3, 'mp3', ['-f', 's16le'])
 */
export function decodedBy(bytes: Uint8Array, extension: string, output: readonly string[]): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'relay-ffmpeg-'))
  try {
    const path = join(directory, `media.${extension}`)
    writeFileSync(path, bytes)
    const { stdout, stderr, status } = spawnSync('ffmpeg', ['-v', 'error', '-i', path, ...output, '-'], { maxBuffer: 1 << 30 })
    if (status !== 0 || stderr.length > 0) throw new Error(`ffmpeg: ${stderr.toString()}`)
    return stdout
  } finally {
    rmSync(directory, { recursive: true })
  }
}
