// Web search without a web: one deterministic hit on example.com, cited as the real one cites.
import { newId } from '../../ids.ts'
import type { HostedTool } from './hosted-tool.ts'

export const webSearch: HostedTool = {
  run: ({ asked, include, isForced }) => {
    if (!isForced && !/\b(?:web|internet|online|google|news|latest|search for|look up)\b/i.test(asked)) return null
    const url = `https://example.com/search?q=${encodeURIComponent(asked.slice(0, 80))}`
    const action = {
      type: 'search',
      query: asked,
      queries: [asked],
      ...(include.includes('web_search_call.action.sources') ? { sources: [{ type: 'url', url }] } : {}),
    }
    return {
      items: [{ id: newId('webSearchCall'), type: 'web_search_call', status: 'completed', action }],
      finding: `A page on example.com about: ${asked}`,
      cite: () => [{ type: 'url_citation', start_index: 0, end_index: 0, url, title: 'Example page' }],
    }
  },
}
