# SPDX-License-Identifier: MIT
"""The commands in the log, run by the tools of every system that can be had here."""
import re
import shutil
import socket
import struct
import subprocess

import pytest

from network import Network
from wall import Wall, wait_for

ADDRESS = "192.0.2.1"
PLUGINS = """
[plugin pixelflut]
listen = %s:1234
[plugin dots]
listen = %s:1235
[plugin icmp]
[plugin ipv6]
template = 2001:db8:0:5:XXXX:YYYY:RRGG:BB??
""" % (ADDRESS, ADDRESS)
ORANGE = (0xff, 0x80, 0)
NETCATS = {"nc.openbsd": "netcat-openbsd", "nc.traditional": "netcat-traditional",
           "busybox nc": "busybox", "ncat": "ncat"}


@pytest.fixture(scope="module")
def hosts():
    """The wall's machine, and the reader's."""
    with Network() as net:
        wall, reader = net.host("wall"), net.host("reader")
        net.join(wall, reader)
        for host, n in (wall, 1), (reader, 2):
            host.run("ip", "addr", "add", "192.0.2.%d/24" % n, "dev", "eth0")
            host.run("ip", "addr", "add", "2001:db8::%d/64" % n, "dev", "eth0", "nodad")
        reader.run("ip", "-6", "route", "add", "2001:db8:0:5::/64", "via", "2001:db8::1")
        wall.run("ip", "-6", "route", "add", "local", "2001:db8:0:5::/64", "dev", "lo")
        # as Debian's systemd sets it: everybody may ping
        reader.sysctl("net.ipv4.ping_group_range", "0 2147483647")
        yield wall, reader


@pytest.fixture
def host(hosts):
    return hosts[1]


@pytest.fixture
def wall(tmp_path, hosts):
    with Wall(tmp_path, PLUGINS, netns=hosts[0].name) as wall:
        yield wall
        assert wall.stop() == 0


def command(wall, plugin, where="paint with"):
    line = re.compile("^murald: %s: %s: (.*)\n" % (plugin, where), re.M)
    return wait_for("the command", lambda: line.search(wall.log()), 20).group(1)


def painted(wall):
    wall.painted(32, 24, ORANGE)


def shell(host, name, text):
    if not shutil.which(name):
        pytest.skip("no %s: apt-get install %s" % (name, name))
    subprocess.run(["ip", "netns", "exec", host.name, name, "-c", text], check=True, timeout=30)


@pytest.mark.parametrize("netcat", list(NETCATS))
@pytest.mark.parametrize("plugin", ["pixelflut", "dots"])
def test_every_netcat(wall, host, plugin, netcat):
    if not shutil.which(netcat.split()[0]):
        pytest.skip("no %s: apt-get install %s" % (netcat, NETCATS[netcat]))
    text = command(wall, plugin)
    assert "| nc -w1 " in text
    shell(host, "bash", text.replace("| nc ", "| %s " % netcat))
    painted(wall)


@pytest.mark.parametrize("name", ["bash", "dash", "zsh"])
@pytest.mark.parametrize("plugin", ["pixelflut", "dots", "icmp", "ipv6"])
def test_every_shell(wall, host, plugin, name):
    shell(host, name, ("setopt nointeractivecomments; " if name == "zsh" else "") + command(wall, plugin))
    painted(wall)


@pytest.mark.parametrize("name, netcat", [("bash", "nc.openbsd"), ("bash", "nc.traditional"), ("zsh", "nc")])
def test_a_block(tmp_path, hosts, name, netcat):
    """What a quiet wall shows in its middle: all of the block, and nothing beside it."""
    for tool in name, netcat:
        if not shutil.which(tool):
            pytest.skip("no %s: apt-get install zsh netcat-openbsd netcat-traditional" % tool)
    with Wall(tmp_path, PLUGINS, size="640x486", netns=hosts[0].name) as wall:
        text = command(wall, "pixelflut", "paint 40x18 pixels with")
        assert "| nc -w1 " in text

        def paint():
            """netcat gives up when the loop says nothing for a second, which happens where much else runs."""
            shell(hosts[1], name, text.replace("| nc ", "| %s " % netcat))
            return wall.picture().crop((300, 234, 340, 252)).getcolors() == [(720, ORANGE)]
        wait_for("the block", paint, 120)
        assert dict(map(reversed, wall.picture().getcolors()))[ORANGE] == 720
        assert not re.search("dots: paint .* pixels", wall.log()), "it has no command for one"


@pytest.mark.parametrize("plugin", ["pixelflut", "icmp", "ipv6"])
def test_python(wall, host, plugin):
    shell(host, "bash", command(wall, plugin, "with Python"))
    painted(wall)


def test_ping_of_bsd(wall, host):
    """Its packet, because the tool runs on no Linux: the pattern, again and again, and the time over it."""
    found = re.fullmatch(r"ping -c1 -s (\d+) -p (\w+) " + ADDRESS, command(wall, "icmp", "on macOS and BSD"))
    size, pattern = int(found.group(1)), bytes.fromhex(found.group(2))
    data = struct.pack(">II", 1764403200, 123456) + (pattern * size)[:size - 8]
    with host, socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as ping:
        ping.sendto(b"\x08\0\0\0\0\0\0\1" + data, (ADDRESS, 0))
    painted(wall)
    assert command(wall, "ipv6", "on macOS and BSD").startswith("ping6 -c1 2001:db8:0:5:")


@pytest.mark.parametrize("plugin", ["pixelflut", "icmp"])
def test_powershell(wall, host, plugin):
    text = command(wall, plugin, "in PowerShell")
    if plugin == "icmp":
        sent = bytes(map(int, re.search(r"\[byte\[\]\]\(([\d,]+)\)", text).group(1).split(",")))
        assert sent == bytes.fromhex("cc00200018ff8000")
    if not shutil.which("pwsh"):
        pytest.skip("no PowerShell, which Debian has not: https://learn.microsoft.com/powershell")
    subprocess.run(["ip", "netns", "exec", host.name, "pwsh", "-NoProfile", "-Command", text], check=True, timeout=60)
    painted(wall)
