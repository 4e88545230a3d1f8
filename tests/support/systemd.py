# SPDX-License-Identifier: MIT
"""systemd's side of sd_notify(3): the socket that murald sends its state to."""
import socket

from closing import Closing


class Systemd(Closing):
    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.env = {"NOTIFY_SOCKET": self.path}
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(30)

    def message(self):
        return self.socket.recv(1000)

    def close(self):
        self.socket.close()
