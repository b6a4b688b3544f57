// A bar chart as a picture of plain squares.
import type { Mosaic } from '../../../media/mosaic.ts'

const cellSize = 16
const rows = 16
/** Each bar is two squares wide, with one between two bars. */
const barColumns = 3

const white = { red: 255, green: 255, blue: 255, alpha: 255 }
const blue = { red: 31, green: 119, blue: 180, alpha: 255 }

/** Bars in proportion to the values; none are below zero. */
export function chartOf(values: readonly number[]): Mosaic {
  const columns = values.length * barColumns + 1
  const cells = new Uint8Array(columns * rows)
  const highest = Math.max(1, ...values)
  for (const [bar, value] of values.entries()) {
    const height = Math.round((Math.max(0, value) / highest) * (rows - 2))
    for (let row = rows - 1 - height; row < rows - 1; row++)
      for (const offset of [1, 2]) cells[row * columns + bar * barColumns + offset] = 1
  }
  return { width: columns * cellSize, height: rows * cellSize, cellSize, columns, rows, palette: [white, blue], cells }
}
