#!/bin/sh
# Second program of the virtual machine, in Debian: pure cgroup v2, AppArmor, writable places in memory; then the tests.
export PATH=/berth/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C NO_COLOR=1
mount -t securityfs security /sys/kernel/security
mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup
ln -s /proc/self/fd /dev/fd
for name in stdin:0 stdout:1 stderr:2; do ln -s "/proc/self/fd/${name#*:}" "/dev/${name%:*}"; done
mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
for place in /run /var/lib /root; do
  mount -t tmpfs -o mode=1777 "$(basename "$place")" "$place"
done
# On a disk: for block I/O accounting, and because memory file systems cannot be id-mapped before Linux 6.3.
for place in /tmp /var/tmp; do
  mkdir -p -m 1777 "/berth/scratch$place"
  mount --bind "/berth/scratch$place" "$place"
done
for module in overlay veth bridge fuse nf_tables; do modprobe "$module"; done
hostname berth-vm
ip link set lo up
cd /berth || exit 1
echo 'berth-vm: begin'
setsid sh ./vm-command </dev/null
echo "berth-vm: exit status $?"
busybox poweroff -f
