# SPDX-License-Identifier: MIT
"""An interface goes down, is renamed, or is replaced by another one during a capture."""
import re
import subprocess

import pytest

from control import Operator, control
from network import Network
from wall import Wall, wait_for

PREFIX = "2001:db8:0:5"
PLUGINS = {"icmp": "[plugin icmp]\n",
           "ipv6": "[plugin ipv6]\nndp = yes\ntemplate = %s:XXXX:YYYY:RRGG:BB??\n" % PREFIX}


@pytest.fixture
def hosts():
    with Network() as net:
        yield net, net.host("wall"), net.host("client")


def wire_up(net, wall, client):
    """A new wire between them; on the wall it is eth0, a name that must be free."""
    for link in client.run("sh", "-c", "ls /sys/class/net").split():
        client.run("ip", "addr", "flush", "dev", link)
    ours, theirs = net.join(wall, client)
    rename(wall, ours, "eth0")
    wall.run("ip", "addr", "add", "192.0.2.1/24", "dev", "eth0")
    client.run("ip", "addr", "add", "192.0.2.2/24", "dev", theirs)
    client.run("ip", "-6", "addr", "add", PREFIX + "::99/64", "dev", theirs, "nodad")


def rename(host, name, other):
    host.run("ip", "link", "set", name, "down")
    host.run("ip", "link", "set", name, "name", other)
    host.run("ip", "link", "set", other, "up")


def paints(wall, client, plugin, x, y, rgb):
    """Pings until the pixel is there."""
    pattern, to = "cc%04x%04x%02x%02x%02x" % (x, y, *rgb), "192.0.2.1"
    if plugin == "ipv6":
        pattern, to = "00", "%s:%x:%x:%02x%02x:%02x00" % (PREFIX, x, y, *rgb)

    def try_it():
        client.run("ping", "-c", "1", "-W", "0.3", "-s", "8", "-p", pattern, to, check=False)
        return wall.picture().getpixel((x, y)) == rgb
    wait_for("a ping to paint", try_it)


# ---------------------------------------------------------------- what happens to the interface

def goes_down_and_up(net, wall, client):
    wall.run("ip", "link", "set", "eth0", "down")
    wall.run("ip", "link", "set", "eth0", "up")


def is_renamed_and_back(net, wall, client):
    rename(wall, "eth0", "other0")
    rename(wall, "other0", "eth0")


def is_made_again(net, wall, client):
    wall.run("ip", "link", "del", "eth0")
    wire_up(net, wall, client)


def leaves_its_name_to_another(net, wall, client):
    other = "other%d" % wall.links
    rename(wall, "eth0", other)
    wall.run("ip", "addr", "flush", "dev", other)
    wire_up(net, wall, client)


def is_renamed_while_up(net, wall, client):
    """Newer kernels allow it."""
    other = "other%d" % wall.links
    try:
        wall.run("ip", "link", "set", "eth0", "name", other)
    except subprocess.CalledProcessError as error:
        pytest.skip("this kernel renames no interface that is up: " + error.stderr.strip())
    wall.run("ip", "addr", "flush", "dev", other)
    wire_up(net, wall, client)


@pytest.mark.parametrize("happens", [goes_down_and_up, is_renamed_and_back, is_made_again,
                                     leaves_its_name_to_another, is_renamed_while_up])
@pytest.mark.parametrize("interface", ["eth0", "any"])
@pytest.mark.parametrize("plugin", list(PLUGINS))
def test_it_is_captured_from_again(tmp_path, hosts, plugin, interface, happens):
    net, host, client = hosts
    wire_up(net, host, client)
    with Wall(tmp_path, "%sinterface = %s\n" % (PLUGINS[plugin], interface), netns=host.name) as wall:
        paints(wall, client, plugin, 1, 2, (10, 20, 30))
        for number in range(2):
            happens(net, host, client)
            paints(wall, client, plugin, 3 + number, 4, (40, 50, 60))
        assert wall.stop() == 0


def test_an_address_that_comes_later_is_logged(tmp_path, hosts):
    net, host, client = hosts
    ours, _ = net.join(host, client)
    with Wall(tmp_path, "[plugin icmp]\n", netns=host.name) as wall:
        assert "192.0.2" not in wall.log()
        for last in (1, 7):
            host.run("ip", "addr", "flush", "dev", ours)
            host.run("ip", "addr", "add", "192.0.2.%d/24" % last, "dev", ours)
            wait_for("its invitation", lambda: " 192.0.2.%d\n" % last in wall.log(), 20)
        # the same again is not worth a line
        host.run("ip", "addr", "del", "192.0.2.7/24", "dev", ours)
        host.run("ip", "addr", "add", "192.0.2.7/24", "dev", ours)
        host.run("ip", "addr", "add", "2001:db8::7/64", "dev", ours, "nodad")
        wait_for("the other family's", lambda: " 2001:db8::7\n" in wall.log(), 20)
        assert len(re.findall(r"paint with: .* 192\.0\.2\.1\n", wall.log())) == 1


def test_a_ban_of_the_network_that_it_is_in_is_said_twice(tmp_path, hosts):
    net, host, client = hosts
    wire_up(net, host, client)
    with Wall(tmp_path, PLUGINS["icmp"], core=control(tmp_path), netns=host.name) as wall, Operator(wall) as operator:
        for network in "192.0.2.0/24", "192.0.2.1", PREFIX + "::/64":
            if network[0] == "2":
                host.run("ip", "addr", "add", PREFIX + "::1/64", "dev", "eth0", "nodad")
            answer = operator.ask("ban", net=network)
            assert answer.get("error") == "refused" and "this machine is in that network" in answer["why"], answer
            operator.done("ban", net=network, really=True)
        operator.done("ban", net="192.0.2.2")
        for network in "fe80::/64", "::ffff:192.0.2.0/120":
            assert "this machine is in that network" in operator.refused("ban", "refused", net=network)
        host.run("ip", "addr", "del", "192.0.2.1/24", "dev", "eth0")
        operator.done("ban", net="192.0.2.0/24")
