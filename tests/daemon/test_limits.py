# SPDX-License-Identifier: MIT
"""What each source may do, over all protocols: server.*-per-source, server.allow, server.deny."""
import contextlib
import os
import re
import socket
import struct
import time

import pytest

from wall import PLUGINS, Wall, wait_for

DOTS = "[plugin dots]\nlisten = 127.0.0.1:0\nlisten-udp = 127.0.0.1:0\n"
FLUT = "[plugin pixelflut]\nlisten = 127.0.0.1:0\n"
P2 = "[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket =\nauth = none\n"
needs_p2 = pytest.mark.skipif(not os.path.exists(os.path.join(PLUGINS, "p2.so")),
                              reason="built without p2: apt-get install liboath-dev")


def dot(x, y, rgb, alpha=255):
    return struct.pack("<HHBBBB", x, y, *rgb, alpha)


def dots(n):
    return b"".join(dot(i % 64, i // 64 % 48, (255, 255, 255)) for i in range(n))


def lines(n):
    return b"".join(b"PX %d %d ffffff\n" % (i % 64, i // 64 % 48) for i in range(n))


def udp(wall, *datagrams, source="127.0.0.1"):
    port = int(re.findall(r"dots: listening on \S+:(\d+), UDP", wall.log())[-1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((source, 0))
        for datagram in datagrams:
            client.sendto(datagram, ("127.0.0.1", port))


def connect(wall, name, source="127.0.0.1"):
    client = socket.create_connection(("127.0.0.1", wall.port(name)), 10, (source, 0))
    client.settimeout(10)
    return client


def figures(wall, name):
    """Stops it; {"painted": n, reason: n}."""
    if wall.process.poll() is None:
        assert wall.stop() == 0, wall.log()
    painted, discarded = re.search(
        r"%s: painted (\d+) pixels, discarded (.*), kernel drops" % name, wall.log()).groups()
    return dict({word: int(n) for n, word in re.findall(r"(\d+) (\w+)", discarded)}, painted=int(painted))


def is_over(client):
    try:
        return client.recv(100) == b""
    except ConnectionResetError:
        return True


# ---------------------------------------------------------------- pixels and bytes

@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_stream_is_slowed_down_and_loses_nothing(tmp_path, workers):
    """1500 pixels at 500 a second: the first 500 at once, the rest within two seconds."""
    with Wall(tmp_path, FLUT, core="workers = %s\npixels-per-source = 500" % workers) as wall:
        with connect(wall, "pixelflut") as one, connect(wall, "pixelflut") as two:
            begin = time.monotonic()
            for client in one, two:
                client.sendall(lines(750))
            for client in one, two:
                client.sendall(b"SIZE\n")
                assert client.recv(100) == b"SIZE 64 48\n"
            assert 1.5 < time.monotonic() - begin < 3.5
        counted = figures(wall, "pixelflut")
        assert counted["painted"] == 1500 and 1 <= counted["rate_limited"] < 200


def test_bytes_slow_a_stream_down_too(tmp_path):
    with Wall(tmp_path, FLUT, core="bytes-per-source = 10K") as wall, connect(wall, "pixelflut") as client:
        begin = time.monotonic()
        client.sendall(lines(2000) + b"SIZE\n")
        assert client.recv(100) == b"SIZE 64 48\n"
        assert len(lines(2000)) / 10240 - 1.4 < time.monotonic() - begin < 6
        assert figures(wall, "pixelflut")["painted"] == 2000


def asker(wall):
    """A client that asks for more than its socket holds and takes nothing of it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", wall.port("pixelflut")))
    client.settimeout(0.5)
    with contextlib.suppress(socket.timeout):
        while True:
            client.sendall(b"PX 1 1\n" * 10000)
    client.settimeout(10)
    return client


@pytest.mark.parametrize("workers", ["0", "1"])
def test_who_takes_no_answers_is_closed(tmp_path, workers):
    """One takes nothing, one takes a little now and then, one has nothing to take."""
    with Wall(tmp_path, FLUT, core="workers = %s\nanswer-timeout = 1s" % workers) as wall, \
            asker(wall) as stuck, asker(wall) as slow, connect(wall, "pixelflut") as idle:
        begin = time.monotonic()
        while time.monotonic() - begin < 3.5:
            assert slow.recv(200000) != b""
            time.sleep(0.1)
        with pytest.raises(ConnectionResetError):
            while stuck.recv(1000000):
                pass
            raise ConnectionResetError
        idle.sendall(b"SIZE\n")
        assert idle.recv(100) == b"SIZE 64 48\n"
        assert slow.recv(1) != b""
        assert figures(wall, "pixelflut")["rate_limited"] == 1


def test_one_slow_source_slows_nobody_else(tmp_path):
    with Wall(tmp_path, FLUT, core="workers = 1\npixels-per-source = 2000") as wall, \
            connect(wall, "pixelflut") as busy, connect(wall, "pixelflut", "127.0.0.2") as calm:
        busy.setblocking(False)
        try:
            while True:
                busy.send(lines(3000))
        except BlockingIOError:
            pass
        time.sleep(0.2)
        begin = time.monotonic()
        calm.sendall(lines(1000) + b"SIZE\n")
        assert calm.recv(100) == b"SIZE 64 48\n"
        assert time.monotonic() - begin < 1
        assert wall.stop() == 0


def test_datagrams_beyond_the_limit_are_dropped_and_counted(tmp_path):
    with Wall(tmp_path, DOTS, core="pixels-per-source = 100") as wall:
        udp(wall, *[dots(1)] * 300)
        udp(wall, *[dots(1)] * 50, source="127.0.0.2")
        udp(wall, *[dots(10)] * 50, source="127.0.0.3")
        wall.painted(9, 0, (255, 255, 255))
        time.sleep(0.3)
        counted = figures(wall, "dots")
        assert 250 <= counted["painted"] <= 320
        # a datagram is taken or not: with 10 pixels each, 40 of 50 are not
        assert 200 - 35 <= counted["rate_limited"] - 40 <= 200


def test_the_limit_of_connections_is_one_over_all_protocols(tmp_path):
    with Wall(tmp_path, DOTS + FLUT, core="pixels-per-source = 200") as wall, connect(wall, "pixelflut") as flut:
        with wall.tcp("dots") as eight:
            flut.sendall(lines(200) + b"SIZE\n")
            assert flut.recv(100) == b"SIZE 64 48\n"
            begin = time.monotonic()
            eight.sendall(dots(99) + dot(63, 47, (1, 2, 3)))
            wall.painted(63, 47, (1, 2, 3))
            assert time.monotonic() - begin > 0.3
            udp(wall, dot(62, 47, (1, 2, 3)))  # its sender may be forged: counted apart
            wall.painted(62, 47, (1, 2, 3))
        assert figures(wall, "pixelflut")["painted"] == 200
        assert figures(wall, "dots")["painted"] == 101


@needs_p2
def test_p2_drops_puts_and_sends_a_flooder_away(tmp_path):
    def enter(name):
        client = connect(wall, "p2")
        client.sendall(b"\xff\xa0" + bytes([len(name) - 1]) + name + b"\0\0\0\0")
        return client
    put = b"\xff\xd0\x00\x01\x00\x01\x01\x01"
    with Wall(tmp_path, P2 + "put-rate = 0\n", core="pixels-per-source = 50") as wall:
        with enter(b"anna") as anna, enter(b"ben") as ben:
            anna.sendall(put * 100)
            ben.sendall(put * 100)
            wait_for("a pixel", lambda: len(wall.picture().getcolors()) > 1)
            wall.reload(P2 + "put-rate = 0\n",
                        core="pixels-per-source = 50\nbytes-per-source = 1000")
            anna.sendall(put * 10000)  # two reads: the first is on credit
            assert b"\xff\x00" in anna.recv(100)
        counted = figures(wall, "p2")
        assert 50 <= counted["painted"] <= 300 and counted["rate_limited"] >= 100


# ---------------------------------------------------------------- connections

def test_connections_are_counted_over_all_protocols(tmp_path):
    with Wall(tmp_path, DOTS + FLUT, core="connections-per-source = 2") as wall:
        one, two = connect(wall, "dots"), connect(wall, "pixelflut")
        two.sendall(b"SIZE\n")
        assert two.recv(100) == b"SIZE 64 48\n"
        with connect(wall, "pixelflut") as third:
            assert third.recv(100).startswith(b"ERROR too many connections")
            assert is_over(third)
        with connect(wall, "dots") as third:
            assert is_over(third)
        with connect(wall, "pixelflut", "127.0.0.2") as other:
            other.sendall(b"SIZE\n")
            assert other.recv(100) == b"SIZE 64 48\n"
        one.close()

        def is_let_in():
            with connect(wall, "pixelflut") as again:
                again.sendall(b"SIZE\n")
                return again.recv(100).startswith(b"SIZE")
        wait_for("room", is_let_in)
        wall.reload(DOTS + FLUT, core="connections-per-source = 1")
        with connect(wall, "pixelflut") as third:
            assert third.recv(100).startswith(b"ERROR too many connections")
        wall.reload(DOTS + FLUT, core="")
        assert is_let_in()
        two.sendall(b"SIZE\n")  # it was here before all that
        assert two.recv(100) == b"SIZE 64 48\n"
        assert figures(wall, "dots")["rate_limited"] == 1


@needs_p2
def test_p2_counts_connections_too(tmp_path):
    with Wall(tmp_path, P2 + FLUT, core="connections-per-source = 2") as wall:
        with connect(wall, "p2"), connect(wall, "p2") as second:
            time.sleep(0.1)
            with connect(wall, "p2") as third:
                assert third.recv(100) == b"\xff\x00"  # is told
            with connect(wall, "pixelflut") as other:
                assert other.recv(100).startswith(b"ERROR too many")
            second.sendall(b"\xff\xa0\x03anna\0\0\0\0\xff\x00")
            assert second.recv(100) == b"\xff\x00"
        time.sleep(0.3)
        with connect(wall, "pixelflut") as other:
            other.sendall(b"SIZE\n")
            assert other.recv(100) == b"SIZE 64 48\n"
        assert figures(wall, "p2")["rate_limited"] == 1


def test_an_ipv6_network_is_one_source(tmp_path):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here: sysctl net.ipv6.conf.lo.disable_ipv6=0")
    with Wall(tmp_path, "[plugin pixelflut]\nlisten = [::]:0\n", core="connections-per-source = 1") as wall:
        port = int(re.search(r"pixelflut: listening on \[::\]:(\d+)", wall.log()).group(1))
        with socket.create_connection(("::1", port)) as six, socket.create_connection(("127.0.0.1", port)) as four:
            for client in six, four:
                client.sendall(b"SIZE\n")
                assert client.recv(100) == b"SIZE 64 48\n"
            with socket.create_connection(("127.0.0.1", port)) as third:
                assert third.recv(100).startswith(b"ERROR too many connections")


# ---------------------------------------------------------------- networks

def test_who_is_denied_is_told_and_comes_in_no_way(tmp_path):
    with Wall(tmp_path, DOTS + FLUT, core="deny = 127.0.0.2 10.0.0.0/8") as wall:
        with connect(wall, "pixelflut", "127.0.0.2") as client:
            assert client.recv(100).startswith(b"ERROR your address may not paint here")
            assert is_over(client)
        udp(wall, dots(1), source="127.0.0.2")
        udp(wall, dot(1, 0, (1, 2, 3)), source="127.0.0.3")
        wall.painted(1, 0, (1, 2, 3))
        assert wall.stop() == 0
        assert figures(wall, "pixelflut")["unauthorized"] == 1
        assert figures(wall, "dots") == {"painted": 1, "unauthorized": 1}


def test_lists_are_read_again_and_end_connections(tmp_path):
    deny, allow = tmp_path / "deny", tmp_path / "allow"
    deny.write_text("# nobody yet\n")
    allow.write_text("127.0.0.0/8 ; this machine\n::1\n")
    core = "deny = @%s\nallow = @%s 192.0.2.0/24" % (deny, allow)
    with Wall(tmp_path, FLUT, core=core) as wall, connect(wall, "pixelflut") as one, \
            connect(wall, "pixelflut", "127.0.0.2") as two:
        for client in one, two:
            client.sendall(b"SIZE\n")
            assert client.recv(100) == b"SIZE 64 48\n"
        deny.write_text("127.0.0.2\n")
        assert "1 unchanged" in wall.reload()
        two.sendall(b"SIZE\n")
        assert is_over(two)
        one.sendall(b"SIZE\n")
        assert one.recv(100) == b"SIZE 64 48\n"
        deny.write_text("127.0.0.300\n")
        log = wall.reload()
        assert "%s:1: server.deny: \"127.0.0.300\" is not a network" % deny in log and "the old config stays in force" in log
        allow.write_text("192.0.2.0/24\n")
        deny.write_text("")
        wall.reload()
        one.sendall(b"SIZE\n")
        assert is_over(one)
        assert figures(wall, "pixelflut")["unauthorized"] == 2


def test_a_local_socket_has_no_source(tmp_path):
    path = str(tmp_path / "sock")
    with Wall(tmp_path, "[plugin pixelflut]\nlisten = unix:%s\n" % path,
              core="allow = 192.0.2.1\nconnections-per-source = 1\npixels-per-source = 1") as wall:
        for _ in range(3):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                client.sendall(lines(1000) + b"SIZE\n")
                assert client.recv(100) == b"SIZE 64 48\n"
        assert wall.stop() == 0
