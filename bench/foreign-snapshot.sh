#!/usr/bin/env bash
# What a snapshot of somebody else (a backup) costs a node on PostgreSQL: appends in a closed loop and reads of the marks at a fixed rate, before
# and at the end of a transaction that holds a REPEATABLE READ snapshot, with 2,000 envelopes a second published in between.
#
# usage: bench/foreign-snapshot.sh NODE DATABASE [SECONDS]
#   NODE      address of the running node, such as 127.0.0.1:5050
#   DATABASE  the node's database, as psql takes it, such as "postgresql://postgres@127.0.0.1:5432/xmtp"
#   SECONDS   how long the snapshot is held, the last measurement included; 600 by default
set -euo pipefail
node=$1
database=$2
held=${3:-600}
load=${LOAD:-$(dirname "$0")/../artifacts/bin/XmtpOrleans.Load/release/XmtpOrleans.Load}
measured=120 # signing beforehand included

measure() {
  echo "== $1"
  "$load" publish --node "$node" --batch 10 --warm-up 5 --duration 30 --runs 1 --expect 28000 | grep -E '^│' | grep -v 'per second'
  "$load" read marks --node "$node" --topics 1 --in-flight 16 --rate 500 --warm-up 3 --duration 20 --runs 1 | grep -E '^│' | grep -v 'per second'
}

"$load" publish --node "$node" --batch 10 --warm-up 10 --duration 5 --runs 1 > /dev/null # warm
measure "before"
psql "$database" -v ON_ERROR_STOP=1 -qAtc "BEGIN ISOLATION LEVEL REPEATABLE READ" -c "SELECT count(*) FROM originator" -c "SELECT pg_sleep($held)" > /dev/null &
snapshot=$!
trap 'kill $snapshot 2> /dev/null || true' EXIT
"$load" publish --node "$node" --batch 10 --rate 200 --warm-up 1 --duration $((held - measured)) --runs 1 | grep -E '^│' | grep -v 'per second'
measure "at the end of $held s of a foreign snapshot"
kill -0 $snapshot 2> /dev/null && echo "the snapshot was held throughout" || { echo "the snapshot ended too early"; exit 1; }
