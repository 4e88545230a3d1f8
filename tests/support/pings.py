# SPDX-License-Identifier: MIT
"""Pings that paint, as packets made with scapy, and what a wall answers to them."""
import struct

import pytest

from wall import Wall, wait_for

try:
    from scapy.layers.inet import ICMP, IP
    from scapy.layers.inet6 import IPv6, ICMPv6EchoRequest
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw
except ImportError:
    pytest.skip("no scapy: apt-get install python3-scapy", allow_module_level=True)

SIZE = 64, 48
ORANGE = 0xff, 0x80, 0
BLACK = 0, 0, 0


def icmp_wall(folder, pair, options="", size="64x48", **more):
    return Wall(folder, "[plugin icmp]\n" + options, size=size, netns=pair.server.name, **more)


def ether(pair, **fields):
    return Ether(src=pair.client.mac, dst=pair.server.mac, **fields)


def echo4(pair, data, ident=0x1234, seq=7, ip=None, **icmp):
    ip = ip or IP(src=pair.client.ip4, dst=pair.server.ip4)
    return ether(pair) / ip / ICMP(id=ident, seq=seq, **icmp) / Raw(data)


def echo6(pair, data, ident=0x1234, seq=7, ip=None, extensions=None, **icmp):
    ip = ip or IPv6(src=pair.client.ip6, dst=pair.server.ip6)
    if extensions is not None:
        ip = ip / extensions
    return ether(pair) / ip / ICMPv6EchoRequest(id=ident, seq=seq, data=data, **icmp)


ECHOES = {4: echo4, 6: echo6}


def set_pixel(x, y, rgb, alpha=None):
    return struct.pack(">BHH", 0xcc, x, y) + bytes(rgb) + (b"" if alpha is None else bytes([alpha]))


def answers(frames):
    """Echo replies, as (version, packet, identifier, sequence, data)."""
    found = []
    for frame in map(Ether, frames):
        if IP in frame and frame[IP].proto == 1:
            message = bytes(frame[IP].payload)[:frame[IP].len - 4 * frame[IP].ihl]
            version, kind = 4, 0
        elif IPv6 in frame and frame[IPv6].nh == 58:
            message = bytes(frame[IPv6].payload)[:frame[IPv6].plen]
            version, kind = 6, 129
        else:
            continue
        if message[0] == kind:
            found.append((version, frame, *struct.unpack(">HH", message[4:8]), message[8:]))
    return found


def wait_answers(pair, n):
    """The next n, and what came with them: the kernel may ask for the client's address before it sends them."""
    found = []

    def are_there():
        found.extend(answers(pair.received()))
        return len(found) >= n
    wait_for("%d answers" % n, are_there)
    return found


def settle(wall, pair, source=None):
    """Until everything sent so far has been processed: captures keep the order."""
    settle.count = getattr(settle, "count", 0) + 1
    rgb = 1, settle.count >> 8 & 255, settle.count & 255
    pair.send(echo4(pair, set_pixel(63, 47, rgb), ip=IP(src=source or pair.client.ip4, dst=pair.server.ip4)))
    wall.painted(63, 47, rgb)


def nothing_but_the_mark(wall):
    """Whether only settle() painted."""
    mark = 1, settle.count >> 8 & 255, settle.count & 255
    return sorted(wall.picture().getcolors()) == [(1, mark), (SIZE[0] * SIZE[1] - 1, BLACK)]
