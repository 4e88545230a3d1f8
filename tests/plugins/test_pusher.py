# SPDX-License-Identifier: MIT
"""A plugin that sends and closes by itself, and whose clients and service share a thread."""
import re
import socket
import subprocess

import pytest

from control import Operator, control
from test_host import HERE, PLUGINS, WORKERS, line
from waiting import settled
from wall import Wall, wait_for


def pusher(tmp_path, workers=2, options="listen = 127.0.0.1:0\n", more="",
           deny="192.0.2.0/24 127.0.0.9"):
    return Wall(tmp_path, "[plugin pusher]\n" + options,
                core="plugin-path = %s:%s\nworkers = %d\ndeny = %s\n%s" % (
                    HERE, PLUGINS, workers, deny, more))


def ports(wall):
    return [int(port) for port in re.findall(r"pusher: listening on \S+:(\d+)$", wall.log(), re.M)]


def connect(wall, source="127.0.0.1", nth=0, small=False):
    client = socket.socket()
    client.settimeout(30)
    if small:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.bind((source, 0))
    client.connect(("127.0.0.1", ports(wall)[nth]))
    return client


def greeted(wall, *words, small=False):
    client = connect(wall, small=small)
    assert line(client) == "hello"
    client.sendall("".join(word + "\n" for word in words).encode())
    return client


def rest(client):
    """All up to the end, and whether that was in order."""
    got = b""
    try:
        while True:
            more = client.recv(1 << 20)
            if not more:
                return got, True
            got += more
    except ConnectionResetError:
        return got, False


def unsent(wall):
    """What a client's `unsent` painted."""
    red, green, blue = wall.picture().getpixel((2, 0))
    return red << 16 | green << 8 | blue


@WORKERS
def test_clients_and_service_share_a_thread(tmp_path, workers):
    with pusher(tmp_path, workers) as wall:
        clients = [greeted(wall, "thread") for _ in range(8)]
        assert [line(client) for client in clients] == ["same 1"] * 8
        clients[0].sendall(b"clients\n")
        assert line(clients[0]) == "clients 8"
        assert wall.stop() == 0


@WORKERS
def test_what_is_sent_keeps_its_place_among_replies(tmp_path, workers):
    with pusher(tmp_path, workers) as wall:
        client = greeted(wall, *["order"] * 1000)
        assert [line(client) for _ in range(1000)] == ["abcd"] * 1000
        client.sendall(b"later\n")
        assert line(client) == "later"


@WORKERS
def test_who_does_not_read_what_was_sent_is_read_all_the_same(tmp_path, workers):
    with pusher(tmp_path, workers, more="answer-timeout = 100ms") as wall:
        client = greeted(wall, "buffer 4096", "push 900000", "wake", "unsent", small=True)
        wait_for("a queue", lambda: unsent(wall) > 0)
        client.sendall(b"paint\n")
        wall.painted(1, 0, (0, 255, 0))
        settled(lambda: unsent(wall))  # a multiple of the time-out for replies
        got = b""
        while not got.endswith(b"\n"):
            got += client.recv(1 << 20)
        assert got == bytes(900000) + b"ready\n"
        client.sendall(b"try 1\n")
        assert client.recv(1) == b"\0" and line(client) == "sent 0"


@WORKERS
def test_a_queue_is_bounded(tmp_path, workers):
    with pusher(tmp_path, workers) as wall:
        client = greeted(wall, "try %d" % ((1 << 20) + 1))
        assert line(client) == "sent -105"
        client = greeted(wall, *["push 100000"] * 100, small=True)
        client.sendall(b"unsent\n")
        wait_for("a full queue", lambda: 900000 < unsent(wall) <= 1 << 20)


def test_nobody_is_closed_while_the_plugin_serves_somebody(tmp_path):
    """A thread of eight holds 8 MiB for its clients.  The first has what it does not read for longest, and gives
    way to the others; but not before its own callback, in which it sends to them, has ended."""
    with pusher(tmp_path, workers=8) as wall:
        clients = []
        for _ in range(9):
            clients.append(greeted(wall, "buffer 4096", "push 900000", small=True))
            assert clients[-1].recv(1) == b"\0"
        first, *others = clients
        first.sendall(b"others 100000\n")
        assert len(rest(first)[0]) < 899999
        for other in others:
            got = 1
            while got < 1000000:
                more = other.recv(1 << 20)
                assert more, wall.log()
                got += len(more)
            other.sendall(b"clients\n")
            assert line(other) == "clients 8"


@WORKERS
def test_closing_waits_for_what_is_on_its_way(tmp_path, workers):
    with pusher(tmp_path, workers) as wall:
        client = greeted(wall, "close")
        assert line(client) == "bye"
        client.sendall(b"paint\n")  # nobody is fed with it
        assert rest(client)[0] == b""
        client = greeted(wall, "push 900000", "close", small=True)
        assert rest(client) == (bytes(900000) + b"bye\n", True)
        # one that has closed its own side does not lose anything either
        client = greeted(wall, "push 900000", "close", small=True)
        client.shutdown(socket.SHUT_WR)
        assert rest(client)[0] == bytes(900000) + b"bye\n"
        assert wall.picture().getpixel((1, 0)) == (0, 0, 0)


@WORKERS
def test_closing_at_once_does_not_wait(tmp_path, workers):
    with pusher(tmp_path, workers) as wall:
        client = greeted(wall, "buffer 4096", "push 900000", "drop", small=True)
        assert len(rest(client)[0]) < 900000
        other = greeted(wall)

        def alone():
            other.sendall(b"clients\n")
            return line(other) == "clients 1"
        wait_for("its close()", alone)


def test_the_kernel_buffers_as_much_as_the_plugin_says(tmp_path):
    with pusher(tmp_path) as wall:
        greeted_small = greeted(wall, "buffer 4096", "push 500000", "unsent", small=True)
        wait_for("a queue", lambda: unsent(wall) > 0)
        few = unsent(wall)
        greeted_large = greeted(wall, "buffer 200000", "push 500000", "unsent", small=True)
        wait_for("a shorter one", lambda: 0 < unsent(wall) < few - 50000)
        greeted_small.close()
        greeted_large.close()


def test_the_limits_are_the_plugin_s_own(tmp_path):
    with pusher(tmp_path, more="bytes-per-source = 1K") as wall:
        client = greeted(wall, *["order"] * 5000)  # half a minute at that rate
        client.settimeout(10)
        assert [line(client) for _ in range(5000)] == ["abcd"] * 5000
        assert "rate_limited" not in wall.totals("pusher")


def test_a_service_paints_for_whom_it_said_also_after_clients(tmp_path):
    with pusher(tmp_path) as wall:
        client = greeted(wall, "paint", "order")
        assert line(client) == "abcd"
        wall.painted(1, 0, (0, 255, 0))
        wait_for("strokes", lambda: wall.picture() and True)
        assert wall.picture().getpixel((0, 0)) == (0, 0, 0)
        totals = wall.totals("pusher")
        assert totals["painted"] == 1 and totals["unauthorized"] > 0


@pytest.mark.parametrize("then", ["goes on", "restarts"])
def test_a_ban_holds_for_whom_a_service_paints_as_long_as_it_is_there(tmp_path, then):
    """The service says it once, whom it paints for; other clients have their turns between."""
    with pusher(tmp_path, more=control(tmp_path), deny="") as wall, Operator(wall) as operator:
        def turn():
            operator.done("clear")
            with connect(wall, nth=-1) as client:
                assert line(client) == "hello"
                client.sendall(b"paint\n")
                wall.painted(1, 0, (0, 255, 0))
        wall.painted(0, 0, (255, 0, 0))
        operator.done("ban", net="192.0.2.0/24", really=True)
        if then == "restarts":
            wall.kill()
            wall.start().wait_ready()
            operator.close()
            operator = Operator(wall)
        turn()
        assert wall.picture().getpixel((0, 0)) == (0, 0, 0)
        operator.done("ban", net="198.51.100.1")
        turn()
        assert wall.picture().getpixel((0, 0)) == (0, 0, 0)
        operator.done("unban", net="192.0.2.0/24")
        turn()
        wall.painted(0, 0, (255, 0, 0))
        operator.close()


def test_a_source_s_clients_are_counted_over_all_listeners(tmp_path):
    options = "listen = 127.0.0.1:0 127.0.0.1:0\nclients = 2\n"
    with pusher(tmp_path, options=options) as wall:
        one, two = connect(wall), connect(wall, nth=1)
        assert line(one) == line(two) == "hello"
        for nth in (0, 1):
            assert rest(connect(wall, nth=nth)) == (b"\xff\0no", True)
            assert line(connect(wall, "127.0.0.2", nth)) == "hello"
        one.close()

        def has_room():
            with connect(wall, nth=1) as again:
                return again.recv(10).startswith(b"hello")
        wait_for("room", has_room)
        assert wall.totals("pusher")["rate_limited"] >= 2


def test_a_message_may_hold_any_byte(tmp_path):
    with pusher(tmp_path) as wall:
        assert rest(connect(wall, "127.0.0.9")) == (b"\0never", True)


@pytest.mark.parametrize("listen, said", [("listen =", "listen: is empty; write an address"),
                                          ("listen = 127.0.0.1:0 unix:{0}/socket", "")])
def test_check_sees_the_addresses_and_so_does_the_host(tmp_path, listen, said):
    wall = pusher(tmp_path, options=listen.format(tmp_path) + "\n")
    done = subprocess.run(wall.command("--check-config"), capture_output=True, text=True, timeout=30, check=False)
    assert said in done.stderr and (done.returncode == 0) == (not said)
    if not said:
        with wall:
            assert "pusher: listens on <127.0.0.1:0 unix:%s/socket>" % tmp_path in wall.log()
