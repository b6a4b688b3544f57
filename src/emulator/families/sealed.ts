// `encrypted_content`: what clients carry for the model without being able to read it. Ours is only encoded, and looks like theirs.

const prefix = 'gAAAAAB'

export const seal = (text: string): string => prefix + Buffer.from(text).toString('base64url')

/** What was sealed here; of somebody else's, nothing can be known. */
export const readSealed = (content: unknown): string =>
  typeof content === 'string' && content.startsWith(prefix) ? Buffer.from(content.slice(prefix.length), 'base64url').toString('utf8') : ''
