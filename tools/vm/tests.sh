#!/bin/sh
# Runs the tests in the virtual machine and says how they ended.
export PATH=/berth/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C NO_COLOR=1
# Room, and a file system whose block I/O is accounted for.
for place in /tmp /var/tmp; do
  mkdir -p -m 1777 "/berth/scratch$place"
  mount --bind "/berth/scratch$place" "$place"
done
for module in overlay veth bridge fuse nf_tables; do modprobe "$module"; done
cd /berth || exit 1
echo 'berth-vm: begin'
sh ./vm-command
echo "berth-vm: exit status $?"
