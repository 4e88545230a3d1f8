# SPDX-License-Identifier: MIT
"""One fault at a time: the wall goes on or stops cleanly, and keeps what it has acknowledged.

tests/faults/shim.c makes the C library fail.  MURALD_LONG=1 lets every fourth allocation fail in
turn, which takes long; otherwise a dozen of them, different ones each day.
"""
import contextlib
import json
import os
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest

from hosts import need, need_namespaces
import procfs
from wall import BUILD, SOURCE, Wall, wait_for

SHIM = os.path.join(BUILD, "tests/faults/.libs/shim.so")
LONG = os.environ.get("MURALD_LONG") == "1"
PLUGINS = """[plugin pixelflut]
listen = 127.0.0.1:0
[plugin dots]
listen = 127.0.0.1:0
[plugin p2]
listen = 127.0.0.1:0
websocket = 127.0.0.1:0
auth = none
[plugin http]
listen = 127.0.0.1:0
database = %s/board.db
pixel-rate = 0
"""

no_shim = pytest.mark.skipif(
    bool(os.environ.get("sanitizer")),
    reason="a sanitizer has its own allocator; build without --enable-sanitizer")


def all_plugins(folder, data=None, core="", **values):
    """Its files are in the folder `data`."""
    data = data or folder
    core += "[record]\nfile = %s/record\ninterval = 50ms\n" % data
    wall = Wall(folder, PLUGINS % data, core=core, **values)
    if data != folder:
        with open(wall.config, "a") as config:
            config.write("[canvas]\nsnapshot = %s/canvas.png\n" % data)
    return wall


def shim(**orders):
    return dict({name: str(value) for name, value in orders.items()}, LD_PRELOAD=SHIM)


def answer(wall, path, body=None, method=None):
    request = urllib.request.Request(
        "http://127.0.0.1:%d/%s" % (wall.port("http"), path), method=method,
        data=json.dumps(body).encode() if body is not None else None)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as reply:
        return reply.code, json.loads(reply.read())


def flut(wall, text):
    with wall.tcp("pixelflut") as client:
        client.sendall(text + b"SIZE\n")
        client.settimeout(30)
        return client.recv(200)


# ---------------------------------------------------------------- memory

def use_everything(wall):
    """Sends something to each plugin; none has to answer."""
    for name, text in (
            ("pixelflut", b"PX 1 1 ff0000\nPX 1 1\n"), ("dots", b"\1\0\1\0\1\2\3\4"),
            ("p2", b"\xff\xa0\0a\0\0\0\0\xff\xaf\0\1\0\1\0\5\0\5\xff\xd0\0\1\0\1\0\5"),
            ("http", b"GET /canvas.png HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            ("http", b"PUT /register-pg HTTP/1.1\r\nHost: x\r\nContent-Length: 39\r\n"
             b"Connection: close\r\n\r\n{\"name\":\"a\",\"author\":\"b\",\"secret\":\"c\"}\n")):
        try:
            with wall.tcp(name) as client:
                client.settimeout(2)
                client.sendall(text)
                client.recv(1000)
        except (OSError, AssertionError, AttributeError):
            pass


def run_without_memory(folder, number):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    wall = all_plugins(folder).start(env=shim(FAULT_ALLOC=number))
    with contextlib.suppress(AssertionError):  # it may go on without that line
        wait_for("its end or the last plugin",
                 lambda: wall.process.poll() is not None or "http: paint with" in wall.log())
    if wall.process.poll() is None:
        use_everything(wall)
        wall.process.terminate()
    try:
        status = wall.process.wait(60)
    finally:
        wall.process.kill()
    assert status in (0, 1, 78), "allocation %d: status %d\n%s" % (number, status, wall.log())
    if status == 1:
        assert wall.log().strip(), "allocation %d: nothing was logged" % number


@no_shim
@pytest.mark.skipif("os.environ.get('COVERAGE')", reason="libgcov's gcov_do_dump() crashes without memory")
@pytest.mark.parametrize("sign", [1, -1], ids=["one", "many"])
def test_no_memory_at_each_place_in_turn(tmp_path, sign):
    count = tmp_path / "count"
    wall = all_plugins(tmp_path).start(env=shim(FAULT_COUNT=count))
    wall.wait_ready()
    use_everything(wall)
    assert wall.stop() == 0
    places = int(count.read_text())
    assert places > 1000
    step = (4 if sign > 0 else 40) if LONG else places // 12
    for number in range(1 + int(time.time()) // 86400 % step, places, step):
        run_without_memory(tmp_path / "wall", number * sign)


# ---------------------------------------------------------------- descriptors

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
    lost, over, crowd = [], threading.Event(), []

    def client(n):
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.bind(("127.0.0.%d" % (2 + n % 100), 0))
        deaf.connect(("127.0.0.1", wall.port("pixelflut")))
        deaf.setblocking(False)
        return deaf

    def ask():
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
    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield lost
    finally:
        over.set()
        asking.join()
        for deaf in crowd:
            deaf.close()


# ---------------------------------------------------------------- disks

def test_a_full_disk(tmp_path):
    """Board, record and snapshot fail; painting and viewing go on."""
    need("mount", "mount")
    need_namespaces()
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=True)
    try:
        with all_plugins(tmp_path, disk) as wall:
            fill(disk / "filler")
            for y in range(48):
                flut(wall, b"".join(b"PX %d %d %06x\n" % (x, y, x * y * 9999 % 2**24)
                                    for x in range(64)))
            wait_for("a line in the log", lambda: "No space left" in wall.log())
            assert flut(wall, b"PX 5 5 123456\nPX 5 5\n").startswith(b"PX 5 5 123456")
            assert answer(wall, "settings")[0] == 200
            os.unlink(disk / "filler")
            token = wait_for("a registration", lambda: register(wall))
            assert update(wall, token, 1, 1, 3)[0] == 200
            assert wall.stop() == 0
        with all_plugins(tmp_path, disk) as wall:
            assert update(wall, token, 2, 2, 3)[0] == 200
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(path):
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(file, bytes(4096)):
            pass
    except OSError:
        os.close(file)


def register(wall, name="n"):
    """The token of who is new comes once all before it is in the file."""
    status, body = answer(wall, "register-pg", {"name": name, "author": "a", "secret": "s"}, "PUT")
    return body.get("id") if status == 200 else None


def update(wall, token, row, column, colour):
    return answer(wall, "update-pixel",
                  {"id": token, "row": row, "col": column, "color": colour}, "PUT")


@no_shim
def test_fsync_fails(tmp_path):
    fault = tmp_path / "fault"
    wall = all_plugins(tmp_path).start(env=shim(FAULT_FSYNC=fault))
    wall.wait_ready()
    fault.touch()
    flut(wall, b"PX 1 2 0a0b0c\n")
    wall.process.send_signal(signal.SIGUSR1)
    wait_for("a line in the log", lambda: "cannot be written" in wall.log())
    assert flut(wall, b"PX 1 2\n").startswith(b"PX 1 2 0a0b0c")
    assert answer(wall, "settings")[0] == 200
    fault.unlink()
    assert wall.stop() == 0
    assert wall.last_picture().getpixel((1, 2)) == (10, 11, 12)


def test_a_read_only_folder(tmp_path):
    need("mount", "mount")
    need_namespaces()
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(disk)], check=True)
    try:
        with all_plugins(tmp_path, disk) as wall:
            token = register(wall)
            assert update(wall, token, 0, 0, 3)[0] == 200
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        wall.start()
        try:
            wall.wait_ready()
        except AssertionError:
            assert wall.process.wait(60) == 1  # and said why
            assert "read-only" in wall.log().lower() or "readonly" in wall.log()
        else:
            assert wall.stop() == 0
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        with all_plugins(tmp_path, disk) as wall:
            assert update(wall, token, 1, 1, 3)[0] == 200
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


# ---------------------------------------------------------------- processors

def tasks_of_the_service():
    with open(os.path.join(SOURCE, "etc/murald.service.in")) as unit:
        return int(re.search(r"^TasksMax=(\d+)$", unit.read(), re.M)[1])


@no_shim
@pytest.mark.parametrize("workers, threads", [("auto", 16), ("64", 64)])
def test_many_processors(tmp_path, workers, threads):
    """The service has tasks for as many workers as there may be, and for all else that may run."""
    wall = all_plugins(tmp_path, core="workers = %s\n" % workers).start(env=shim(FAULT_CPUS=62))
    wall.wait_ready()
    use_everything(wall)
    with urllib.request.urlopen("http://127.0.0.1:%d/timelapse?source=wall" % wall.port("http")) as film:
        assert film.read(6) == b"GIF89a"
    now = len(procfs.threads(wall.pid))
    assert threads < now < threads + 16, now
    # twice what is not a worker: each screen and each http has threads of its own; and a reload's shell
    assert threads + 2 * (now - threads) + 4 <= tasks_of_the_service()
    assert wall.stop() == 0


# ---------------------------------------------------------------- clocks

@no_shim
def test_the_system_clock_jumps(tmp_path):
    clock = tmp_path / "clock"
    clock.write_bytes(struct.pack("<q", 0))
    wall = all_plugins(tmp_path).start(env=shim(FAULT_CLOCK=clock))
    wall.wait_ready()
    token = register(wall)
    for days in (400, -400, 0):
        with open(clock, "r+b") as file:
            file.write(struct.pack("<q", days * 86400 * 10**9))
        for number in range(3):
            assert update(wall, token, number, days % 6, 2)[0] == 200
            flut(wall, b"PX %d 9 ffffff\n" % (number + days % 40))
        wall.wait_idle()  # until it is recorded
        assert answer(wall, "settings")[1]["enabled"]
    history = answer(wall, "history")[1]
    assert history["first"] <= history["last"]
    with urllib.request.urlopen("http://127.0.0.1:%d/timelapse" % wall.port("http")) as film:
        assert film.read(6) == b"GIF89a"
    assert wall.stop() == 0


# ---------------------------------------------------------------- kill -9

def crash_and_compare(folder, number):
    """Paints until murald is killed; a token, the cells that are in the file, and those that may be: of another row,
    so that some are left to be judged."""
    wall = all_plugins(folder, core="[canvas]\nsnapshot-interval = 100ms\n").start()
    wall.wait_ready()
    token = register(wall)
    assert token
    told, written = [], 0
    end = time.monotonic() + 0.2 + number % 7 * 0.35
    client = wall.tcp("pixelflut")
    while time.monotonic() < end or not written:
        row, column, colour = len(told) // 50 % 6, len(told) % 8, 1 + len(told) % 3
        status, _ = update(wall, token, row, column, colour)
        assert status == 200
        told.append((row, column, colour))
        client.sendall(b"PX 60 40 %06x\n" % len(told))
        if len(told) % 50 == 0 and register(wall, "%d at %d" % (number, len(told))):
            written = len(told)
    wall.stop(signal.SIGKILL)
    sure = {(row, column): colour for row, column, colour in told[:written]}
    return token, sure, {(row, column) for row, column, _ in told[written:]}


def test_kill_9_under_load(tmp_path):
    tokens = []
    for number in range(100 if LONG else 6):
        token, sure, maybe = crash_and_compare(tmp_path, number)
        tokens.append(token)
        with all_plugins(tmp_path) as wall:
            status, stats = answer(wall, "settings")
            assert status == 200 and "aside" not in wall.log()
            for known in tokens[-3:]:
                assert update(wall, known, 5, 7, 0)[0] == 200
            rows = answer(wall, "frontend-pixels")[1]["pixels"]
            judged = {at: colour for at, colour in sure.items() if at not in maybe and at != (5, 7)}
            assert judged
            for (row, column), colour in judged.items():
                assert rows[row][column] == colour
