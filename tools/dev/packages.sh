# shellcheck shell=bash
# Debian packages, read from deploy/local/packages.txt. Sourced by ./dev.

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# missing_packages GROUP...: the packages of these groups that the machine lacks, one a line.
missing_packages() {
  local group package kind name wanted
  while read -r group package kind name; do
    case $group in '' | '#'*) continue ;; esac
    wanted=no
    for name_wanted in "$@"; do [ "$group" = "$name_wanted" ] && wanted=yes; done
    [ "$wanted" = yes ] || continue
    case $kind in
      command) command -v "$name" >/dev/null 2>&1 || printf '%s\n' "$package" ;;
      *) dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || printf '%s\n' "$package" ;;
    esac
  done <"$ROOT/deploy/local/packages.txt"
}

# install_packages GROUP...: installs what is missing; does nothing when all is there.
install_packages() {
  local missing=()
  mapfile -t missing < <(missing_packages "$@")
  if [ "${#missing[@]}" -eq 0 ]; then
    echo "all there"
    return 0
  fi
  command -v apt-get >/dev/null 2>&1 || { echo "error: this machine has no apt-get, and lacks: ${missing[*]}"; return 1; }
  if [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null && [ ! -t 0 ]; then
    echo "error: neither root nor sudo, and the machine lacks: ${missing[*]}"
    return 1
  fi
  echo "installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}
