// What an operation of our own takes, as data: the part of JSON Schema that OpenAPI documents and the check in shape.ts both read.

export type Field = {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array'
  readonly description: string
  readonly enum?: readonly (string | number)[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Field
  readonly minItems?: number
  readonly maxItems?: number
  /** Members of an object; others are let through where `additionalProperties` says so. */
  readonly properties?: Readonly<Record<string, Field>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean
  /** Null stands in an answer where there is none. */
  readonly isNullable?: true
  readonly example?: string | number | boolean | readonly string[]
  /**
   * `openai-file`: declared as text because ChatGPT fills in only such parameters, and sent by it as
   * `{name, id, mime_type, download_link}` (OpenAI, "Sending and returning files with GPT Actions"). Text is the link itself.
   */
  readonly format?: 'openai-file' | 'byte' | 'date-time'
}

/** A JSON object, as the body of a request or an answer. */
export type Shape = {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, Field>>
  readonly required: readonly string[]
  readonly additionalProperties: boolean
}
