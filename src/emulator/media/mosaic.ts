// What every picture of the emulator shows: a mosaic of plain squares, made from the prompt. Squares begin and end on multiples of
// 16 pixels, where the blocks of JPEG and H.264 do, so that each encoder writes one value a block and stays small and fast.
import { createSeries } from './series.ts'
import type { Series } from './series.ts'

export type Color = { readonly red: number; readonly green: number; readonly blue: number; readonly alpha: number }

export type Mosaic = {
  readonly width: number
  readonly height: number
  /** Side of a square, a multiple of 16; squares at the right and lower edge may be cut off. */
  readonly cellSize: number
  readonly columns: number
  readonly rows: number
  /** The first color is the background. At most 16, on a sheet 256. */
  readonly palette: readonly Color[]
  /** Index into the palette, row by row. */
  readonly cells: Uint8Array
}

export type MosaicOptions = {
  readonly seed: string
  readonly width: number
  readonly height: number
  readonly isTransparent?: boolean
}

/** Squares along the longer side, more or less. */
const cellsAlong = 16
const blockSize = 16
const inks = 7

export function createMosaic({ seed, width, height, isTransparent = false }: MosaicOptions): Mosaic {
  const next = createSeries(seed)
  const cellSize = blockSize * Math.max(1, Math.ceil(Math.max(width, height) / cellsAlong / blockSize))
  const columns = Math.ceil(width / cellSize)
  const rows = Math.ceil(height / cellSize)
  const cells = new Uint8Array(columns * rows)
  // Left and right mirror each other: two prompts are told apart at a glance.
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < Math.ceil(columns / 2); column++) {
      const ink = next(100) < 40 ? 0 : 1 + next(inks)
      cells[row * columns + column] = ink
      cells[row * columns + columns - 1 - column] = ink
    }
  }
  return { width, height, cellSize, columns, rows, palette: createPalette(next, isTransparent), cells }
}

/** The same picture seen from further away: every `factor` squares become one. */
export function coarsen(mosaic: Mosaic, factor: number): Mosaic {
  const cells = mosaic.cells.map((_, index) => {
    const column = index % mosaic.columns
    const row = (index - column) / mosaic.columns
    return mosaic.cells[(row - (row % factor)) * mosaic.columns + column - (column % factor)] ?? 0
  })
  return { ...mosaic, cells }
}

/** The picture with its squares moved down by some rows; what leaves at the bottom comes in at the top. */
export function scroll(mosaic: Mosaic, byRows: number): Mosaic {
  const away = (byRows % mosaic.rows) * mosaic.columns
  const cells = mosaic.cells.map((_, index) => mosaic.cells[(index - away + mosaic.cells.length) % mosaic.cells.length] ?? 0)
  return { ...mosaic, cells }
}

/** Pictures of one size side by side, a block of pixels for each of their squares: a contact sheet. */
export function sheetOf(pictures: readonly Mosaic[], across: number): Mosaic {
  const { columns = 1, rows = 1 } = pictures[0] ?? {}
  const wide = columns * Math.min(across, pictures.length)
  const high = rows * Math.ceil(pictures.length / across)
  // Every picture has a palette of its own, and the sheet only one: what does not fit in takes the nearest color.
  const palette: Color[] = []
  const cells = new Uint8Array(wide * high)
  for (const [index, picture] of pictures.entries()) {
    const inkOf = picture.palette.map((color) => indexIn(palette, color))
    for (const [at, cell] of picture.cells.entries()) {
      const column = (index % across) * columns + (at % columns)
      const row = Math.floor(index / across) * rows + Math.floor(at / columns)
      cells[row * wide + column] = inkOf[cell] ?? 0
    }
  }
  return { width: wide * blockSize, height: high * blockSize, cellSize: blockSize, columns: wide, rows: high, palette, cells }
}

function indexIn(palette: Color[], color: Color): number {
  const distances = palette.map((each) => (each.red - color.red) ** 2 + (each.green - color.green) ** 2 + (each.blue - color.blue) ** 2)
  const nearest = distances.indexOf(Math.min(...distances))
  return distances[nearest] === 0 || palette.length === 256 ? nearest : palette.push(color) - 1
}

function createPalette(next: Series, isTransparent: boolean): Color[] {
  const hue = next(360)
  const background = isTransparent ? { red: 0, green: 0, blue: 0, alpha: 0 } : colorOf(hue, 0.35, 0.88 + next(8) / 100)
  return [background, ...Array.from({ length: inks }, () => colorOf(hue + next(140), 0.45 + next(40) / 100, 0.3 + next(40) / 100))]
}

/** Hue in degrees, saturation and lightness from 0 to 1 (CSS Color 4, 7.1). */
function colorOf(hue: number, saturation: number, lightness: number): Color {
  const channel = (offset: number): number => {
    const at = (offset + hue / 30) % 12
    const part = saturation * Math.min(lightness, 1 - lightness)
    return Math.round(255 * (lightness - part * Math.max(-1, Math.min(at - 3, 9 - at, 1))))
  }
  return { red: channel(0), green: channel(8), blue: channel(4), alpha: 255 }
}
