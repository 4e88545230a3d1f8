# SPDX-License-Identifier: MIT
"""A wall with a pixel board, and a client for it, written from the protocol's text and not from the
plugin, so that a mistake in one is not repeated in the other."""
import http.client
import json
import os
import socket
import subprocess
import sys

import pytest

from closing import Closing
from wall import Wall

PALETTE = ["#ffffff", "#d4d7d9", "#898d90", "#000000", "#ff0000"]
WIDTH, HEIGHT, RATE = 8, 6, 700


def board_wall(folder, more="", size="64x48", others="", core="", rate="700ms", secrets=None,
               background="#ffffff", **rest):
    """The board of the vectors: 8x6 cells of 8 pixels on white; the admin token is adm."""
    lines = ["listen = 127.0.0.1:0", "palette = " + ",".join(c[1:] for c in PALETTE),
             "pixel-rate = " + rate, "admin-token = adm",
             "database = " + os.path.join(str(folder), "board.db")]
    if secrets is not None:
        path = os.path.join(str(folder), "secrets")
        with open(path, "w") as f:
            f.write(secrets)
        lines.append("secrets = " + path)
    return Wall(folder, "%s\n[plugin http]\n%s\n%s\n" % (others, "\n".join(lines), more),
                size="%s\nbackground = %s" % (size, background), core=core, **rest)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        assert self.headers["Content-Type"] == "application/json", self.headers
        return json.loads(self.body)

    def __repr__(self):
        return "%d %r" % (self.status, self.body[:200])


class Board(Closing):
    """One connection."""

    def __init__(self, wall, source="127.0.0.1", name="http"):
        self.http = http.client.HTTPConnection("127.0.0.1", wall.port(name), timeout=20,
                                               source_address=(source, 0))

    def ask(self, method, path, body=None, headers=()):
        """`body` is sent as it is if it is bytes, otherwise as JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.http.request(method, path, body, dict(headers))
        return Answer(self.http.getresponse())

    def register(self, name="n", author="a", secret="s"):
        answer = self.ask("PUT", "/register-pg", {"name": name, "author": author, "secret": secret})
        assert answer.status == 200, answer
        return answer.json()["id"]

    def put(self, token, row, col, color):
        return self.ask("PUT", "/update-pixel", {"id": token, "row": row, "col": col, "color": color})

    def paint(self, token, row, col, color):
        answer = self.put(token, row, col, color)
        assert answer.status == 200, answer
        return answer

    def frontend(self):
        return self.ask("GET", "/frontend-pixels").json()

    def pixels(self):
        return self.frontend()["pixels"]

    def settings(self):
        return self.ask("GET", "/settings").json()

    def rate(self, ms, token="adm"):
        return self.ask("POST", "/changePixelRate", {"token": token, "new_rate": ms})

    def close(self):
        self.http.close()


def raw(wall, data, seconds=30, until=None):
    """Sends bytes; what comes back, and whether the connection was closed.  Reads to the end, or
    until until[0] occurred until[1] times."""
    with socket.create_connection(("127.0.0.1", wall.port("http")), 30) as s:
        s.settimeout(seconds)
        s.sendall(data)
        got = b""
        while not until or got.count(until[0]) < until[1]:
            try:
                piece = s.recv(65536)
            except (socket.timeout, ConnectionResetError) as error:
                return got, not isinstance(error, socket.timeout)
            if not piece:
                return got, True
            got += piece
        return got, False


def request(method="PUT", path="/update-pixel", body=b"{}", headers=()):
    """A request as bytes, with extra header lines."""
    return b"\r\n".join([b"%s %s HTTP/1.1" % (method.encode(), path.encode()), b"Host: wall",
                         b"Content-Length: %d" % len(body), *headers, b"", body])


def slow_reader(wall, path):
    """Sends a GET and reads only the first bytes of the answer; the socket and the status."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(30)
    s.connect(("127.0.0.1", wall.port("http")))
    s.sendall(b"GET %s HTTP/1.1\r\nHost: wall\r\n\r\n" % path.encode())
    return s, int(s.recv(300).split()[1])


def with_slow_readers(script, folder):
    """Runs a script in a network namespace where the kernel buffers little of an answer; what it prints."""
    alone = subprocess.run(
        ["unshare", "-rn", "sh", "-c", "ip link set lo up && "
         "echo 4096 4096 8192 > /proc/sys/net/ipv4/tcp_wmem && exec %s %s %s" %
         (sys.executable, os.path.abspath(script), folder)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100)
    if "unshare" in alone.stdout:
        pytest.skip("no network of its own: " + alone.stdout)
    assert alone.returncode == 0, alone.stdout
    return json.loads(alone.stdout.splitlines()[-1])
