# SPDX-License-Identifier: MIT
"""A subordinate wall: it paints what is sent to another machine, from a mirror port or a bridge."""
import pytest

from network import Network
from wall import Wall, wait_for

PING = ("ping", "-c", "1", "-W", "0.3", "-s", "8", "-p")
RED, GREEN, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 0)


@pytest.fixture
def hosts():
    """Client and main server on one switch, which is the bridge of a third machine."""
    with Network() as net:
        client, server = net.host("client"), net.host("server")
        switch = net.bridge(client, server)
        for host, n in (client, 1), (server, 2):
            host.run("ip", "addr", "add", "192.0.2.%d/24" % n, "dev", "eth0")
            host.run("ip", "addr", "add", "2001:db8::%d/64" % n, "dev", "eth0", "nodad")
        yield net, client, server, switch


def paint(client, to, x, y, rgb):
    return client.run(*PING, "cc%04x%04x%02x%02x%02x" % (x, y, *rgb), to, check=False)


def paints(wall, client, to, x, y, rgb):
    def try_it():
        paint(client, to, x, y, rgb)
        return wall.picture().getpixel((x, y)) == rgb
    wait_for("a ping to paint", try_it, 30)


def icmp(target, interface):
    return "[plugin icmp]\ntarget = %s\ninterface = %s\n" % (target, interface)


@pytest.mark.parametrize("target", ["any", "192.0.2.2"])
def test_on_a_bridge(tmp_path, hosts, target):
    _, client, server, switch = hosts
    switch.run("ip", "addr", "add", "192.0.2.3/24", "dev", "br0")
    with Wall(tmp_path, icmp(target, "br0"), netns=switch.name) as wall:
        paints(wall, client, "192.0.2.2", 1, 2, RED)
        paint(client, "192.0.2.3", 3, 4, GREEN)
        if target == "any":
            paints(wall, client, "2001:db8::2", 5, 6, RED)
            paints(wall, client, "192.0.2.3", 3, 4, GREEN)
        else:
            paint(client, "2001:db8::2", 5, 6, RED)
            paints(wall, client, "192.0.2.2", 7, 8, GREEN)
            assert wall.picture().getpixel((3, 4)) == wall.picture().getpixel((5, 6)) == BLACK
        # the main server answers by itself, and the other one not in its place
        said = client.run("ping", "-c", "1", "-s", "1", "-p", "aa", "192.0.2.2")
        assert "1 received" in said and "DUP" not in said
        assert wall.stop() == 0


def test_on_a_mirror_port(tmp_path, hosts):
    """The switch sends all that it sees to this port, too: it learns no addresses, as a hub."""
    net, client, _, switch = hosts
    second = net.host("second")
    ours, port = net.join(second, switch)
    switch.run("ip", "link", "set", port, "master", "br0")
    for link in "eth0", "eth1", port:
        switch.run("bridge", "link", "set", "dev", link, "learning", "off")
    switch.run("ip", "link", "set", "br0", "type", "bridge", "fdb_flush")
    with Wall(tmp_path, icmp("192.0.2.2", ours), netns=second.name) as wall:
        paints(wall, client, "192.0.2.2", 1, 2, RED)
        assert wall.stop() == 0


def test_others_are_not_painted_by_default(tmp_path, hosts):
    _, client, _, switch = hosts
    switch.run("ip", "addr", "add", "192.0.2.3/24", "dev", "br0")
    with Wall(tmp_path, icmp("own", "br0"), netns=switch.name) as wall:
        paint(client, "192.0.2.2", 1, 2, RED)
        paints(wall, client, "192.0.2.3", 3, 4, GREEN)
        assert wall.picture().getpixel((1, 2)) == BLACK
        assert wall.stop() == 0
