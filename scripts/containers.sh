#!/usr/bin/env bash
# Builds the images and starts them, with docker or podman, or with buildah where there is no engine: containers.sh BINARY FOLDER.
# FOLDER keeps what is made on the way. BASE names the base image; without it debian:bookworm-slim is pulled, and where no
# registry is reachable, a Debian 12 is made with debootstrap. With RUST, which names what compiles, the image compiles the
# program; else BINARY goes into it.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=$1 work=$2/containers
base=${BASE:-debian:bookworm-slim}
port=${PORT:-8077}
mkdir -p "$work"
say() { printf '== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# ---- an engine ----
if docker info >/dev/null 2>&1; then engine=docker
elif command -v podman >/dev/null; then engine=podman
elif command -v buildah >/dev/null; then engine=buildah
else fail "there is no docker, podman or buildah (on Debian: apt install buildah debootstrap)"
fi

image_build() { # target, tag
  local arguments=(--file packaging/docker/Dockerfile --build-arg "BASE=$base" --build-arg "RUST=${RUST:-$base}" --target "$1" --tag "localhost/$2")
  case $engine in
    docker) docker build "${arguments[@]}" . ;;
    podman) podman build --format docker --pull=missing "${arguments[@]}" . ;;
    buildah) buildah bud --isolation chroot --storage-driver vfs --format docker "${arguments[@]}" . ;;
  esac >"$work/build-$2.log" 2>&1 || { tail -n 30 "$work/build-$2.log" >&2; fail "$2 cannot be built"; }
}

# Whether podman can start anything; inside another container or an old cgroup tree it needs another runtime and fewer limits.
podman_settings() {
  podman run --rm "$base" true >/dev/null 2>&1 && return
  printf '[containers]\ndefault_ulimits = []\n[engine]\ncgroup_manager = "cgroupfs"\nruntime = "runc"\n' >"$work/containers.conf"
  export CONTAINERS_CONF=$work/containers.conf
  podman run --rm --ulimit host "$base" true >/dev/null 2>&1 || engine=buildah
}

# ---- a base ----
have_base() {
  case $engine in
    docker) docker image inspect "$base" >/dev/null 2>&1 || docker pull -q "$base" ;;
    podman) podman image exists "$base" || timeout 60 podman pull -q "$base" ;;
    buildah) timeout 60 buildah --storage-driver vfs from --name packshot-probe "$base" && buildah --storage-driver vfs rm packshot-probe ;;
  esac >/dev/null 2>&1
}

make_base() {
  if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
    fail "$base cannot be pulled; making one needs root and debootstrap"
  fi
  if [ ! -e "$work/root.tar" ]; then
    say "No image registry is reachable: making a Debian 12 with debootstrap"
    rm -rf "$work/base"
    debootstrap --variant=minbase bookworm "$work/base" >"$work/debootstrap.log" 2>&1 || fail "debootstrap: see $work/debootstrap.log"
    rm -rf "$work/base"/var/cache/apt/archives/*.deb "$work/base"/var/lib/apt/lists/*
    # Behind a proxy with a certificate of its own, packages are fetched inside as they are here.
    for file in etc/ssl/certs/ca-certificates.crt usr/local/share/ca-certificates/host.crt; do
      install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$work/base/$file"
    done
    tar -C "$work/base" -cf "$work/root.tar" .
    rm -rf "$work/base"
  fi
  base=localhost/packshot-base
  printf 'FROM scratch\nADD root.tar /\nENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt\nCMD ["bash"]\n' >"$work/Base"
  case $engine in
    docker) docker build -q -f "$work/Base" -t $base "$work" ;;
    podman) podman build -q -f "$work/Base" -t $base "$work" ;;
    buildah) buildah bud -q --isolation chroot --storage-driver vfs -f "$work/Base" -t $base "$work" ;;
  esac >/dev/null
}

have_base || make_base
[ "$engine" != podman ] || podman_settings
if [ "$engine" = buildah ] && ! have_base; then make_base; fi
say "$engine, base $base"

# ---- the images ----
if [ -z "${RUST:-}" ]; then
  strip -o packaging/docker/packshot "$binary" 2>/dev/null || cp "$binary" packaging/docker/packshot
  trap 'rm -f packaging/docker/packshot' EXIT
fi
image_build packshot packshot
if [ "$engine" = buildah ]; then
  scripts/containers-buildah.sh "$work" "$port" "$binary"
  exit
fi
image_build mlflow packshot-mlflow
image_build prefect packshot-prefect
$engine images --format '{{.Repository}} {{.Size}}' | grep '^localhost/packshot' | sort -u

scripts/containers-compose.sh "$engine" "$work" "$binary"
