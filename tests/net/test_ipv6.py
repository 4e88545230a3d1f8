# SPDX-License-Identifier: MIT
"""Pixels in IPv6 addresses between hosts: on one link, through a router, in bursts."""
import ipaddress
import os
import re
import signal
import socket
import subprocess
import time

import pytest
from PIL import Image

from hosts import need
from network import Network
from waiting import settled
from wall import SOURCE, Wall, wait_for

try:
    from scapy.layers.inet import UDP
    from scapy.layers.inet6 import (
        ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS,
        ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
        IPv6ExtHdrHopByHop, Jumbo, PadN)
    from scapy.layers.l2 import Dot1Q, Ether
    from scapy.packet import Raw
    from scapy.utils import rdpcap
except ImportError:
    pytest.skip("no scapy: apt-get install python3-scapy", allow_module_level=True)

PREFIX = "2001:db8:0:5"
TEMPLATE = PREFIX + ":XXXX:YYYY:RRGG:BB??"
CLIENT = PREFIX + "::99"  # as an address of the template: pixel 0,0, #000000


def address(x, y, rgb, prefix=PREFIX):
    return "%s:%x:%x:%02x%02x:%02x00" % (prefix, x, y, *rgb)


def colour(x, y):
    return (x * 37 + 11) % 256, (y * 53 + 7) % 256, (x * y + 1) % 256


def painting(width, height):
    return {(x, y): colour(x, y) for x in range(width) for y in range(height)}


def picture_of(pixels, size, background=(0, 0, 0)):
    image = Image.new("RGB", size, background)
    for at, rgb in pixels.items():
        image.putpixel(at, rgb)
    return image


def shows(wall, pixels, size):
    want = picture_of(pixels, size).tobytes()
    wait_for("the picture", lambda: wall.picture().tobytes() == want)


def fping(client, addresses):
    need("fping", "fping")
    client.run("fping", "-6", "-q", "-r", "0", "-t", "50", "-i", "1", check=False,
               input="\n".join(addresses) + "\n")


def section(**options):
    lines = ["[plugin ipv6%s]" % (" " + options.pop("name") if "name" in options else "")]
    return "\n".join(lines + ["%s = %s" % (key.replace("_", "-"), value)
                              for key, value in options.items()]) + "\n"


@pytest.fixture
def net():
    with Network() as network:
        yield network


@pytest.fixture(params=["direct", "bridged"])
def link(request, net):
    """A wall without any IPv6 address, and a client, on one link."""
    wall, client = net.host("wall"), net.host("client")
    return joined(net, wall, client, request.param == "bridged")


@pytest.fixture
def pair(net):
    return joined(net, net.host("wall"), net.host("client"), False)


def joined(net, wall, client, bridged):
    if bridged:
        net.bridge(wall, client)
    else:
        net.join(wall, client)
    wall.run("ip", "-6", "addr", "flush", "dev", "eth0")
    client.run("ip", "-6", "addr", "add", CLIENT + "/64", "dev", "eth0", "nodad")
    return wall, client


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


# ---------------------------------------------------------------- neighbour discovery


def solicit(target, source=CLIENT, src_mac="02:00:00:00:00:99", option=True, hlim=255, code=0,
            group=None):
    last = ipaddress.ip_address(target).packed[-3:]
    group = group or "ff02::1:ff%02x:%02x%02x" % tuple(last)
    frame = (Ether(src=src_mac, dst="33:33:ff:%02x:%02x:%02x" % tuple(last))
             / IPv6(src=source, dst=group, hlim=hlim) / ICMPv6ND_NS(tgt=target, code=code))
    return frame / ICMPv6NDOptSrcLLAddr(lladdr=src_mac) if option else frame


def advertisements(wire, seconds=0.3, awaited=None):
    """The advertised targets and their override flags, for that long or until `awaited` is among them."""
    wire.settimeout(0.05)
    end = time.monotonic() + seconds
    found = []
    while time.monotonic() < end:
        try:
            frame = Ether(wire.recv(2000))
        except socket.timeout:
            continue
        if ICMPv6ND_NA in frame:
            found.append((ipaddress.ip_address(frame[ICMPv6ND_NA].tgt), frame[ICMPv6ND_NA].O))
            if found[-1] == awaited:
                break
    return found


def is_answered(wire, target, seconds=20):
    awaited = ipaddress.ip_address(target), 0
    return awaited in advertisements(wire, seconds, awaited)


def test_advertisements_are_right_and_all_solicited(tmp_path, link):
    need("tcpdump", "tcpdump")
    wall_host, client = link
    capture = tmp_path / "client.pcap"
    with Wall(tmp_path, section(template=TEMPLATE, ndp="yes"), netns=wall_host.name) as wall:
        dump = subprocess.Popen(
            ["ip", "netns", "exec", client.name, "tcpdump", "--immediate-mode", "-p", "-i", "eth0",
             "-s", "256",  # its buffer has room for few large frames
             "-U", "-Z", "root", "-w", str(capture), "icmp6"], stderr=subprocess.PIPE, text=True)
        while "listening" not in dump.stderr.readline():
            pass
        pixels = painting(8, 8)
        fping(client, [address(*at, rgb) for at, rgb in pixels.items()])
        fping(client, [PREFIX.replace("5", "6") + "::1"])  # no route: nothing to ask
        shows(wall, pixels, (64, 48))
        settled(lambda: capture.stat().st_size)
        dump.terminate()
        dump.wait()
    asked, answered = {}, []
    for frame in rdpcap(str(capture)):
        if ICMPv6ND_NS in frame and frame[IPv6].src == CLIENT:
            asked[frame[ICMPv6ND_NS].tgt] = asked.get(frame[ICMPv6ND_NS].tgt, 0) + 1
        if ICMPv6ND_NA not in frame:
            continue
        na, target = frame[ICMPv6ND_NA], frame[ICMPv6ND_NA].tgt
        assert asked.get(target, 0) > 0, "%s was not asked for" % target
        asked[target] -= 1
        answered.append(target)
        assert (na.R, na.S, na.O, na.code, na.res) == (0, 1, 0, 0, 0)
        assert (frame[IPv6].src, frame[IPv6].dst, frame[IPv6].hlim) == (target, CLIENT, 255)
        assert (frame[Ether].src, frame[Ether].dst) == (wall_host.mac(), client.mac())
        assert frame[ICMPv6NDOptDstLLAddr].lladdr == wall_host.mac()
        assert bytes(na.payload) == bytes(frame[ICMPv6NDOptDstLLAddr]), "more than one option"
        again = IPv6(bytes(frame[IPv6]))
        del again[ICMPv6ND_NA].cksum
        assert IPv6(bytes(again))[ICMPv6ND_NA].cksum == na.cksum
    assert {ipaddress.ip_address(a) for a in answered} == {
        ipaddress.ip_address(address(*at, rgb)) for at, rgb in pixels.items()}


def test_invalid_solicitations_are_counted_and_not_answered(tmp_path, pair):
    wall_host, client = pair
    target = address(1, 1, (2, 3, 4))

    def raw(frame, change):
        data = bytearray(bytes(frame))
        change(data)
        return bytes(data)

    def set_byte(at, value):
        return lambda data: data.__setitem__(at, value)
    good = solicit(target)
    short = solicit(target, option=False)
    bad = [
        raw(good, lambda data: data.__setitem__(57, data[57] ^ 1)),  # checksum
        bytes(solicit(target, hlim=254)),
        bytes(solicit(target, hlim=1)),
        bytes(solicit(target, code=1)),
        bytes(solicit(target, source="ff02::1")),
        bytes(solicit(target, source="::", option=True)),
        bytes(solicit(target, source="::", option=False, group="ff02::1")),
        bytes(short / Raw(b"\1\0" + bytes(6))),  # an option of no length
        bytes(short / Raw(b"\1\2" + bytes(6))),  # one that is longer than the message
        bytes(short / Raw(b"\1")),
        raw(good, set_byte(19, 200)),  # the IP header claims more than there is
        bytes(good)[:-4],
        bytes(solicit(target, src_mac="03:00:00:00:00:99")),  # a multicast address cannot be a source
    ]
    with Wall(tmp_path, section(template=TEMPLATE, ndp="yes"), netns=wall_host.name) as wall:
        wire = client.wire()
        for frame in bad:
            wire.send(frame)
        assert advertisements(wire) == []
        wire.send(bytes(good))
        assert is_answered(wire, target)
    assert wall.totals("ipv6") == {"painted": 0, "malformed": len(bad), "drops": 0}


def test_own_addresses_and_duplicate_detection_are_not_answered(tmp_path, pair):
    wall_host, client = pair
    own = address(7, 7, (7, 7, 7))
    wall_host.run("ip", "-6", "addr", "add", own + "/128", "dev", "lo")
    probed = address(6, 6, (6, 6, 6))
    plugin = section(template=TEMPLATE, ndp="yes", interface="eth0")
    with Wall(tmp_path, plugin, netns=wall_host.name) as wall:
        wire = client.wire()
        for frame in (solicit("2001:db8:0:6::1"), solicit(own),
                      solicit(probed, source="::", option=False)):
            wire.send(bytes(frame))
        found = advertisements(wire)
        assert [a for a, override in found if override == 0] == []
        # an address that the host gets while the wall runs is its own at once
        target = address(8, 8, (8, 8, 8))
        wire.send(bytes(solicit(target)))
        assert is_answered(wire, target)
        wall_host.run("ip", "-6", "addr", "add", target + "/128", "dev", "lo")
        wire.send(bytes(solicit(target)))
        assert not is_answered(wire, target, 0.3)
        wall_host.run("ip", "-6", "addr", "del", target + "/128", "dev", "lo")
        wire.send(bytes(solicit(target)))
        assert is_answered(wire, target)
        # asked by unicast, as hosts do later, it is answered and paints nothing
        unicast = solicit(target, group=target)
        unicast[Ether].dst = wall_host.mac()
        wire.send(bytes(unicast))
        assert is_answered(wire, target)
        # in a VLAN there may be another host with that address
        tagged = solicit(target)
        tagged[Ether].payload = Dot1Q(vlan=5) / tagged[Ether].payload
        tagged[Ether].type = 0x8100
        wire.send(bytes(tagged))
        assert not is_answered(wire, target, 0.3)
    assert wall.totals("ipv6") == {"painted": 0, "drops": 0}


def test_nothing_is_answered_without_ndp(tmp_path, pair):
    wall_host, client = pair
    with Wall(tmp_path, section(template=TEMPLATE), netns=wall_host.name) as wall:
        wire = client.wire()
        wire.send(bytes(solicit(address(1, 1, (2, 3, 4)))))
        assert advertisements(wire) == []
        assert "allmulti 0" in wall_host.run("ip", "-d", "link", "show", "dev", "eth0")
        assert wall.stop() == 0


@pytest.mark.parametrize("interface", ["eth0", "any"])
def test_all_multicast_only_while_it_runs(tmp_path, pair, interface):
    wall_host, client = pair

    def allmulti():
        return "allmulti 1" in wall_host.run("ip", "-d", "link", "show", "dev", "eth0")
    with Wall(tmp_path, section(template=TEMPLATE, ndp="yes", interface=interface),
              netns=wall_host.name) as wall:
        assert allmulti()
        assert "promiscuity 0" in wall_host.run("ip", "-d", "link", "show", "dev", "eth0")
        assert wall.stop() == 0
    assert not allmulti()


def test_an_interface_that_comes_later(tmp_path, net):
    wall_host, client = net.host("wall"), net.host("client")
    with Wall(tmp_path, section(template=TEMPLATE, ndp="yes"), netns=wall_host.name) as wall:
        joined(net, wall_host, client, False)
        wait_for("all-multicast mode", lambda: "allmulti 1" in wall_host.run(
            "ip", "-d", "link", "show", "dev", "eth0"))
        client.run("ping", "-c", "1", "-W", "0.3", address(5, 6, (1, 2, 3)), check=False)
        wall.painted(5, 6, (1, 2, 3))


def test_a_bridge_on_the_wall_itself_answers_and_paints_once(tmp_path, pair):
    """Each frame is captured on the port and on the bridge; the one on the bridge counts."""
    wall_host, client = pair
    for words in (["add", "br0", "type", "bridge", "forward_delay", "0"], ["set", "br0", "up"],
                  ["set", "br0", "address", "02:00:00:00:00:b0"], ["set", "eth0", "master", "br0"]):
        wall_host.run("ip", "link", *words)
    template = TEMPLATE.replace("??", "AA")
    with Wall(tmp_path, section(template=template, ndp="yes"), netns=wall_host.name) as wall:
        target = PREFIX + ":5:6:c800:80"
        wire = client.wire()
        wire.send(bytes(solicit(target)))
        assert is_answered(wire, target, 20)
        assert advertisements(wire) == [], "once"
        client.run("ping", "-c", "1", "-W", "0.3", target, check=False)
        wall.painted(5, 6, (200 * 0x80 // 255, 0, 0))
        assert "02:00:00:00:00:b0" in client.run("ip", "-6", "neigh", "show", target)
    assert wall.totals("ipv6") == {"painted": 1, "drops": 0}


def test_a_flood_of_solicitations_is_limited_and_counted(tmp_path, pair):
    wall_host, client = pair
    frames = [bytes(solicit(address(1, i, (0, 0, 0)))) for i in range(200)] * 150
    with Wall(tmp_path, section(template=TEMPLATE, ndp="yes"), netns=wall_host.name) as wall:
        wire = client.wire()
        start = time.monotonic()
        for frame in frames:
            wire.send(frame)
        client.run("ping", "-c", "1", "-W", "0.3", address(1, 1, (1, 2, 3)), check=False)
        wall.wait_idle()
        seconds = time.monotonic() - start
    limited = wall.totals("ipv6").get("rate_limited", 0)
    answered = int(re.search(r"ndp: answered (\d+) neighbour", wall.log()).group(1))
    assert answered + limited in range(len(frames), len(frames) + 4)
    assert 10000 <= answered <= 10000 * (1 + seconds)


def test_capturing_and_answering_need_one_capability(tmp_path, pair):
    need("setpriv", "util-linux")
    wall_host, client = pair
    tmp_path.chmod(0o777)
    caps = "-all,+net_raw"
    with Wall(tmp_path, section(template=TEMPLATE, ndp="yes"), netns=wall_host.name,
              prefix=["setpriv", "--bounding-set", caps, "--inh-caps", caps, "--"]) as wall:
        with open("/proc/%d/status" % wall.process.pid) as status:
            assert int(re.search(r"CapEff:\s*(\w+)", status.read()).group(1), 16) == 1 << 13
        client.run("ping", "-c", "1", "-W", "0.3", address(5, 6, (1, 2, 3)), check=False)
        wall.painted(5, 6, (1, 2, 3))


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
