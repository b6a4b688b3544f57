// The few pieces of Markdown the references are made of.

/** A line that tells a reader, and a diff, not to edit the file. */
export function generated(source: string): string {
  return `<!-- Written by \`npm run generate\` from ${source}. Do not edit. -->\n`
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |\n`).join('')
}

export function code(text: string): string {
  return `\`${text}\``
}

/** Text of ours never spans lines in a table, and a bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`)
}
