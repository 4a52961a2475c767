# shellcheck shell=bash
# What the scripts share: setting up, waiting with deadlines, ending what was started. Source it first; it changes to the
# project's root. Everything here works as root, as a user with sudo, from any folder and twice in a row.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
called_from=$PWD
cd "$root"

readonly swift_least=6.2 swift_tested=6.3.1
readonly product_packages=(librdkafka-dev libmicrohttpd-dev libsqlite3-dev libsimdjson-dev libxxhash-dev libfyaml-dev libcurl4-openssl-dev pkg-config)

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { warn "$*"; exit 1; }

# usage: the comment at the top of the calling script, then exit code 2.
usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$root/scripts/${0##*/}"; exit "${1:-2}"; }

# -- setting up

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "this needs root, and there is no sudo: run as root: $*"
  fi
}

# need_packages NAME...: installs those Debian packages that are missing, and says which.
need_packages() {
  local name missing=()
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then need_elsewhere "$@"; return; fi
  for name in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing from Debian: ${missing[*]}"
  local log; log=$(temporary_folder)/apt.log
  as_root apt-get update >"$log" 2>&1 || warn "apt-get update failed (going on with the lists that are there): $(tail -1 "$log")"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 </dev/null ||
    { tail -20 "$log" >&2; die "could not install ${missing[*]}"; }
}

# On a system without apt: what is needed, if a look finds something missing.
need_elsewhere() {
  local name missing=()
  for name in "$@"; do
    case $name in
      librdkafka-dev) has_library rdkafka || missing+=("librdkafka 2.0 or newer, with headers") ;;
      libmicrohttpd-dev) has_library libmicrohttpd || missing+=("libmicrohttpd 0.9.75 or newer, with headers") ;;
      libsqlite3-dev) has_library sqlite3 || missing+=("SQLite 3.40 or newer, with headers") ;;
      libsimdjson-dev) has_library simdjson || missing+=("simdjson 3.0 or newer, with headers") ;;
      libxxhash-dev) has_library libxxhash || missing+=("xxHash 0.8 or newer, with headers") ;;
      libfyaml-dev) has_library libfyaml || missing+=("libfyaml 0.7.12 or newer, with headers") ;;
      libcurl4-openssl-dev) has_library libcurl || missing+=("libcurl 7.85 or newer, with headers") ;;
      python3-confluent-kafka) /usr/bin/python3 -c 'import confluent_kafka' 2>/dev/null || missing+=("confluent-kafka for /usr/bin/python3") ;;
      python3-yaml) /usr/bin/python3 -c 'import yaml' 2>/dev/null || missing+=("PyYAML for /usr/bin/python3") ;;
      python3-jsonschema) /usr/bin/python3 -c 'import jsonschema' 2>/dev/null || missing+=("jsonschema for /usr/bin/python3") ;;
      python3-venv) /usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=("venv for /usr/bin/python3") ;;
      python3-pytest) /usr/bin/python3 -c 'import pytest' 2>/dev/null || missing+=("pytest for /usr/bin/python3") ;;
      default-jre-headless) command -v java >/dev/null || missing+=("a Java runtime, 17 or newer") ;;
      *) command -v "$name" >/dev/null || missing+=("$name") ;;
    esac
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  warn "this system has no apt-get, so please install these first (names differ between systems):"
  printf '  %s\n' "${missing[@]}" >&2
  exit 1
}

# need_python_tools: the programs of Tests/EndToEnd/tools.txt in an environment beside the user's caches; its bin folder is then in
# PENSTOCK_PYTHON_TOOLS. False, with a warning, where PyPI cannot be reached.
need_python_tools() {
  local list=Tests/EndToEnd/tools.txt folder log
  [ -z "${PENSTOCK_PYTHON_TOOLS:-}" ] || return 0
  need_packages python3-venv
  # Another list, or another Python, is another environment.
  folder=${XDG_CACHE_HOME:-$HOME/.cache}/penstock/python-$({ /usr/bin/python3 -V; cat "$list"; } | sha256sum | cut -c1-16)
  log=$(temporary_folder)/pip.log
  if [ ! -e "$folder/complete" ]; then
    say "installing from PyPI into $folder: $(grep -v '^#' "$list" | tr '\n' ' ')"
    if ! { rm -rf "$folder" && mkdir -p "${folder%/*}" && /usr/bin/python3 -m venv "$folder" &&
      timeout 300 "$folder/bin/pip" install --quiet --disable-pip-version-check --retries 1 --requirement "$list"; } >"$log" 2>&1; then
      warn "the tests that need $list are skipped, since it cannot be installed: $(tail -1 "$log")"
      return 1
    fi
    touch "$folder/complete"
  fi
  export PENSTOCK_PYTHON_TOOLS=$folder/bin
}

has_library() { command -v pkg-config >/dev/null && pkg-config --exists "$1"; }

# need_swift: puts a Swift toolchain that is new enough on PATH. `sudo` drops PATH, hence the usual places.
need_swift() {
  local place version home=${SUDO_USER:+$(getent passwd "$SUDO_USER" | cut -d: -f6)}
  for place in '' /opt/swift/usr/bin /usr/local/swift/usr/bin /usr/share/swift/usr/bin "$HOME/.local/share/swiftly/bin" ${home:+"$home/.local/share/swiftly/bin"}; do
    [ -z "$place" ] || [ -x "$place/swift" ] || continue
    version=$(PATH=${place:+$place:}$PATH swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -1) || true
    if [ -n "$version" ] && [ "$(printf '%s\n' "$swift_least" "$version" | sort -V | head -1)" = "$swift_least" ]; then
      [ -z "$place" ] || PATH=$place:$PATH
      return
    fi
    if [ -n "$version" ]; then warn "passing over Swift $version in ${place:-PATH}: too old"
    elif command -v "${place:+$place/}swift" >/dev/null; then
      warn "passing over ${place:+$place/}swift, which does not start: $("${place:+$place/}swift" --version 2>&1 | head -1)"
    fi
  done
  die "no Swift toolchain found: version $swift_least or newer is needed ($swift_tested is tested); get it from https://swift.org/install and put its usr/bin on PATH"
}

# need_product: all that `swift build` needs. Under sudo the build folder goes back to its user at the end.
need_product() {
  need_packages "${product_packages[@]}"
  need_swift
  [ ! -e .build ] || [ -w .build ] || die "$root/.build belongs to $(stat -c %U .build): sudo chown -R $(id -un) '$root/.build'"
  if [ -n "${SUDO_UID:-}" ] && [ "$(stat -c %u .)" = "$SUDO_UID" ]; then at_end give_back_build; fi
}

give_back_build() { [ ! -e .build ] || chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" .build; }

# kafka_home: makes KAFKA_HOME absolute (relative to where the script was called) and checks it; empty stays empty.
kafka_home() {
  [ -n "${KAFKA_HOME:-}" ] || return 0
  local given=$KAFKA_HOME
  KAFKA_HOME=$(cd "$called_from" && cd "$given" 2>/dev/null && pwd -P) || die "KAFKA_HOME=$given is not a folder"
  compgen -G "$KAFKA_HOME/libs/*.jar" >/dev/null || die "KAFKA_HOME=$given has no jars in libs/: it should be a Kafka distribution"
  export KAFKA_HOME
  command -v java >/dev/null || need_packages default-jre-headless
}

# -- waiting

# wait_for SECONDS COMMAND...: true as soon as the command is, false after the seconds.
wait_for() {
  local deadline=$((SECONDS + $1)); shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

is_running() { kill -0 "$1" 2>/dev/null; }

# free_port [WISH]: WISH if nothing listens there, else a free one.
free_port() {
  /usr/bin/python3 - "${1:-0}" <<'PYTHON'
import socket, sys
for port in (int(sys.argv[1]), 0):
    try:
        with socket.create_server(("127.0.0.1", port)) as server:
            print(server.getsockname()[1])
            break
    except OSError:
        pass
PYTHON
}

# -- ending

ends=()
# at_end COMMAND...: runs it when the script ends, however it ends; the last one first.
at_end() { ends+=("$(printf '%q ' "$@")"); }

run_ends() {
  local code=$? i
  trap - EXIT
  trap '' INT TERM HUP
  for ((i = ${#ends[@]} - 1; i >= 0; i--)); do eval "${ends[i]}" || true; done
  exit "$code"
}
trap run_ends EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# start_process LOG COMMAND...: in a session of its own, so that Ctrl-C reaches this script alone and it ends the rest in
# order. Its id is in $started.
start_process() {
  local log=$1; shift
  : >"$log" # who follows the log must find it, however late the process gets its turn
  setsid "$@" >"$log" 2>&1 </dev/null &
  started=$!
  at_end end_process "$started"
}

# end_process ID [SECONDS]: SIGTERM to the process and what it started; what is left when it has ended, or after the
# seconds (a little more than the daemon's own limit for draining), gets SIGKILL.
end_process() {
  kill -TERM -- "-$1" 2>/dev/null || return 0
  wait_for "${2:-35}" not is_running "$1" || warn "process $1 did not end by itself"
  kill -KILL -- "-$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

not() { ! "$@"; }

# temporary_folder: one for the run, removed at its end. Made when this file is read: a subshell's at_end would be lost.
temporary_folder() { printf '%s\n' "$temporary"; }
temporary=$(mktemp -d "${TMPDIR:-/tmp}/penstock.XXXXXX")
at_end rm -rf "$temporary"
