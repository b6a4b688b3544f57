#!/usr/bin/env bash
# The success gates by the name they had before: RELAY_BASE_URL, RELAY_TOKEN and BATCH_MAX_WAIT_SECONDS say where and how long.
# They spend a little money at a real upstream, so they want to be asked: INTEGRATION_OPENAI_API_KEY=1.
set -euo pipefail
if [ "${INTEGRATION_OPENAI_API_KEY:-}" != "1" ]; then
  echo "The gates call the upstream behind ${RELAY_BASE_URL:-http://127.0.0.1:8000}. Say so with INTEGRATION_OPENAI_API_KEY=1." >&2
  exit 2
fi
exec node "$(dirname "$0")/../bin/relay.mjs" check "$@"
