// Rules that say where in a JSON document a value is wanted, compiled for json-scan.ts.

/**
 * @property at dotted keys. Arrays are transparent (`tools.file_ids` is every file id of every tool), `*` is one key of any name.
 * @property literals also report true, false, null and numbers
 */
export type JsonRule<Rule> = { readonly at: string; readonly rule: Rule; readonly literals?: boolean }

export type RuleOptions<Rule> = {
  /** Rules for a key at any depth, where no rule of its position is. */
  readonly keys?: ReadonlyMap<string, Rule>
  /** Keys under which `keys` says nothing, at any depth. Rules of positions hold there too. */
  readonly opaque?: ReadonlySet<string>
}

export type CompiledRules<Rule> = { readonly rules: readonly JsonRule<Rule>[] }

export function compileRules<Rule>(rules: readonly JsonRule<Rule>[], _options: RuleOptions<Rule> = {}): CompiledRules<Rule> {
  return { rules }
}
