"""One program with the parts of the shop: `schema`, `api`, `worker`, `report`."""

import http.server
import json
import os
import socket
import sys

import psycopg2
import redis


def database():
    password = open("/run/secrets/db-password").read().strip()
    connection = psycopg2.connect(host=os.environ["DB_HOST"], user="postgres", password=password)
    connection.autocommit = True
    return connection.cursor()


def queue():
    return redis.Redis(host=os.environ["QUEUE_HOST"])


def schema():
    database().execute("create table if not exists orders (id serial, what text, worker text)")


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def answer(self, status, value):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, "ok")
        cursor = database()
        cursor.execute("select what, worker from orders order by id")
        self.answer(200, {"host": socket.gethostname(), "greeting": os.environ["GREETING"], "orders": cursor.fetchall()})

    def do_POST(self):
        what = self.rfile.read(int(self.headers["content-length"])).decode()
        queue().rpush("orders", what)
        self.answer(202, what)


def worker():
    cursor = database()
    print("worker ready", flush=True)
    while True:
        _, what = queue().blpop("orders")
        cursor.execute("insert into orders (what, worker) values (%s, %s)", (what.decode(), socket.gethostname()))


def report():
    cursor = database()
    cursor.execute("select count(*) from orders")
    print("orders:", cursor.fetchone()[0])


def api():
    http.server.ThreadingHTTPServer(("", 8000), Api).serve_forever()


try:
    {"schema": schema, "api": api, "worker": worker, "report": report}[sys.argv[1]]()
except KeyboardInterrupt:
    print("asked to stop", flush=True)
