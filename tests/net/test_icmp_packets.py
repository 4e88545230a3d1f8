# SPDX-License-Identifier: MIT
"""pingxelflut packet by packet: the vectors, malformed ones, unusual ones and mutations."""
import json
import os
import random

import pytest

from pings import (
    BLACK, ECHOES, answers, echo4, echo6, ether, icmp_wall, nothing_but_the_mark, set_pixel, settle, wait_answers)
from wall import SOURCE

try:
    from scapy.layers.inet import IP, IPOption_NOP, UDP, fragment
    from scapy.layers.inet6 import (
        IPv6, ICMPv6MLReport, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, Jumbo,
        PadN)
    from scapy.layers.l2 import Dot1Q
    from scapy.layers.ipsec import AH, ESP
    from scapy.packet import Raw
except ImportError:
    pytest.skip("no scapy: apt-get install python3-scapy", allow_module_level=True)

PIXEL = bytes.fromhex("cc00100020ff8000")


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
        assert {a[0]: bytes(a[4]).hex() for a in wait_answers(quiet, 2)} == {4: "bb07800438", 6: "bb07800438"}
        assert wall.totals("icmp") == {"painted": painted + 1, "out_of_bounds": outside, "malformed": malformed, "drops": 0}
        assert sized == 2 and painted > 20


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
