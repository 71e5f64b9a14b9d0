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
packages="build-essential cmake nasm pkg-config curl ca-certificates
  libvulkan1 mesa-vulkan-drivers libgl1-mesa-dri libegl1 libxkbcommon0 libxkbcommon-x11-0
  libgl1 libwayland-client0 libwayland-egl1 libx11-6 libx11-xcb1 libxcursor1 libxi6 libxrandr2 libfontconfig1 fonts-dejavu-core"
if [ "${1:-}" = test ]; then packages="$packages xvfb"; fi

if [ "$(uname -s)" = Linux ] && command -v dpkg-query >/dev/null; then
  # shellcheck disable=SC2086 # one word a package
  installed=$(dpkg-query -W -f '${Package} ${Status}\n' $packages 2>/dev/null || true)
  missing=""
  for package in $packages; do
    case $'\n'"$installed"$'\n' in
      *$'\n'"$package install ok installed"$'\n'*) ;;
      *) missing="$missing $package" ;;
    esac
  done
  if [ -n "$missing" ]; then
    say "Installing system packages:$missing"
    as_root apt-get update -qq
    # shellcheck disable=SC2086 # one word a package
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  fi
elif [ "$(uname -s)" = Linux ]; then
  say "This is not Debian or Ubuntu: if the build fails, install a C compiler, pkg-config and Mesa's Vulkan drivers."
fi

wanted=1.95
# Whether the compiler that is found is new enough.
new_enough() {
  local found
  found=$(rustc --version 2>/dev/null | cut -d' ' -f2) || return 1
  command -v cargo >/dev/null && [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n1)" = "$wanted" ]
}

if ! new_enough; then
  if command -v rustup >/dev/null; then
    say "Rust $wanted or newer is needed: updating the stable toolchain with rustup"
    rustup update stable
  else
    say "Rust $wanted or newer is needed: installing it with rustup (https://rustup.rs) into your home folder"
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
      sh -s -- -y --profile minimal -c rustfmt -c clippy >/dev/null
    # A compiler of the distribution stays, and comes later on the path.
    export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  fi
  hash -r
  if ! new_enough; then
    say "error: cargo still uses $(rustc --version 2>&1 | head -n1); choose stable with: rustup default stable" >&2
    exit 1
  fi
fi
if [ "${1:-}" = test ] && command -v rustup >/dev/null &&
  ! { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1; then
  say "Installing rustfmt and clippy with rustup"
  rustup component add rustfmt clippy
fi
