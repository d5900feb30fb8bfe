#!/bin/bash
# check.sh [--no-tidy]: format, lint and architecture rules; called by `./dev check` after the build is configured.
#
# --no-tidy leaves out clang-tidy, which takes minutes. Each check goes on after another has failed; the last line sums up.
set -uo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT" || exit 1

tidy=yes
for argument in "$@"; do
  case $argument in
    --no-tidy) tidy=no ;;
    *) echo "✗ ./dev check does not know $argument. → ./dev check [--no-tidy]" >&2; exit 2 ;;
  esac
done

passed=0 failed=0
# run TITLE CURE COMMAND...
run() {
  local title=$1 cure=$2 begin out
  shift 2
  begin=$(date +%s)
  if out=$("$@" 2>&1); then
    printf '%s ✓ %d s\n' "$title" $(($(date +%s) - begin))
    passed=$((passed + 1))
  else
    printf '%s\n%s ✗ %d s\n  → %s\n' "$(tail -n 60 <<<"$out")" "$title" $(($(date +%s) - begin)) "$cure"
    failed=$((failed + 1))
  fi
}

mapfile -t cpp < <(git ls-files --cached --others --exclude-standard '*.cc' '*.h')
mapfile -t shell < <(git ls-files --cached --others --exclude-standard '*.sh' dev .ci/run deploy/local/finish)

format() { clang-format-14 --dry-run -Werror "${cpp[@]}"; }
lint_shell() { shellcheck -x "${shell[@]}"; }
lint_protos() {
  # The pinned buf comes from npm; nothing else of it is used.
  (cd proto && { [ -x node_modules/.bin/buf ] || npm ci --no-audit --no-fund --silent; }) || return 1
  proto/node_modules/.bin/buf lint
}
lint_events() {
  /usr/bin/python3 -B tools/asyncapi/generate.py --check || return 1
  (cd tools/asyncapi && { [ -d node_modules/@asyncapi/parser ] || npm ci --ignore-scripts --no-audit --no-fund --silent; } && node validate.cjs ../../docs/asyncapi.yaml)
}
lint_errors() { tools/errors/generate.py --check; }
# Headers are compiled alone, and clang-tidy reads headers: both need the generated ones.
generated() { cmake --build --preset dev --target lienthong_messages lienthong_services; }
architecture() { ctest --test-dir build/dev -L '^architecture$' --output-on-failure --no-tests=error; }
lint_cpp() {
  local sources=()
  mapfile -t sources < <(git ls-files '*.cc')
  printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy-14 -p build/dev --quiet --warnings-as-errors='*'
}

run "format (clang-format)" "clang-format-14 -i \$(git ls-files '*.cc' '*.h')" format
run "shell (shellcheck)" "Correct what shellcheck names." lint_shell
run "protos (buf lint)" "Correct what buf names; it needs npm's packages once." lint_protos
run "events (AsyncAPI)" "tools/asyncapi/generate.py writes docs/asyncapi.yaml; its validator needs npm's packages once." lint_events
run "reasons of refusals" "tools/errors/generate.py writes docs/errors.md." lint_errors
run "generated code" "Correct what protoc or the compiler names." generated
run "architecture" "Correct what is named above; the rules stand in services/README.md and tests/architecture/rules.py." architecture
[ "$tidy" = no ] || run "C++ (clang-tidy)" "Correct what clang-tidy names; .clang-tidy gives the reasons." lint_cpp
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
