# SPDX-License-Identifier: MIT
"""muralctl's pings between two hosts: to murald, to a server that answers as the reference one
does, and without privileges."""
import os
import re

import pytest

from hosts import Pair, need
from peers import Pings
from wall import MURALCTL, Wall, wait_for

TEMPLATE = "2001:db8:d040:SXXX:YYY:RR:GG:BB"


def mixed(x, y):
    return x * 3 % 256, y * 4 % 256, 255 - x


@pytest.fixture(scope="module")
def pair():
    with Pair() as both:
        both.client.ip("-6", "route", "add", "2001:db8:d040::/48", "via", both.server.ip6)
        yield both


def icmp_wall(folder, pair):
    return Wall(folder, "[plugin icmp]\n", size="64x48", netns=pair.server.name)


@pytest.mark.parametrize("host", ["192.0.2.2", "[2001:db8::2]", "2001:db8::2"])
def test_icmp_paints_murald(muralctl, image, pair, tmp_path, host):
    with icmp_wall(tmp_path, pair) as wall:
        assert muralctl("size", "icmp://" + host, netns=pair.client.name).ok().out == "64x48\n"
        result = muralctl("paint", image(mixed, 70, 60), "icmp://" + host, "--at", "4,2", netns=pair.client.name)
        assert result.ok().number("sent") == 60 * 46
        assert "%d pixels lie outside" % (70 * 60 - 60 * 46) in result.out
        wall.painted(63, 47, mixed(59, 45))
        picture = wall.last_picture()
    assert all(picture.getpixel((4 + x, 2 + y)) == mixed(x, y) for x in range(60) for y in range(46))
    assert picture.getpixel((3, 2)) == picture.getpixel((4, 1)) == (0, 0, 0)


def test_icmp_mixes_translucent_colours(muralctl, image, pair, tmp_path):
    with icmp_wall(tmp_path, pair) as wall:
        muralctl("paint", image(lambda x, y: (255, 0, 0, 51 * x), 6, 1, mode="RGBA"), "icmp://192.0.2.2",
                 netns=pair.client.name).ok()
        wall.painted(5, 0, (255, 0, 0))
        assert [wall.picture().getpixel((x, 0)) for x in range(6)] == [(51 * x, 0, 0) for x in range(6)]


def test_icmp_load_does_not_know_what_was_painted(muralctl, pair, tmp_path):
    with icmp_wall(tmp_path, pair):
        result = muralctl("load", "icmp://192.0.2.2", "--connections", 2, "--seconds", 1, netns=pair.client.name).ok()
    assert result.number("sent") > 1000
    assert re.search(r"^painted +unknown: pixels are not answered", result.out, re.M)


def test_size_from_a_server_with_identifier_0(muralctl, pair):
    """The kernel's own reply, data aa, comes first and must be ignored."""
    with pair.server:
        server = Pings(1920, 1080)
    with server:
        assert muralctl("size", "icmp://192.0.2.2", netns=pair.client.name).ok().out == "1920x1080\n"
    assert b"\xaa" in server.messages


def test_without_cap_net_raw_a_ping_socket_is_used(muralctl, image, pair, tmp_path):
    prefix = [need("setpriv", "util-linux"), "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"]
    try:
        pair.client.sysctl("net.ipv4.ping_group_range", "0 0")
        with icmp_wall(tmp_path, pair) as wall:
            run = {"netns": pair.client.name, "prefix": prefix}
            assert muralctl("size", "icmp://192.0.2.2", **run).ok().out == "64x48\n"
            assert muralctl("size", "icmp://2001:db8::2", **run).ok().out == "64x48\n"
            muralctl("paint", image(mixed), "icmp://192.0.2.2", **run).ok()
            wall.painted(7, 5, mixed(7, 5))
        with pair.server:
            server = Pings(1920, 1080)
        with server:
            muralctl("size", "icmp://192.0.2.2", **run).failed("CAP_NET_RAW", "does not tell its size")
    finally:
        pair.client.sysctl("net.ipv4.ping_group_range", "1 0")
    for target in "icmp://192.0.2.2", "ipv6://" + TEMPLATE:
        words = ("size", target) if target.startswith("icmp") else ("paint", image(mixed), target)
        muralctl(*words, **run).failed("setcap cap_net_raw+ep " + os.path.realpath(MURALCTL), "ping_group_range")


def test_a_silent_host(muralctl, image, pair):
    muralctl("size", "icmp://192.0.2.2", netns=pair.client.name).failed("does not tell its size")
    result = muralctl("paint", image(mixed), "icmp://192.0.2.2", netns=pair.client.name)
    assert result.status == 0 and "does not tell its size" in result.err
    muralctl("size", "icmp://198.51.100.1", netns=pair.client.name).failed("a route is missing")


# ---------------------------------------------------------------- addresses

def ipv6_wall(folder, pair, options=""):
    return Wall(folder, "[plugin ipv6]\ntemplate = %s\n%s" % (TEMPLATE, options), size="64x48", netns=pair.server.name)


@pytest.mark.parametrize("digits", ["hex", "decimal"])
def test_ipv6_paints_murald(muralctl, image, pair, tmp_path, digits):
    with ipv6_wall(tmp_path, pair, "digits = %s\n" % digits) as wall:
        result = muralctl("paint", image(mixed, 64, 48), "ipv6://" + TEMPLATE, "--digits", digits, "--order", "random",
                          netns=pair.client.name).ok()
        assert result.number("sent") == 64 * 48
        wait_for("the picture", lambda: all(
            wall.picture().getpixel((x, y)) == mixed(x, y) for x in (0, 9, 10, 63) for y in (0, 9, 10, 47)))
        picture = wall.last_picture()
    assert all(picture.getpixel((x, y)) == mixed(x, y) for x in range(64) for y in range(48))


def test_ipv6_paints_neighbours(muralctl, image, pair, tmp_path):
    template = "fe80:0:0:0:1XXX:1YYY:11RR:GGBB"
    options = "[plugin ipv6]\ntemplate = %s\nndp = yes\n" % template
    with Wall(tmp_path, options, size="64x48", netns=pair.server.name) as wall:
        muralctl("paint", image(mixed, 8, 6), "ipv6://%s%%wire0" % template, "--size", "64x48",
                 netns=pair.client.name).ok()
        wait_for("the picture", lambda: all(
            wall.picture().getpixel((x, y)) == mixed(x, y) for x in range(8) for y in range(6)))


def test_ipv6_has_no_replies(muralctl, image, pair, tmp_path):
    muralctl("size", "ipv6://" + TEMPLATE, netns=pair.client.name).failed("an address cannot ask")
    muralctl("grab", "ipv6://" + TEMPLATE, tmp_path / "o.png", netns=pair.client.name).failed("can paint, but not read")
    muralctl("paint", image(mixed), "ipv6://2001:db8:d041:SXXX:YYY:RR:GG:BB", "--at", "4096,0",
             netns=pair.client.name).failed("cannot address a single pixel")
    muralctl("paint", image(mixed), "ipv6://fd00:0:0:SXXX:YYY:RR:GG:BB", netns=pair.client.name).failed(
        "a route is missing")


def test_ipv6_load(muralctl, pair, tmp_path):
    with ipv6_wall(tmp_path, pair) as wall:
        result = muralctl("load", "ipv6://" + TEMPLATE, "--seconds", 1, "--size", "64x48", netns=pair.client.name).ok()
        # random pixels: a thousand, as the slowest machine sends, reach each edge, but not each corner
        wait_for("paint", lambda: wall.picture().getbbox() == (0, 0, 64, 48))
    assert result.number("sent") > 0 and "painted   unknown" in result.out
