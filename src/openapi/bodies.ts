// What a body needs, one line a row: the top-level fields, compact. `name` is required, `name?` is not; a type follows a
// colon (text where there is none): integer, number, boolean, object, file, any, 'a'|'b', string|object[]. Extra fields pass:
// the upstream decides. Total over the rows with a body, kind by kind: a row without its fields does not compile.
import type { catalog } from '../catalog/index.ts'

type Row = (typeof catalog)[number]
type WithBody = Exclude<Row, { readonly request: readonly [] }>

type Bodies = { readonly [Each in WithBody as Each['id']]: { readonly [Kind in Each['request'][number]]: string } }

export const bodies = {
  'responses.create': {
    json: `
      metadata?:object top_logprobs?:integer temperature?:number top_p?:number user? safety_identifier? prompt_cache_key?
      prompt_cache_retention?:'in_memory'|'24h' prompt_cache_options?:object previous_response_id? model? background?:boolean
      max_tool_calls?:integer text?:object tools?:object[] tool_choice?:string|object prompt?:object
      service_tier?:'auto'|'default'|'flex'|'scale'|'priority'|'fast'|'ultrafast' truncation?:'auto'|'disabled' reasoning?:object
      input?:string|object[] include?:string[] parallel_tool_calls?:boolean store?:boolean instructions? moderation?:object
      stream?:boolean stream_options?:object conversation?:string|object context_management?:object[] max_output_tokens?:integer`,
  },
  'responses.compact': {
    json: `
      model input?:string|object[] previous_response_id? instructions? prompt_cache_key? prompt_cache_retention?:'in_memory'|'24h'
      prompt_cache_options?:object service_tier?:'auto'|'default'|'fast'|'flex'|'priority'`,
  },
  'responses.input_tokens': {
    json: `
      model? input?:string|object[] previous_response_id? tools?:object[] text?:object reasoning?:object truncation?:'auto'|'disabled'
      instructions? personality? conversation?:string|object tool_choice?:string|object parallel_tool_calls?:boolean`,
  },
  'responses.cancel': { json: '' },
  'conversations.create': { json: 'metadata?:object items?:object[]' },
  'conversations.update': { json: 'metadata:object' },
  'conversations.items.create': { json: 'items:object[]' },
  'chat.completions.create': {
    json: `
      messages:object[] model metadata?:object top_logprobs?:integer temperature?:number top_p?:number user? safety_identifier?
      prompt_cache_key? prompt_cache_retention?:'in_memory'|'24h' prompt_cache_options?:object
      service_tier?:'auto'|'default'|'flex'|'scale'|'priority'|'fast' modalities?:string[] verbosity?:'low'|'medium'|'high'
      reasoning_effort?:'none'|'minimal'|'low'|'medium'|'high'|'xhigh'|'max' max_completion_tokens?:integer frequency_penalty?:number
      presence_penalty?:number web_search_options?:object response_format?:object audio?:object store?:boolean moderation?:object
      stream?:boolean stop?:string|string[] logit_bias?:object logprobs?:boolean max_tokens?:integer n?:integer prediction?:object
      seed?:integer stream_options?:object tools?:object[] tool_choice?:string|object parallel_tool_calls?:boolean
      function_call?:string|object functions?:object[]`,
  },
  'chat.completions.update': { json: 'metadata:object' },
  'completions.create': {
    json: `
      model prompt:string|string[]|integer[]|integer[][] best_of?:integer echo?:boolean frequency_penalty?:number logit_bias?:object
      logprobs?:integer max_tokens?:integer n?:integer presence_penalty?:number seed?:integer stop?:string|string[] stream?:boolean
      stream_options?:object suffix? temperature?:number top_p?:number user?`,
  },
  'embeddings.create': {
    json: `input:string|string[]|integer[]|integer[][] model encoding_format?:'float'|'base64' dimensions?:integer user?`,
  },
  'moderations.create': { json: 'input:string|string[]|object[] model?' },
  'images.edit': {
    multipart: `
      image:file|file[] prompt mask?:file background?:'transparent'|'opaque'|'auto' model? n?:integer size?
      response_format?:'url'|'b64_json' output_format?:'png'|'jpeg'|'webp' output_compression?:integer user?
      input_fidelity?:'high'|'low' stream?:boolean partial_images?:integer quality?:'standard'|'low'|'medium'|'high'|'auto'`,
    json: `
      images:object[] prompt model? mask?:object n?:integer quality?:'low'|'medium'|'high'|'auto' input_fidelity?:'high'|'low'
      size?:'auto'|'1024x1024'|'1536x1024'|'1024x1536' user? output_format?:'png'|'jpeg'|'webp' output_compression?:integer
      moderation?:'low'|'auto' background?:'transparent'|'opaque'|'auto' stream?:boolean partial_images?:integer`,
  },
  'images.generate': {
    json: `
      prompt model? n?:integer quality?:'standard'|'hd'|'low'|'medium'|'high'|'auto' response_format?:'url'|'b64_json'
      output_format?:'png'|'jpeg'|'webp' output_compression?:integer stream?:boolean partial_images?:integer size?
      moderation?:'low'|'auto' background?:'transparent'|'opaque'|'auto' style?:'vivid'|'natural' user?`,
  },
  'images.variation': {
    multipart: `image:file model? n?:integer response_format?:'url'|'b64_json' size?:'256x256'|'512x512'|'1024x1024' user?`,
  },
  'audio.speech.create': {
    json: `
      model input voice:string|object instructions? response_format?:'mp3'|'opus'|'aac'|'flac'|'wav'|'pcm' speed?:number
      stream_format?:'sse'|'audio'`,
  },
  'audio.transcriptions.create': {
    multipart: `
      file:file model language? languages?:string[] keywords?:string[] prompt?
      response_format?:'json'|'text'|'srt'|'verbose_json'|'vtt'|'diarized_json' temperature?:number include?:string[]
      timestamp_granularities?:string[] stream?:boolean chunking_strategy?:string|object known_speaker_names?:string[]
      known_speaker_references?:string[]`,
  },
  'audio.translations.create': {
    multipart: `file:file model prompt? response_format?:'json'|'text'|'srt'|'verbose_json'|'vtt' temperature?:number`,
  },
  'audio.voice_consents.create': { multipart: 'name recording:file language' },
  'audio.voice_consents.update': { json: 'name' },
  'audio.voices.create': { multipart: 'name audio_sample:file consent' },
  'videos.create': {
    multipart: `prompt model? input_reference?:file|object seconds?:'4'|'8'|'12' size?:'720x1280'|'1280x720'|'1024x1792'|'1792x1024'`,
    json: `prompt model? input_reference?:object seconds?:'4'|'8'|'12' size?:'720x1280'|'1280x720'|'1024x1792'|'1792x1024'`,
  },
  'videos.characters.create': { multipart: 'video:file name' },
  'videos.edit': { multipart: 'video:file|object prompt', json: 'video:object prompt' },
  'videos.extend': { multipart: `video:object|file prompt seconds:'4'|'8'|'12'`, json: `video:object prompt seconds:'4'|'8'|'12'` },
  'videos.remix': { multipart: 'prompt', json: 'prompt' },
  'files.create': { multipart: `file:file purpose:'assistants'|'batch'|'fine-tune'|'vision'|'user_data'|'evals' expires_after?:object` },
  'uploads.create': { json: `filename purpose:'assistants'|'batch'|'fine-tune'|'vision' bytes:integer mime_type expires_after?:object` },
  'uploads.cancel': { json: '' },
  'uploads.complete': { json: 'part_ids:string[] md5?' },
  'uploads.parts.create': { multipart: 'data:file' },
  'batches.create': {
    json: `
      input_file_id
      endpoint:'/v1/responses'|'/v1/chat/completions'|'/v1/embeddings'|'/v1/completions'|'/v1/moderations'|'/v1/images/generations'|'/v1/images/edits'|'/v1/videos'
      completion_window:'24h' metadata?:object output_expires_after?:object`,
  },
  'batches.cancel': { json: '' },
  'vector_stores.create': {
    json: 'file_ids?:string[] name? description? expires_after?:object chunking_strategy?:object metadata?:object',
  },
  'vector_stores.update': { json: 'name? expires_after?:any metadata?:object' },
  'vector_stores.file_batches.create': { json: 'file_ids?:string[] files?:object[] chunking_strategy?:object attributes?:object' },
  'vector_stores.file_batches.cancel': { json: '' },
  'vector_stores.files.create': { json: 'file_id chunking_strategy?:object attributes?:object' },
  'vector_stores.files.update': { json: 'attributes:object' },
  'vector_stores.search': {
    json: 'query:string|string[] rewrite_query?:boolean max_num_results?:integer filters?:object ranking_options?:object',
  },
  'containers.create': {
    json: `name file_ids?:string[] expires_after?:object skills?:object[] memory_limit?:'1g'|'4g'|'16g'|'64g' network_policy?:object`,
  },
  'containers.files.create': { json: 'file_id?', multipart: 'file_id? file?:file' },
  'skills.create': { multipart: 'files:file[]|file', json: '' },
  'skills.update': { json: 'default_version' },
  'skills.versions.create': { multipart: 'files:file[]|file default?:boolean', json: 'default?:boolean' },
  'fine_tuning.alpha.graders.run': { json: 'grader:object model_sample item?:object' },
  'fine_tuning.alpha.graders.validate': { json: 'grader:object' },
  'fine_tuning.checkpoints.permissions.create': { json: 'project_ids:string[]' },
  'fine_tuning.jobs.create': {
    json: `
      model training_file hyperparameters?:object suffix? validation_file? integrations?:object[] seed?:integer method?:object
      metadata?:object`,
  },
  'fine_tuning.jobs.cancel': { json: '' },
  'fine_tuning.jobs.pause': { json: '' },
  'fine_tuning.jobs.resume': { json: '' },
  'evals.create': { json: 'data_source_config:object testing_criteria:object[] name? metadata?:object' },
  'evals.update': { json: 'name? metadata?:object' },
  'evals.runs.create': { json: 'data_source:object name? metadata?:object' },
  'evals.runs.update': { json: '' },
  'evals.runs.cancel': { json: '' },
  'realtime.calls.create': { multipart: 'sdp session?:object', sdp: '' },
  'realtime.calls.accept': {
    json: `
      type:'realtime' output_modalities?:string[] model? instructions? audio?:object include?:string[] tracing?:string|object
      tools?:object[] tool_choice?:string|object parallel_tool_calls?:boolean reasoning?:object max_output_tokens?:integer|string
      truncation?:string|object prompt?:object`,
  },
  'realtime.calls.hangup': { json: '' },
  'realtime.calls.refer': { json: 'target_uri' },
  'realtime.calls.reject': { json: 'status_code?:integer' },
  'realtime.client_secrets.create': { json: 'expires_after?:object session?:object' },
  'realtime.sessions.create': {
    json: `
      model? modalities?:string[] instructions? voice?:string|object input_audio_format? output_audio_format?
      input_audio_transcription?:object speed?:number tracing?:string|object turn_detection?:object tools?:object[] tool_choice?
      temperature?:number max_response_output_tokens?:integer|string truncation?:string|object prompt?:object`,
  },
  'realtime.transcription_sessions.create': {
    json: `
      turn_detection?:object input_audio_noise_reduction?:object input_audio_format?:'pcm16'|'g711_ulaw'|'g711_alaw'
      input_audio_transcription?:object include?:string[]`,
  },
  'realtime.translations.client_secrets.create': { json: 'session:object expires_after?:object' },
  'live.sessions.create': { json: 'session:object transport:object' },
  'live.sessions.accept': { json: 'session:object' },
  'live.sessions.fork': { json: 'transport:object session?:object' },
  'live.sessions.hangup': { json: '' },
  'live.sessions.refer': { json: 'target_uri' },
  'live.sessions.reject': { json: 'status_code:integer' },
  'agents.create': {
    json: `
      model compaction?:object experimental?:object instructions? metadata?:object multi_agent?:object name? reasoning?:object
      service_tier?:'auto'|'default'|'flex'|'priority'|'fast'|'ultrafast' text?:object tools?:object[]`,
  },
  'agents.automations.create': { json: `name target:object type:'periodic'|'once' expression? run_at?:integer timezone? metadata?:object` },
  'agents.automations.update': { json: 'expression? metadata?:object name? run_at?:integer target?:object timezone?' },
  'agents.automations.invocations.create': { json: '' },
  'agents.automations.pause': { json: '' },
  'agents.automations.resume': { json: '' },
  'agents.environments.create': { json: 'environment:object vault_ids?:string[]' },
  'agents.environments.templates.create': {
    json: `
      capability_directories?:string[] desktop?:object env?:object files?:object[] name? network?:object packages?:object
      plugins?:object[] setup_commands?:object[] skills?:object[]`,
  },
  'agents.environments.templates.update': {
    json: `
      capability_directories?:string[] desktop?:object env?:object files?:object[] name? network?:object packages?:object
      plugins?:object[] setup_commands?:object[] skills?:object[]`,
  },
  'agents.environments.files.create': { json: `type:'file_id'|'inline' path? file_id? data?` },
  'agents.sessions.create': {
    json: `
      agent?:object agent_id? environment?:object input?:string|object[] metadata?:object prompt_cache_options?:object
      review?:'none'|'auto_review' spend_control?:object stream?:boolean stream_options?:object vault_ids?:string[]`,
  },
  'agents.sessions.update': {
    json: `agent?:object metadata?:object prompt_cache_options?:object review?:'none'|'auto_review' spend_control?:object`,
  },
  'agents.sessions.events.create': { json: 'events:object[]' },
  'agents.update': {
    json: `
      model? compaction?:object experimental?:object instructions? metadata?:object multi_agent?:object name? reasoning?:object
      service_tier?:'auto'|'default'|'flex'|'priority'|'fast'|'ultrafast' text?:object tools?:object[]`,
  },
  'vaults.create': { json: 'name? metadata?:object' },
  'vaults.update': { json: 'name? metadata?:object' },
  'vaults.credentials.create': { json: 'auth:object name metadata?:object' },
  'vaults.credentials.update': { json: 'auth?:object metadata?:object' },
  'webhook_endpoints.create': { json: 'event_types:string[] name url' },
  'webhook_endpoints.update': { json: 'event_types?:string[] name? url?' },
  'webhook_endpoints.rotate_secret': { json: 'keep_old_secret_active_for_24_hours?:boolean' },
  'webhook_endpoints.test': { json: 'event_type' },
  'content_provenance_checks.create': { multipart: 'file:file' },
  'decisions.create': {
    json: 'input:string|object[] model questions:object[] prompt_cache_key? prompt_cache_options?:object safety_identifier?',
  },
  'chatkit.sessions.create': { json: 'workflow:object user expires_after?:object rate_limits?:object chatkit_configuration?:object' },
  'chatkit.sessions.cancel': { json: '' },
  'assistants.create': {
    json: `
      model name? description? instructions? reasoning_effort?:'none'|'minimal'|'low'|'medium'|'high'|'xhigh'|'max' tools?:object[]
      tool_resources?:object metadata?:object temperature?:number top_p?:number response_format?:string|object`,
  },
  'assistants.update': {
    json: `
      model? reasoning_effort?:'none'|'minimal'|'low'|'medium'|'high'|'xhigh'|'max' name? description? instructions? tools?:object[]
      tool_resources?:object metadata?:object temperature?:number top_p?:number response_format?:string|object`,
  },
  'threads.create': { json: 'messages?:object[] tool_resources?:object metadata?:object' },
  'threads.create_and_run': {
    json: `
      assistant_id thread?:object model? instructions? tools?:object[] tool_resources?:object metadata?:object temperature?:number
      top_p?:number stream?:boolean max_prompt_tokens?:integer max_completion_tokens?:integer truncation_strategy?:any tool_choice?:any
      parallel_tool_calls?:boolean response_format?:string|object`,
  },
  'threads.update': { json: 'tool_resources?:object metadata?:object' },
  'threads.messages.create': { json: `role:'user'|'assistant' content:string|object[] attachments?:object[] metadata?:object` },
  'threads.messages.update': { json: 'metadata?:object' },
  'threads.runs.create': {
    json: `
      assistant_id model? reasoning_effort?:'none'|'minimal'|'low'|'medium'|'high'|'xhigh'|'max' instructions? additional_instructions?
      additional_messages?:object[] tools?:object[] metadata?:object temperature?:number top_p?:number stream?:boolean
      max_prompt_tokens?:integer max_completion_tokens?:integer truncation_strategy?:any tool_choice?:any parallel_tool_calls?:boolean
      response_format?:string|object`,
  },
  'threads.runs.update': { json: 'metadata?:object' },
  'threads.runs.cancel': { json: '' },
  'threads.runs.submit_tool_outputs': { json: 'tool_outputs:object[] stream?:boolean' },
} as const satisfies Bodies
