# SPDX-License-Identifier: MIT
"""A line to a wall that can be made slow, or cut without an end: a TCP relay of our own."""
import re
import socket
import threading
import time

from closing import Closing


class Relay(Closing):
    """`delay` is how many seconds what the wall sends is held, more or less; None: for ever.

    `sent` are the requests, in their order: path, and how many bytes answered it on the wire."""

    def __init__(self, port):
        self.delay = 0
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
                server = socket.create_connection(("127.0.0.1", self.wall))
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

    def hold(self, since):
        while self.open and (self.delay is None or time.monotonic() < since + self.delay):
            time.sleep(0.01)  # between two looks at the delay

    def copy(self, source, to, held, asked):
        try:
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
