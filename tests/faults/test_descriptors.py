# SPDX-License-Identifier: MIT
"""Descriptors and memory are scarce: clients leave the wall what it needs."""
import contextlib
import os
import re
import resource
import select
import signal
import socket
import time

import procfs
from faults import all_plugins, answer, flut, no_shim, register, update
from waiting import meanwhile
from wall import Wall, wait_for


def test_no_descriptors_left(tmp_path):
    """Clients use them all up; those connected go on, and new ones are accepted again later."""
    few = 120
    with all_plugins(tmp_path, prefix=["prlimit", "--nofile=%d:%d" % (few, few)]) as wall:
        first = wall.tcp("pixelflut")
        crowd = []
        for _ in range(3 * few):
            crowd.append(wall.tcp("pixelflut"))
        first.sendall(b"PX 3 4 00ff00\nPX 3 4\n")
        first.settimeout(30)
        assert first.recv(100) == b"PX 3 4 00ff00\n"
        for client in crowd:
            client.close()
        wait_for("a new client", lambda: try_size(wall))
        wait_for("the board", lambda: answer(wall, "settings")[0] == 200)
        assert wall.log().count("\n") < 60, wall.log()


def test_clients_leave_the_wall_its_descriptors(tmp_path):
    """With every one taken that clients can get, the wall still writes what it keeps."""
    few = 120

    with all_plugins(tmp_path, prefix=["prlimit", "--nofile=%d:%d" % (few, few)]) as wall, \
            wall.tcp("pixelflut") as painter:
        token = register(wall)
        crowd = []
        for i in range(3 * few):
            name = ("pixelflut", "dots", "p2", "http")[i % 4]
            crowd.append(socket.create_connection(
                ("127.0.0.1", wall.port(name)), 10, ("127.0.0.%d" % (2 + i % 100), 0)))
        begun = wait_for("the beginning of the recording", lambda: os.path.getsize(tmp_path / "record"))
        painter.sendall(b"PX 3 4 00ff00\nSIZE\n")
        painter.settimeout(30)
        assert painter.recv(100) == b"SIZE 64 48\n"
        wall.painted(3, 4, (0, 255, 0))  # by snapshots
        wait_for("the recording", lambda: os.path.getsize(tmp_path / "record") > begun)
        assert "cannot accept clients for now" in wall.log()
        assert "cannot write" not in wall.log() and "Too many open files" not in wall.log().replace(
            "cannot accept clients for now: Too many open files", "")
        assert len(os.listdir("/proc/%d/fd" % wall.process.pid)) < few - 8
        for client in crowd:
            client.close()
        wait_for("a newcomer's turn", lambda: try_size(wall))
        assert wait_for("the board's turn", lambda: update(wall, token, 1, 1, 3)[0] == 200)


def test_clients_that_wait_leave_the_wall_its_descriptors(tmp_path):
    """A crowd comes to four addresses at once, for more descriptors than clients may have, and then another one."""
    few, clients = 284, 249  # the kernel's table grows with descriptor 256, and shrinks never
    dots = "[plugin dots]\nlisten =" + " 127.0.0.1:0" * 4 + "\n"

    with Wall(tmp_path, dots, prefix=["prlimit", "--nofile=%d:%d" % (few, few)]) as wall:
        ports = [int(port) for port in re.findall(r"dots: listening on 127\.0\.0\.1:(\d+)", wall.log())]

        def table():
            with open("/proc/%d/status" % wall.process.pid) as status:
                return int(re.search(r"FDSize:\s*(\d+)", status.read()).group(1))

        def burst(n, network):
            """So many in the kernel's queues when the wall looks."""
            wall.process.send_signal(signal.SIGSTOP)
            came = [socket.socket() for _ in range(n)]
            for i, client in enumerate(came):
                client.setblocking(False)
                client.bind(("127.0.%d.%d" % (network + i // 200, 1 + i % 200), 0))
                client.connect_ex(("127.0.0.1", ports[i % 4]))
            wall.process.send_signal(signal.SIGCONT)
            return came

        crowd = burst(few, 1)
        wait_for("a full house", lambda: len(os.listdir("/proc/%d/fd" % wall.process.pid)) >= clients - 2)
        more = burst(200, 4)
        turns = select.poll()
        for client in more:
            turns.register(client, select.POLLIN)
        wait_for("most to be turned away", lambda: len(turns.poll(0)) >= 150)
        assert table() == 256
        for client in crowd + more:
            client.close()


def test_one_source_does_not_take_all_descriptors(tmp_path):
    few = 120

    with all_plugins(tmp_path, prefix=["prlimit", "--nofile=%d:%d" % (few, few)]) as wall:
        crowd = [socket.create_connection(("127.0.0.1", wall.port("pixelflut")), 10, ("127.0.0.2", 0))
                 for _ in range(2 * few)]
        assert answer(wall, "settings")[0] == 200
        assert flut(wall, b"PX 1 1 ff0000\nPX 1 1\n").startswith(b"PX 1 1 ff0000")
        for client in crowd:
            client.close()


def test_who_has_most_gives_way_to_newcomers(tmp_path):
    """Three sources take all that they can get; then comes one after the other who has little.  Of those who have
    most, who paints keeps what he has."""
    few = 256

    with all_plugins(tmp_path, prefix=["prlimit", "--nofile=%d:%d" % (few, few)]) as wall:
        def enter(source, name="pixelflut"):
            client = socket.create_connection(("127.0.0.1", wall.port(name)), 20, (source, 0))
            client.settimeout(20)
            return client

        crowd = [enter("127.0.0.%d" % (2 + i % 3), ("pixelflut", "http", "p2")[i // 3 % 3]) for i in range(2 * few)]
        busy = []
        for client in crowd[::-1]:  # the last that got in
            if client.getpeername()[1] == wall.port("pixelflut") and len(busy) < 6 and asks(client):
                busy.append(client)
        assert len(busy) == 6

        def newcomer(source):
            """Who comes before those who had to go are gone has to come again."""
            assert all(asks(client) for client in busy)
            client = enter(source)
            client.sendall(b"SIZE\n")
            if answered(client):
                return client
            return client.close()

        newcomers = [wait_for("a place", lambda: newcomer("127.0.1.%d" % (1 + i)), 60) for i in range(60)]
        wait_for("a place for a browser", lambda: try_settings(wall), 60)
        # a browser has more than one
        newcomers += [wait_for("another place", lambda: newcomer("127.0.1.1"), 60) for _ in range(4)]
        assert all(asks(client) for client in newcomers)  # who has one keeps it
        for client in crowd + newcomers:
            client.close()


def answered(client):
    try:
        return client.recv(100).startswith(b"SIZE ")
    except OSError:
        return False


def asks(client):
    """Whether it is answered."""
    try:
        client.sendall(b"SIZE\n")
    except OSError:
        return False
    return answered(client)


def try_settings(wall):
    try:
        return answer(wall, "settings")[0] == 200
    except OSError:
        return False


def try_size(wall):
    try:
        return flut(wall, b"").startswith(b"SIZE")
    except OSError:
        return False


@no_shim
def test_a_reload_without_memory_for_limits(tmp_path):
    """Everybody paints as before, and once there is memory as the new limits say."""
    flut_only = "[plugin pixelflut]\nlisten = 127.0.0.1:0\n"

    def asks(number):
        with socket.create_connection(("127.0.0.1", wall.port("pixelflut")), 10, ("127.0.0.%d" % number, 0)) as one:
            one.settimeout(20)
            one.sendall(b"PX 1 1 ff0000\nSIZE\n" * 20)
            return one.makefile("rb").readline()

    with Wall(tmp_path, flut_only) as wall:
        assert asks(1) == b"SIZE 64 48\n"
        limits = resource.prlimit(wall.pid, resource.RLIMIT_DATA)
        most = (int(procfs.status(wall.pid)["VmData"].split()[0]) << 10) + (2 << 20)  # of three
        resource.prlimit(wall.pid, resource.RLIMIT_DATA, (most, limits[1]))
        assert "stay as they were" in wall.reload(flut_only, "pixels-per-source = 1\n")
        for number in range(1, 40):
            assert asks(number) == b"SIZE 64 48\n"
        resource.prlimit(wall.pid, resource.RLIMIT_DATA, limits)
        assert "stay as they were" not in wall.reload()
        begun = time.monotonic()
        assert flut(wall, b"PX 1 1 ff0000\n" * 4) == b"SIZE 64 48\n"
        assert time.monotonic() - begun > 1  # less than the three that it takes


@no_shim
def test_users_without_memory_for_a_line(tmp_path):
    """Those behind it would be missing."""
    wall = Wall(tmp_path, "[plugin p2]\nlisten = 127.0.0.1:0\nusers = /dev/zero\n",
                prefix=["prlimit", "--data=%d" % (200 << 20)]).start()
    try:
        assert wall.process.wait(60) != 0
    finally:
        wall.kill()
    assert "/dev/zero: Cannot allocate memory" in wall.log()


@no_shim
def test_clients_leave_the_wall_its_memory(tmp_path):
    """With as much of it taken as clients can get, the wall still writes what it keeps, and newcomers come in."""
    with all_plugins(tmp_path) as wall, wall.tcp("pixelflut") as painter:
        token = register(wall)
        painter.settimeout(30)
        wall.painted(0, 0, (0, 0, 0))  # a snapshot, whose thread is there then
        most = (int(procfs.status(wall.pid)["VmData"].split()[0]) << 10) + (10 << 20)
        resource.prlimit(wall.pid, resource.RLIMIT_DATA, (most, most))
        with deaf_clients(wall) as lost:
            wait_for("some to give way", lambda: len(lost) > 5, 60)
            for n in range(3):
                there = len(lost)
                recorded = os.path.getsize(tmp_path / "record")
                painter.sendall(b"PX 3 %d 00ff00\nSIZE\n" % n)
                assert painter.recv(100) == b"SIZE 64 48\n"
                wall.painted(3, n, (0, 255, 0))  # by snapshots
                wait_for("the recording", lambda: os.path.getsize(tmp_path / "record") > recorded)
                assert update(wall, token, 1, n, 3)[0] == 200
                assert flut(wall, b"") == b"SIZE 64 48\n"
                wait_for("more to give way", lambda: len(lost) > there, 60)
        assert "cannot be written" not in wall.log() and "out of memory" not in wall.log(), wall.log()


@contextlib.contextmanager
def deaf_clients(wall):
    """Sixty who ask as much as they can and read no answer, and come again when they are closed; those that
    were."""
    lost, crowd = [], []

    def client(n):
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.bind(("127.0.0.%d" % (2 + n % 100), 0))
        deaf.connect(("127.0.0.1", wall.port("pixelflut")))
        deaf.setblocking(False)
        return deaf

    def ask(over):
        while not over.wait(0.01):
            for n, deaf in enumerate(crowd):
                try:
                    deaf.send(b"PX 1 1\n" * 9000)
                except BlockingIOError:
                    continue
                except OSError:
                    lost.append(n)
                    deaf.close()
                    crowd[n] = client(n)
    crowd += [client(n) for n in range(60)]
    try:
        with meanwhile(ask):
            yield lost
    finally:
        for deaf in crowd:
            deaf.close()
