#!/bin/sh
# npm run verify: sets up everything, then checks, unit tests, system tests, and the proof that nothing is left behind.
set -eu
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
  echo "verify: the system tests make namespaces, mounts and control groups; run this as root" >&2
  exit 1
fi
sh tools/setup.sh --tests
PATH="$PWD/node_modules/.bin:$PATH"
export PATH

TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/berth-verify-XXXXXX")
export TMPDIR
chmod 755 "$TMPDIR" # user namespaces without host root in them must get through
cleanup() { rm -rf "$TMPDIR" "$TMPDIR.groups.json"; }
trap cleanup EXIT
node tools/check-leaks.ts before "$TMPDIR"

node tools/check.ts
npm test --silent
npm run test:system --silent
node tools/check-leaks.ts after "$TMPDIR"
