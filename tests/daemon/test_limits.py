# SPDX-License-Identifier: MIT
"""Limits for each source, over all protocols: server.*-per-source, server.allow, server.deny."""
import contextlib
import re
import select
import socket
import time

import pytest

from wall import DOTS, Wall, dot, has_plugin, wait_for

DOTS_UDP = DOTS + "listen-udp = 127.0.0.1:0\n"
FLUT = "[plugin pixelflut]\nlisten = 127.0.0.1:0\n"
P2 = "[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket =\nauth = none\n"
needs_p2 = pytest.mark.skipif(not has_plugin("p2"),
                              reason="built without p2: apt-get install liboath-dev")


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


def answers(client):
    client.sendall(b"SIZE\n")
    return client.recv(100) == b"SIZE 64 48\n"


def is_closed(client):
    try:
        return client.recv(100) == b""
    except ConnectionResetError:
        return True


# ---------------------------------------------------------------- pixels and bytes

@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_stream_is_throttled_and_loses_nothing(tmp_path, workers):
    """1500 pixels at 500 a second: the first 500 at once, the rest in two seconds."""
    with Wall(tmp_path, FLUT, core="workers = %s\npixels-per-source = 500" % workers) as wall:
        with wall.tcp("pixelflut") as one, wall.tcp("pixelflut") as two:
            begin = time.monotonic()
            for client in one, two:
                client.sendall(lines(750))
            for client in one, two:
                assert answers(client)
            assert time.monotonic() - begin > 1.5
        counted = wall.totals("pixelflut")
        assert counted["painted"] == 1500 and 1 <= counted["rate_limited"] < 200


def test_bytes_are_throttled_too(tmp_path):
    with Wall(tmp_path, FLUT, core="bytes-per-source = 10K") as wall, wall.tcp("pixelflut") as client:
        begin = time.monotonic()
        client.sendall(lines(2000) + b"SIZE\n")
        assert client.recv(100) == b"SIZE 64 48\n"
        assert time.monotonic() - begin > len(lines(2000)) / 10240 - 1.4
        assert wall.totals("pixelflut")["painted"] == 2000


def stuck_client(wall):
    """Has asked for more than its socket holds, and has read nothing of it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", wall.port("pixelflut")))
    client.settimeout(0.5)
    with contextlib.suppress(socket.timeout):
        while True:
            client.sendall(b"PX 1 1\n" * 10000)
    client.settimeout(30)
    return client


@pytest.mark.parametrize("workers", ["0", "1"])
def test_clients_that_read_no_answers_are_closed(tmp_path, workers):
    """One reads nothing, one reads a little now and then, one has nothing to read."""
    with Wall(tmp_path, FLUT, core="workers = %s\nanswer-timeout = 3s" % workers) as wall, \
            stuck_client(wall) as stuck, stuck_client(wall) as slow, wall.tcp("pixelflut") as idle:
        begin = time.monotonic()
        while time.monotonic() - begin < 5:
            assert slow.recv(200000) != b""
            time.sleep(0.1)  # slower than the answers, but never silent for long
        with pytest.raises(ConnectionResetError):
            while stuck.recv(1000000):
                pass
            raise ConnectionResetError
        assert answers(idle)
        assert slow.recv(1) != b""
        assert wall.totals("pixelflut")["rate_limited"] == 1


def test_a_throttled_source_delays_no_other(tmp_path):
    with Wall(tmp_path, FLUT, core="workers = 1\npixels-per-source = 2000") as wall, \
            wall.tcp("pixelflut") as busy, wall.tcp("pixelflut", "127.0.0.2") as calm:
        busy.setblocking(False)
        try:
            while True:
                busy.send(lines(3000))
        except BlockingIOError:
            pass
        calm.settimeout(20)  # the other one has lines for a minute in its socket
        calm.sendall(lines(1000) + b"SIZE\n")
        assert calm.recv(100) == b"SIZE 64 48\n"
        assert wall.stop() == 0


def test_datagrams_beyond_the_limit_are_dropped_and_counted(tmp_path):
    with Wall(tmp_path, DOTS_UDP, core="pixels-per-source = 100") as wall:
        begin = time.monotonic()
        udp(wall, *[dots(1)] * 300)
        udp(wall, *[dots(1)] * 50, source="127.0.0.2")
        udp(wall, *[dots(10)] * 50, source="127.0.0.3")
        udp(wall, dot(1, 40, (1, 2, 3)), source="127.0.0.4")
        wall.painted(1, 40, (1, 2, 3))  # the last of all
        counted = wall.totals("dots")
        more = 1 + 100 * (time.monotonic() - begin)  # that a source may have by now
        assert 251 <= counted["painted"] <= 251 + 2 * more
        # a datagram passes whole or not at all: of 50 with 10 pixels each, 40 do not
        assert 200 - more - more / 10 <= counted["rate_limited"] - 40 <= 200


def test_the_limit_of_connections_is_one_over_all_protocols(tmp_path):
    with Wall(tmp_path, DOTS_UDP + FLUT, core="pixels-per-source = 200") as wall, wall.tcp("pixelflut") as flut:
        with wall.tcp("dots") as eight:
            begin = time.monotonic()
            flut.sendall(lines(200) + b"SIZE\n")
            assert flut.recv(100) == b"SIZE 64 48\n"
            eight.sendall(dots(99) + dot(63, 47, (1, 2, 3)))
            wall.painted(63, 47, (1, 2, 3))
            assert time.monotonic() - begin > 0.3
            udp(wall, dot(62, 47, (1, 2, 3)))  # its sender may be forged: counted apart
            wall.painted(62, 47, (1, 2, 3))
        assert wall.totals("pixelflut")["painted"] == 200
        assert wall.totals("dots")["painted"] == 101


@needs_p2
def test_p2_drops_puts_and_disconnects_a_flooder(tmp_path):
    def log_in(name):
        client = wall.tcp("p2")
        client.sendall(b"\xff\xa0" + bytes([len(name) - 1]) + name + b"\0\0\0\0")
        return client
    put = b"\xff\xd0\x00\x01\x00\x01\x01\x01"
    with Wall(tmp_path, P2 + "put-rate = 0\n", core="pixels-per-source = 50") as wall:
        with log_in(b"anna") as anna, log_in(b"ben") as ben:
            anna.sendall(put * 100)
            ben.sendall(put * 100)
            wait_for("a pixel", lambda: len(wall.picture().getcolors()) > 1)
            wall.reload(P2 + "put-rate = 0\n",
                        core="pixels-per-source = 50\nbytes-per-source = 1000")
            anna.sendall(put * 10000)  # two reads: the first is on credit
            assert b"\xff\x00" in anna.recv(100)
        counted = wall.totals("p2")
        assert 50 <= counted["painted"] <= 300 and counted["rate_limited"] >= 100


# ---------------------------------------------------------------- connections

def test_connections_are_counted_over_all_protocols(tmp_path):
    with Wall(tmp_path, DOTS_UDP + FLUT, core="connections-per-source = 2") as wall:
        one, two = wall.tcp("dots"), wall.tcp("pixelflut")
        assert answers(two)
        with wall.tcp("pixelflut") as third:
            assert third.recv(100).startswith(b"ERROR too many connections")
            assert is_closed(third)
        with wall.tcp("dots") as third:
            assert is_closed(third)
        with wall.tcp("pixelflut", "127.0.0.2") as other:
            assert answers(other)
        one.close()

        def is_admitted():
            with wall.tcp("pixelflut") as again:
                again.sendall(b"SIZE\n")
                return again.recv(100).startswith(b"SIZE")
        wait_for("room", is_admitted)
        wall.reload(DOTS_UDP + FLUT, core="connections-per-source = 1")
        with wall.tcp("pixelflut") as third:
            assert third.recv(100).startswith(b"ERROR too many connections")
        wall.reload(DOTS_UDP + FLUT, core="")
        assert is_admitted()
        assert answers(two)  # connected before all that
        assert wall.totals("dots")["rate_limited"] == 1


def test_who_has_few_clients_comes_in_although_the_last_count_was_of_others(tmp_path):
    """What the greediest had is counted anew, not remembered from a full house long ago."""
    with Wall(tmp_path, FLUT, core="workers = 1", prefix=["prlimit", "--nofile=128:128"]) as wall:
        empty = wall.descriptors()
        crowd = [wall.tcp("pixelflut", source="127.0.1.%d" % (1 + i // 2)) for i in range(120)]
        wait_for("somebody to give way", lambda: select.select(crowd, [], [], 0)[0])
        for client in crowd:
            client.close()
        wait_for("an empty house", lambda: wall.descriptors() <= empty + 2)
        first = wall.tcp("pixelflut", source="127.0.0.2")
        assert answers(first)
        greedy = [wall.tcp("pixelflut", source="127.0.2.%d" % (1 + i % 4)) for i in range(120)]
        wait_for("a full house", lambda: select.select(greedy, [], [], 0)[0])
        second = wall.tcp("pixelflut", source="127.0.0.2")
        assert answers(second) and answers(first)
        for client in greedy:
            client.close()


@needs_p2
def test_p2_counts_connections_too(tmp_path):
    with Wall(tmp_path, P2 + FLUT, core="connections-per-source = 2") as wall:
        with wall.tcp("p2"), wall.tcp("p2") as second:
            with wall.tcp("p2") as third:
                assert third.recv(100) == b"\xff\x00"
            with wall.tcp("pixelflut") as other:
                assert other.recv(100).startswith(b"ERROR too many")
            second.sendall(b"\xff\xa0\x03anna\0\0\0\0\xff\x00")
            assert second.recv(100) == b"\xff\x00"

        def is_admitted():
            with wall.tcp("pixelflut") as other:
                return answers(other)
        wait_for("room", is_admitted)
        assert wall.totals("p2")["rate_limited"] == 1


def test_an_ipv6_network_is_one_source(tmp_path):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here: sysctl net.ipv6.conf.lo.disable_ipv6=0")
    with Wall(tmp_path, "[plugin pixelflut]\nlisten = [::]:0\n", core="connections-per-source = 1") as wall:
        port = int(re.search(r"pixelflut: listening on \[::\]:(\d+)", wall.log()).group(1))
        with socket.create_connection(("::1", port)) as six, socket.create_connection(("127.0.0.1", port)) as four:
            for client in six, four:
                assert answers(client)
            with socket.create_connection(("127.0.0.1", port)) as third:
                assert third.recv(100).startswith(b"ERROR too many connections")


# ---------------------------------------------------------------- networks

def test_a_denied_source_is_told_so_and_gets_in_by_no_protocol(tmp_path):
    with Wall(tmp_path, DOTS_UDP + FLUT, core="deny = 127.0.0.2 10.0.0.0/8") as wall:
        with wall.tcp("pixelflut", "127.0.0.2") as client:
            assert client.recv(100).startswith(b"ERROR your address may not paint here")
            assert is_closed(client)
        udp(wall, dots(1), source="127.0.0.2")
        udp(wall, dot(1, 0, (1, 2, 3)), source="127.0.0.3")
        wall.painted(1, 0, (1, 2, 3))
        assert wall.stop() == 0
        assert wall.totals("pixelflut")["unauthorized"] == 1
        assert wall.totals("dots") == {"painted": 1, "unauthorized": 1, "drops": 0}


def test_lists_are_read_again_and_end_connections(tmp_path):
    deny, allow = tmp_path / "deny", tmp_path / "allow"
    deny.write_text("# nobody yet\n")
    allow.write_text("127.0.0.0/8 ; this machine\n::1\n")
    core = "deny = @%s\nallow = @%s 192.0.2.0/24" % (deny, allow)
    with Wall(tmp_path, FLUT, core=core) as wall, wall.tcp("pixelflut") as one, \
            wall.tcp("pixelflut", "127.0.0.2") as two:
        for client in one, two:
            assert answers(client)
        deny.write_text("127.0.0.2\n")
        assert "1 unchanged" in wall.reload()
        two.sendall(b"SIZE\n")
        assert is_closed(two)
        assert answers(one)
        deny.write_text("127.0.0.300\n")
        log = wall.reload()
        assert "%s:1: server.deny: \"127.0.0.300\" is not a network" % deny in log and "the old config stays in force" in log
        allow.write_text("192.0.2.0/24\n")
        deny.write_text("")
        wall.reload()
        one.sendall(b"SIZE\n")
        assert is_closed(one)
        assert wall.totals("pixelflut")["unauthorized"] == 2


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


def test_a_local_datagram_is_nobody_else_s(tmp_path):
    """A local socket without an address of its own is not the source of the datagram before."""
    path = str(tmp_path / "sock")
    with Wall(tmp_path, DOTS + "listen-udp = 127.0.0.1:0 unix:%s\n" % path,
              core="workers = 0\ndeny = 127.0.0.2") as wall:
        udp(wall, dot(1, 1, (255, 0, 0)), source="127.0.0.2")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.sendto(dot(2, 2, (0, 255, 0)), path)
        wall.painted(2, 2, (0, 255, 0))
        assert wall.totals("dots")["unauthorized"] == 1
