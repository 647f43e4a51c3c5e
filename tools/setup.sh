#!/bin/sh
# Sets up a checkout: Debian packages (as root), npm packages, the keeper and the bundles. Does only what is missing.
#   tools/setup.sh          what running containers needs
#   tools/setup.sh --tests  and what the test suite needs
set -eu
cd "$(dirname "$0")/.."

needed=""
want() { # command-or-file package
  command -v "$1" >/dev/null 2>&1 || [ -e "$1" ] || needed="$needed $2"
}
library() { # soname package
  ldconfig -p 2>/dev/null | grep -q "$1" || /sbin/ldconfig -p | grep -q "$1" || needed="$needed $2"
}
want cc gcc
want /usr/include/stdio.h libc6-dev
library libseccomp.so.2 libseccomp2
if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; then
  want /usr/sbin/apparmor_parser apparmor # loads the profile of containers
fi
if [ "${1:-}" = --tests ]; then
  dpkg -s busybox-static >/dev/null 2>&1 || needed="$needed busybox-static" # the plain busybox is not static
  want ps procps
  want ip iproute2
  want nft nftables
  want python3 python3-minimal
  want runc runc
  want docker-registry docker-registry
  want htpasswd apache2-utils
  want openssl openssl
fi
if [ -n "$needed" ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "setup: these Debian packages are missing; install them as root: apt-get install$needed" >&2
    exit 1
  fi
  echo "setup: installing$needed"
  apt-get update -q >/dev/null
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $needed >/dev/null
  case "$needed" in # tests start registries of their own
  *docker-registry*) systemctl disable --now docker-registry >/dev/null 2>&1 || true ;;
  esac
fi

if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi

PATH="$PWD/node_modules/.bin:$PATH"
export PATH
if [ ! -e dist/.built ] || [ -n "$(find src native tools/*.ts tools/*.cjs package.json -newer dist/.built -print -quit)" ]; then
  node tools/build.ts
  touch dist/.built
fi
