# SPDX-License-Identifier: MIT
"""pingxelflut between two hosts: Debian's ping, images, size requests, kernel replies, interfaces."""
import os
import random
import re
import struct
import subprocess
import time

import pytest

from hosts import ECHO_IGNORED, need
from pings import (
    BLACK, ECHOES, ORANGE, SIZE, answers, echo4, echo6, ether, icmp_wall, nothing_but_the_mark, set_pixel, settle,
    wait_answers)
from waiting import meanwhile
from wall import MURALD, Wall, wait_for

try:
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Dot1Q, Ether
except ImportError:
    pytest.skip("no scapy: apt-get install python3-scapy", allow_module_level=True)

PIXEL = bytes.fromhex("cc00100020ff8000")


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
        got = wait_answers(pair, 4 + 1)  # with that to settle()
        assert sorted(a[4][0] for a in got if len(a[4]) == 56) == [0xaa, 0xaa, 0xcc, 0xcc]
        assert not any(a[4][0] == 0xbb for a in got)
        assert nothing_but_the_mark(wall)
        assert wall.totals("icmp") == {"painted": 1, "malformed": 44, "drops": 0}


# ---- the size

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
            got = wait_answers(pair, 4 + 4 + 1)  # murald's, the kernel's, and that to settle()
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
        most = rate + rate * (time.monotonic() - start)
        quiet.send(echo6(quiet, b"\xaa"))  # another source is not affected
        settle(wall, quiet)
        count = 40 - wall.totals("icmp").get("rate_limited", 0)
        assert rate <= count <= most
        assert sorted(a[0] for a in wait_answers(quiet, count + 1)) == count * [4] + [6]


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
    for key in ECHO_IGNORED:
        pair.server.sysctl(key, before)
    try:
        with icmp_wall(tmp_path, pair, "kernel-replies = suppress") as wall:
            pair.received()
            assert [pair.server.sysctl(key) for key in ECHO_IGNORED] == ["1", "1"]
            pair.send(echo4(pair, b"\xaa"), echo6(pair, b"\xaa"), echo4(pair, PIXEL), echo6(pair, PIXEL))
            settle(wall, pair)
            assert [a[4] for a in wait_answers(pair, 2)] == [bytes.fromhex("bb00400030")] * 2
            assert wall.totals("icmp")["painted"] == 3
        assert [pair.server.sysctl(key) for key in ECHO_IGNORED] == [before, before]
    finally:
        for key in ECHO_IGNORED:
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
    pair.server.sysctl(ECHO_IGNORED[0], 0)
    with Wall(tmp_path, one + two, netns=pair.server.name) as wall, pair.server:

        def now():
            return [pair.server.sysctl(key) for key in ECHO_IGNORED]
        assert now() == ["1", "1"]
        wall.reload(two)
        assert now() == ["1", "1"]
        with open("/proc/sys/net/ipv4/icmp_echo_ignore_all") as setting:
            seen = set()

            def look(over):
                while not over.is_set():
                    setting.seek(0)
                    seen.add(setting.read(1))
            with meanwhile(look):
                wall.reload("[plugin icmp three]\nkernel-replies = suppress\n")
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
