#!/bin/sh
# Makes the program for the images, without a window: program.sh FILE, in the sources. A built one at packaging/docker/packshot is
# taken as it is.
set -eu
if [ -e packaging/docker/packshot ]; then
  install -m 755 packaging/docker/packshot "$1"
  exit
fi
apt-get update
apt-get install -y --no-install-recommends build-essential cmake nasm pkg-config
cargo build --locked --no-default-features --features server --target-dir /build
strip -o "$1" /build/debug/packshot
rm -rf /build /var/lib/apt/lists/*
