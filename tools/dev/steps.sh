# shellcheck shell=bash disable=SC2034  # the variables are read by ./dev
# Steps with progress and time, and failures that say what to do. Sourced by ./dev.

STEP_NUMBER=0
STEP_TOTAL=0
STEP_CAUSE=""
STEP_RESULT=0

# Ends with one clear sentence and its cure.
fail() {
  printf '\n✗ %s\n  → %s\n' "$1" "$2" >&2
  exit "${3:-1}"
}

seconds_since() { awk -v from="$1" -v to="$(date +%s.%N)" 'BEGIN { printf "%.1f", to - from }'; }

# Last line of a log that tells how far a step is, at most 70 characters.
last_line() { tail -c 2000 "$1" 2>/dev/null | tr '\r' '\n' | sed -e 's/\x1b\[[0-9;]*[A-Za-z]//g' -e '/^[[:space:]]*$/d' | tail -n 1 | cut -c1-70; }

# step TITLE CURE COMMAND...: runs the command with its output in a log, shows progress and time.
# A command that fails ends the script with the last line of its log and the cure. With STEP_SOFT set it only leaves
# its exit code in STEP_RESULT and the reason in STEP_CAUSE. Not to be called in a condition: bash would then go on
# after a failing line within the command.
step() {
  local title=$1 cure=$2 log begin pid rc=0 shown=0 line
  shift 2
  STEP_NUMBER=$((STEP_NUMBER + 1))
  mkdir -p "$RUN/log"
  log="$RUN/log/step-$(printf '%s' "$title" | tr -c 'a-zA-Z0-9\n' '-').log"
  begin=$(date +%s.%N)
  ( set -eu; "$@" ) >"$log" 2>&1 9>&- &
  pid=$!
  if [ ! -t 1 ]; then printf '[%d/%d] %s ...\n' "$STEP_NUMBER" "$STEP_TOTAL" "$title"; fi
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    shown=$((shown + 1))
    if [ -t 1 ]; then
      printf '\r\033[K[%d/%d] %s  %s s  %s' "$STEP_NUMBER" "$STEP_TOTAL" "$title" "$(seconds_since "$begin")" "$(last_line "$log")"
    elif [ $((shown % 75)) -eq 0 ]; then
      line=$(last_line "$log")
      printf '      %s s  %s\n' "$(seconds_since "$begin")" "$line"
    fi
  done
  wait "$pid" || rc=$?
  STEP_RESULT=$rc
  if [ -t 1 ]; then printf '\r\033[K'; fi
  if [ "$rc" -eq 0 ]; then
    printf '[%d/%d] %s ✓ %s s\n' "$STEP_NUMBER" "$STEP_TOTAL" "$title" "$(seconds_since "$begin")"
    return 0
  fi
  STEP_CAUSE=$(grep -E '(^|[^a-zA-Z])(error|Error|ERROR|FAILED|✗|E:)' "$log" | tail -n 1 | sed 's/^[✗[:space:]]*//' | cut -c1-200)
  if [ -z "$STEP_CAUSE" ]; then STEP_CAUSE=$(last_line "$log"); fi
  printf '[%d/%d] %s ✗ %s s\n' "$STEP_NUMBER" "$STEP_TOTAL" "$title" "$(seconds_since "$begin")"
  if [ -n "${STEP_SOFT:-}" ]; then return 0; fi
  tail -n 25 "$log" >&2
  fail "The step \"$title\" failed: $STEP_CAUSE (whole output: ${log#"$ROOT"/})." "$cure"
}
