# SPDX-License-Identifier: MIT
"""Pings decoded by XDP, between two hosts: by the driver, by the kernel behind it, and not at all."""
import os
import re
import signal
import struct
import subprocess

import pytest

import procfs
from hosts import Pair, need
from waiting import wait_for
from wall import Wall
from xdp import need_xdp

try:
    from scapy.layers.inet import ICMP, IP, IPOption_NOP
    from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrDestOpt, PadN
    from scapy.layers.l2 import Dot1Q, Ether
    from scapy.packet import Raw
except ImportError:
    pytest.skip("no scapy: apt-get install python3-scapy", allow_module_level=True)

ORANGE, BLACK = (0xff, 0x80, 0), (0, 0, 0)
MODES = {"native": "xdp", "generic": "auto"}  # on veth auto takes what does TCP no harm
TEMPLATE = "fd98:0:0:0:SXXX:YYY:RR:GGBB"


@pytest.fixture(scope="module")
def pair():
    need_xdp()
    with Pair() as both:
        # the driver's own way takes a receive queue for each of the other end's
        yield both


@pytest.fixture(params=sorted(MODES))
def mode(request):
    return request.param


def section(plugin, accelerate, more=""):
    return "[plugin %s]\ninterface = wire0\nkernel-replies = suppress\naccelerate = %s\n%s\n" % (
        plugin, accelerate, more)


def xdp_wall(folder, pair, plugins, size="64x48", **more):
    return Wall(folder, plugins, size=size, netns=pair.server.name, **more)


def set_pixel(x, y, rgb, alpha=None):
    return struct.pack(">BHH", 0xcc, x, y) + bytes(rgb) + (b"" if alpha is None else bytes([alpha]))


def ether(pair):
    return Ether(src=pair.client.mac, dst=pair.server.mac)


def echo4(pair, data, options=(), source=None):
    return IP(src=source or pair.client.ip4, dst=pair.server.ip4, options=list(options)) / ICMP(id=1, seq=2) / Raw(data)


def echo6(pair, data, to=None):
    return IPv6(src=pair.client.ip6, dst=to or pair.server.ip6) / ICMPv6EchoRequest(id=1, seq=2, data=data)


def address(x, y, rgb, side=1):
    return "fd98::%x:%x:%x:%x" % (side << 12 | x, y, rgb[0], rgb[1] << 8 | rgb[2])


def programs(pair):
    """What the server's interface runs: xdp, xdpgeneric, or nothing."""
    return re.findall(r"prog/(xdp\w*)", pair.server.run("ip", "-d", "link", "show", "dev", "wire0"))


def test_pings_paint(tmp_path, pair, mode):
    with xdp_wall(tmp_path, pair, section("icmp", MODES[mode])) as wall:
        assert "icmp: accelerate: wire0: XDP, " + mode in wall.log()
        assert programs(pair) == [{"native": "xdp", "generic": "xdpgeneric"}[mode]]
        pair.send(
            ether(pair) / echo4(pair, set_pixel(1, 1, ORANGE)),
            ether(pair) / echo4(pair, set_pixel(2, 1, ORANGE), [IPOption_NOP()] * 8),
            ether(pair) / Dot1Q(vlan=0, prio=3) / echo4(pair, set_pixel(3, 1, ORANGE)),
            ether(pair) / echo6(pair, set_pixel(4, 1, ORANGE)),
            ether(pair) / IPv6(src=pair.client.ip6, dst=pair.server.ip6)
            / IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))])
            / ICMPv6EchoRequest(data=set_pixel(5, 1, ORANGE)),
            ether(pair) / echo4(pair, set_pixel(6, 1, ORANGE, 128)),
            ether(pair) / echo4(pair, set_pixel(64, 1, ORANGE)),
            ether(pair) / echo6(pair, set_pixel(7, 1, ORANGE, 255)))
        for x in 1, 2, 3, 4, 5, 7:
            wall.painted(x, 1, ORANGE)
        wall.painted(6, 1, (128, 64, 0))
        assert wall.totals("icmp") == {"painted": 7, "out_of_bounds": 1, "drops": 0}
    assert programs(pair) == []
