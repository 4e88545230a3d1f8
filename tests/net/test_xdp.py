# SPDX-License-Identifier: MIT
"""Pings decoded by XDP, between two hosts: by the driver, by the kernel behind it, and not at all."""
import os
import platform
import re
import signal
import subprocess
import tempfile

import pytest

import procfs
from control import Operator, control
from hosts import Pair, need
from pings import BLACK, ORANGE, ether, set_pixel
from waiting import wait_for
from wall import SOURCE, Wall
from xdp import need_xdp

try:
    from scapy.layers.inet import ICMP, IP, IPOption_NOP
    from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrDestOpt, PadN
    from scapy.layers.l2 import Dot1Q, Ether
    from scapy.packet import Raw
except ImportError:
    pytest.skip("no scapy: apt-get install python3-scapy", allow_module_level=True)

MODES = {"native": "xdp", "generic": "auto"}  # on veth auto takes what does TCP no harm
TEMPLATE = "fd98:0:0:0:SXXX:YYY:RR:GGBB"


@pytest.fixture(scope="module")
def pair():
    need_xdp()
    with Pair() as both:
        yield both


@pytest.fixture(params=sorted(MODES))
def mode(request):
    return request.param


def section(plugin, accelerate, more=""):
    return "[plugin %s]\ninterface = wire0\nkernel-replies = suppress\naccelerate = %s\n%s\n" % (
        plugin, accelerate, more)


def xdp_wall(folder, pair, plugins, size="64x48", **more):
    return Wall(folder, plugins, size=size, netns=pair.server.name, **more)


def echo4(pair, data, options=(), source=None):
    return IP(src=source or pair.client.ip4, dst=pair.server.ip4, options=list(options)) / ICMP(id=1, seq=2) / Raw(data)


def echo6(pair, data, to=None):
    return IPv6(src=pair.client.ip6, dst=to or pair.server.ip6) / ICMPv6EchoRequest(id=1, seq=2, data=data)


def address(x, y, rgb, side=1):
    return "fd98::%x:%x:%x:%x" % (side << 12 | x, y, rgb[0], rgb[1] << 8 | rgb[2])


def programs(pair):
    """What the server's interface runs: xdp, xdpgeneric, or nothing."""
    return re.findall(r"mtu \d+ (xdp\w*)", pair.server.run("ip", "-d", "link", "show", "dev", "wire0"))


@pytest.mark.parametrize("clang", ["clang-14", "clang-19"])  # of Debian 12 and 13
def test_the_kernel_takes_what_each_compiler_makes(tmp_path, clang):
    """Its verifier wants each bound checked, also where a compiler knows better."""
    need_xdp()
    made = tmp_path / "pings.o"
    subprocess.run([need(clang, clang), "-O2", "-g", "-Werror", "-target", "bpf", "-mcpu=v3",
                    "-I/usr/include/%s-linux-gnu" % platform.machine(), "-I" + SOURCE, "-I" + SOURCE + "/plugins", "-c",
                    SOURCE + "/plugins/ping/xdp/pings.bpf.c", "-o", made], check=True)
    loaded = subprocess.run(["unshare", "--mount", "sh", "-c", "mount -t bpf bpf /sys/fs/bpf && exec \"$@\"", "sh",
                             need("bpftool", "bpftool"), "prog", "load", made, "/sys/fs/bpf/pings", "type", "xdp"],
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert loaded.returncode == 0, loaded.stdout[-2000:]


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


def test_all_else_comes_by_libpcap(tmp_path, pair, mode):
    """And each packet once: what the program takes, the capture does not see."""
    with xdp_wall(tmp_path, pair, section("icmp", MODES[mode])) as wall:
        pair.received()
        pair.send(
            ether(pair) / echo4(pair, b"\xaa"),
            ether(pair) / echo4(pair, b"\xcc\0\1"),
            ether(pair) / echo4(pair, b"\x65\x12\x33\x44\0\1\2\3" + set_pixel(1, 1, ORANGE)),
            ether(pair) / echo4(pair, set_pixel(2, 1, ORANGE), source="192.0.2.77"))
        wall.painted(1, 1, ORANGE)
        wall.painted(2, 1, ORANGE)
        sizes = []

        def answered():
            sizes.extend(frame for frame in map(Ether, pair.received())
                         if IP in frame and frame[IP].proto == 1 and bytes(frame[ICMP].payload)[:5] == b"\xbb\0\x40\0\x30")
            return sizes
        wait_for("the answer to a size request", answered)
        assert wall.totals("icmp") == {"painted": 2, "malformed": 1, "drops": 0}


def test_addresses_paint_beside_pings(tmp_path, pair, mode):
    pair.server.ip("-6", "route", "replace", "blackhole", "fd98::/64")
    plugins = section("icmp", MODES[mode]) + section("ipv6", MODES[mode], "template = " + TEMPLATE)
    with xdp_wall(tmp_path, pair, plugins) as wall:
        assert "ipv6: accelerate: wire0: XDP, " + mode in wall.log()
        pair.send(
            ether(pair) / echo6(pair, b"", address(1, 2, ORANGE)),
            ether(pair) / echo6(pair, set_pixel(9, 9, ORANGE), address(3, 2, ORANGE, 2)),
            ether(pair) / echo6(pair, b"", address(5, 2, ORANGE, 3)),
            ether(pair) / echo6(pair, set_pixel(6, 2, ORANGE)),
            ether(pair) / echo4(pair, set_pixel(7, 2, ORANGE)))
        for x, y in (1, 2), (3, 2), (4, 2), (3, 3), (4, 3), (6, 2), (7, 2):
            wall.painted(x, y, ORANGE)
        # another template, without the rights that loading took
        wall.reload(section("icmp", MODES[mode])
                    + section("ipv6", MODES[mode], "template = fd97:0:0:0:SXXX:YYY:RR:GGBB"))
        pair.send(ether(pair) / echo6(pair, b"", address(9, 2, ORANGE)),
                  ether(pair) / echo6(pair, b"", "fd97" + address(8, 2, ORANGE)[4:]))
        wall.painted(8, 2, ORANGE)
        assert wall.picture().getpixel((9, 2)) == BLACK
        assert wall.log().count("ipv6: accelerate: wire0: XDP") == 2
        assert wall.totals("ipv6") == {"painted": 1, "drops": 0}


def test_addresses_of_the_host_itself_still_work(tmp_path, pair, mode):
    """They may lie in the template: what comes to them paints, and reaches the host as well."""
    template = "template = 2001:db8:0:0:XXX:YYY:RR:GGBB\naccept = any"
    with xdp_wall(tmp_path, pair, section("ipv6", MODES[mode], template)) as wall:
        assert "ipv6: accelerate: wire0: XDP, " + mode in wall.log()
        pair.server.ip("-6", "neigh", "flush", "dev", "wire0")
        # takes a neighbour advertisement and an echo reply, both to 2001:db8::2
        pair.server.run("ping", "-6", "-n", "-c1", "-w30", pair.client.ip6)
        wall.painted(0, 0, (0, 0, 2))


def test_limits_hold(tmp_path, pair, mode):
    core = "deny = 192.0.2.66\npixels-per-source = 4\n"
    with xdp_wall(tmp_path, pair, section("icmp", MODES[mode]), core=core) as wall:
        pair.send(*[ether(pair) / echo4(pair, set_pixel(x, 1, ORANGE), source="192.0.2.66") for x in range(3)])
        pair.send(*[ether(pair) / echo4(pair, set_pixel(x, 2, ORANGE), source="192.0.2.67") for x in range(4)])
        wall.painted(3, 2, ORANGE)
        pair.send(*[ether(pair) / echo4(pair, set_pixel(x, 3, ORANGE), source="192.0.2.68") for x in range(64)])
        pair.send(ether(pair) / echo4(pair, set_pixel(1, 4, ORANGE)))
        wall.painted(1, 4, ORANGE)
        assert wall.picture().getpixel((1, 1)) == BLACK
        totals = wall.totals("icmp")
        assert totals["unauthorized"] == 3 and totals["rate_limited"] > 0
        assert sum(totals.values()) == 3 + 4 + 64 + 1


def test_operators_are_obeyed(tmp_path, pair, mode):
    """What is frozen, protected and banned takes none of these pings, and they have owners."""
    core = "[canvas]\nowners = yes\n" + control(tmp_path)
    part, (first, second) = {"rect": "8x8+0+0"}, ("192.0.2.66", "192.0.2.67")
    with xdp_wall(tmp_path, pair, section("icmp", MODES[mode]), core=core) as wall, Operator(wall) as operator:
        def ping(x, y, source):
            pair.send(ether(pair) / echo4(pair, set_pixel(x, y, ORANGE), source=source))

        ping(1, 1, first)
        wall.painted(1, 1, ORANGE)
        assert operator.done("who", point="1,1")["source"] == "icmp:crowd"  # as the first of each sender
        for row, (act, undo, what) in enumerate([("freeze", "thaw", part), ("protect", "unprotect", part),
                                                 ("ban", "unban", {"net": second})]):
            operator.done(act, **what)
            ping(2, 2, second)
            ping(20, row, first)  # once it is there, the one before was judged
            wall.painted(20, row, ORANGE)
            assert wall.picture().getpixel((2, 2)) == BLACK, act
            operator.done(undo, **what)
        ping(2, 2, second)
        wall.painted(2, 2, ORANGE)
        assert operator.done("who", point="2,2")["source"] == second
        assert operator.done("undo", source=first)["pixels"] == 3
        wall.painted(20, 2, BLACK)
        assert "icmp: accelerate: wire0: XDP" in wall.log()
        assert wall.totals("icmp") == {"painted": 5, "frozen": 1, "protected": 1, "banned": 1, "drops": 0}


def test_two_instances_both_see_each_ping(tmp_path, pair):
    """What the program takes, others would miss."""
    second = section("icmp b", "auto", "region = 8x8\noffset = 8,8")
    two = section("icmp", "auto", "region = 8x8") + second
    with xdp_wall(tmp_path, pair, section("icmp", "auto")) as wall:
        assert "XDP" in wall.log()
        wall.reload(two)
        pair.send(ether(pair) / echo4(pair, set_pixel(1, 1, ORANGE)))
        wall.painted(1, 1, ORANGE)
        wall.painted(9, 9, ORANGE)
        assert "another instance of the plugin would miss its pings" in wall.log()
        # the one that stays takes them in the kernel when the other has gone, and somebody pings
        wall.reload(second)
        assert programs(pair) == []

        def taken():
            pair.send(ether(pair) / echo4(pair, set_pixel(2, 1, ORANGE)))
            return programs(pair)
        wait_for("the program", taken)
        assert "b: accelerate: wire0: XDP, generic" in wall.log()
        pair.send(ether(pair) / echo4(pair, set_pixel(3, 1, ORANGE)))
        wall.painted(11, 9, ORANGE)


def test_auto_says_why_not(tmp_path, pair):
    plain = section("icmp", "auto").replace("suppress", "keep")
    with xdp_wall(tmp_path, pair, plain) as wall:
        assert wall.log().count("accelerate: ") == 1
        assert "icmp: accelerate: by libpcap only: it takes kernel-replies = suppress" in wall.log()
        pair.send(ether(pair) / echo4(pair, set_pixel(1, 1, ORANGE)))
        wall.painted(1, 1, ORANGE)


@pytest.mark.parametrize("more, takes", [
    ("", "kernel-replies = suppress"), ("target = any\nkernel-replies = suppress", "target = own")])
def test_options_that_exclude_it(tmp_path, pair, more, takes):
    wall = xdp_wall(tmp_path, pair, "[plugin icmp]\naccelerate = xdp\n" + more)
    check = subprocess.run(wall.command("--check-config"), capture_output=True, text=True)
    assert check.returncode == 78 and "accelerate: cannot be xdp: it takes " + takes in check.stderr + check.stdout


def test_no_card(tmp_path, pair):
    text = section("icmp", "xdp").replace("wire0", "lo")
    wall = xdp_wall(tmp_path, pair, text).start()
    assert wall.process.wait(60) == 1
    assert "icmp: accelerate: no XDP: lo: no Ethernet card takes it" in wall.log()
    with xdp_wall(tmp_path, pair, text.replace("xdp", "auto")) as wall:
        assert "accelerate: lo: no Ethernet card takes it; pings are captured by libpcap" in wall.log()


def test_somebody_elses_program(tmp_path, pair):
    with xdp_wall(tmp_path, pair, section("icmp", "xdp")) as first:
        (tmp_path / "second").mkdir()
        wall = xdp_wall(tmp_path / "second", pair, section("icmp", "xdp")).start()
        assert wall.process.wait(60) == 1
        assert re.search(r"wire0: another XDP program \(id \d+ in bpftool prog\) is there", wall.log())
        with xdp_wall(tmp_path / "second", pair, section("icmp", "auto")) as wall:
            # the first one has the pings that it takes; the second does not take it from it
            pair.send(ether(pair) / echo4(pair, set_pixel(1, 1, ORANGE)))
            first.painted(1, 1, ORANGE)
            assert wall.process.poll() is None
        assert programs(pair) == ["xdp"]
        # nothing is left of one that was killed
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        wait_for("the program to be gone", lambda: programs(pair) == [])


def test_any_follows_interfaces(tmp_path, pair):
    text = section("icmp", "auto").replace("wire0", "any")
    try:
        with xdp_wall(tmp_path, pair, text) as wall:
            assert "accelerate: wire0: XDP, generic" in wall.log()
            pair.server.ip("link", "add", "late0", "type", "veth", "peer", "name", "late1")
            for name in "late0", "late1":
                wait_for("the program on " + name, lambda: "accelerate: %s: XDP" % name in wall.log())
            pair.server.ip("link", "del", "late0")
            pair.server.ip("addr", "add", "192.0.2.99/24", "dev", "wire0")
            # taken by one or the other, an address is the host's at once
            packet = IP(src=pair.client.ip4, dst="192.0.2.99") / ICMP() / Raw(set_pixel(1, 1, ORANGE))

            def painted():
                pair.send(ether(pair) / packet)
                return wall.picture().getpixel((1, 1)) == ORANGE
            wait_for("a ping to the new address", painted)
    finally:
        pair.server.run("ip", "addr", "del", "192.0.2.99/24", "dev", "wire0", check=False)


def test_rights_are_dropped(pair):
    need("setpriv", "util-linux")
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is for its user alone
        os.chmod(folder, 0o777)
        check_rights(folder, pair)


def check_rights(folder, pair):
    caps = ["+net_raw", "+net_admin", "+bpf", "+perfmon"]
    text = ",".join(["-all"] + caps)
    prefix = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", text,
              "--ambient-caps", text, "--bounding-set", text]
    with xdp_wall(folder, pair, section("icmp", "xdp"), prefix=prefix) as wall:
        status = procfs.status(wall.pid)
        assert int(status["Uid"].split()[0]) == 65534
        # CAP_NET_RAW and, for kernel-replies, CAP_NET_ADMIN
        assert int(status["CapPrm"], 16) == 1 << 13 | 1 << 12
        pair.send(ether(pair) / echo4(pair, set_pixel(1, 1, ORANGE)))
        wall.painted(1, 1, ORANGE)
    # where /proc/sys is read-only, as in murald.service, CAP_NET_ADMIN is of no use afterwards
    read_only = ["unshare", "--mount", "sh", "-c", "mount -o bind,ro /proc/sys /proc/sys && exec \"$@\"", "sh"]
    with xdp_wall(folder, pair, section("icmp", "xdp"), prefix=read_only + prefix) as wall:
        assert int(procfs.status(wall.pid)["CapPrm"], 16) == 1 << 13
        pair.send(ether(pair) / echo4(pair, set_pixel(2, 1, ORANGE)))
        wall.painted(2, 1, ORANGE)
    without = [word.replace(",+bpf,+perfmon", "") for word in prefix]
    with xdp_wall(folder, pair, section("icmp", "auto"), prefix=without) as wall:
        assert "by libpcap only: the kernel forbids bpf(2)" in wall.log()


def test_nothing_is_lost_uncounted(tmp_path, pair, mode):
    """Beyond what the log holds, and while nobody reads it."""
    frame = bytes(ether(pair) / echo4(pair, set_pixel(1, 1, ORANGE)))
    with xdp_wall(tmp_path, pair, section("icmp", MODES[mode])) as wall:
        pair.send(frame)
        wall.painted(1, 1, ORANGE)
        wall.process.send_signal(signal.SIGSTOP)
        pair.send(*[frame] * 20000)
        wall.process.send_signal(signal.SIGCONT)
        pair.send(bytes(ether(pair) / echo4(pair, set_pixel(2, 1, ORANGE))))
        wall.painted(2, 1, ORANGE)
        wall.wait_idle()  # the last may have come to another processor than the others, whose log is longer
        totals = wall.totals("icmp")
        assert totals["painted"] + totals["drops"] == 20002, totals


def test_whoever_sleeps_is_woken(tmp_path, pair, mode):
    """Each ping comes after the last was seen: nobody is polling then, or is about to sleep."""
    with xdp_wall(tmp_path, pair, section("icmp", MODES[mode]) + "[plugin pixelflut]\nlisten = 127.0.0.1:0\n") as wall:
        with pair.server:
            client = wall.tcp("pixelflut")
        with client:
            for i in range(100):
                rgb = 1, 0, i
                pair.send(ether(pair) / echo4(pair, set_pixel(1, 1, rgb)))

                def seen():
                    client.sendall(b"PX 1 1\n")
                    answer = b""
                    while not answer.endswith(b"\n"):
                        answer += client.recv(100)
                    return answer.split()[3] == b"%02x%02x%02x" % rgb
                wait_for("ping %d" % i, seen)
        assert wall.totals("icmp") == {"painted": 100, "drops": 0}
