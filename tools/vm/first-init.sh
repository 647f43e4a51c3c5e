#!/bin/busybox sh
# First program of the virtual machine, in the initramfs: reach the disks and go there.
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
/bin/busybox mount -t ext4 /dev/vda /disk
/bin/busybox mount -t ext4 /dev/vdb /disk/berth
/bin/busybox mount -o move /dev /disk/dev
/bin/busybox mount -o move /proc /disk/proc
/bin/busybox mount -o move /sys /disk/sys
if /bin/busybox grep -qw berth.systemd /disk/proc/cmdline; then
  /bin/busybox cp /disk/berth/tools/vm/berth-tests.service /disk/etc/systemd/system/
  /bin/busybox ln -s ../berth-tests.service /disk/etc/systemd/system/multi-user.target.wants/
  exec /bin/busybox switch_root /disk /sbin/init
fi
exec /bin/busybox switch_root /disk /bin/sh /berth/tools/vm/second-init.sh
