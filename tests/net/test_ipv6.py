# SPDX-License-Identifier: MIT
"""Pixels in IPv6 addresses between hosts: on one link, through a router, in bursts."""
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from ipv6net import (  # noqa: F401 (fixtures)
    CLIENT, PREFIX, TEMPLATE, address, fping, link, net, painting, pair, picture_of, section, shows)
from wall import SOURCE, Wall, wait_for

try:
    from scapy.layers.inet import UDP
    from scapy.layers.inet6 import (ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, IPv6, IPv6ExtHdrDestOpt,
                                    IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, Jumbo, PadN)
    from scapy.layers.l2 import Dot1Q, Ether
    from scapy.packet import Raw
except ImportError:
    pytest.skip("no scapy: apt-get install python3-scapy", allow_module_level=True)


# ---------------------------------------------------------------- painting, on a link and routed


def test_on_link_client_paints_without_any_setup(tmp_path, link):
    wall_host, client = link
    pixels = painting(20, 15)
    with Wall(tmp_path, section(template=TEMPLATE, ndp="yes"), size="20x15",
              netns=wall_host.name) as wall:
        fping(client, [address(*at, rgb) for at, rgb in pixels.items()])
        shows(wall, pixels, (20, 15))
        client.run("ping", "-c", "1", "-W", "0.3", address(3, 4, (9, 8, 7)), check=False)
        wall.painted(3, 4, (9, 8, 7))
        assert wall_host.run("ip", "-6", "addr", "show", "dev", "eth0") == ""
    assert wall.totals("ipv6") == {"painted": 301, "drops": 0}
    assert "ndp: answered 301 neighbour solicitations" in wall.log()


def test_link_local_addresses_need_no_prefix(tmp_path, pair):
    wall_host, client = pair
    template = "fe80:0:0:0:1XXX:1YYY:11RR:GGBB"
    with Wall(tmp_path, section(template=template, ndp="yes"), netns=wall_host.name) as wall:
        for x, y in (0, 0), (63, 47):
            client.run("ping", "-c", "1", "-W", "0.3", "fe80::1%03x:1%03x:11ff:8000%%eth0" % (x, y),
                       check=False)
            wall.painted(x, y, (255, 128, 0))


@pytest.mark.parametrize("interface", ["any", "eth0"])
def test_routed_prefix_paints_without_ndp(tmp_path, link, interface):
    """The wall's host has an address for the route to point to, and none of the prefix."""
    wall_host, client = link
    wall_host.run("ip", "-6", "addr", "add", PREFIX + "::1/64", "dev", "eth0", "nodad")
    client.run("ip", "-6", "route", "add", "2a06:a003:d040::/48", "via", PREFIX + "::1")
    pixels = painting(64, 48)
    with Wall(tmp_path, section(interface=interface), netns=wall_host.name) as wall:
        fping(client, ["2a06:a003:d040:1%03x:%x:%x:%x:%x" % (*at, *rgb)
                       for at, rgb in pixels.items()])
        shows(wall, pixels, (64, 48))
        client.run("ping", "-c", "1", "-W", "0.3", "2a06:a003:d040:203f:2f:ff:ff:ff", check=False)
        wall.painted(63, 47, (255, 255, 255))
    # the other three pixels of the square are outside, and each is counted
    assert wall.totals("ipv6") == {"painted": 64 * 48 + 1, "out_of_bounds": 3, "drops": 0}


def test_a_host_that_forwards_sends_nothing_back(tmp_path, pair):
    """With the route from the manual."""
    wall_host, client = pair
    wall_host.run("ip", "-6", "addr", "add", PREFIX + "::1/64", "dev", "eth0", "nodad")
    wall_host.run("ip", "-6", "route", "add", "default", "via", CLIENT)
    wall_host.sysctl("net.ipv6.conf.all.forwarding", 1)
    wall_host.run("ip", "-6", "route", "add", "blackhole", "2a06:a003:d040::/48")
    with Wall(tmp_path, section(), netns=wall_host.name) as wall:
        sender = Sender(wall_host, client)
        sender.send(*[IPv6(src=CLIENT, dst="2a06:a003:d040:1001:2:ff:80:%x" % i) / ICMPv6EchoRequest()
                      for i in range(50)])
        wall.painted(1, 2, (255, 128, 49))
        sender.wire.settimeout(0.2)
        back = []
        with pytest.raises(socket.timeout):
            while True:
                frame, where = sender.wire.recvfrom(2000)
                if where[2] != socket.PACKET_OUTGOING and b"\x2a\x06\xa0\x03\xd0\x40" in frame:
                    back.append(Ether(frame).summary())
        assert back == []


@pytest.mark.parametrize("forwards", [0, 1])
def test_painters_are_told_nothing_of_a_routed_prefix(tmp_path, pair, forwards):
    """Without a route of its own the kernel reports it unreachable; --doctor says so, and what to do."""
    wall_host, client = pair
    wall_host.run("ip", "-6", "addr", "add", PREFIX + "::1/64", "dev", "eth0", "nodad")
    client.run("ip", "-6", "route", "add", "2a06:a003:d040::/48", "via", PREFIX + "::1")
    wall_host.sysctl("net.ipv6.conf.all.forwarding", forwards)

    def said(x):
        return client.run("ping", "-c", "1", "-W", "1", "2a06:a003:d040:1%03x:2:ff:80:0" % x, check=False)

    wall = Wall(tmp_path, section(), netns=wall_host.name)
    doctor = subprocess.run(wall.command("--doctor"), text=True, capture_output=True, timeout=30).stdout
    advice = re.search(r"2a06:a003:d040::/48 is unreachable.*: ip (-6 route add blackhole \S+)$", doctor, re.M)
    with wall:
        assert "unreachable" in said(1)
        wall.painted(1, 2, (255, 128, 0))
        wall_host.run("ip", *advice.group(1).split())
        assert "unreachable" not in said(2)
        wall.painted(2, 2, (255, 128, 0))
    assert "is unreachable" not in subprocess.run(
        wall.command("--doctor"), text=True, capture_output=True, timeout=30).stdout


def test_the_host_itself_paints_through_a_local_route(tmp_path, net):
    host = net.host("wall")
    host.run("ip", "-6", "route", "add", "local", PREFIX + "::/64", "dev", "lo")
    with Wall(tmp_path, section(template=TEMPLATE), netns=host.name) as wall:
        host.run("ping", "-c", "1", "-W", "0.3", address(3, 4, (1, 2, 3)))
        wall.painted(3, 4, (1, 2, 3))
    assert wall.totals("ipv6")["painted"] == 1


# ---------------------------------------------------------------- bursts


def send_at_once(wire, frames):
    """At a high priority; the seconds it took."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, -20)
    begin = time.monotonic()
    for frame in frames:
        wire.send(frame)
    seconds = time.monotonic() - begin
    os.setpriority(os.PRIO_PROCESS, 0, before)
    return seconds


@pytest.mark.parametrize("asleep", [False, True], ids=["running", "stopped"])
def test_a_burst_of_65535_pings_loses_nothing(tmp_path, pair, asleep):
    """Stopped, murald reads nothing before the last one is sent: the buffer must hold all.

    The kernel closes a block of that buffer every 10 ms, however little is in it, and there are
    128: if sending takes longer than 1.28 s, it is tried again with another wall."""
    wall_host, client = pair
    head = bytes.fromhex(wall_host.mac().replace(":", "")) + bytes(6) + b"\x86\xdd"
    pixels = painting(256, 256)
    del pixels[255, 255]
    echo = b"\x80\0\0\0\0\1\0\2" + bytes(56)
    frames = [head + b"\x60\0\0\0\0\x40\x3a\x40" + socket.inet_pton(socket.AF_INET6, CLIENT)
              + socket.inet_pton(socket.AF_INET6, address(*at, rgb)) + echo
              for at, rgb in pixels.items()]
    for _ in range(10):
        with Wall(tmp_path, section(template=TEMPLATE), size="256x256", netns=wall_host.name) as wall:
            if asleep:
                wall.process.send_signal(signal.SIGSTOP)
            seconds = send_at_once(client.wire(), frames)
            if asleep:
                wall.process.send_signal(signal.SIGCONT)
                if seconds > 1:
                    continue
            shows(wall, pixels, (256, 256))
        assert wall.totals("ipv6") == {"painted": 65535, "drops": 0}
        return
    pytest.skip("this machine is too busy to send 65,535 pings within a second")


# ---------------------------------------------------------------- which packets paint


class Sender:
    """Sends frames to the wall's host as a router would; each needs at least an IPv6 layer."""

    def __init__(self, wall_host, client):
        self.wire = client.wire()
        self.ether = Ether(dst=wall_host.mac(), src=client.mac())

    def send(self, *packets):
        for packet in packets:
            self.wire.send(bytes(self.ether / packet))

    def raw(self, packet, change):
        data = bytearray(bytes(self.ether / packet))
        change(data)
        self.wire.send(bytes(data))


def to(x, y, rgb, **more):
    return IPv6(src=CLIENT, dst=address(x, y, rgb), **more)


ACCEPTED = {
    "icmp6": {"request", "reply", "unreachable", "old", "wrong checksum", "options"},
    "echo": {"request", "wrong checksum", "options"},
    "any": {"request", "reply", "unreachable", "old", "wrong checksum", "options", "udp", "icmp4",
            "nothing", "short"},
}


@pytest.mark.parametrize("accept", ACCEPTED)
def test_accept_chooses_what_paints(tmp_path, pair, accept):
    wall_host, client = pair
    kinds = {
        "request": (58, ICMPv6EchoRequest()),
        "reply": (58, ICMPv6EchoReply()),
        "unreachable": (58, ICMPv6DestUnreach()),
        "old": (58, ICMPv6EchoRequest(type=8)),  # as one published client sends
        "wrong checksum": (58, ICMPv6EchoRequest(cksum=0x1234)),
        "options": (60, IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))]) / ICMPv6EchoRequest()),
        "udp": (17, UDP(dport=7) / Raw(b"x")),
        "icmp4": (1, Raw(b"\x08\0" + bytes(6))),  # as another published client sends
        "nothing": (59, Raw(b"")),
        "short": (58, Raw(b"\x80\0\0\0")),
    }
    with Wall(tmp_path, section(template=TEMPLATE, accept=accept), netns=wall_host.name) as wall:
        sender = Sender(wall_host, client)
        for y, (header, payload) in enumerate(kinds.values()):
            sender.send(to(1, y, (200, y, 1), nh=header) / payload)
        sender.send(to(0, 0, (9, 9, 9)) / ICMPv6EchoRequest())
        wall.painted(0, 0, (9, 9, 9))
        picture = wall.picture()
        painted = {kind for y, kind in enumerate(kinds) if picture.getpixel((1, y)) == (200, y, 1)}
        assert wall.stop() == 0
    assert painted == ACCEPTED[accept]
    assert wall.totals("ipv6").get("malformed", 0) == len(kinds) - len(painted)


def test_bad_packets_are_dropped_and_counted(tmp_path, pair):
    wall_host, client = pair
    ping = ICMPv6EchoRequest(data=b"x" * 32)

    def length(n):
        return lambda data: data.__setitem__(slice(18, 20), n.to_bytes(2, "big"))
    plugin = section(template=TEMPLATE, interface="eth0")
    with Wall(tmp_path, plugin, netns=wall_host.name) as wall:
        sender = Sender(wall_host, client)
        sender.send(
            to(1, 0, (1, 1, 1)) / IPv6ExtHdrFragment(offset=0, m=1, nh=58) / ping,
            to(1, 1, (1, 1, 1)) / IPv6ExtHdrFragment(offset=8, m=0, nh=58) / ping,
            to(1, 2, (1, 1, 1), plen=0) / IPv6ExtHdrHopByHop(options=[Jumbo(jumboplen=70000)]) / ping,
            to(1, 3, (1, 1, 1), nh=60) / Raw(b"\x3a\xff" + bytes(38)),  # longer than the packet
            to(1, 4, (1, 1, 1), nh=60) / Raw(b"\x3a"),
            to(1, 5, (1, 1, 1), nh=51) / Raw(b"\x3a\1" + bytes(14)) / ping,
            to(1, 6, (1, 1, 1), nh=58) / Raw(b"\x80\0\0"),
            to(1, 7, (1, 1, 1), nh=58))
        sender.raw(to(1, 8, (1, 1, 1)) / ping, length(1000))
        sender.raw(to(1, 9, (1, 1, 1)) / ping, length(41))
        sender.raw(to(1, 10, (1, 1, 1)) / ping, length(3))
        sender.raw(to(1, 11, (1, 1, 1)) / ping, length(0))
        sender.raw(to(1, 12, (1, 1, 1)) / ping, lambda data: data.__delitem__(slice(60, None)))
        # stacked tags too; other addresses are not counted
        inner = to(1, 13, (1, 1, 1)) / ping
        sender.send(Dot1Q(vlan=5) / inner, Dot1Q(vlan=5) / Dot1Q(vlan=6) / inner,
                    Dot1Q(vlan=5) / Dot1Q(vlan=6) / IPv6(src=CLIENT, dst="2001:db8:0:6::1") / ping,
                    Dot1Q(vlan=5) / Dot1Q(vlan=6) / Raw(b"anything"))
        sender.send(Dot1Q(vlan=0, prio=3) / to(2, 1, (4, 5, 6)) / ping)  # only a priority
        # padding is valid: Ethernet's shortest frame is longer than a short ping's
        sender.raw(to(2, 0, (1, 2, 3)) / ICMPv6EchoRequest(), lambda data: data.extend(bytes(10)))
        wall.painted(2, 0, (1, 2, 3))
        pixels = {(2, 0): (1, 2, 3), (2, 1): (4, 5, 6)}
        assert wall.picture().tobytes() == picture_of(pixels, (64, 48)).tobytes()
    assert wall.totals("ipv6") == {"painted": 2, "malformed": 15, "drops": 0}


def test_other_traffic_is_left_alone(tmp_path, pair):
    wall_host, client = pair
    with Wall(tmp_path, section(template=PREFIX + ":XXXX:YYYY:11RR:GGBB"), netns=wall_host.name) as wall:
        sender = Sender(wall_host, client)
        for other in PREFIX + ":1:1:12ff:ffff", "2001:db8:0:6:1:1:11ff:ffff", "2001:db9:0:5:1:1:11ff:ffff":
            sender.send(*[IPv6(src=CLIENT, dst=other) / ICMPv6EchoRequest()] * 1000)
        sender.send(IPv6(src=CLIENT, dst=PREFIX + ":1:1:11ff:8000") / ICMPv6EchoRequest())
        wall.painted(1, 1, (255, 128, 0))
    assert wall.totals("ipv6") == {"painted": 1, "drops": 0}


def test_sizes_and_digits(tmp_path, pair):
    wall_host, client = pair
    plugins = (section(name="squares", template=PREFIX + ":SXXX:YYY:RRGG:BB")
               + section(name="decimal", template="2001:db8:0:6:XXXX:YYYY:RRGG:BB00", digits="decimal"))
    plugins += section(name="wide", template="2001:db9:XXXX:XXXX:YYYY:YYYS:RRGG:BB??")
    with Wall(tmp_path, plugins, netns=wall_host.name) as wall:
        sender = Sender(wall_host, client)
        # the square's right half is not at the left edge
        sender.send(IPv6(src=CLIENT, dst="2001:db9:ffff:ffff:0:12:ff:0") / ICMPv6EchoRequest())
        for side in range(16):
            sender.send(IPv6(src=CLIENT, dst=PREFIX + ":%x%03x:a:ff00:ff" % (side, 3 * side))
                        / ICMPv6EchoRequest())
        sender.send(IPv6(src=CLIENT, dst="2001:db8:0:6:10:11:ff:0") / ICMPv6EchoRequest(),
                    IPv6(src=CLIENT, dst="2001:db8:0:6:a:11:ff:0") / ICMPv6EchoRequest())
        wall.painted(10, 11, (0, 255, 0))
        pixels = {at: (255, 0, 255) for at in [(3, 10), (6, 10), (7, 10), (6, 11), (7, 11)]}
        pixels[10, 11] = (0, 255, 0)
        shows(wall, pixels, (64, 48))
    assert wall.totals("squares") == {"painted": 5, "malformed": 14, "drops": 0}
    assert wall.totals("wide") == {"painted": 0, "out_of_bounds": 4, "drops": 0}
    assert wall.totals("decimal") == {"painted": 1, "malformed": 1, "drops": 0}


def test_a_template_without_coordinates_paints_random_pixels(tmp_path, pair):
    wall_host, client = pair
    plugins = section(template="2001:6a8:28c0:2017:????:RR:GG:BB", offset="2,1", region="4x3")
    with Wall(tmp_path, plugins, netns=wall_host.name) as wall:
        sender = Sender(wall_host, client)
        sender.send(*[IPv6(src=CLIENT, dst="2001:6a8:28c0:2017:1:ff:80:1") / ICMPv6EchoRequest()] * 400)
        shows(wall, {(x, y): (255, 128, 1) for x in range(2, 6) for y in range(1, 4)}, (64, 48))
        sender.send(IPv6(src=CLIENT, dst="2001:6a8:28c0:2017:1:ff:80:2") / ICMPv6EchoRequest())
        wait_for("the last", lambda: (255, 128, 2) in wall.picture().getdata())
    assert wall.totals("ipv6")["painted"] == 401


def test_instances_keep_to_their_templates_offsets_and_regions(tmp_path, pair):
    wall_host, client = pair
    plugins = (section(name="left", template=TEMPLATE, region="32x48")
               + section(name="right", template="2001:db8:0:6:XXXX:YYYY:RRGG:BBAA", offset="32,8",
                         region="16x16")
               + section(name="same", template=TEMPLATE, offset="48,40"))
    with Wall(tmp_path, plugins, netns=wall_host.name) as wall:
        sender = Sender(wall_host, client)
        sender.send(to(3, 4, (1, 2, 3)) / ICMPv6EchoRequest(),
                    to(31, 47, (4, 5, 6)) / ICMPv6EchoRequest(),
                    to(32, 0, (7, 7, 7)) / ICMPv6EchoRequest(),
                    IPv6(src=CLIENT, dst="2001:db8:0:6:f:f:ff00:ff") / ICMPv6EchoRequest(),
                    IPv6(src=CLIENT, dst="2001:db8:0:6:0:0:ff00:80") / ICMPv6EchoRequest(),
                    IPv6(src=CLIENT, dst="2001:db8:0:6:10:0:ff00:ff") / ICMPv6EchoRequest())
        # where two instances match an address, each paints it in its own region
        pixels = {(3, 4): (1, 2, 3), (31, 47): (4, 5, 6), (47, 23): (255, 0, 0),
                  (32, 8): (128, 0, 0), (51, 44): (1, 2, 3)}
        shows(wall, pixels, (64, 48))
    assert wall.totals("left") == {"painted": 2, "out_of_bounds": 1, "drops": 0}
    assert wall.totals("right") == {"painted": 2, "out_of_bounds": 1, "drops": 0}


def test_a_claimed_address_is_not_pingxelflut(tmp_path, pair):
    """The destination decides, not the content, even if the host really has the address."""
    wall_host, client = pair
    claimed, other = address(5, 6, (255, 128, 1)), "2001:db8:0:7::1"
    for own in claimed, other:
        wall_host.run("ip", "-6", "addr", "add", own + "/128", "dev", "eth0", "nodad")
    client.run("ip", "-6", "route", "add", other, "dev", "eth0")
    with Wall(tmp_path, "[plugin icmp]\n" + section(template=TEMPLATE), netns=wall_host.name) as wall:
        paint = ["ping", "-c", "1", "-W", "0.3", "-s", "8", "-p"]
        client.run(*paint, "cc00010002ff0000", claimed, check=False)
        client.run(*paint, "cc0003000400ff00", other, check=False)
        # as one Place: IPv6 ping in 256: eight bytes that happen to begin with cc
        Sender(wall_host, client).send(
            to(9, 9, (9, 9, 9)) / ICMPv6EchoRequest(data=bytes.fromhex("cc000a000aff0000")))
        shows(wall, {(5, 6): (255, 128, 1), (3, 4): (0, 255, 0), (9, 9): (9, 9, 9)}, (64, 48))
    assert wall.totals("ipv6")["painted"] == 2
    assert wall.totals("icmp")["painted"] == 1


# ---------------------------------------------------------------- options


def test_kernel_replies_are_restored(tmp_path, pair):
    wall_host, client = pair
    key = "net.ipv6.icmp.echo_ignore_all"
    wall_host.run("ip", "-6", "addr", "add", PREFIX + "::1/64", "dev", "eth0", "nodad")
    with Wall(tmp_path, section(template=TEMPLATE, kernel_replies="suppress"), netns=wall_host.name) as wall:
        assert wall_host.sysctl(key) == "1"
        assert "0 received" in client.run("ping", "-c", "1", "-W", "0.3", PREFIX + "::1", check=False)
        wall.painted(0, 0, (0, 0, 0))
        assert wall.stop() == 0
    assert wall_host.sysctl(key) == "0"
    with Wall(tmp_path, section(template=TEMPLATE), netns=wall_host.name):
        assert "1 received" in client.run("ping", "-c", "1", "-W", "0.3", PREFIX + "::1", check=False)


@pytest.mark.parametrize("template, at", [
    ("2a06:a0g3:d040:SXXX:YYY:RR:GG:BB", 8),
    ("2a06:a003::SXXX:YYY:RR:GG:BB", 11),
    ("2a06:a003:d040:SXXX:0:RR:GG:BB", 17),
    ("2a06:a003:d040:SXXX:YYY:RR:GG:0", 25),
    ("2a06:a003:d040:SXXX:YYY:RR:GG:RR", 31),
])
def test_a_wrong_template_is_a_config_error_at_its_character(tmp_path, template, at):
    wall = Wall(tmp_path, section(template=template))
    checked = subprocess.run(wall.command("--check-config"), capture_output=True, text=True)
    assert checked.returncode == 78
    assert re.search(r"murald.conf:\d+: plugin ipv6.template: \"%s\" at character %d \("
                     % (re.escape(template), at), checked.stderr), checked.stderr


def test_the_manual_lists_every_layout():
    """tests/unit/ping/test-template-layouts checks that these texts are the layouts of the vectors."""
    with open(os.path.join(SOURCE, "tests/unit/ping/template-layouts.h")) as header:
        layouts = re.findall(r'\{ "[^"]+", "([^"]+)", (?:true|false) \}', header.read())
    with open(os.path.join(SOURCE, "doc/murald.conf.5.in")) as manual:
        listed = re.findall(r"^template = (\S+)$", manual.read(), re.M)
    assert len(layouts) > 10
    assert set(layouts) <= set(listed)


def test_the_command_in_the_log_paints(tmp_path, pair):
    wall_host, client = pair
    wall_host.run("ip", "-6", "addr", "add", PREFIX + "::1/64", "dev", "eth0", "nodad")
    with Wall(tmp_path, section(template=TEMPLATE, ndp="yes"), netns=wall_host.name) as wall:
        line = wait_for("the command", lambda: re.search(
            r"ipv6: paint with: (ping -c1 \S+); : '.*: paints (\d+),(\d+) #(\w+)'$", wall.log(), re.M), 30)
        client.run(*line.group(1).split(), "-W", "0.3", check=False)
        wall.painted(int(line.group(2)), int(line.group(3)), bytes.fromhex(line.group(4)))
