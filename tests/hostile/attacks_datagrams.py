# SPDX-License-Identifier: MIT
"""Datagrams to Pixelflut's UDP port, of what takes longest to read."""
import os
import socket

from attacking import ANY, Attack

PORT = 1234  # of its TCP port, too
NETWORK_BYTES, MOST_BYTES = 1472, 65507  # of a datagram on Ethernet, and of any


def send(text, length):
    """The same datagram as often as two processes can."""
    datagram = text * (length // len(text))
    os.fork()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((ANY, 0))
        s.connect(("127.0.0.1", PORT))
        while True:
            s.send(datagram)


def questions(_wall):
    send(b"SIZE\n", NETWORK_BYTES)


def large(_wall):
    send(b"PX 1 2\n", MOST_BYTES)


UDP = "[plugin pixelflut datagrams]\nlisten =\nlisten-udp = [::]:%d\n" % PORT
PROBES = ("pixelflut",)
ATTACKS = [
    Attack("questions in datagrams", questions, PROBES, UDP),
    Attack("datagrams of 64 KiB", large, PROBES, UDP),
]
