#!/usr/bin/env bash
# Installs what is missing to build and run Packshot (`setup.sh`), or to test it too (`setup.sh test`).
# Does nothing, quickly, when all is there.
set -euo pipefail

say() { printf '%s\n' "$*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else say "error: installing system packages needs root; run as root: $*" >&2; exit 1
  fi
}

# What the build needs, what the window needs at run time, and a desktop's file dialogs.
packages="build-essential pkg-config curl ca-certificates
  libvulkan1 mesa-vulkan-drivers libgl1-mesa-dri libegl1 libxkbcommon0 libxkbcommon-x11-0
  libwayland-client0 libx11-6 libx11-xcb1 libxcursor1 libxi6 libxrandr2 libfontconfig1 fonts-dejavu-core"
if [ "${1:-}" = test ]; then packages="$packages xvfb"; fi

if [ "$(uname -s)" = Linux ] && command -v dpkg-query >/dev/null; then
  missing=""
  for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
  done
  if [ -n "$missing" ]; then
    say "Installing system packages:$missing"
    as_root apt-get update -qq
    # shellcheck disable=SC2086 # one word a package
    DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
  fi
elif [ "$(uname -s)" = Linux ]; then
  say "This is not Debian or Ubuntu: if the build fails, install a C compiler, pkg-config and Mesa's Vulkan drivers."
fi

wanted=1.95
if ! command -v cargo >/dev/null; then
  say "Installing Rust with rustup (https://rustup.rs) into your home folder"
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal -c rustfmt -c clippy >/dev/null
fi
found=$(rustc --version | cut -d' ' -f2)
if [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n1)" != "$wanted" ]; then
  say "Rust $found is older than $wanted: updating with rustup"
  rustup update stable
fi
