# SPDX-License-Identifier: MIT
"""Clients of Pixelflut for its tests."""
import contextlib
import os
import resource
import select
import socket

import pytest

from closing import Closing

PIXELFLUT = "[plugin pixelflut]\nlisten = 127.0.0.1:0\n"


class Client(Closing):
    """A connection that reads lines."""
    def __init__(self, wall, host="127.0.0.1", receive_buffer=None):
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(30)
        self.socket.connect((host, wall.port("pixelflut")))
        self.file = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data)

    def line(self):
        return self.file.readline().decode()

    def ask(self, data):
        self.send(data)
        return self.line()

    def quiet(self, seconds=0.1):
        return not select.select([self.socket], [], [], seconds)[0]

    def finish(self):
        """Shuts the sending side down; everything that still comes."""
        self.socket.shutdown(socket.SHUT_WR)
        return self.file.read().decode()

    def close(self):
        self.file.close()
        self.socket.close()


def sockets(wall):
    """How many are open, with the listener."""
    folder, count = "/proc/%d/fd" % wall.process.pid, 0
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            count += os.readlink(os.path.join(folder, name)).startswith("socket:")
    return count


def open_files(wanted):
    """Raises this process's limit; the limit that the daemon may have."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < wanted:
        pytest.skip("needs %d open files; raise the hard limit of open files (ulimit -Hn)" % wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
