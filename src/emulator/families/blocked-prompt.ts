// Prompts that OpenAI's safety system would not make a picture or a video of, so that clients can see that happen: by a few words.

const blocked = /\b(?:gore|gory|dismember\w*|decapitat\w*|nude|nudity|porn\w*)\b/i

export const isBlockedPrompt = (prompt: string): boolean => blocked.test(prompt)
