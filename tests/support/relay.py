# SPDX-License-Identifier: MIT
"""A line to a wall that can be made slow, or cut without an end: a TCP relay of our own."""
import socket
import threading
import time

from closing import Closing


class Relay(Closing):
    """To a TCP port, or to a Unix socket's path.  `delay` is how many seconds what the wall sends is held, more or less; None: for ever."""

    def __init__(self, port):
        self.delay = 0
        self.wall = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = True
        self.sockets = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while self.open:
            try:
                client, _ = self.listener.accept()
                server = self.connect()
            except OSError:
                continue
            self.sockets += [client, server]
            for source, to, held in ((client, server, False), (server, client, True)):
                threading.Thread(target=self.copy, args=(source, to, held), daemon=True).start()

    def connect(self):
        if isinstance(self.wall, int):
            return socket.create_connection(("127.0.0.1", self.wall))
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.wall)
        return server

    def hold(self, since):
        while self.open and (self.delay is None or time.monotonic() < since + self.delay):
            time.sleep(0.01)  # between two looks at the delay

    def copy(self, source, to, held):
        try:
            while data := source.recv(65536):
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
