#!/bin/sh
# Builds the resolver: sh native/resolver/build.sh OUT [release|sanitize]; or its parser alone for tests: ... OUT parser
set -eu
out=$1
kind=${2:-release}
here=$(cd "$(dirname "$0")" && pwd)
cc=${CC:-cc}
warn="-std=gnu11 -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -D_GNU_SOURCE"
sanitize="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
case $kind in
release)
  # shellcheck disable=SC2086
  exec $cc $warn -O2 -static -no-pie -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fno-asynchronous-unwind-tables \
    -ffunction-sections -fdata-sections -Wl,--gc-sections -Wl,-z,relro,-z,now,-z,noexecstack -s -o "$out" "$here"/*.c
  ;;
sanitize)
  # shellcheck disable=SC2086
  exec $cc $warn $sanitize -static-libasan -o "$out" "$here"/*.c
  ;;
parser)
  # shellcheck disable=SC2086
  exec $cc $warn $sanitize -o "$out" "$here/check/parser.c" "$here/answer.c" "$here/message.c" "$here/servers.c" "$here/table.c"
  ;;
*)
  echo "build.sh: unknown kind $kind" >&2
  exit 2
  ;;
esac
