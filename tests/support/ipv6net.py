# SPDX-License-Identifier: MIT
"""Walls whose addresses are pixels, and hosts that ping them: on one link, by a bridge, through a router."""
import pytest
from PIL import Image

from hosts import need
from network import Network
from wall import wait_for

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
