// What is wrong with a file that somebody wrote: a script, a seed.

/** One problem a line: `script.yaml line 7, rules[1].reply: …`. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError'
}
