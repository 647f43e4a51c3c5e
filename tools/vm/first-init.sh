#!/bin/busybox sh
# First program of the virtual machine, in the initramfs: reach the disk, lay a memory file system over it, go there.
# Whatever fails ends the machine: the one who started it sees no result line.
set -e
/bin/busybox mkdir -p /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
for module in /modules/*; do /bin/busybox insmod "$module"; done
tries=0
while [ ! -b /dev/vdb ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || { echo "no disks"; /bin/busybox poweroff -f; }
  /bin/busybox sleep 0.1
done
/bin/busybox mount -t ext4 -o ro /dev/vda /disk
/bin/busybox mount -t ext4 -o rw /dev/vdb /disk/berth
/bin/busybox mount -o move /dev /disk/dev
/bin/busybox mount -o move /proc /disk/proc
/bin/busybox mount -o move /sys /disk/sys
exec /bin/busybox switch_root /disk /bin/sh /berth/tools/vm/second-init.sh
