#!/usr/bin/env bash
# Runs the unmodified official clients against a freshly started server.
#   run.sh [--store sqlite|postgres|both | --cluster] [--client node6|node5|browser|wire|all] [--only TEXT] [--long]
# --cluster starts 3 silos, 2 fronts and 2 payer gateways on one PostgreSQL instead, and spreads the clients over them.
# XMTP_ORLEANS_SILO names a server program to test instead of building one. Results and server logs: artifacts/sdk.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)

if ! command -v node >/dev/null; then
  echo "Node.js is not installed"
  [ "${CI:-}" = true ] && { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi

if ! (cd "$here" && npm ls --all >/dev/null 2>&1); then
  (cd "$here" && npm ci --no-audit --no-fund --loglevel=error)
fi

silo=${XMTP_ORLEANS_SILO:-}
if [ -z "$silo" ]; then
  dotnet build "$repository/src/Silo" -c Release -v q --nologo
  silo=$repository/artifacts/bin/XmtpOrleans.Silo/release/XmtpOrleans.Silo
fi

exec node "$here/run.mjs" --silo "$silo" --results "$repository/artifacts/sdk" "$@"
