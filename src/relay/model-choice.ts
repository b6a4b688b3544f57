// Tokens that are limited to some models have to name one wherever a request chooses a model: left out, it is the upstream's choice.
import type { Resource } from '../catalog/endpoint.ts'
import type { Caller } from '../identity/caller.ts'
import { Refusal } from '../kernel/errors.ts'

/** Whether what stands there is the model that answers, and not one that only helps. */
export const isChoice = ({ kind, at }: Resource): boolean => kind === 'model' && /^(?:query|(?:body|form)(?:\.session)?)\.model$/.test(at)

export const unnamedModel = (): Refusal => new Refusal('model_not_allowed', { model: 'the upstream chooses', param: 'model' })

/** @throws Refusal where the row chooses a model, the token is limited to some, and none is named */
export function checkNamesModel({ mayUse }: Caller, choosesModel: boolean, mentions: readonly { readonly resource: Resource }[]): void {
  if (mayUse !== null && choosesModel && !mentions.some(({ resource }) => isChoice(resource))) throw unnamedModel()
}
