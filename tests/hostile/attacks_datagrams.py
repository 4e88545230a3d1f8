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


def bursts(_wall):
    """What is read quickly, so that batches are long, and then what takes longest."""
    os.fork()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((ANY, 0))
        s.connect(("127.0.0.1", PORT))
        slow = b"\n" * MOST_BYTES
        while True:
            for _ in range(300):
                s.send(b"\n")
            for _ in range(64):
                s.send(slow)


UDP = "[plugin pixelflut datagrams]\nlisten =\nlisten-udp = [::]:%d\n" % PORT
PROBES = ("pixelflut",)
ATTACKS = [
    Attack("questions in datagrams", questions, PROBES, UDP),
    Attack("datagrams of 64 KiB", large, PROBES, UDP),
    Attack("datagrams in bursts, small and of 64 KiB", bursts, PROBES, UDP),
]
