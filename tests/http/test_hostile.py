# SPDX-License-Identifier: MIT
"""Clients that mean harm, seen by those who do not: what others wait, and what is kept."""
import contextlib
import json
import os
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time

import pytest

from boardclient import Board, board_wall, request
from procfs import loop_seconds, memory_kib
from sanitizer import SANITIZED, SLACK_KIB
from wall import Wall, wait_for

# How long the wall's loop may work, in CPU time, until a visitor has his answer: a hundred turns and
# more.  What he waits depends on the machine; make hostile measures that.
PATIENCE_S = 1

FLOOD = r"""
import selectors, socket, sys
port, connections, path, source = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
piece = (b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode()) * 200
ready = selectors.DefaultSelector()
for _ in range(connections):
    s = socket.create_connection(("127.0.0.1", port), 30, (source, 0))
    s.setblocking(False)
    ready.register(s, selectors.EVENT_READ | selectors.EVENT_WRITE, [piece])
print("on", flush=True)
while True:
    for key, events in ready.select():
        try:
            if events & selectors.EVENT_READ and not key.fileobj.recv(1 << 20):
                ready.unregister(key.fileobj)
                continue
            if events & selectors.EVENT_WRITE:
                left = key.data[0][key.fileobj.send(key.data[0]):]
                key.data[0] = left or piece
        except BlockingIOError:
            pass
        except OSError:
            ready.unregister(key.fileobj)
"""


class Flood:
    """Pipelined requests without an end, from a process of its own."""

    def __init__(self, wall, path, connections=1, source="127.0.0.9"):
        self.process = subprocess.Popen(
            [sys.executable, "-c", FLOOD, str(wall.port("http")), str(connections), path, source],
            stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"on\n"

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def ask(wall, path="/healthz", source="127.0.0.7", headers=b"", method=b"GET", body=b"", seconds=60):
    """A visit by somebody else: the status, and how long the loop worked until it was over."""
    start = loop_seconds(wall.process.pid)
    with socket.create_connection(("127.0.0.1", wall.port("http")), seconds, (source, 0)) as s:
        s.sendall(b"%s %s HTTP/1.1\r\nHost: wall\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n%s"
                  % (method, path.encode(), headers, len(body), body))
        got = b""
        while piece := s.recv(1 << 20):
            got += piece
    return int(got.split()[1]), loop_seconds(wall.process.pid) - start


def worst(wall, seconds=3, **more):
    """The longest of the visits within a few seconds, none of which may be refused."""
    end, most = time.monotonic() + seconds, 0
    while time.monotonic() < end or not most:
        status, took = ask(wall, **more)
        assert status == 200, status
        most = max(most, took)
    return most


def memory(wall):
    return memory_kib(wall.process.pid)


# ----------------------------------------------------------------- one client is no phase

def test_one_who_pipelines_stops_nobody(tmp_path):
    with board_wall(tmp_path) as wall:
        for path in ("/healthz", "/metrics", "/invite?x=1&y=1", "/servers"):
            with Flood(wall, path):
                assert worst(wall) < PATIENCE_S, path
        with Flood(wall, "/healthz"):
            assert wall.stop() == 0


def test_a_thousand_who_pipeline_stop_nobody(tmp_path):
    """What costs most, from one source: others have their share of every turn."""
    with board_wall(tmp_path) as wall:
        with Flood(wall, "/metrics", connections=1000):
            assert worst(wall, 5) < PATIENCE_S
        assert ask(wall)[0] == 200


def received_ms(s):
    """When its last bytes came, by time.monotonic()."""
    info = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return time.monotonic() * 1000 - struct.unpack_from("I", info, 52)[0]  # tcpi_last_data_recv


def test_who_comes_behind_a_burst_does_not_wait_for_it(tmp_path):
    """The kernel's queue is in order of arrival: it is emptied before they are served."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < 10000:
        pytest.skip("only %d descriptors are allowed; run it where ulimit -Hn is 10000 or more" % hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with board_wall(tmp_path) as wall:
        os.kill(wall.process.pid, signal.SIGSTOP)
        burst = [connect(wall) for _ in range(1200)]
        visitor = connect(wall, "127.0.0.7")
        for s in [*burst, visitor]:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: wall\r\n\r\n")
        os.kill(wall.process.pid, signal.SIGCONT)
        assert visitor.recv(1000).startswith(b"HTTP/1.1 200 ")
        poll = select.poll()
        for s in burst:
            poll.register(s, select.POLLIN)
        answered = {fd for fd, _ in poll.poll(0)}
        then = received_ms(visitor)
        assert sum(received_ms(s) < then - 1 for s in burst if s.fileno() in answered) < 400
        for s in [*burst, visitor]:
            s.close()


def test_the_wall_stops_while_a_thousand_pipeline(tmp_path):
    """Requests that wait for their turn are over before libmicrohttpd is."""
    with board_wall(tmp_path) as wall, Flood(wall, "/metrics", connections=1000):
        assert ask(wall)[0] == 200
        assert wall.stop() == 0, wall.log()


# ----------------------------------------------------------- what is kept for somebody

# What one attack may take, in KiB; sanitizers keep what was freed.
ROOM = (64 << 10) + SLACK_KIB


def connect(wall, source="127.0.0.9", buffer=None):
    s = socket.socket()
    if buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    s.settimeout(30)
    s.bind((source, 0))
    s.connect(("127.0.0.1", wall.port("http")))
    return s


def get_slowly(wall, path, source="127.0.0.9"):
    """Asks, and reads the first bytes of the answer."""
    s = connect(wall, source, 4096)
    s.sendall(b"GET %s HTTP/1.1\r\nHost: wall\r\n\r\n" % path.encode())
    return s, int(s.recv(20).split()[1])


def test_bodies_that_never_end_take_no_memory_and_no_others_place(tmp_path):
    with board_wall(tmp_path) as wall:
        before, greedy = memory(wall), []
        body = json.dumps({"name": "n", "author": "a", "secret": "s" * 60000}).encode()
        modest = connect(wall, "127.0.0.7")
        modest.sendall(b"PUT /register-pg HTTP/1.1\r\nHost: wall\r\nContent-Length: %d\r\n\r\n%s" %
                       (len(body), body[:-1]))
        for _ in range(1000):
            s = connect(wall)
            s.sendall(b"PUT /register-pg HTTP/1.1\r\nHost: wall\r\nContent-Length: 65536\r\n\r\n" + b" " * 65535)
            greedy.append(s)
        assert ask(wall, "/register-pg", "127.0.0.8", method=b"PUT", body=body)[0] == 200
        assert memory(wall) - before < ROOM
        modest.sendall(body[-1:])
        assert modest.recv(100).startswith(b"HTTP/1.1 200 "), "who holds little keeps it"
        for s in [*greedy, modest]:
            s.close()
        # who is cut off could not know: the next one is served
        assert ask(wall, "/register-pg", method=b"PUT", body=body)[0] == 200


def cover(board, token, side):
    """Paints every cell."""
    board.http.connect()
    for row in range(side):
        board.http.sock.sendall(b"".join(request(body=json.dumps(
            {"id": token, "row": row, "col": column, "color": 1}).encode()) for column in range(side)))
        got = b""
        while got.count(b"HTTP/1.1 200 ") < side:
            piece = board.http.sock.recv(1 << 20)
            assert piece and b" 429 " not in piece, piece
            got += piece


def test_long_answers_to_slow_readers_have_a_bound(tmp_path):
    """A name that JSON escapes sixfold on every cell, and readers who ask after each change."""
    with board_wall(tmp_path, size="90x90", more="cell = 1", rate="0ms") as wall, Board(wall) as board:
        token = board.register("\x01" * 190, "\x02" * 190)
        cover(board, token, 90)
        board.close()
        before, slow, refused = memory(wall), [], 0
        for i in range(30):
            board.paint(token, 0, 0, 1 + i % 3)
            s, status = get_slowly(wall, "/frontend-pixels")
            assert status == 200
            slow.append(s)
            assert ask(wall, "/frontend-pixels")[0] == 200
        length = int(board.ask("HEAD", "/frontend-pixels").headers["Content-Length"])
        assert length > 10 << 20
        assert memory(wall) - before < ROOM
        assert ask(wall, "/canvas.png")[0] == 200
        for s in slow:
            s.close()
        wait_for("the memory", lambda: memory(wall) - before < (32 << 10) + ROOM - (64 << 10))


# ------------------------------------------------------------------------- secrets

def test_the_admin_token_is_not_guessed_quickly(tmp_path):
    """A source that guesses waits, each time twice as long; the admin, from another, does not."""
    def guess(token, source="127.0.0.9"):
        return ask(wall, "/changePixelRate", source, method=b"POST", headers=b"Content-Type: application/json\r\n",
                   body=json.dumps({"token": token, "new_rate": 5}).encode())[0]

    with board_wall(tmp_path) as wall:
        started = time.monotonic()
        for _ in range(3):
            wait_for("another guess", lambda: guess("guess") == 401, 40)
        assert time.monotonic() - started >= 2.9, "a second, and two"
        assert guess("adm") == 429, "nor is the right one told apart"
        assert guess("adm", "127.0.0.7") == 200
        wait_for("another guess", lambda: guess("adm") == 200, 40)
        assert guess("adm") == 200, "the right one is not made to wait for"


def test_the_secret_for_registration_is_not_guessed_quickly(tmp_path):
    def register(secret, source):
        return ask(wall, "/register-pg", source, method=b"PUT", headers=b"Content-Type: application/json\r\n",
                   body=json.dumps({"name": "n", "author": "a", "secret": secret}).encode())[0]

    with board_wall(tmp_path, secrets="right\n") as wall:
        assert [register("guess%d" % i, "127.0.0.9") for i in range(30)] == 10 * [401] + 20 * [429]
        assert register("right", "127.0.0.9") == 429, "nor is the right one told apart"
        assert register("right", "127.0.0.7") == 200
    with board_wall(tmp_path) as wall:  # where every secret will do, none is a guess
        assert {register("any%d" % i, "127.0.0.9") for i in range(30)} == {200}


def test_who_has_no_address_guesses_slowly_too(tmp_path):
    """Behind a proxy, all together."""
    path = str(tmp_path / "sock")
    body = json.dumps({"token": "guess", "new_rate": 5}).encode()
    with Wall(tmp_path, "[plugin http]\nlisten = unix:%s\nadmin-token = adm\ndatabase = %s/b\n" % (path, tmp_path)):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(30)
            s.connect(path)
            s.sendall((b"POST /changePixelRate HTTP/1.1\r\nHost: w\r\nContent-Type: application/json\r\n"
                       b"Content-Length: %d\r\n\r\n%s" % (len(body), body)) * 300)
            got = b""
            while got.count(b"HTTP/1.1 ") < 300:
                got += s.recv(1 << 16)
        assert 100 <= got.count(b"HTTP/1.1 401 ") < 200
        assert got.count(b"HTTP/1.1 429 ") == 300 - got.count(b"HTTP/1.1 401 ")


def forwarded(*addresses):
    return b"Content-Type: application/json\r\n" + b"".join(b"X-Forwarded-For: %s\r\n" % a.encode() for a in addresses)


def test_a_listed_proxy_says_who_asks(tmp_path):
    """One of its visitors guesses, the other is the admin."""
    body = json.dumps({"token": "guess", "new_rate": 5}).encode()
    right = body.replace(b"guess", b"adm")
    with board_wall(tmp_path, "proxies = 127.0.0.9 192.0.2.9") as wall:
        def guess(body, *addresses, source="127.0.0.9"):
            return ask(wall, "/changePixelRate", source, forwarded(*addresses), b"POST", body)[0]

        assert [guess(body, "198.51.100.1") for _ in range(2)] == [401, 429]
        assert guess(right, "198.51.100.2") == 200
        assert guess(right, "[2001:db8::1]:1234") == 200
        for invented in (["198.51.100.3, 198.51.100.1"], ["198.51.100.3", "198.51.100.1"],
                         ["198.51.100.3, 198.51.100.1, 192.0.2.9"]):
            wait_for("another guess", lambda: guess(body, "198.51.100.1") == 401, 60)
            assert guess(right, *invented) == 429, "the last one counts"
        assert [guess(body, "198.51.100.%d" % (10 + i), source="127.0.0.7") for i in range(2)] == \
            [401, 429], "who is no proxy is not believed"


def test_visitors_of_a_proxy_are_sources(tmp_path):
    """Networks may be denied, and the proxy has as many connections as it needs."""
    with board_wall(tmp_path, "proxies = 127.0.0.9", core="connections-per-source = 2\ndeny = 198.51.100.0/24") as wall:
        crowd = [connect(wall) for _ in range(10)]
        for s, address, status in ((crowd[0], "198.51.100.1", b"403"), (crowd[9], "203.0.113.1", b"200")):
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: w\r\nX-Forwarded-For: %s\r\n\r\n" % address.encode())
            assert s.recv(1000).split()[1] == status
        for s in crowd:
            s.close()


def test_proxies_that_are_none_are_refused(tmp_path):
    wall = board_wall(tmp_path, "proxies = 127.0.0.1 somewhere").start()
    assert wall.process.wait(20) != 0
    assert "http.proxies: is not a list of proxies; write their addresses" in wall.log()


def test_a_host_that_looks_like_an_option_is_in_no_command(tmp_path):
    with board_wall(tmp_path, others="[plugin dots]\nlisten = [::]:0\n[plugin pixelflut]\nlisten = [::]:0\n") as wall:
        for host in (b"-f.evil", b"[-f]:80", b"-f.evil:80"):
            with connect(wall) as s:
                s.sendall(b"GET /invite?x=1&y=1 HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % host)
                answer = b"".join(iter(lambda: s.recv(1 << 20), b""))
            assert answer.startswith(b"HTTP/1.1 200 ") and b"-f" not in answer.split(b"\r\n\r\n", 1)[1]
            assert b"HOST" in answer


# ------------------------------------------------------------------------ how many

def test_web_clients_have_a_bound(tmp_path):
    """Half of the descriptors."""
    with board_wall(tmp_path, prefix=["prlimit", "--nofile=512"]) as wall:
        descriptors = "/proc/%d/fd" % wall.process.pid
        before = len(os.listdir(descriptors))
        modest = [connect(wall, "127.0.0.8") for _ in range(5)]
        assert ask(wall)[0] == 200
        greedy = [connect(wall, "127.0.0.%d" % (20 + i % 3)) for i in range(320)]
        assert ask(wall)[0] == 200
        wait_for("room", lambda: len(os.listdir(descriptors)) <= before + 256)
        for s in modest:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: wall\r\n\r\n")
            assert s.recv(100).startswith(b"HTTP/1.1 200 "), "who has few keeps them"
        for s in [*greedy, *modest]:
            s.close()


# ------------------------------------------------------------------------ the past

def films(wall):
    """KiB of all films that are mapped or being written."""
    with open("/proc/%d/smaps" % wall.process.pid) as f:
        found = re.findall(r"/memfd:murald-gif.*\nSize: +(\d+) kB", f.read())
    return sum(map(int, found))


def threads(wall):
    return len(os.listdir("/proc/%d/task" % wall.process.pid))


@contextlib.contextmanager
def recorded(folder, moments, size=(320, 200)):
    """A wall that has shown so much noise; and since when."""
    with board_wall(folder, size="%dx%d" % size, others="[plugin dots]\nlisten = 127.0.0.1:0\n"
                    "[record]\nfile = %s/record\ninterval = 50ms\n" % folder) as wall:
        start, record = time.time(), os.path.join(str(folder), "record")
        places = [struct.pack("<HH", x, y) for y in range(size[1]) for x in range(size[0])]
        with wall.tcp() as dots:
            for n in range(moments):
                before = os.path.getsize(record) if os.path.exists(record) else 0
                noise = os.urandom(3 * len(places))
                dots.sendall(b"".join(place + noise[3 * i:3 * i + 3] + b"\xff" for i, place in enumerate(places)))
                wait_for("a moment", lambda: os.path.exists(record) and os.path.getsize(record) != before)
        yield wall, start


def test_slow_readers_of_the_past_stop_no_others(tmp_path):
    with recorded(tmp_path, 4, (800, 600)) as (wall, start):
        before, slow = memory(wall), []
        for i in range(80):
            s = connect(wall, "127.0.0.9", 4096)
            s.sendall(b"GET /history?at=%d HTTP/1.1\r\nHost: wall\r\n\r\n" % (start + i % 4 + 1))
            slow.append(s)
        for _ in range(5):
            assert ask(wall, "/history?at=%d" % (start + 1))[0] == 200
        assert memory(wall) - before < ROOM + (32 << 10)
        for s in slow:
            s.close()


def test_slow_readers_of_films_stop_no_others(tmp_path):
    with recorded(tmp_path, 30, (640, 400)) as (wall, start):
        slow = []
        for i in range(4 if SANITIZED else 12):  # each takes seconds then
            s, status = get_slowly(wall, "/timelapse?source=wall&to=%d" % (start + 1000 + i))
            slow.append(s)
            assert status == 200
        assert ask(wall, "/timelapse?source=wall")[0] == 200
        assert ask(wall, "/timelapse")[0] == 200
        assert films(wall) < 64 << 10
        for s in slow:
            s.close()


def test_films_of_two_sources_keep_no_third_one_waiting(tmp_path):
    with recorded(tmp_path, 12) as (wall, start):
        os.kill(wall.process.pid, signal.SIGSTOP)  # nothing is done before all have asked
        greedy = [connect(wall, "127.0.0.%d" % (20 + i % 2)) for i in range(16)]
        for i, s in enumerate(greedy):
            s.sendall(b"GET /timelapse?source=wall&to=%d HTTP/1.1\r\nHost: wall\r\n\r\n" % (start + 1000 + i))
        third = connect(wall, "127.0.0.7")
        third.sendall(b"GET /timelapse?source=wall HTTP/1.1\r\nHost: wall\r\n\r\n")
        os.kill(wall.process.pid, signal.SIGCONT)
        assert third.recv(100).startswith(b"HTTP/1.1 200 ")
        then = received_ms(third)
        answered = select.select(greedy, (), (), 0)[0]
        assert sum(received_ms(s) < then for s in answered) < 8
        for s in [*greedy, third]:
            s.close()


def test_who_comes_anew_for_each_film_keeps_nobody_waiting(tmp_path):
    """A visitor stays connected and has had a film; others leave after each and ask for the next."""
    with recorded(tmp_path, 12) as (wall, start), connect(wall, "127.0.0.7") as visitor:
        numbers = iter(range(10 ** 6))

        def want(s):
            to = start + 1000 + next(numbers)
            s.sendall(b"GET /timelapse?source=wall&to=%d HTTP/1.1\r\nHost: wall\r\n\r\n" % to)
            return s

        want(visitor)
        head, _, body = visitor.recv(1 << 16).partition(b"\r\n\r\n")
        left = int(re.search(rb"(?i)content-length: (\d+)", head)[1]) - len(body)
        while left > 0:
            left -= len(visitor.recv(min(left, 1 << 20)))
        greedy = {want(connect(wall, source)): source for source in ["127.0.0.%d" % (20 + i) for i in range(6)]}
        films, away = 0, []
        want(visitor)
        while visitor not in (ready := select.select([visitor, *greedy], (), (), 30)[0]):
            assert ready
            for s in ready:
                for source in away:  # by now the wall has seen that it left
                    greedy[want(connect(wall, source))] = source
                away = [greedy.pop(s)]
                s.close()
                films += 1
            assert films < 24
        for s in greedy:
            s.close()


def test_films_that_nobody_waits_for_are_not_made(tmp_path):
    with recorded(tmp_path, 60) as (wall, start):
        idle = threads(wall)
        for i in range(30):
            with connect(wall) as s:
                s.sendall(b"GET /timelapse?source=wall&to=%d HTTP/1.1\r\nHost: wall\r\n\r\n" % (start + 1000 + i))
        wait_for("the thread", lambda: threads(wall) > idle or None)
        assert ask(wall, "/timelapse?source=wall")[0] == 200, "sources take turns"
        wait_for("no thread", lambda: threads(wall) == idle)
