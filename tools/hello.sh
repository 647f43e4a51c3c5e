#!/bin/sh
# npm run hello: sets up everything and runs the image that Berth carries, isolated and limited.
set -eu
cd "$(dirname "$0")/.."
sh tools/setup.sh
if [ "$(id -u)" != 0 ]; then
  echo "hello: containers are made by root on this version of Berth; run this as root" >&2
  exit 1
fi
exec bin/berth run --rm --memory 64m --pids-limit 20 --cpus 0.5 --read-only berth/hello
