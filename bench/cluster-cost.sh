#!/usr/bin/env bash
# What a cluster costs beside one process, all on a PostgreSQL that this script starts and takes away: one process, one silo, and three silos over which
# the load is spread. Prints what each did in a second and what it took of a processor; PostgreSQL and the generator are counted apart.
#
# usage: bench/cluster-cost.sh [load|idle|marks|roles|streams|grains]...    the first three without arguments
#   load    publishes, ten to a request, as fast as they are answered and 400 requests a second; queries of 2,000 topics as fast as they are answered
#   idle    processor time and memory of every process that has nothing to do, 30 s after the start
#   marks   statements a second in the database at 1,000 to 30,000 queries a second: a process shares one read of the marks among all that wait for it
#   roles   a silo, a front and a payer gateway: processor time and memory of each while a client publishes through the gateway, and through the front
#   streams what 100,000 idle streams over two fronts take, 250 to a connection (STREAMS=100000)
#   grains  the grains of three silos beside RPC (`XmtpOrleans.Load grains`)
# environment: LAYOUTS="one silo silos" (which to run), SECONDS_EACH=12 (of each measurement), WARM_UP=8, RESULTS=FOLDER (keeps the JSON and HTML)
# before: dotnet build -c Release bench/Load
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
load=$root/artifacts/bin/XmtpOrleans.Load/release/XmtpOrleans.Load
silo=$root/artifacts/bin/XmtpOrleans.Silo/release/XmtpOrleans.Silo
seconds=${SECONDS_EACH:-12}
warm=${WARM_UP:-8}
layouts=${LAYOUTS:-one silo silos}
parts=${*:-load idle marks}
base=${PORT:-21400}
[ -x "$load" ] && [ -x "$silo" ] || { echo "build first: dotnet build -c Release bench/Load"; exit 2; }
binaries=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -1)
[ -n "$binaries" ] || binaries=$(dirname "$(command -v initdb || echo /)")
[ -x "$binaries/initdb" ] || { echo "PostgreSQL's server is needed: neither /usr/lib/postgresql/*/bin/initdb nor initdb in PATH"; exit 2; }

folder=$(mktemp -d)
results=${RESULTS:-$folder/results}
mkdir -p "$results"
pids=()
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi; }
stop() {
  [ ${#pids[@]} = 0 ] || { kill "${pids[@]}" 2> /dev/null; wait "${pids[@]}" 2> /dev/null; } || true
  pids=()
}
finish() {
  stop
  [ -z "${postmaster:-}" ] || { kill -INT "$postmaster" && wait; } || true
  rm -rf "$folder"
}
trap finish EXIT
export Drain__Delay=00:00:00 Rpc__DrainTime=00:00:01 # nobody is left to be told

mkdir "$folder/pg"
chmod 711 "$folder"
[ "$(id -u)" != 0 ] || chown postgres "$folder/pg"
as "$binaries/initdb" -D "$folder/pg" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync > /dev/null
cat >> "$folder/pg/postgresql.conf" << END
listen_addresses = '127.0.0.1'
port = $base
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
max_wal_size = 4GB
END
as "$binaries/postgres" -D "$folder/pg" > "$folder/pg.log" 2>&1 &
sql() { "$binaries/psql" -h 127.0.0.1 -p "$base" -U postgres -qAtX "$@"; }
for _ in $(seq 100); do sql -c 'SELECT 1' > /dev/null 2>&1 && break; sleep 0.1; done
postmaster=$(head -1 "$folder/pg/postmaster.pid")

key() { printf "$1%.0s" $(seq 64) > "$folder/$1.key"; }
key 1
start() { # NAME PORT OPS ARGUMENTS...
  local name=$1
  shift
  (cd "$folder" && exec "$silo" "$@") > "$folder/$name.log" 2>&1 &
  pids+=($!)
}
wait_ready() {
  for _ in $(seq 300); do
    curl -fsS "http://127.0.0.1:$1/health/ready" > /dev/null 2>&1 && return
    sleep 0.1
  done
  echo "not ready within 30 s: $(tail -3 "$folder"/*.log)"
  exit 1
}
node() { # NUMBER: a silo with its front
  local at=$((base + 10 * $1))
  start "$layout-silo-$1" node --port $((at + 1)) --ops-port $((at + 2)) --set Node:Id=100 "Signer:KeyFile=$folder/1.key" "Postgres:ConnectionString=$database" \
    "Cluster:SiloName=silo-$1" Cluster:AdvertisedAddress=127.0.0.1 "Cluster:SiloPort=$((at + 3))" "Cluster:ClientPort=$((at + 4))" Postgres:ReaderConnections=12
}
open_database() {
  layout=$1
  sql -c "CREATE DATABASE $layout"
  database="Host=127.0.0.1;Port=$base;Username=postgres;Database=$layout"
}
layout() { # sets nodes, pids and database
  open_database "$1"
  local count=1
  [ "$layout" != silos ] || count=3
  if [ "$layout" = one ]; then
    start one dev --data "$folder/data" --postgres "$database" --port $((base + 11)) --gateway-port $((base + 13)) --ops-port $((base + 12))
  else
    for at in $(seq "$count"); do node "$at"; done
  fi
  nodes=() watched=()
  for at in $(seq "$count"); do
    wait_ready $((base + 10 * at + 2))
    nodes+=(--node "127.0.0.1:$((base + 10 * at + 1))")
  done
  for pid in "${pids[@]}"; do watched+=(--server-pid "$pid"); done
}
run() { # NAME ARGUMENTS...: one run of the generator; its figures under NAME
  local name=$1
  shift
  "$load" "$@" "${nodes[@]}" "${watched[@]}" --connections 6 --database-pid "$postmaster" --warm-up "$warm" --duration "$seconds" --runs 1 --out "$folder/out" \
    > "$folder/run.log" 2>&1 || { cat "$folder/run.log"; exit 1; }
  for file in "$folder"/out/*; do mv "$file" "$results/$layout-$name.${file##*.}"; done
}
figure() { sed -n "s/^ *\"$2\": \([0-9.eE+-]*\),*$/\1/p" "$results/$layout-$1.json" | head -1; }
row() { # NAME TITLE
  local each
  each=$(figure "$1" ServerMicroseconds)
  [ "$layout" != one ] || echo "$each" > "$folder/one-$1"
  awk -v layout="$layout" -v title="$2" -v rate="$(figure "$1" PerSecond)" -v cores="$(figure "$1" ServerCores)" -v each="$each" \
    -v database="$(figure "$1" DatabaseCores)" -v generator="$(figure "$1" GeneratorCores)" -v one="$(cat "$folder/one-$1" 2> /dev/null || echo 0)" \
    'BEGIN { printf "| %-5s | %-38s | %9.0f | %5.2f | %7.1f | %5s | %7.1f | %5.2f |\n", layout, title, rate, cores, each, (one > 0 ? sprintf("%.2f", each / one) : "-"), database * 1e6 / rate, generator }'
}
ticks() { awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }

address() { for _ in $(seq 100); do sed -n 's/.*signs as \(0x[0-9a-fA-F]*\).*/\1/p' "$1" | grep . && return; sleep 0.1; done; }
front() { # NUMBER: a front alone
  start "front-$1" front --port $((base + 10 * $1 + 1)) --ops-port $((base + 10 * $1 + 2)) --set Node:Id=100 "Postgres:ConnectionString=$database"
}
roles() { # a silo, a front, a payer gateway
  open_database roles
  node 1
  wait_ready $((base + 12))
  front 2
  key 2
  start gateway gateway --port $((base + 31)) --ops-port $((base + 32)) --set "Payer:KeyFile=$folder/2.key" "Postgres:ConnectionString=$database" \
    Network:Nodes:0:Id=100 "Network:Nodes:0:Url=http://127.0.0.1:$((base + 21))" "Network:Nodes:0:SigningAddress=$(address "$folder/roles-silo-1.log")"
  wait_ready $((base + 22))
  wait_ready $((base + 32))
  watched=()
}
roles_row() { # TITLE NAME NODE ARGUMENTS...: what each process took while the generator ran
  local title=$1 name=$2 before=() rate
  nodes=(--node "$3")
  shift 3
  # The warm-up counts here, too: the same work, and nobody tells when it ends.
  for pid in "${pids[@]}"; do before+=("$(ticks "$pid")"); done
  run "$name" "$@"
  rate=$(figure "$name" PerSecond)
  for at in 0 1 2; do
    awk -v title="$title" -v process="$(echo silo front gateway | cut -d' ' -f$((at + 1)))" -v rate="$rate" -v used=$(($(ticks "${pids[$at]}") - before[at])) \
      -v time=$((seconds + warm)) -v kb="$(awk '/VmHWM/ { print $2 }' "/proc/${pids[$at]}/status")" \
      'BEGIN { printf "| %s | %s | %.0f | %.2f | %.0f | %d |\n", title, process, rate, used / 100 / time, used * 1e4 / time / rate, kb / 1024 }'
  done
}

for part in $parts; do
  if [ "$part" = roles ]; then
    printf '\n| | process | envelopes a second | cores | µs each | most MB so far |\n|---|---|---|---|---|---|\n'
    roles
    roles_row "gateway, 1,000/s, one to a request" gateway-rate "127.0.0.1:$((base + 31))" publish --clients --batch 1 --rate 1000
    roles_row "gateway, one to a request, closed loop" gateway "127.0.0.1:$((base + 31))" publish --clients --batch 1 --expect 24000
    roles_row "front, one to a request, closed loop" front "127.0.0.1:$((base + 21))" publish --batch 1 --expect 24000
    roles_row "front, ten to a request, closed loop" front-ten "127.0.0.1:$((base + 21))" publish --batch 10 --expect 34000
    stop
    sql -c "DROP DATABASE roles WITH (FORCE)"
    continue
  fi
  if [ "$part" = streams ]; then
    export Rpc__MaxOpenStreamsPerClient=1000000 # one machine is one client
    open_database streams
    node 1
    wait_ready $((base + 12))
    front 2
    front 3
    wait_ready $((base + 22))
    wait_ready $((base + 32))
    "$load" idle --streams "${STREAMS:-100000}" --per-connection 250 --node "127.0.0.1:$((base + 21))" --node "127.0.0.1:$((base + 31))" \
      --server-pid "${pids[1]}" --server-pid "${pids[2]}" --duration 45
    for pid in "${pids[@]}"; do grep -H VmHWM "/proc/$pid/status"; done
    stop
    sql -c "DROP DATABASE streams WITH (FORCE)"
    continue
  fi

  case $part in
    load) printf '\n| %-5s | %-38s | %9s | %5s | %7s | %5s | %7s | %5s |\n|---|---|---|---|---|---|---|---|\n' "" "" "a second" cores "µs each" ratio "db µs" "gen." ;;
    idle) printf '\n| process | %% of a core | resident MB |\n|---|---|---|\n' ;;
    marks) printf '\n| %-5s | queries a second | transactions a second |\n|---|---|---|\n' "" ;;
  esac
  [ "$part" != grains ] || export Topics__TailsPerSilo=1000000 # a run wakes more than the default
  for name in $([ "$part" = grains ] && echo silos || echo "$layouts"); do
    layout "$name"
    case $part in
      load)
        run publish publish --batch 10 --expect 34000
        row publish "publish, 10 a request, closed loop"
        run rate publish --batch 10 --rate 400
        row rate "publish, 10 a request, 4,000/s"
        run query read query --in-flight 128
        row query "query, last 5 entries, closed loop"
        [ "$layout" != one ] || stored=$(sql -d "$layout" -c "SELECT pg_database_size(current_database()) / count(*) FROM envelope")
        ;;
      idle)
        sleep 30
        before=() && for pid in "${pids[@]}"; do before+=("$(ticks "$pid")"); done
        sleep "$seconds"
        for at in "${!pids[@]}"; do
          awk -v name="$layout $at" -v used=$(($(ticks "${pids[$at]}") - before[at])) -v seconds="$seconds" -v kb="$(awk '/VmRSS/ { print $2 }' "/proc/${pids[$at]}/status")" \
            'BEGIN { printf "| %s | %.1f | %d |\n", name, used / seconds, kb / 1024 }'
        done
        ;;
      marks)
        run fill publish --batch 10 --rate 400
        for rate in 1000 3000 10000 30000; do
          count() { sql -c "SELECT pg_stat_clear_snapshot()" -c "SELECT sum(xact_commit) FROM pg_stat_database WHERE datname = '$layout'" | tail -1; }
          sleep 1
          before=$(count)
          "$load" read query --rate $rate "${nodes[@]}" --connections 6 --warm-up 0 --duration "$seconds" --runs 1 > "$folder/run.log" 2>&1 || { cat "$folder/run.log"; exit 1; }
          sleep 1
          awk -v layout="$layout" -v rate=$rate -v statements=$(($(count) - before)) -v seconds="$seconds" 'BEGIN { printf "| %s | %d | %.0f |\n", layout, rate, statements / seconds }'
        done
        ;;
      grains)
        "$load" grains "${nodes[@]}" "${watched[@]}" --connections 6 --database-pid "$postmaster" --warm-up "$warm" --duration "$seconds" --runs 1 ${RESULTS:+--out "$results"} \
          --set "Postgres:ConnectionString=$database"
        ;;
    esac
    stop
    sql -c "DROP DATABASE $layout WITH (FORCE)"
    rm -rf "$folder/data"
  done
  [ -z "${stored:-}" ] || printf '\nThe database takes %s bytes for each envelope, indexes included.\n' "$stored"
  stored=
done
[ -z "${RESULTS:-}" ] || echo "$results"
