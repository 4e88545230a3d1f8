# SPDX-License-Identifier: MIT
"""Neighbour discovery for the addresses that are pixels: which solicitations are answered, and how many."""
import ipaddress
import re
import socket
import subprocess
import time

import pytest

from hosts import need
from ipv6net import (  # noqa: F401 (fixtures)
    CLIENT, PREFIX, TEMPLATE, address, fping, joined, link, net, painting, pair, section, shows)
from waiting import settled
from wall import Wall, wait_for

try:
    from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IPv6
    from scapy.layers.l2 import Dot1Q, Ether
    from scapy.packet import Raw
    from scapy.utils import rdpcap
except ImportError:
    pytest.skip("no scapy: apt-get install python3-scapy", allow_module_level=True)


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
