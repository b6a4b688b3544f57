// What is wrong with a script, for whoever wrote it.

/** One problem a line: `script.yaml line 7, rules[1].reply: …`. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError'
}
