# SPDX-License-Identifier: MIT
"""make hostile SECONDS_EACH=5: one attack after the other on one wall, each for so long, and what
somebody else sees of it.

Prints one table, as doc/hostile.md keeps one: how long others wait (median and worst), what they
are refused, memory and descriptors, before, during and after.  Runs in a network namespace of its
own.  Exit status 1 when an attack had more effect than SECURITY.md admits.

An attack is a function in ATTACKS that gets the wall and runs until it is killed, in a process
of its own.  Its clients come from 127.0.0.0/24, those who are measured from 127.0.1.0/24.
"""
import ctypes
import json
import os
import re
import resource
import selectors
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from wall import Wall  # noqa: E402

MEMORY_MIB = 64  # that an attack may take
SIZE = (640, 400)


def own_network():
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:  # CLONE_NEWNET
        sys.exit("hostile: needs root, for a network of its own: %s" % os.strerror(ctypes.get_errno()))
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


# ------------------------------------------------------------------------- attacks

def connect(wall, name="http", source="127.0.0.9", buffer=None):
    s = socket.socket()
    if buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    s.settimeout(10)
    s.bind((source, 0))
    s.connect(("127.0.0.1", wall.port(name)))
    return s


def get(path):
    return b"GET %s HTTP/1.1\r\nHost: wall\r\n\r\n" % path.encode()


def flood(wall, data, connections):
    """Sends the same again and again, and reads what comes."""
    ready = selectors.DefaultSelector()

    def begin():
        s = connect(wall)
        s.setblocking(False)
        ready.register(s, selectors.EVENT_READ | selectors.EVENT_WRITE, [data])

    for _ in range(connections):
        begin()
    while True:
        for key, events in ready.select():
            try:
                if events & selectors.EVENT_READ and not key.fileobj.recv(1 << 20):
                    raise ConnectionResetError
                if events & selectors.EVENT_WRITE:
                    key.data[0] = key.data[0][key.fileobj.send(key.data[0]):] or data
            except BlockingIOError:
                pass
            except OSError:
                ready.unregister(key.fileobj)
                key.fileobj.close()
                begin()


def slow_readers(wall, paths, connections=60):
    """Each asks for something long and takes ten KiB a second of it; who is cut off asks again."""
    readers = [None] * connections
    for n in range(1 << 30):
        for i, s in enumerate(readers):
            try:
                if s is None:
                    readers[i] = s = connect(wall, buffer=4096)
                    s.sendall(get(paths(n + i)))
                    s.setblocking(False)
                elif not s.recv(1024):
                    raise ConnectionResetError
            except BlockingIOError:
                pass
            except OSError:
                readers[i] = None
        time.sleep(0.1)


def pipelined(wall):
    flood(wall, get("/healthz") * 200, 1)


def pipelined_costly(wall):
    flood(wall, get("/metrics") * 50, 1000)


def malformed(wall):
    flood(wall, b"PUT / HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: gzip\r\nX: \x01\r\n\r\n", 50)


def unfinished_bodies(wall):
    kept = []
    while True:
        try:
            s = connect(wall)
            s.sendall(b"PUT /register-pg HTTP/1.1\r\nHost: wall\r\nContent-Length: 65536\r\n\r\n" + b" " * 65535)
            kept.append(s)
        except OSError:
            time.sleep(0.01)
        if len(kept) > 4000:
            kept.pop(0).close()


def slow_pictures(wall):
    with connect(wall, "dots") as dots:
        if os.fork() == 0:  # another picture all the time
            while True:
                dots.sendall(struct.pack("<HH", 1, 1) + os.urandom(3) + b"\xff")
                time.sleep(0.01)
        slow_readers(wall, lambda n: "/canvas.png")


def slow_moments(wall):
    slow_readers(wall, lambda n: "/history?at=%d" % (time.time() + n % 7), 250)


def slow_films(wall):
    slow_readers(wall, lambda n: "/timelapse?source=wall&to=%d" % (time.time() + 1000 + n))


def slow_boards(wall):
    name = {"name": "\x01" * 190, "author": "\x02" * 190, "secret": "s"}
    with connect(wall) as s:
        def ask(method, path, fields):
            body = json.dumps(fields).encode()
            s.sendall(b"%s %s HTTP/1.1\r\nHost: wall\r\nContent-Length: %d\r\n\r\n%s"
                      % (method, path, len(body), body))
            return s.recv(1 << 16)

        token = re.search(rb'"id":"(\w+)"', ask(b"PUT", b"/register-pg", name)).group(1).decode()
        if os.fork() == 0:
            for n in range(1 << 30):
                ask(b"PUT", b"/update-pixel", {"id": token, "row": n // 80 % 50, "col": n % 80, "color": n % 16})
        slow_readers(wall, lambda n: "/frontend-pixels")


def guesses(wall):
    body = b'{"token": "guess", "new_rate": 5}'
    flood(wall, (b"POST /changePixelRate HTTP/1.1\r\nHost: wall\r\nContent-Length: %d\r\n\r\n%s"
                 % (len(body), body)) * 100, 20)


ATTACKS = {
    "one connection that pipelines requests": pipelined,
    "1000 that pipeline costly ones": pipelined_costly,
    "malformed heads": malformed,
    "4000 bodies that end one byte early": unfinished_bodies,
    "60 slow readers of /canvas.png": slow_pictures,
    "60 slow readers of /frontend-pixels": slow_boards,
    "250 slow readers of /history?at=": slow_moments,
    "60 slow readers of films": slow_films,
    "guesses of the admin token": guesses,
}


# ------------------------------------------------------------------------ measuring

def visit(wall, path):
    """What somebody else waits for an answer, in ms; and whether it was one."""
    start = time.monotonic()
    try:
        with connect(wall, source="127.0.1.7") as s:
            s.settimeout(30)
            s.sendall(get(path).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            got = s.recv(1 << 16)
            while s.recv(1 << 20):
                pass
        good = got.startswith(b"HTTP/1.1 200 ")
    except OSError:
        good = False
    return (time.monotonic() - start) * 1000, good


def observe(wall, seconds):
    """Median and worst wait, and how many visits were refused."""
    waits, refused, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end or not waits:
        for path in ("/healthz", "/canvas.png", "/frontend-pixels"):
            wait, good = visit(wall, path)
            refused += not good
            if path == "/healthz":
                waits.append(wait)
        time.sleep(0.01)
    return statistics.median(waits), max(waits), refused


def use(wall):
    """MiB, films in memory included, and descriptors."""
    with open("/proc/%d/status" % wall.process.pid) as f:
        memory = int(re.search(r"VmRSS:\s*(\d+)", f.read()).group(1)) / 1024
    return memory, len(os.listdir("/proc/%d/fd" % wall.process.pid))


def attack(wall, run):
    """The process that attacks, leader of a group of its own."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        with open("/dev/null", "w") as nothing:
            os.dup2(nothing.fileno(), 2)
        try:
            run(wall)
        finally:
            os._exit(1)
    return pid


def measure(wall, run, seconds):
    rows = [(*observe(wall, seconds / 2), *use(wall))]
    pid = attack(wall, run)
    time.sleep(seconds / 4)
    most, seen = (0, 0), []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen.append(observe(wall, 0.2))
        most = tuple(map(max, most, use(wall)))
    rows.append((statistics.median(s[0] for s in seen), max(s[1] for s in seen), sum(s[2] for s in seen), *most))
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    time.sleep(3)  # a sweep
    rows.append((*observe(wall, seconds / 2), *use(wall)))
    return rows


def report(name, rows):
    cells = [" / ".join("%.*f" % (digits, row[i]) for row in rows)
             for i, digits in ((0, 1), (1, 0), (2, 0), (3, 0), (4, 0))]
    print("| %s | %s |" % (name, " | ".join(cells)), flush=True)


def prepare(wall):
    """Some noise, and a moment of it."""
    noise = [struct.pack("<HH", x, y) for y in range(SIZE[1]) for x in range(SIZE[0])]
    for _ in range(12):
        random = os.urandom(3 * len(noise))
        with connect(wall, "dots", "127.0.1.7") as dots:
            dots.sendall(b"".join(p + random[3 * i:3 * i + 3] + b"\xff" for i, p in enumerate(noise)))
            dots.shutdown(socket.SHUT_WR)
            dots.recv(1)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5
    worst_ms = float(sys.argv[2]) if len(sys.argv) > 2 else 100
    bad = []
    own_network()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder, Wall(
            folder, "[plugin http]\nlisten = 127.0.0.1:0\npixel-rate = 0\nadmin-token = adm\n"
            "database = %s/board.db\n[plugin dots]\nlisten = 127.0.0.1:0\n[record]\nfile = %s/record\n"
            "interval = 50ms\n" % (folder, folder), size="%dx%d" % SIZE) as wall:
        prepare(wall)
        observe(wall, 1)
        print("| attack | median wait, ms | worst wait, ms | refused | memory, MiB | descriptors |")
        print("| --- | --- | --- | --- | --- | --- |")
        for name, run in ATTACKS.items():
            before, during, after = rows = measure(wall, run, seconds)
            report(name, rows)
            if during[1] > worst_ms:
                bad.append("%s: others waited %.0f ms" % (name, during[1]))
            if during[2] > 0:
                bad.append("%s: others were refused" % name)
            if during[3] - before[3] > MEMORY_MIB and not os.environ.get("sanitizer"):
                bad.append("%s: took %.0f MiB" % (name, during[3] - before[3]))
            if after[4] > before[4] + 4:
                bad.append("%s: kept descriptors" % name)
        if wall.stop() != 0:
            bad.append("the wall did not end well")
    print("\n".join(["", *bad]) if bad else "\nEverything as promised.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
