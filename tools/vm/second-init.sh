#!/bin/sh
# Second program of the virtual machine, in Debian, where systemd is not: pure cgroup v2, AppArmor; then the tests.
mount -t securityfs security /sys/kernel/security
mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup
ln -s /proc/self/fd /dev/fd
for name in stdin:0 stdout:1 stderr:2; do ln -s "/proc/self/fd/${name#*:}" "/dev/${name%:*}"; done
mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs -o mode=755 run /run
hostname berth-vm
ip link set lo up
setsid sh /berth/tools/vm/tests.sh </dev/null
busybox poweroff -f
