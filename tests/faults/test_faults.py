# SPDX-License-Identifier: MIT
"""One fault at a time: the wall goes on or stops cleanly, and keeps what it has acknowledged.

tests/faults/shim.c makes the C library fail.  MURALD_LONG=1 lets every fourth allocation fail in
turn, which takes long; otherwise a dozen of them, different ones each day.
"""
import contextlib
import os
import re
import shutil
import signal
import struct
import subprocess
import time
import urllib.error
import urllib.request

import pytest

import procfs
from faults import all_plugins, answer, flut, no_shim, register, shim, update
from hosts import need, need_namespaces
from wall import SOURCE, wait_for

LONG = os.environ.get("MURALD_LONG") == "1"


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
