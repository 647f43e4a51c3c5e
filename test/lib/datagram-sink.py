"""Receives datagrams on a unix socket (or UDP on a free port of the loopback) and prints each as a line of hexadecimal digits."""
import socket
import sys

if sys.argv[1] == 'udp':
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.bind(('127.0.0.1', 0))
    print(sink.getsockname()[1], flush=True)
else:
    sink = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sink.bind(sys.argv[1])
    print('ready', flush=True)
while True:
    print(sink.recv(1 << 17).hex(), flush=True)
