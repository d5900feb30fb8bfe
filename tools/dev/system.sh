# shellcheck shell=bash
# The running system below .run/: process directories, start, stop, state. Sourced by ./dev. See deploy/local/README.md.

# The ports of the last `up` hold until another base is given.
PORT_BASE=${LIENTHONG_PORT_BASE:-$(cat "$RUN/port-base" 2>/dev/null || echo 17400)}
PARTITIONS=${LIENTHONG_PARTITIONS:-4}
# That of deploy/catalogue.
PROVINCE=${LIENTHONG_PROVINCE:-h47}
SERVICES=$RUN/services
CERTIFICATES=$RUN/certificates
SECRETS=$RUN/secrets
BIN=$ROOT/build/dev
BROKER_SH=$ROOT/deploy/local/broker/broker.sh
KAFKA_BOOTSTRAP=127.0.0.1:$((PORT_BASE + 20))
SMTP_SINK_PORT=$((PORT_BASE + 10))
WEBHOOK_PORT=$((PORT_BASE + 13))
CARRIER_PORT=$((PORT_BASE + 11))
CARRIER_DOOR=127.0.0.1:$((PORT_BASE + 12))

port_of() {
  case $1 in
    intake | lienthong) echo "$PORT_BASE" ;;
    routing) echo $((PORT_BASE + 1)) ;;
    agency-processing) echo $((PORT_BASE + 2)) ;;
    monitoring) echo $((PORT_BASE + 3)) ;;
    notification) echo $((PORT_BASE + 5)) ;;
    postal-dispatch) echo $((PORT_BASE + 4)) ;;
  esac
}

# Where Prometheus finds the numbers of a service.
metrics_port_of() { echo $(($(port_of "$1") + 40)); }

binary_of() {
  case $1 in
    intake) echo "$BIN/services/intake/intake" ;;
    routing) echo "$BIN/services/routing/routing" ;;
    agency-processing) echo "$BIN/services/agency_processing/agency-processing" ;;
    monitoring) echo "$BIN/services/monitoring/monitoring" ;;
    notification) echo "$BIN/services/notification/notification" ;;
    postal-dispatch) echo "$BIN/services/postal_dispatch/postal-dispatch" ;;
    lienthong) echo "$BIN/services/lienthong/lienthong" ;;
    ltctl) echo "$BIN/tools/ltctl/ltctl" ;;
  esac
}

# Processes of an edition in the order of their start.
processes_of() {
  case $1 in
    kafka) echo "broker redis smtp-sink webhook-receiver carrier intake routing agency-processing monitoring notification postal-dispatch" ;;
    embedded) echo "smtp-sink webhook-receiver carrier lienthong" ;;
  esac
}
services_of() {
  case $1 in
    kafka) echo "intake routing agency-processing monitoring notification postal-dispatch" ;;
    embedded) echo "lienthong" ;;
  esac
}

edition() { cat "$RUN/edition" 2>/dev/null || true; }

supervisor_pid() {
  local pid
  pid=$(cat "$RUN/supervisor.pid" 2>/dev/null) || return 1
  # A pid may belong to somebody else by now.
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "runsvdir -P $SERVICES" || return 1
  echo "$pid"
}
system_runs() { supervisor_pid >/dev/null; }

# pid_of NAME: the process that runs in its directory, if one does.
pid_of() { sv status "$SERVICES/$1" 2>/dev/null | sed -n 's/^run: [^(]*(pid \([0-9]*\)).*/\1/p' | head -n 1; }

client_certificates() { printf 'LIENTHONG_TLS_CA=%s\nLIENTHONG_TLS_CERT=%s\nLIENTHONG_TLS_KEY=%s\n' "$CERTIFICATES/ca.pem" "$CERTIFICATES/$1.pem" "$CERTIFICATES/$1.key"; }

addresses() {
  local edition=$1 service address
  for service in intake routing agency-processing monitoring notification postal-dispatch; do
    address=127.0.0.1:$(port_of "$service")
    if [ "$edition" = embedded ]; then address=127.0.0.1:$(port_of lienthong); fi
    printf 'LIENTHONG_%s_ADDRESS=%s\n' "$(tr 'a-z-' 'A-Z_' <<<"$service")" "$address"
  done
}

# ledger_settings EDITION PRINCIPAL REDIS_USER: how to reach log and projection.
ledger_settings() {
  printf 'LIENTHONG_PARTITIONS=%s\n' "$PARTITIONS"
  if [ "$1" = kafka ]; then
    printf 'LIENTHONG_LEDGER_LOG=kafka\nLIENTHONG_KAFKA_BOOTSTRAP=%s\n' "$KAFKA_BOOTSTRAP"
    printf 'LIENTHONG_KAFKA_CA=%s\nLIENTHONG_KAFKA_CERT=%s\nLIENTHONG_KAFKA_KEY=%s\n' "$CERTIFICATES/ca.pem" "$CERTIFICATES/$2.pem" "$CERTIFICATES/$2.key"
    printf 'LIENTHONG_REDIS_SOCKET=%s\nLIENTHONG_REDIS_USER=%s\nLIENTHONG_REDIS_PASSWORD_FILE=%s\n' "$RUN/redis/redis.sock" "$3" "$SECRETS/redis-$3"
    printf 'LIENTHONG_SESSION_MS=2000\n'
  else
    printf 'LIENTHONG_LEDGER_LOG=sqlite\n'
  fi
}

service_settings() {
  local edition=$1 name=$2
  printf 'LIENTHONG_DATA_DIR=%s\nLIENTHONG_LISTEN=127.0.0.1:%s\n' "$RUN/data/$name" "$(port_of "$name")"
  printf 'LIENTHONG_PROVINCE=%s\nLIENTHONG_METRICS_LISTEN=127.0.0.1:%s\n' "$PROVINCE" "$(metrics_port_of "$name")"
  client_certificates "$name"
  case $name in postal-dispatch | lienthong) printf 'LIENTHONG_CARRIERS_DIR=%s\nLIENTHONG_CARRIERS_LISTEN=%s\n' "$RUN/carriers" "$CARRIER_DOOR" ;; esac
  ledger_settings "$edition" "$name" "$name"
  addresses "$edition"
  printf 'LIENTHONG_PROVIDERS_FILE=%s\n' "$RUN/providers.yaml"
  printf 'LIENTHONG_WEBHOOK_KEYS_DIR=%s\nLIENTHONG_WEBHOOK_CA=%s\n' "$SECRETS/webhooks" "$CERTIFICATES/ca.pem"
  printf 'LIENTHONG_WEBHOOK_TARGETS=webhook-receiver:443=127.0.0.1:%s\n' "$WEBHOOK_PORT"
  printf 'LIENTHONG_KEY_FILE=%s\nLIENTHONG_DIGEST_KEY_FILE=%s\nLIENTHONG_LOG_LEVEL=%s\n' "$SECRETS/sealing.key" "$SECRETS/digest.key" "${LIENTHONG_LOG_LEVEL:-info}"
}

# How notification reaches the providers that deploy/catalogue names: mail goes to the sink, text messages nowhere.
provider_settings() {
  local id
  printf 'providers:\n'
  for id in smtp-main smtp-reserve; do
    printf '  - {id: %s, kind: smtp, url: "smtps://127.0.0.1:%s", from: thong-bao@lienthong.example, from_name: Dịch vụ công, ca: "%s"}\n' "$id" "$SMTP_SINK_PORT" "$CERTIFICATES/ca.pem"
  done
  printf '  - {id: sms-gateway, kind: trial, result: success}\n'
}

# Settings of ltctl and the demo client. `ledger` commands act as `deploy`, all others as `operator`.
client_settings() {
  local edition=$1
  printf 'LIENTHONG_CERTIFICATES=%s\nLIENTHONG_CATALOGUE_DIR=%s\n' "$CERTIFICATES" "$ROOT/deploy/catalogue"
  client_certificates operator
  ledger_settings "$edition" deploy ltctl
  addresses "$edition"
  if [ "$edition" = embedded ]; then printf 'LIENTHONG_DATA_DIR=%s\n' "$RUN/data/lienthong"; else printf 'LIENTHONG_DATA_DIR=%s\n' "$RUN/data/ltctl"; fi
}

# with_settings COMMAND...: runs a command with the settings that stand on stdin.
export_settings() { while IFS= read -r line; do export "${line?}"; done; }

write_if_changed() {
  cat >"$1.new"
  if cmp -s "$1.new" "$1"; then rm -f "$1.new"; else mv "$1.new" "$1"; fi
}

# process_directory NAME: writes run, finish and log/run from the command on stdin. It stays down until it is asked up.
process_directory() {
  local directory=$SERVICES/$1
  if [ ! -d "$directory" ]; then
    mkdir -p "$directory/log"
    touch "$directory/down"
  fi
  mkdir -p "$RUN/log/$1"
  printf 's10000000\nn5\n' >"$RUN/log/$1/config"
  printf '#!/bin/sh\nexec svlogd -tt %q\n' "$RUN/log/$1" | write_if_changed "$directory/log/run"
  { printf '#!/bin/bash\nexec 2>&1\n'; cat; } | write_if_changed "$directory/run"
  write_if_changed "$directory/finish" <"$ROOT/deploy/local/finish"
  chmod +x "$directory/run" "$directory/finish" "$directory/log/run"
}

write_processes() {
  local edition=$1 name line
  mkdir -p "$SERVICES" "$RUN/data/ltctl"
  for name in $(processes_of "$edition"); do
    case $name in
      broker)
        printf 'export DIR=%q TLS_DIR=%q PORT=%s CONTROLLER_PORT=%s\n' "$RUN/broker" "$CERTIFICATES/broker" "$((PORT_BASE + 20))" "$((PORT_BASE + 21))"
        printf '%q format && exec %q run\n' "$BROKER_SH" "$BROKER_SH"
        ;;
      smtp-sink) printf 'exec %q %s %q %q %q\n' "$ROOT/tools/smtp_sink/smtp_sink.py" "$SMTP_SINK_PORT" "$CERTIFICATES/smtp-sink.pem" "$CERTIFICATES/smtp-sink.key" "$RUN/mail-$edition.jsonl" ;;
      webhook-receiver) printf 'exec %q %s %q %q %q %q %q\n' "$ROOT/tools/webhook_receiver/webhook_receiver.py" "$WEBHOOK_PORT" "$CERTIFICATES/webhook-receiver.pem" "$CERTIFICATES/webhook-receiver.key" "$SECRETS/webhooks/trial" "$RUN/webhooks-$edition.jsonl" "$RUN/webhooks.behaviour" ;;
      carrier)
        printf 'exec %q --port %s --journal %q ' "$ROOT/tools/carrier_simulator/carrier_simulator.py" "$CARRIER_PORT" "$RUN/carrier-$edition.jsonl"
        printf -- '--push-url http://%s/carriers/sample-express/scans --push-secret-file %q\n' "$CARRIER_DOOR" "$SECRETS/carrier.key"
        ;;
      redis) printf 'exec redis-server %q\n' "$RUN/redis/redis.conf" ;;
      *)
        mkdir -p "$RUN/data/$name"
        service_settings "$edition" "$name" | while IFS= read -r line; do printf 'export %q\n' "$line"; done
        printf 'exec %q\n' "$(binary_of "$name")"
        ;;
    esac | process_directory "$name"
  done
  provider_settings | write_if_changed "$RUN/providers.yaml"
  "$ROOT/tools/dev/carriers.sh" "$RUN/carriers" "http://127.0.0.1:$CARRIER_PORT" "$SECRETS/carrier.key"
  client_settings "$edition" | write_if_changed "$RUN/client.env"
  printf '%s\n' "$edition" >"$RUN/edition"
  printf '%s\n' "$PORT_BASE" >"$RUN/port-base"
}

# Certificate names of the catalogue's principals, so that each agency's backend has its own.
certificate_names() {
  printf '%s\n' broker deploy intake routing agency-processing monitoring notification postal-dispatch smtp-sink webhook-receiver lienthong operator demo ltctl
  [ -d "$ROOT/deploy/catalogue" ] && "$ROOT/tools/dev/principals.py" "$ROOT/deploy/catalogue"
}

make_certificates() {
  local names=()
  mapfile -t names < <(certificate_names | sort -u)
  "$ROOT/deploy/local/certificates.sh" "$CERTIFICATES" "${names[@]}"
}

make_secrets() {
  local key
  mkdir -p "$SECRETS"
  chmod 700 "$SECRETS"
  for key in sealing digest carrier; do
    [ -s "$SECRETS/$key.key" ] || (umask 077 && openssl rand -hex -out "$SECRETS/$key.key" 32)
  done
  mkdir -p "$SECRETS/webhooks"
  [ -s "$SECRETS/webhooks/trial" ] || (umask 077 && openssl rand -hex -out "$SECRETS/webhooks/trial" 32)
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

check_ports() {
  local port name
  for name in $(services_of "$1"); do
    for port in "$(port_of "$name")" "$(metrics_port_of "$name")"; do
      port_is_free "$port" || { echo "error: port $port, which $name needs, is taken by another process"; return 1; }
    done
  done
  if [ "$1" = kafka ]; then
    for port in $((PORT_BASE + 20)) $((PORT_BASE + 21)); do
      port_is_free "$port" || { echo "error: port $port, which the broker needs, is taken by another process"; return 1; }
    done
  fi
}

start_supervisor() {
  system_runs && return 0
  # A supervisor that was killed left its processes without one.
  stop_system
  mkdir -p "$RUN/log"
  touch_down_files
  setsid runsvdir -P "$SERVICES" </dev/null >>"$RUN/log/supervisor.log" 2>&1 9>&- &
  echo $! >"$RUN/supervisor.pid"
  wait_for_runsv
}

# A supervisor that was ended the hard way leaves no process running when the next one starts: each waits to be asked up.
touch_down_files() {
  local directory
  for directory in "$SERVICES"/*/; do touch "$directory/down"; done
}

# runsvdir looks for new process directories every 5 s.
wait_for_runsv() {
  local name tries
  for name in $(processes_of "$(edition)"); do
    for tries in $(seq 1 80); do
      sv status "$SERVICES/$name" >/dev/null 2>&1 && break
      sleep 0.1
    done
    [ "$tries" -lt 80 ] || { echo "error: the supervisor did not take up $name within 8 s"; return 1; }
  done
}

# start_process NAME: up, and again up when its command or its binary changed since it was started.
start_process() {
  local name=$1 directory=$SERVICES/$1 pid binary
  pid=$(pid_of "$name")
  if [ -n "$pid" ]; then
    binary=$(binary_of "$name")
    if ! cmp -s "$directory/run" "$directory/run.started" ||
      { [ -n "$binary" ] && [ "$(stat -L -c %d:%i "/proc/$pid/exe" 2>/dev/null)" != "$(stat -L -c %d:%i "$binary")" ]; }; then
      echo "restarting $name: its settings or its binary changed"
      sv -w 15 down "$directory" >/dev/null || true
      pid=""
    fi
  fi
  rm -f "$directory/down"
  cp "$directory/run" "$directory/run.started"
  [ -n "$pid" ] || sv up "$directory" >/dev/null
}

# wait_until SECONDS NAME COMMAND...: until the command succeeds; tells why not, with the last lines of NAME's log.
wait_until() {
  local seconds=$1 name=$2 end
  shift 2
  end=$(($(date +%s) + seconds))
  until "$@" >/dev/null 2>&1; do
    if [ "$(date +%s)" -ge "$end" ]; then
      tail -n 15 "$RUN/log/$name/current" 2>/dev/null || true
      echo "error: $name is not ready after $seconds s; its log is .run/log/$name/current"
      return 1
    fi
    sleep 0.1
  done
  echo "$name ready"
}

redis_answers() { [ "$(redis-cli -s "$RUN/redis/redis.sock" --user operator --pass "$(cat "$SECRETS/redis-operator")" --no-auth-warning ping)" = PONG ]; }
broker_answers() { "$ROOT/tools/dev/broker_ready.py" "$KAFKA_BOOTSTRAP" "$CERTIFICATES"; }
service_answers() { "$ROOT/tools/dev/health.py" "127.0.0.1:$(port_of "$1")" "$CERTIFICATES/ca.pem" "$CERTIFICATES/operator.pem" "$CERTIFICATES/operator.key" "${2:-0}"; }

start_projection() { start_process redis && wait_until 30 redis redis_answers; }
start_broker() { start_process broker && wait_until 90 broker broker_answers; }
start_services() {
  local name
  start_process smtp-sink
  start_process webhook-receiver
  start_process carrier
  for name in $(services_of "$1"); do start_process "$name"; done
  for name in $(services_of "$1"); do wait_until 60 "$name" service_answers "$name" || return 1; done
}

# An edition that is not the wanted one is stopped first; the two never run together.
leave_other_edition() {
  if system_runs && [ "$(edition)" != "$1" ]; then stop_system; fi
  local name
  for name in "$SERVICES"/*/; do
    name=$(basename "$name")
    [ "$name" = '*' ] && continue
    case " $(processes_of "$1") " in *" $name "*) ;; *) rm -rf "${SERVICES:?}/$name" ;; esac
  done
}

# Supervisor first, so that nothing is started again; then services, then what they stand on.
stop_system() {
  local pid name reversed=""
  if pid=$(supervisor_pid); then
    kill "$pid"
    for _ in $(seq 1 50); do system_runs || break; sleep 0.1; done
  fi
  for name in $(processes_of "$(edition)"); do reversed="$name $reversed"; done
  for name in $reversed; do
    if sv status "$SERVICES/$name" >/dev/null 2>&1; then sv -w 20 force-shutdown "$SERVICES/$name" >/dev/null || true; fi
  done
  rm -f "$RUN/supervisor.pid"
}

deaths_of() { [ -f "$SERVICES/$1/deaths" ] && wc -l <"$SERVICES/$1/deaths" || echo 0; }

show_status() {
  local edition name state pid up health
  edition=$(edition)
  if ! system_runs; then
    echo "The system is not running. Start it with ./dev up"
    return 3
  fi
  printf 'edition %s, supervisor %s (pid %s)\n\n' "$edition" runsvdir "$(supervisor_pid)"
  printf '%-18s %-8s %8s %10s %9s  %-18s %s\n' PROCESS STATE PID UPTIME RESTARTS ADDRESS HEALTH
  for name in $(processes_of "$edition"); do
    pid=$(pid_of "$name")
    state=down
    up=-
    [ -n "$pid" ] && state=running && up=$(sv status "$SERVICES/$name" | sed -n 's/^run: [^)]*) \([0-9]*s\).*/\1/p')
    case $name in
      broker) health=$(broker_answers >/dev/null 2>&1 && echo answers || echo "no answer") ; address=$KAFKA_BOOTSTRAP ;;
      redis) health=$(redis_answers 2>/dev/null && echo answers || echo "no answer") ; address=unix:.run/redis ;;
      webhook-receiver) health=$(port_is_free "$WEBHOOK_PORT" && echo "no answer" || echo answers) ; address=127.0.0.1:$WEBHOOK_PORT ;;
      smtp-sink) health=$(port_is_free "$SMTP_SINK_PORT" && echo "no answer" || echo answers) ; address=127.0.0.1:$SMTP_SINK_PORT ;;
      carrier) health=$(port_is_free "$CARRIER_PORT" && echo "no answer" || echo answers) ; address=127.0.0.1:$CARRIER_PORT ;;
      *) health=$(service_answers "$name" || true) ; address=127.0.0.1:$(port_of "$name") ;;
    esac
    printf '%-18s %-8s %8s %10s %9s  %-18s %s\n' "$name" "$state" "${pid:--}" "$up" "$(deaths_of "$name")" "$address" "$health"
  done
}
