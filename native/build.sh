#!/bin/sh
# Builds the keeper: sh native/build.sh OUT [release|sanitize]; or its plan decoder alone for tests: ... OUT decoder
set -eu
out=$1
kind=${2:-release}
here=$(cd "$(dirname "$0")" && pwd)
cc=${CC:-cc}
warn="-std=gnu11 -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla"
sources=$(ls "$here"/*.c)
mkdir -p "$(dirname "$out")"
case $kind in
release)
  # shellcheck disable=SC2086
  exec $cc $warn -O2 -static -no-pie -fstack-protector-strong -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -fno-asynchronous-unwind-tables \
    -ffunction-sections -fdata-sections -Wl,--gc-sections -Wl,-z,relro,-z,now,-z,noexecstack -s -o "$out" $sources
  ;;
sanitize)
  # shellcheck disable=SC2086
  exec $cc $warn -O1 -g -D_GNU_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=all -static-libasan -o "$out" $sources
  ;;
decoder)
  # shellcheck disable=SC2086
  exec $cc $warn -O1 -g -D_GNU_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=all -o "$out" \
    $(echo "$sources" | grep -v /main.c) "$here/check/decoder.c"
  ;;
*)
  echo "build.sh: unknown kind $kind" >&2
  exit 2
  ;;
esac
