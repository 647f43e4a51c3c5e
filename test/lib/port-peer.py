"""Peers for tests of published ports, run inside a network namespace.

serve PORTS...          answers on TCP and UDP, IPv4 and IPv6: "protocol peer-address own-port"; says "ready" first
serve-sctp PORTS...     the same on SCTP
ask PROTOCOL HOST PORT SECONDS  prints the answer, "refused" or "nothing"
send HOST PORT          says "ready", sends each line of its input as a UDP packet from one port, prints the answer, "nothing" or "refused"
hold HOST PORT          connects, says "ready", and echoes each line of its input through the connection
"""
import errno
import select
import socket
import sys

SECONDS = float(20)
SCTP = 132
PROTOCOLS = {
    "tcp": (socket.SOCK_STREAM, 0),
    "udp": (socket.SOCK_DGRAM, 0),
    "sctp": (socket.SOCK_STREAM, SCTP),
}


def family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def open_server(protocol, inet, port):
    kind, number = PROTOCOLS[protocol]
    server = socket.socket(inet, kind, number)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if inet == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind(("::" if inet == socket.AF_INET6 else "0.0.0.0", port))
    if kind == socket.SOCK_STREAM:
        server.listen(64)
    return server


def serve(ports, protocols):
    servers = {}
    for port in ports:
        for inet in (socket.AF_INET, socket.AF_INET6):
            for protocol in protocols:
                server = open_server(protocol, inet, port)
                servers[server.fileno()] = (server, protocol, port)
    clients = {}
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([*servers, *clients], [], [])
        for fd in ready:
            if fd in clients:
                data = clients[fd].recv(4096)
                if data:
                    clients[fd].sendall(data)
                else:
                    clients.pop(fd).close()
                continue
            server, protocol, port = servers[fd]
            if protocol == "udp":
                _, peer = server.recvfrom(4096)
                server.sendto(f"udp {peer[0]} {port}\n".encode(), peer)
            else:
                client, peer = server.accept()
                client.sendall(f"{protocol} {peer[0]} {port}\n".encode())
                clients[client.fileno()] = client


def ask(protocol, host, port, seconds):
    client = socket.socket(family(host), *PROTOCOLS[protocol])
    client.settimeout(seconds)
    try:
        client.connect((host, port))
        if protocol == "udp":
            client.send(b"?")
        print(client.recv(4096).decode().strip())
    except socket.timeout:
        print("nothing")
    except OSError as error:
        print("refused" if error.errno in (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.EACCES) else f"error {error}")


def hold(host, port):
    client = socket.create_connection((host, port), SECONDS)
    stream = client.makefile("r")
    stream.readline()
    print("ready", flush=True)
    for line in sys.stdin:
        # Acknowledged at once: no packet is on its way when the answer has been seen.
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        client.sendall(line.encode())
        print(stream.readline().strip(), flush=True)


def send(host, port):
    client = socket.socket(family(host), socket.SOCK_DGRAM)
    client.settimeout(2)
    client.connect((host, port))
    print("ready", flush=True)
    for line in sys.stdin:
        try:
            client.send(line.encode())
            print(client.recv(4096).decode().strip(), flush=True)
        except socket.timeout:
            print("nothing", flush=True)
        except ConnectionRefusedError:
            print("refused", flush=True)


mode, *words = sys.argv[1:]
if mode == "serve":
    serve([int(word) for word in words], ("tcp", "udp"))
elif mode == "serve-sctp":
    serve([int(word) for word in words], ("sctp",))
elif mode == "send":
    send(words[0], int(words[1]))
elif mode == "hold":
    hold(words[0], int(words[1]))
else:
    ask(words[0], words[1], int(words[2]), float(words[3]))
