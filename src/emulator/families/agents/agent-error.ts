// Refusals of the Agents API.
import { ApiError } from '../../errors.ts'

/** Quirk: what is wrong beyond the form of a request is refused with the type as the code, too; clients look for it. */
export const agentError = (message: string, param: string | null = null, status = 400): ApiError =>
  new ApiError(status, message, { param, code: 'invalid_request_error' })
