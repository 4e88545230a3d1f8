# SPDX-License-Identifier: MIT
"""A line to a wall that can be made slow, or cut without an end: a TCP relay of our own."""
import queue
import re
import socket
import threading
import time

from closing import Closing


class Relay(Closing):
    """To a TCP port, or to a Unix socket's path.

    `delay` is how many seconds what the wall sends is held, more or less; None: for ever.

    `rate` is how many bytes a second the wall's side of the line takes; `latency` how long each
    byte is on its way, both ways together.  `sent` are the requests, in their order: path, and how many bytes answered it on the wire."""

    def __init__(self, port):
        self.delay = self.latency = 0
        self.rate = None
        self.wall = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = True
        self.sockets = []
        self.sent = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while self.open:
            try:
                client, _ = self.listener.accept()
                server = self.connect()
            except OSError:
                continue
            self.sockets += [client, server]
            asked = []  # on this connection
            for source, to, held in ((client, server, False), (server, client, True)):
                threading.Thread(target=self.copy, args=(source, to, held, asked), daemon=True).start()

    def note(self, data, held, asked):
        if held and asked:
            asked[-1][1] += len(data)
        elif not held and (request := re.match(rb"GET (\S+) ", data)):
            asked.append([request.group(1).decode(), 0])
            self.sent.append(asked[-1])

    def connect(self):
        to_port = isinstance(self.wall, int)
        server = socket.socket(socket.AF_INET if to_port else socket.AF_UNIX)
        if self.rate:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server.connect(("127.0.0.1", self.wall) if to_port else self.wall)
        return server

    def hold(self, since):
        while self.open and (self.delay is None or time.monotonic() < since + self.delay):
            time.sleep(0.01)  # between two looks at the delay

    def copy_slowly(self, source, to, asked):
        """Like a line: what it does not take yet, the wall still has."""
        under_way = queue.Queue()
        threading.Thread(target=self.deliver, args=(under_way, to), daemon=True).start()
        while data := source.recv(1400):
            self.note(data, True, asked)
            time.sleep(len(data) / self.rate)  # as the line would
            under_way.put((time.monotonic() + self.latency, data))
        under_way.put((0, b""))

    def deliver(self, under_way, to):
        try:
            while data := (item := under_way.get())[1]:
                time.sleep(max(item[0] - time.monotonic(), 0))
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def copy(self, source, to, held, asked):
        try:
            if held and self.rate:
                self.copy_slowly(source, to, asked)
                return
            while data := source.recv(65536):
                self.note(data, held, asked)
                if held:
                    self.hold(time.monotonic())
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.open = False
        for each in [self.listener, *self.sockets]:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()
