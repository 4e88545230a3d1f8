# SPDX-License-Identifier: MIT
"""Whom limits take for one source, seen by the others: link-local hosts, and forged senders."""
import re
import socket
import struct
import subprocess
import sys
import time

import pytest
from scapy.all import (ICMP, IP, Ether, ICMPv6EchoRequest, ICMPv6ND_NS,  # pylint: disable=no-name-in-module
                       ICMPv6NDOptSrcLLAddr, IPv6)

from hosts import Pair
from network import Network
from p2client import auth, sub
from wall import Wall, has_plugin, wait_for

FLUT = "[plugin pixelflut]\nlisten = [::]:1234\n"
P2 = "[plugin p2]\nlisten = [::]:7062\nwebsocket = [::]:7063\nauth = none\n"
needs_p2 = pytest.mark.skipif(not has_plugin("p2"),
                              reason="built without p2: apt-get install liboath-dev")


@pytest.fixture
def room():
    """A wall and two hosts on one switch; they have no addresses but link-local ones."""
    with Network() as net:
        hosts = [net.host(name) for name in ("wall", "one", "two")]
        net.bridge(*hosts)
        for host in hosts:
            wait_for("a link-local address", lambda: link_local(host))
        yield hosts


def link_local(host):
    text = host.run("ip", "-6", "-o", "addr", "show", "dev", "eth0", "-tentative", "scope", "link")
    found = re.search(r"(fe80::\S+)/64", text)
    return found and found.group(1)


def connect(host, wall_host, port):
    """From a link-local address to a link-local address."""
    with host:
        client = socket.socket(socket.AF_INET6)
        client.settimeout(30)
        client.connect((link_local(wall_host), port, 0, socket.if_nametoindex("eth0")))
    return client


def size(client):
    client.sendall(b"SIZE\n")
    return client.recv(100)


def test_link_local_hosts_are_told_apart(tmp_path, room):
    wall_host, one, two = room
    with Wall(tmp_path, FLUT, netns=wall_host.name, core="connections-per-source = 1"):
        with connect(one, wall_host, 1234) as first, connect(two, wall_host, 1234) as other:
            assert size(first) == b"SIZE 64 48\n"
            assert size(other) == b"SIZE 64 48\n"
            with connect(one, wall_host, 1234) as second:
                assert second.recv(100).startswith(b"ERROR too many connections")


def test_link_local_networks_can_be_denied(tmp_path, room):
    wall_host, one, two = room
    with Wall(tmp_path, FLUT, netns=wall_host.name, core="deny = %s" % link_local(one)):
        with connect(one, wall_host, 1234) as first, connect(two, wall_host, 1234) as other:
            assert first.recv(100).startswith(b"ERROR your address may not")
            assert size(other) == b"SIZE 64 48\n"


@needs_p2
@pytest.mark.parametrize("port", [7062, 7063])
@pytest.mark.parametrize("prefix,admitted", [(64, False), (128, True)])
def test_p2_takes_the_configured_prefix_for_a_source(tmp_path, room, port, prefix, admitted):
    """Two addresses of one /64."""
    wall_host, one, _ = room
    wall_host.run("ip", "addr", "add", "2001:db8::9/64", "dev", "eth0", "nodad")
    for last in 1, 2:
        one.run("ip", "addr", "add", "2001:db8::%d/64" % last, "dev", "eth0", "nodad")
    core = "connections-per-source = 1\nsource-prefix = %d" % prefix
    with Wall(tmp_path, P2, netns=wall_host.name, core=core):
        def enter(last):
            with one:
                client = socket.socket(socket.AF_INET6)
                client.settimeout(30)
                client.bind(("2001:db8::%d" % last, 0))
                client.connect(("2001:db8::9", port))
            if port == 7063:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            return client

        def is_in(client):
            if port == 7063:
                return client.recv(4096).startswith(b"HTTP/1.1 101")
            client.sendall(auth("a") + sub(0, 0, 0, 0))
            try:
                return client.recv(100) not in (b"", b"\xff\x00")
            except ConnectionResetError:
                return False

        with enter(1) as first, enter(2) as second:
            assert is_in(first)
            assert is_in(second) is admitted


def log_in_from(host, address, code):
    """Whether the answer is a picture, and not the end."""
    with host:
        client = socket.socket(socket.AF_INET6)
    with client:
        client.settimeout(30)
        client.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
        client.bind((address, 0))
        client.connect((NEAR % 9, 7062))
        client.sendall(auth("ada", code) + sub(0, 0, 3, 3))
        return client.recv(100) != b"\xff\0"


NEAR = "2001:db8:ffff::%d"
IPV6_FREEBIND = 78


@needs_p2
def test_all_sources_of_an_ipv6_network_guess_as_one(tmp_path, room):
    """Who has a /48 has 65536 sources, which otherwise would have an attempt at a code each."""
    wall_host, one, _ = room
    for host, last in (wall_host, 9), (one, 2):
        host.run("ip", "addr", "add", NEAR % last + "/64", "dev", "eth0", "nodad")
    wall_host.run("ip", "-6", "route", "add", "2001:db8::/47", "via", NEAR % 2)
    one.run("ip", "-6", "route", "add", "local", "2001:db8::/47", "dev", "lo")
    (tmp_path / "users").write_text("ada = static:12345678\n")
    plugin = "[plugin p2]\nlisten = [::]:7062\nwebsocket =\nusers = %s\n" % (tmp_path / "users")
    with Wall(tmp_path, plugin, netns=wall_host.name) as wall:
        def guess(n, code):
            return log_in_from(one, "2001:db8:0:%x::1" % n, code)

        def right_code_is_looked_at(n):
            """Once a wrong one has used up the attempt that the name has again each second."""
            assert not guess(n, "0")
            return guess(n + 1, "12345678")

        for n in range(150):
            assert not guess(n, "%d" % n)
        assert not all(right_code_is_looked_at(n) for n in range(150, 190, 2))
        assert log_in_from(one, "2001:db8:1::1", "12345678")
        assert wall.totals("p2")["rate_limited"] > 0


# ---------------------------------------------------------------- neighbour discovery

TEMPLATE = "2001:db8:0:1XXX:YYY:RR:GG:BB"
FLOOD = '''
import socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("eth0", 0))
frame = bytes.fromhex(sys.argv[1])
print("goes", flush=True)
while True:
    try:
        wire.send(frame)
    except OSError:
        pass
'''


def solicitation(source, target):
    group = "ff02::1:ff%s:%s" % (target[-7:-5], target[-4:])
    return bytes(Ether(src=source, dst="33:33:ff:%s:%s:%s" % (target[-7:-5], target[-4:-2], target[-2:]))
                 / IPv6(src="fe80::" + source[-2:], dst=group, hlim=255)
                 / ICMPv6ND_NS(tgt=target) / ICMPv6NDOptSrcLLAddr(lladdr=source))


def test_one_stations_solicitations_leave_the_others_their_answers(tmp_path, room):
    wall_host, one, two = room
    plugin = "[plugin ipv6]\ninterface = eth0\nndp = yes\ntemplate = %s\n" % TEMPLATE
    target = "2001:db8:0:1001:0002:00ff:0022:0011"
    with Wall(tmp_path, plugin, netns=wall_host.name) as wall:
        start = time.monotonic()
        flood = subprocess.Popen(
            ["ip", "netns", "exec", one.name, sys.executable, "-c", FLOOD, solicitation(one.mac(), target).hex()],
            stdout=subprocess.PIPE)
        try:
            flood.stdout.readline()
            wait_for("the flood", lambda: wall_host_has_answered(one))
            wire = two.wire()
            wire.settimeout(1)
            answered = sum(is_answered(wire, two.mac(), target) for _ in range(20))
        finally:
            flood.kill()
            flood.wait()
        assert answered >= 15  # the wall may get no processor for longer than its socket holds
        assert wall.stop() == 0
        if "rate_limited" not in re.search("ipv6: painted .*", wall.log()).group():
            sent = int(re.search(r"answered (\d+) neighbour", wall.log()).group(1))
            assert sent < 10000 * (time.monotonic() - start + 1) + 20 * 3, "more than one station may"
            pytest.skip("this machine is too busy to send 10000 solicitations a second")


def wall_host_has_answered(host):
    """More than the burst that a station has."""
    return int(host.run("cat", "/sys/class/net/eth0/statistics/rx_packets")) > 10500


def is_answered(wire, mac, target):
    """Within the three times that a host asks, a second each."""
    for _ in range(3):
        wire.send(solicitation(mac, target))
        end = time.monotonic() + 1
        try:
            while time.monotonic() < end:
                frame = wire.recv(2000)
                if frame[:6] == bytes.fromhex(mac.replace(":", "")) and frame[54:55] == b"\x88":
                    return True
        except (TimeoutError, socket.timeout):
            pass
    return False


# ---------------------------------------------------------------- what can be forged

def lines(n):
    return b"".join(b"PX %d %d ffffff\n" % (i % 64, i // 64 % 48) for i in range(n))


@pytest.fixture
def pair():
    with Pair() as pair:
        yield pair


def forged(pair, ip, y):
    echo = ICMP(type=8, id=7, seq=1) if isinstance(ip, IP) else ICMPv6EchoRequest(id=7, seq=1)
    pixel = struct.pack(">BHHBBB", 0xcc, 1, y, 255, 0, 0)
    return bytes(Ether(src=pair.client.mac, dst=pair.server.mac) / ip / echo / pixel)


@pytest.mark.parametrize("family", [4, 6])
def test_forged_pings_cost_a_painter_nothing(tmp_path, pair, family):
    """The painter's rate, while somebody sends pings and datagrams in its name and without."""
    rate, host = 500, pair.server
    plugins = "[plugin icmp]\ninterface = wire0\n[plugin pixelflut]\nlisten = [::]:1234\n"
    ip = IP(src=pair.client.ip4, dst=host.ip4) if family == 4 else IPv6(src=pair.client.ip6, dst=host.ip6)
    frames = [forged(pair, ip, i % 48) for i in range(100)]
    with Wall(tmp_path, plugins, netns=host.name, core="pixels-per-source = %d" % rate) as wall:
        with pair.client:
            painter = socket.create_connection((host.ip4 if family == 4 else host.ip6, 1234), 10)
        painter.sendall(lines(rate))  # what it may send at once
        assert size(painter) == b"SIZE 64 48\n"
        painter.settimeout(0.01)

        def seconds(meanwhile):
            """How long the rate takes; one second on a machine that has time."""
            painter.sendall(lines(rate) + b"SIZE\n")
            begin, said = time.monotonic(), b""
            while not said:
                assert time.monotonic() - begin < 60
                meanwhile()
                try:
                    said = painter.recv(100)
                except (TimeoutError, socket.timeout):
                    pass
            return time.monotonic() - begin

        alone = seconds(lambda: None)
        # of one budget for both it would have a tenth
        assert seconds(lambda: pair.send(*frames)) < 5 * alone
        assert wall.stop() == 0
        assert "pixelflut: painted %d pixels" % (3 * rate) in wall.log()
        assert "rate_limited" in re.search("icmp: painted .*", wall.log()).group()
