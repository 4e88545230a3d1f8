# SPDX-License-Identifier: MIT
"""pingxelflut between two hosts: Debian's ping, images, size requests, and malformed packets."""
import json
import os
import random
import re
import struct
import subprocess
import threading
import time

import pytest

from hosts import Pair, need
from wall import MURALD, SOURCE, Wall, wait_for

try:
    from scapy.layers.inet import ICMP, IP, IPOption_NOP, UDP, fragment
    from scapy.layers.inet6 import (
        IPv6, ICMPv6EchoRequest, ICMPv6MLReport, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
        IPv6ExtHdrRouting, Jumbo, PadN)
    from scapy.layers.l2 import Dot1Q, Ether
    from scapy.layers.ipsec import AH, ESP
    from scapy.packet import Raw
except ImportError:
    pytest.skip("no scapy: apt-get install python3-scapy", allow_module_level=True)

SIZE = 64, 48
SYSCTLS = "net.ipv4.icmp_echo_ignore_all", "net.ipv6.icmp.echo_ignore_all"
PIXEL = bytes.fromhex("cc00100020ff8000")
ORANGE = 0xff, 0x80, 0
BLACK = 0, 0, 0


@pytest.fixture(scope="module")
def pair():
    with Pair() as both:
        yield both


@pytest.fixture
def quiet(pair):
    """The server's kernel answers no pings: every answer is murald's."""
    for key in SYSCTLS:
        pair.server.sysctl(key, 1)
    yield pair
    for key in SYSCTLS:
        pair.server.sysctl(key, 0)


def icmp_wall(folder, pair, options="", size="64x48", **more):
    return Wall(folder, "[plugin icmp]\n" + options, size=size, netns=pair.server.name, **more)


# ---- packets from the client to the server

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


# ---- what came back

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


# ---- painting

def test_debian_ping_paints(tmp_path, pair):
    need("ping", "iputils-ping")
    with icmp_wall(tmp_path, pair) as wall:
        targets = [pair.server.ip4, pair.server.ip6, pair.server.link_local + "%wire0"]
        for x, target in enumerate(targets):
            out = pair.client.run("ping", "-c1", "-s8", "-p", set_pixel(x, 1, ORANGE).hex(), target)
            assert "1 received" in out and "DUP" not in out
            wall.painted(x, 1, ORANGE)
            for _ in range(2):
                pair.client.run("ping", "-c1", "-s9", "-p", set_pixel(x, 2, ORANGE, 0x80).hex(), target)
            half = tuple(round((c * 128 + round(c * 128 / 255) * 127) / 255) for c in ORANGE)
            wall.painted(x, 2, half)
        assert wall.totals("icmp") == {"painted": 9, "drops": 0}


def bsd_time(pattern):
    """What FreeBSD's and Apple's ping -s 16 -p send: struct tv32 in network order, and the pattern behind it."""
    now = time.time()
    return struct.pack(">II", int(now) & 0xffffffff, int(now % 1 * 1e6)) + pattern


def test_pings_of_bsd_and_macos_paint(tmp_path, pair):
    with icmp_wall(tmp_path, pair) as wall:
        pair.send(echo4(pair, bsd_time(set_pixel(1, 1, ORANGE))), echo6(pair, bsd_time(set_pixel(2, 1, ORANGE))),
                  echo4(pair, bsd_time(b"")))  # -s 8: nothing is left of the pattern
        wall.painted(1, 1, ORANGE)
        wall.painted(2, 1, ORANGE)
        # and this machine's own ping of that length is all time
        pair.client.run("ping", "-c1", "-s16", "-p", set_pixel(3, 1, ORANGE).hex(), pair.server.ip4)
        settle(wall, pair)
        assert wall.picture().getpixel((3, 1)) == BLACK
        wall.reload("[plugin icmp]\nbsd-time = no\n")
        pair.send(echo4(pair, bsd_time(set_pixel(4, 1, ORANGE))))
        settle(wall, pair)
        assert wall.picture().getpixel((4, 1)) == BLACK


def test_ping_on_the_host_itself_paints_once(tmp_path, pair):
    need("ping", "iputils-ping")
    for interface in "any", "lo":
        with icmp_wall(tmp_path, pair, "interface = " + interface) as wall:
            for target in "127.0.0.1", "::1", pair.server.ip4, pair.server.ip6:
                pair.server.run("ping", "-c1", "-s8", "-p", PIXEL.hex(), target)
            wall.painted(16, 32, ORANGE)
            pair.server.run("ping", "-c1", "-s8", "-p", set_pixel(1, 1, ORANGE).hex(), "127.0.0.1")
            wall.painted(1, 1, ORANGE)  # after all copies of the others
            wall.wait_idle()
            assert wall.totals("icmp") == {"painted": 5, "drops": 0}


@pytest.mark.parametrize("interface", ["any", "wire0"])
def test_an_image_arrives_pixel_for_pixel(tmp_path, pair, interface):
    dice = random.Random(1)
    image = {(x, y): tuple(dice.randbytes(3)) for x in range(SIZE[0]) for y in range(SIZE[1])}
    order = list(image)
    dice.shuffle(order)
    with icmp_wall(tmp_path, pair, "interface = " + interface) as wall:
        for i, at in enumerate(order):
            alpha = 255 if i % 3 == 0 else None
            pair.send(ECHOES[4 if i % 2 else 6](pair, set_pixel(*at, image[at], alpha), ident=i, seq=i))
        wait_for("the whole image", lambda: list(wall.picture().getdata()) == [
            image[x, y] for y in range(SIZE[1]) for x in range(SIZE[0])])
        assert wall.totals("icmp") == {"painted": len(image), "drops": 0}


def test_a_burst_of_65535_pings_loses_none(tmp_path, quiet):
    frames = []
    base = bytes(echo4(quiet, bytes(8)))
    for i in range(65535):
        data = set_pixel(i % 256, i // 256, (i & 255, i >> 8, 200))
        message = struct.pack(">BBHHH", 8, 0, 0, 1, i) + data
        words = sum(struct.unpack(">8H", message))
        words = (words & 0xffff) + (words >> 16)
        words = ~((words & 0xffff) + (words >> 16)) & 0xffff
        frames.append(base[:34] + message[:2] + struct.pack(">H", words) + message[4:])
    with icmp_wall(tmp_path, quiet, size="256x256") as wall:
        quiet.send(*frames)
        wall.painted(254, 255, (254, 255, 200))
        pixels = list(wall.picture().getdata())
        assert all(pixels[i] == (i & 255, i >> 8, 200) for i in range(65535))
        assert wall.totals("icmp") == {"painted": 65535, "drops": 0}


def test_alpha_and_out_of_bounds_options(tmp_path, pair):
    options = "alpha = ignore\nout-of-bounds = wrap\noffset = 10,10\nregion = 20x20"
    with icmp_wall(tmp_path, pair, options) as wall:
        pair.send(echo4(pair, set_pixel(21, 42, (9, 9, 9), 1)), echo6(pair, set_pixel(65535, 0, (8, 8, 8), 0)))
        wall.painted(11, 12, (9, 9, 9))
        wall.painted(10 + 65535 % 20, 10, (8, 8, 8))
        assert wall.totals("icmp") == {"painted": 2, "drops": 0}
    with icmp_wall(tmp_path / "..", pair) as wall:
        pair.send(echo4(pair, set_pixel(64, 0, (9, 9, 9))), echo6(pair, set_pixel(0, 48, (9, 9, 9))),
                  echo4(pair, set_pixel(0, 0, (9, 9, 9), 0)))
        settle(wall, pair)
        assert wall.picture().getpixel((0, 0)) == BLACK
        assert wall.totals("icmp") == {"painted": 1, "out_of_bounds": 2, "drops": 0}


def test_ordinary_pings_paint_nothing_and_get_one_answer(tmp_path, pair):
    need("ping", "iputils-ping")
    with icmp_wall(tmp_path, pair) as wall:
        for target in pair.server.ip4, pair.server.ip6:
            out = pair.client.run("ping", "-c20", "-i0.01", target)
            assert "20 received" in out and "DUP" not in out and "duplicates" not in out
        pair.received()
        for version in 4, 6:
            for first in 0xaa, 0xcc:
                pair.send(ECHOES[version](pair, bytes([first]) + bytes(range(55))))
        settle(wall, pair)
        got = answers(pair.received())
        assert sorted(a[4][0] for a in got if len(a[4]) == 56) == [0xaa, 0xaa, 0xcc, 0xcc]
        assert not any(a[4][0] == 0xbb for a in got)
        assert nothing_but_the_mark(wall)
        assert wall.totals("icmp") == {"painted": 1, "malformed": 44, "drops": 0}


# ---- the size

def size_answers(pair):
    return [a for a in answers(pair.received()) if a[4][:1] == b"\xbb"]


@pytest.mark.parametrize("interface", ["any", "wire0"])
def test_size_request_has_one_right_answer(tmp_path, pair, interface):
    pair.server.ip("addr", "add", "192.0.2.77/24", "dev", "wire0")
    try:
        with icmp_wall(tmp_path, pair, "interface = " + interface) as wall:
            pair.received()
            pair.send(
                echo4(pair, b"\xaa", 0xabcd, 0x0102),
                echo6(pair, b"\xaa", 0x1111, 0x2222),
                echo6(pair, b"\xaa", 0x3333, 0x4444, IPv6(src=pair.client.link_local, dst=pair.server.link_local)),
                echo4(pair, b"\xaa", 0x5555, 0x6666, IP(src=pair.client.ip4, dst="192.0.2.77")))
            settle(wall, pair)
            got = answers(pair.received())
            ours = [a for a in got if a[4][0] == 0xbb]
            assert {(a[2], a[3]) for a in ours} == {(0xabcd, 0x0102), (0x1111, 0x2222), (0x3333, 0x4444),
                                                    (0x5555, 0x6666)}
            assert len(ours) == 4 and all(a[4] == bytes.fromhex("bb00400030") for a in ours)
            sources = {a[2]: a[1][IP].src if a[0] == 4 else a[1][IPv6].src for a in ours}
            assert sources == {0xabcd: pair.server.ip4, 0x1111: pair.server.ip6,
                               0x3333: pair.server.link_local, 0x5555: "192.0.2.77"}
            for version, frame, *_ in ours:
                assert (frame[IP].tos if version == 4 else frame[IPv6].tc) == 0x20
                assert frame.dst == pair.client.mac
                checked = frame.__class__(bytes(frame))  # scapy computes what is deleted
                layer = checked[IP].payload if version == 4 else checked[IPv6].payload
                before = layer.cksum if version == 6 else layer.chksum
                if version == 6:
                    del layer.cksum
                else:
                    del layer.chksum
                layer = Ether(bytes(checked))[IP if version == 4 else IPv6].payload
                assert before == (layer.cksum if version == 6 else layer.chksum)
            # and the kernel's own verbatim copy of each
            assert len([a for a in got if a[4] == b"\xaa"]) == 4
            assert wall.totals("icmp") == {"painted": 1, "drops": 0}
    finally:
        pair.server.ip("addr", "del", "192.0.2.77/24", "dev", "wire0")


def test_address_that_comes_later_is_the_hosts_own(tmp_path, pair):
    with icmp_wall(tmp_path, pair) as wall:
        ask = echo4(pair, PIXEL, ip=IP(src=pair.client.ip4, dst="192.0.2.78"))
        pair.send(ask)
        settle(wall, pair)
        pair.server.ip("addr", "add", "192.0.2.78/24", "dev", "wire0")
        try:
            pair.send(ask)
            wall.painted(16, 32, ORANGE)
        finally:
            pair.server.ip("addr", "del", "192.0.2.78/24", "dev", "wire0")
        assert wall.totals("icmp") == {"painted": 2, "drops": 0}


@pytest.mark.parametrize("options,rate", [("", 10), ("size-rate = 3", 3), ("size-rate = 0", 40)])
def test_size_requests_are_limited_for_each_source(tmp_path, quiet, options, rate):
    with icmp_wall(tmp_path, quiet, options) as wall:
        quiet.received()
        requests = [echo4(quiet, b"\xaa", seq=i) for i in range(40)]
        start = time.monotonic()
        quiet.send(*requests)
        settle(wall, quiet)
        count = len(size_answers(quiet))
        assert rate <= count <= rate + rate * (time.monotonic() - start)
        quiet.send(echo6(quiet, b"\xaa"))  # another source is not affected
        settle(wall, quiet)
        assert len(size_answers(quiet)) == 1
        assert wall.totals("icmp").get("rate_limited", 0) == 40 - count


def test_multicast_and_broadcast_are_never_answered(tmp_path, quiet):
    def to(mac, ip, data):
        frame = (echo6 if isinstance(ip, IPv6) else echo4)(quiet, data, ip=ip)
        frame.dst = mac
        return frame
    server = quiet.server
    targets = [("ff:ff:ff:ff:ff:ff", "192.0.2.255"), (server.mac, "192.0.2.255"),
               ("ff:ff:ff:ff:ff:ff", "255.255.255.255"), (server.mac, "255.255.255.255"),
               ("ff:ff:ff:ff:ff:ff", server.ip4), ("01:00:5e:00:00:01", "224.0.0.1"),
               (server.mac, "224.0.0.1"), ("02:00:00:00:00:99", server.ip4), (server.mac, "192.0.2.99"),
               (server.mac, "198.51.100.1"),
               ("33:33:00:00:00:01", "ff02::1"), (server.mac, "ff02::1"), ("33:33:00:00:00:01", server.ip6),
               (server.mac, "2001:db8::99"), (server.mac, "2001:db8:9::1")]
    for interface in "any", "wire0":
        with icmp_wall(tmp_path, quiet, "interface = " + interface) as wall:
            quiet.received()
            for mac, address in targets:
                ip = IPv6(src=quiet.client.ip6, dst=address) if ":" in address else \
                    IP(src=quiet.client.ip4, dst=address)
                quiet.send(to(mac, ip, b"\xaa"), to(mac, ip, PIXEL))
            settle(wall, quiet)
            assert answers(quiet.received()) == []
            assert wall.picture().getpixel((16, 32)) == BLACK
            assert wall.totals("icmp") == {"painted": 1, "drops": 0}


# ---- limits for each source

def test_pings_of_one_source_are_limited(tmp_path, quiet):
    with icmp_wall(tmp_path, quiet, core="pixels-per-source = 100\ndeny = 198.51.100.0/24") as wall:
        forged = [IP(src="192.0.2.%d" % (100 + i), dst=quiet.server.ip4) for i in range(20)]
        start = time.monotonic()
        quiet.send(*[echo4(quiet, set_pixel(i % 64, 1, ORANGE)) for i in range(150)])
        quiet.send(*[echo6(quiet, set_pixel(i % 64, 2, ORANGE)) for i in range(150)])
        quiet.send(*[echo4(quiet, set_pixel(i % 64, 3, ORANGE), ip=ip) for i, ip in enumerate(forged)])
        quiet.send(*[echo4(quiet, PIXEL, ip=IP(src="198.51.100.9", dst=quiet.server.ip4))] * 7)
        settle(wall, quiet, "192.0.2.99")
        counted = wall.totals("icmp")
        assert 221 <= counted["painted"] <= 221 + 200 * (time.monotonic() - start) and counted["unauthorized"] == 7
        assert counted["painted"] + counted.get("rate_limited", 0) == 321


# ---- the kernel's own replies

@pytest.mark.parametrize("before", ["0", "1"])
def test_kernel_replies_are_suppressed_and_restored(tmp_path, pair, before):
    for key in SYSCTLS:
        pair.server.sysctl(key, before)
    try:
        with icmp_wall(tmp_path, pair, "kernel-replies = suppress") as wall:
            pair.received()
            assert [pair.server.sysctl(key) for key in SYSCTLS] == ["1", "1"]
            pair.send(echo4(pair, b"\xaa"), echo6(pair, b"\xaa"), echo4(pair, PIXEL), echo6(pair, PIXEL))
            settle(wall, pair)
            assert [a[4] for a in answers(pair.received())] == [bytes.fromhex("bb00400030")] * 2
            assert wall.totals("icmp")["painted"] == 3
        assert [pair.server.sysctl(key) for key in SYSCTLS] == [before, before]
    finally:
        for key in SYSCTLS:
            pair.server.sysctl(key, "0")


def test_paints_although_kernel_replies_cannot_be_suppressed(tmp_path, pair):
    need("setpriv", "util-linux")
    prefix = ["unshare", "--mount", "sh", "-c", "mount --bind -o ro /proc/sys /proc/sys 2>/dev/null; "
              "mount -o remount,ro,bind /proc/sys && exec \"$@\"", "sh"]
    with icmp_wall(tmp_path, pair, "kernel-replies = suppress", prefix=prefix) as wall:
        assert wall.log().count("warning: icmp: cannot write /proc/sys/net/ipv") == 2, wall.log()
        pair.send(echo4(pair, PIXEL))
        wall.painted(16, 32, ORANGE)


def test_kernel_replies_stay_suppressed_through_reloads(tmp_path, pair):
    """Two instances suppress them, then one, then another instead, then none."""
    one = "[plugin icmp one]\nkernel-replies = suppress\n"
    two = "[plugin ipv6 two]\nkernel-replies = suppress\n"
    pair.server.sysctl(SYSCTLS[0], 0)
    with Wall(tmp_path, one + two, netns=pair.server.name) as wall, pair.server:

        def now():
            return [pair.server.sysctl(key) for key in SYSCTLS]
        assert now() == ["1", "1"]
        wall.reload(two)
        assert now() == ["1", "1"]
        with open("/proc/sys/net/ipv4/icmp_echo_ignore_all") as setting:
            seen, over = set(), threading.Event()

            def look():
                while not over.is_set():
                    setting.seek(0)
                    seen.add(setting.read(1))
            thread = threading.Thread(target=look)
            thread.start()
            wall.reload("[plugin icmp three]\nkernel-replies = suppress\n")
            over.set()
            thread.join()
        assert seen == {"1"}, "the kernel answered while one took over from the other"
        assert now() == ["1", "1"]
        wall.reload("[plugin icmp three]\n")
        assert now() == ["0", "0"]
        wall.reload(one)
        assert now() == ["1", "1"]
        assert wall.stop() == 0
        assert now() == ["0", "0"]


def test_a_reload_leaves_a_capture_alone_or_opens_it_anew(tmp_path, pair):
    """An ipv6 instance claims addresses, which icmp has to know of."""
    claiming = "[plugin ipv6]\ntemplate = 2001:db8:0:SXXX:YYY:RR:GG:BB\n"
    with icmp_wall(tmp_path, pair) as wall:
        wall.reload("[plugin icmp]\n[plugin dots]\nlisten = 127.0.0.1:0\n")
        assert "1 opened, 0 failed, 1 unchanged" in wall.log()
        pair.send(echo4(pair, PIXEL))
        wall.painted(16, 32, ORANGE)
        log = wall.reload("[plugin icmp]\n" + claiming)
        assert "2 closed, 2 opened, 0 failed, 0 unchanged" in log
        log = wall.reload(claiming + "[plugin icmp]\n")
        assert "0 closed, 0 opened, 0 failed, 2 unchanged" in log
        pair.send(echo4(pair, set_pixel(1, 1, ORANGE)))
        wall.painted(1, 1, ORANGE)
        assert wall.stop() == 0


# ---- interfaces

def test_a_bridge_and_its_port_show_a_ping_once(tmp_path, quiet):
    """On "any", a frame counts on the interface where it ends up."""
    server = quiet.server
    server.ip("link", "add", "br0", "type", "bridge")
    try:
        server.ip("link", "set", "br0", "address", server.mac, "up")
        server.ip("addr", "add", "203.0.113.2/24", "dev", "br0")
        with icmp_wall(tmp_path, quiet) as wall:
            settle(wall, quiet)
            server.ip("link", "set", "wire0", "master", "br0")
            quiet.received()
            ip = IP(src=quiet.client.ip4, dst="203.0.113.2")
            quiet.send(echo4(quiet, set_pixel(1, 1, ORANGE, 128), ip=ip), echo4(quiet, b"\xaa", ip=ip))
            settle(wall, quiet)
            assert wall.picture().getpixel((1, 1)) == (128, 64, 0)
            assert wall.totals("icmp") == {"painted": 3, "drops": 0}
    finally:
        server.ip("link", "del", "br0")


def test_a_vlan_paints_through_its_interface(tmp_path, quiet):
    server = quiet.server
    try:
        server.ip("link", "add", "link", "wire0", "name", "wire0.5", "type", "vlan", "id", "5")
    except subprocess.CalledProcessError:
        pytest.skip("this kernel has no VLAN interfaces: modprobe 8021q")
    try:
        server.ip("link", "set", "wire0.5", "up")
        server.ip("addr", "add", "198.51.100.2/24", "dev", "wire0.5")
        inside = echo4(quiet, set_pixel(1, 1, ORANGE, 128), ip=IP(src="198.51.100.1", dst="198.51.100.2")).payload
        for interface in "any", "wire0.5":
            with icmp_wall(tmp_path, quiet, "interface = " + interface) as wall:
                quiet.send(ether(quiet) / Dot1Q(vlan=5) / inside)
                wait_for("a pixel", lambda: wall.picture().getpixel((1, 1)) != BLACK)
                wall.wait_idle()
                assert wall.picture().getpixel((1, 1)) == (128, 64, 0)
                assert wall.totals("icmp") == {"painted": 1, "drops": 0}
                os.unlink(wall.snapshot)
    finally:
        server.ip("link", "del", "wire0.5")


def test_an_interface_that_went_down_is_captured_again(tmp_path, pair):
    with icmp_wall(tmp_path, pair, "interface = wire0") as wall:
        pair.server.ip("link", "set", "wire0", "down")
        wall.wait_idle()  # until it is done with the error from its socket
        pair.server.ip("link", "set", "wire0", "up")
        pair.server.ip("addr", "replace", pair.server.ip6 + "/64", "dev", "wire0", "nodad")
        pair.wait_until_up()

        def painted():
            pair.send(echo4(pair, PIXEL))
            return wall.picture().getpixel((16, 32)) == ORANGE
        wait_for("the capture to go on", painted)
        assert wall.stop() == 0


def test_an_interface_that_vanished_is_waited_for(tmp_path, pair):
    def make():
        pair.server.ip("link", "add", "name", "gone0", "type", "veth", "peer", "name", "gone1")
        for name in "gone0", "gone1":
            pair.server.ip("link", "set", name, "up")
    make()
    try:
        with icmp_wall(tmp_path, pair, "interface = gone0") as wall:
            pair.server.ip("link", "del", "gone0")
            wait_for("the loss to be noticed", lambda: "error: icmp: capture ended: " in wall.log())
            time.sleep(3.5)  # three tries, which the log must not show
            assert wall.log().count("icmp: cannot capture on gone0: there is no such") == 1, wall.log()
            make()
            wait_for("the capture to go on", lambda: "icmp: attached again" in wall.log())
            assert wall.stop() == 0
    finally:
        pair.server.ip("link", "del", "gone0")


def test_an_interface_that_does_not_exist(tmp_path, pair):
    wall = icmp_wall(tmp_path, pair, "interface = wire7").start()
    assert wall.process.wait(30) == 1
    assert wall.log().count("wire7") == 1
    assert re.search(r"^murald: error: icmp: cannot capture on wire7: there is no such interface; "
                     r"choose one of: any( \w+)* wire0( \w+)*$", wall.log(), re.M)


def test_an_interface_that_is_down(tmp_path, pair):
    pair.server.ip("link", "add", "down0", "type", "veth", "peer", "name", "down1")
    try:
        wall = icmp_wall(tmp_path, pair, "interface = down0").start()
        assert wall.process.wait(30) == 1
    finally:
        pair.server.ip("link", "del", "down0")
    assert "murald: error: icmp: cannot capture on down0: it is down; run ip link set down0 up\n" in wall.log()


@pytest.mark.parametrize("required", ["yes", "no"])
def test_without_the_capability_one_line_says_so(tmp_path, pair, required):
    setpriv = need("setpriv", "util-linux")
    prefix = [setpriv, "--inh-caps=-net_raw", "--bounding-set=-net_raw"]
    wall = icmp_wall(tmp_path, pair, "required = " + required, prefix=prefix).start()
    try:
        if required == "yes":
            assert wall.process.wait(30) == 1
        else:
            wall.wait_ready()
            assert wall.stop() == 0
    finally:
        wall.__exit__(None)
    lines = [line for line in wall.log().splitlines() if "CAP_NET_RAW" in line]
    assert lines == ["murald: error: icmp: cannot capture on any: CAP_NET_RAW is missing; run setcap "
                     "cap_net_raw+ep %s, or have AmbientCapabilities=CAP_NET_RAW in the unit"
                     % os.path.realpath("/proc/self/cwd/" + MURALD if not os.path.isabs(MURALD) else MURALD)]


# ---- vectors

def test_vectors_from_the_wire(tmp_path, quiet):
    """Every packet of the protocol's vectors, on the wire as it stands there."""
    with open(os.path.join(SOURCE, "tests/vectors/pingxelflut.json")) as f:
        vectors = json.load(f)["vectors"]
    painted = sized = outside = malformed = 0
    with icmp_wall(tmp_path, quiet, size="1920x1080") as wall:
        quiet.received()
        for vector in vectors:
            for version, key, kind in (4, "ipv4_packet", 0x800), (6, "ipv6_packet", 0x86dd):
                if key not in vector:
                    continue
                expect = vector["expect"]
                quiet.send(bytes(ether(quiet, type=kind)) + bytes.fromhex(vector[key]))
                painted += expect["op"] == "set-pixel" and expect.get("effect") != "none"
                sized += expect["op"] == "size-request"
                outside += expect.get("reason") == "outside canvas"
                malformed += expect["op"] == "drop" and expect.get("reason") != "outside canvas"
                if "over_black" in expect:
                    wall.painted(expect["x"], expect["y"], bytes.fromhex(expect["over_black"]))
                    quiet.send(echo4(quiet, set_pixel(expect["x"], expect["y"], BLACK)))
                    painted += 1
        settle(wall, quiet)
        assert {a[0]: bytes(a[4]).hex() for a in answers(quiet.received())} == {4: "bb07800438", 6: "bb07800438"}
        assert wall.totals("icmp") == {"painted": painted + 1, "out_of_bounds": outside, "malformed": malformed, "drops": 0}
        assert sized == 2 and painted > 20


# ---- malformed packets: no pixel, no answer, no crash, and counted

def lengths(pair, first):
    return [ECHOES[version](pair, (bytes([first]) + bytes(64))[:n])
            for version in (4, 6) for n in range(65) if n not in (1, 8, 9)]


def truncated(pair):
    frames = []
    for version, head in (4, 14 + 20), (6, 14 + 40):
        for data in b"\xaa", PIXEL:
            whole = bytes(ECHOES[version](pair, data))[:head + 8 + len(data)]
            frames += [whole[:n] for n in range(head + 1, len(whole))]
    return frames


def wrong_checksums(pair):
    frames = []
    for data in b"\xaa", PIXEL:
        frames += [echo4(pair, data, chksum=0x1234), echo6(pair, data, cksum=0x1234),
                   echo4(pair, data, ip=IP(src=pair.client.ip4, dst=pair.server.ip4, chksum=0x1234))]
    return frames


def oversized(pair):
    return [ECHOES[version](pair, first + bytes(1400)) for version in (4, 6) for first in (b"\xaa", PIXEL)]


def fragments(pair):
    ip4 = dict(src=pair.client.ip4, dst=pair.server.ip4)
    frames = [echo4(pair, PIXEL, ip=IP(flags="MF", **ip4)), echo4(pair, PIXEL, ip=IP(frag=1, **ip4)),
              echo4(pair, b"\xaa", ip=IP(flags="MF", **ip4)), echo4(pair, b"\xaa", ip=IP(frag=185, **ip4))]
    frames += [ether(pair) / part for part in fragment(echo4(pair, PIXEL)[IP], fragsize=8)]
    for data in b"\xaa", PIXEL:
        frames += [echo6(pair, data, extensions=IPv6ExtHdrFragment(m=1, id=5)),
                   echo6(pair, data, extensions=IPv6ExtHdrFragment(offset=3, id=6)),
                   echo6(pair, data, extensions=IPv6ExtHdrFragment(id=7))]
    return frames


def lying_lengths(pair):
    ip4 = dict(src=pair.client.ip4, dst=pair.server.ip4)
    ip6 = dict(src=pair.client.ip6, dst=pair.server.ip6)
    frames = [echo4(pair, PIXEL, ip=IP(len=n, **ip4)) for n in (0, 19, 20, 27, 29, 35, 37, 60, 65535)]
    frames += [echo4(pair, PIXEL, ip=IP(ihl=n, **ip4)) for n in (6, 7, 9, 15)]
    frames += [echo6(pair, PIXEL, ip=IPv6(plen=n, **ip6)) for n in (0, 1, 7, 9, 15, 17, 65535)]
    return frames


def other_codes(pair):
    return [ECHOES[version](pair, data, code=code)
            for version in (4, 6) for data in (b"\xaa", PIXEL) for code in (1, 255)]


def bad_extensions(pair):
    chain = IPv6ExtHdrDestOpt()
    for _ in range(9):
        chain = chain / IPv6ExtHdrDestOpt()
    return [echo6(pair, data, extensions=extension) for data in (b"\xaa", PIXEL) for extension in (
        chain,
        IPv6ExtHdrDestOpt() / IPv6ExtHdrHopByHop(),
        IPv6ExtHdrDestOpt(len=200),
        IPv6ExtHdrHopByHop(len=9),
        IPv6ExtHdrRouting(type=0, segleft=1, addresses=["2001:db8::9"]),
        AH(nh=58, spi=1, seq=1, icv=b"\0" * 12),
        IPv6ExtHdrDestOpt() / AH(nh=58, spi=1, seq=1, icv=b"\0" * 12),
    )] + [echo6(pair, PIXEL, ip=IPv6(src=pair.client.ip6, dst=pair.server.ip6, plen=0),
                extensions=IPv6ExtHdrHopByHop(options=[Jumbo(jumboplen=65600)]))]


def bad_options(pair):
    ip4 = dict(src=pair.client.ip4, dst=pair.server.ip4)
    frame = bytes(echo4(pair, PIXEL, ip=IP(options=[IPOption_NOP()] * 40, **ip4)))
    return [frame[:14 + n] for n in (24, 40, 59, 60, 61, 70, 75)]


def forged_sources(pair):
    return [echo4(pair, b"\xaa", ip=IP(src=source, dst=pair.server.ip4))
            for source in ("0.0.0.0", "224.0.0.1", "255.255.255.255")] + [
        echo6(pair, b"\xaa", ip=IPv6(src=source, dst=pair.server.ip6)) for source in ("::", "ff02::1")]


def vlan_tags(pair):
    frames = []
    for version, data in (4, PIXEL), (4, b"\xaa"), (6, PIXEL), (6, b"\xaa"):
        inner = ECHOES[version](pair, data).payload
        frames += [ether(pair) / Dot1Q(vlan=5) / inner, ether(pair) / Dot1Q(vlan=5) / Dot1Q(vlan=6) / inner,
                   ether(pair, type=0x88a8) / Dot1Q(vlan=5) / Dot1Q(vlan=6) / Dot1Q(vlan=7) / inner]
    return frames


BAD = [lambda pair, first=first: lengths(pair, first) for first in (0xaa, 0xbb, 0xcc, 0x00)] + [
    truncated, wrong_checksums, oversized, fragments, lying_lengths, other_codes, bad_extensions, bad_options,
    forged_sources]
NAMES = ["lengths-aa", "lengths-bb", "lengths-cc", "lengths-00"] + [f.__name__ for f in BAD[4:]]


@pytest.mark.parametrize("interface", ["any", "wire0"])
@pytest.mark.parametrize("make", BAD, ids=NAMES)
def test_malformed_packets_are_only_counted(tmp_path, quiet, make, interface):
    frames = [bytes(frame) for frame in make(quiet)]
    assert frames
    with icmp_wall(tmp_path, quiet, "interface = " + interface) as wall:
        quiet.received()
        quiet.send(*frames)
        settle(wall, quiet)
        assert answers(quiet.received()) == []
        assert nothing_but_the_mark(wall)
        assert wall.totals("icmp") == {"painted": 1, "malformed": len(frames), "drops": 0}


def test_vlan_tags_on_a_named_interface_are_counted(tmp_path, quiet):
    frames = vlan_tags(quiet)
    with icmp_wall(tmp_path, quiet, "interface = wire0") as wall:
        quiet.received()
        quiet.send(*frames)
        settle(wall, quiet)
        assert answers(quiet.received()) == []
        assert wall.totals("icmp") == {"painted": 1, "malformed": len(frames), "drops": 0}


def test_vlan_tags_on_any_are_left_to_the_vlans_interface(tmp_path, quiet):
    with icmp_wall(tmp_path, quiet) as wall:
        quiet.received()
        quiet.send(*vlan_tags(quiet))
        settle(wall, quiet)
        assert answers(quiet.received()) == []
        assert wall.totals("icmp") == {"painted": 1, "drops": 0}


def test_unusual_but_valid_packets_paint(tmp_path, quiet):
    """Padding, options, extension headers, a priority tag, any TOS: valid all the same."""
    ip4 = dict(src=quiet.client.ip4, dst=quiet.server.ip4)
    ip6 = dict(src=quiet.client.ip6, dst=quiet.server.ip6)
    makers = [
        lambda data: bytes(echo4(quiet, data)) + b"\xaa" * 10,
        lambda data: bytes(echo6(quiet, data)) + b"\xcc" * 3,
        lambda data: echo4(quiet, data, ip=IP(options=[IPOption_NOP()] * 4, **ip4)),
        lambda data: echo4(quiet, data, ip=IP(options=[IPOption_NOP()] * 40, **ip4)),
        lambda data: echo4(quiet, data, ip=IP(flags="DF", tos=0xfc, ttl=1, **ip4)),
        lambda data: echo6(quiet, data, ip=IPv6(tc=0xfc, fl=0xfffff, hlim=1, **ip6)),
        lambda data: echo6(quiet, data, extensions=IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(4))])),
        lambda data: echo6(quiet, data, extensions=IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt()),
        lambda data: echo6(quiet, data, extensions=IPv6ExtHdrRouting(type=0, segleft=0)),
        lambda data: ether(quiet) / Dot1Q(vlan=0, prio=5) / echo4(quiet, data).payload,
    ]
    for interface in "any", "wire0":
        with icmp_wall(tmp_path, quiet, "interface = " + interface) as wall:
            for x, make in enumerate(makers):
                quiet.send(make(set_pixel(x, 3, (x + 1, 2, 3))))
            settle(wall, quiet)
            assert [wall.picture().getpixel((x, 3)) for x in range(len(makers))] == [
                (x + 1, 2, 3) for x in range(len(makers))]
            assert wall.totals("icmp") == {"painted": len(makers) + 1, "drops": 0}


def test_other_traffic_is_not_counted(tmp_path, quiet):
    ip4 = dict(src=quiet.client.ip4, dst=quiet.server.ip4)
    ip6 = dict(src=quiet.client.ip6, dst=quiet.server.ip6)
    with icmp_wall(tmp_path, quiet) as wall:
        quiet.send(
            ether(quiet) / IP(**ip4) / UDP(sport=8, dport=9) / Raw(PIXEL),
            ether(quiet) / IPv6(**ip6) / UDP(sport=0x8000, dport=9) / Raw(PIXEL),
            ether(quiet) / IPv6(**ip6) / IPv6ExtHdrDestOpt() / UDP(sport=0x8000, dport=9) / Raw(PIXEL),
            ether(quiet) / IPv6(**ip6) / IPv6ExtHdrFragment(m=1) / UDP(sport=8, dport=9) / Raw(PIXEL),
            ether(quiet) / IPv6(**ip6) / ESP(spi=1, seq=1, data=b"x" * 32),
            ether(quiet) / IPv6(**ip6) / ICMPv6MLReport(),
            echo4(quiet, PIXEL, type=0), echo4(quiet, PIXEL, type=13),
            ether(quiet) / IPv6(**ip6) / Raw(b"\x08\0" + b"\0" * 6 + PIXEL))
        settle(wall, quiet)
        assert wall.totals("icmp") == {"painted": 1, "drops": 0}


def test_mutated_packets(tmp_path, quiet):
    """None may stop the wall or cause an answer."""
    dice = random.Random(2)
    seeds = [bytes(ECHOES[version](quiet, data)) for version in (4, 6) for data in (b"\xaa", PIXEL)]
    frames = []
    for _ in range(20000):
        frame = bytearray(dice.choice(seeds))
        for _ in range(dice.randrange(1, 5)):
            frame[dice.randrange(12, len(frame))] = dice.randrange(256)
        frames.append(bytes(frame[:dice.randrange(15, len(frame) + 1)]) if dice.random() < .3 else bytes(frame))
    with icmp_wall(tmp_path, quiet) as wall:
        quiet.send(*frames)
        settle(wall, quiet)
        count = wall.totals("icmp")
        assert count["malformed"] > 5000 and count["drops"] == 0
