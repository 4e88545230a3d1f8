# SPDX-License-Identifier: MIT
"""HTTP requests that are malformed, huge, slow, or too many."""
import json
import os
import random
import re
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from boardclient import Board, board_wall, raw, request
from p2client import upgrade_request
from procfs import loop_seconds
from sanitizer import SLACK_KIB
from wall import DOTS, dot, wait_for

REGISTER = json.dumps({"name": "n", "author": "a", "secret": "s"}).encode()


def statuses(got):
    return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d{3}) ", got)]


def put(*headers, body=REGISTER, length=True):
    head = [b"PUT /register-pg HTTP/1.1", b"Host: wall"]
    if length:
        head.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*head, *headers, b"", body])


CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(REGISTER), REGISTER)
N = b"%d" % len(REGISTER)


@pytest.mark.parametrize("data, wanted", [
    (put(b"Transfer-Encoding: chunked", body=CHUNKED, length=False), 200),
    (put(b"Transfer-Encoding: chunked", body=CHUNKED), 400),
    (put(b"Content-Length: 3"), 400),
    (put(b"Content-Length: " + N), 400),
    (put(b"Content-Length: +" + N, length=False), 400),
    (put(b"Content-Length: -1", length=False), 400),
    (put(b"Content-Length: 99999999999999999999", length=False), (400, 413)),
    (put(b"Content-Length : " + N, length=False), 400),
    (put(b"X : y"), 400),
    (put(b"Content-Length:\r\n " + N, length=False), (200, 400)),
    (put(b"Host: other"), 400),
    (put().replace(b"Host: wall\r\n", b""), 400),
    (put().replace(b"HTTP/1.1", b"HTTP/9.9"), 505),
    (put().replace(b"\r\n", b"\n"), (200, 400)),
    (put(b"X: " + b"x" * 65536), 431),
    (put(b"Transfer-Encoding: gzip", body=CHUNKED, length=False), (400, 501)),  # libmicrohttpd itself from 1.0 on
    (put(b"Transfer-Encoding: gzip, chunked", body=CHUNKED, length=False), (400, 501)),  # libmicrohttpd itself from 1.0 on
    (put(b"Transfer-Encoding: chunked;q=1", body=CHUNKED, length=False), (400, 501)),  # libmicrohttpd itself from 1.0 on
    (put(b"Transfer-Encoding: Chunked", body=CHUNKED, length=False), 200),
    (put(b"X: a\x01b"), 400),
    (put(b"X: a\x7fb"), 400),
    (put(b"X: a\x0bb"), 400),
    (put(b"X\x01: b"), 400),
    (put(b"X: a\tb \xc3\xa9"), 200),
    (put(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=CHUNKED, length=False), 400),
], ids=lambda value: repr(value[40:80]) if isinstance(value, bytes) else None)
def test_malformed_requests_get_their_status(wall, data, wanted):
    got, closed = raw(wall, data + b"GET /settings HTTP/1.1\r\nHost: wall\r\n\r\n", 1,
                      (b"HTTP/1.1 ", 3))
    found = statuses(got)
    assert found[0] in (wanted if isinstance(wanted, tuple) else (wanted,)), got
    if found[0] == 200:
        assert found == [200, 200]
    else:  # where the next request begins is in doubt: no more is read
        assert 200 not in found and closed, got


def test_a_nul_in_a_header(wall):
    """libmicrohttpd rejects it from 1.0 on; before that, the header ends there."""
    got, _ = raw(wall, put(b"X: a\0b"), 1, (b"HTTP/1.1 ", 1))
    assert statuses(got)[0] in (200, 400)


def test_pipelining(wall):
    got, closed = raw(wall, put() + put() + request("GET", "/settings", b""), 10, (b"HTTP/1.1 ", 3))
    assert statuses(got) == [200, 200, 200] and not closed


def test_100_continue(wall):
    """RFC 9110, 10.1.1: to whoever waits for it; with the body there, libmicrohttpd leaves it out from
    1.0 on."""
    with socket.create_connection(("127.0.0.1", wall.port("http")), 30) as s:
        s.sendall(put(b"Expect: 100-continue")[:-len(REGISTER)])
        assert s.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        s.sendall(REGISTER)
        assert statuses(s.recv(1000)) == [200]
    got, closed = raw(wall, put(b"Expect: 100-continue"), 10, (b'"id"', 1))
    assert statuses(got) in ([200], [100, 200]) and not closed


@pytest.mark.parametrize("body", [
    b"", b" ", b"null", b"[]", b"5", b'"x"', b"{", b"{}x", b"{'name':1}", b'{"name":"n",}',
    b'{"name":"\xff\xfe","author":"a","secret":"s"}', b'{"name":"\xed\xa0\x80","author":"a","secret":"s"}',
    b'{"name":"\\ud800","author":"a","secret":"s"}', b'{"name":"a\\u0000b","author":"a","secret":"s"}',
    b'{"name":"n","name":"m","author":"a","secret":"s"}', b"[" * 60000, b'{"a":' * 12000,
    b'{"name":1e400,"author":"a","secret":"s"}', b"\0" * 100, b"\xef\xbb\xbf{}"], ids=lambda body: repr(body[:30]))
def test_a_body_that_is_no_json_object_is_a_400_of_that_request(board, body):
    answer = board.ask("PUT", "/register-pg", body)
    assert answer.status == 400 and answer.json() == {"error": "malformed JSON", "success": False}
    assert board.ask("GET", "/settings").status == 200  # on the same connection


def test_long_bodies(wall, board):
    fits = b'{"name":"long","author":"a","secret":"%s"}'
    fits %= b"s" * (65536 - len(fits) + 2)
    assert len(fits) == 65536 and board.ask("PUT", "/register-pg", fits).status == 200
    answer = board.ask("PUT", "/register-pg", fits + b" ")
    assert answer.status == 413 and answer.json()["error"] == "the body is too long"
    assert board.ask("PUT", "/register-pg", b" " * 1000000).status == 413
    assert board.ask("GET", "/settings").status == 200
    soon = 20  # s, before it is closed for want of more
    got, closed = raw(wall, put(b"Content-Length: 5000000000", length=False), soon)
    assert statuses(got) == [413] and closed
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    try:
        got, closed = raw(wall, put(b"Transfer-Encoding: chunked", body=chunk * 40, length=False), soon)
    except ConnectionError:
        closed = True
    assert closed


def test_every_route_with_every_method_and_any_body(wall, board):
    """Every request is answered, and none with a 500."""
    token = board.register("every")
    for path in ("/register-pg", "/remove-pg", "/update-pixel", "/changeByClick", "/settings", "/pixels",
                 "/frontend-pixels", "/getPixelAuthor/0/0", "/changePixelRate", "/enableBoard",
                 "/disableBoard", "/", "/admin", "/admin/", "/servers", "/static/x", "/%", "/%zz", "/..", "*"):
        for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "TRACE", "PROPFIND", "x"):
            for body in (None, b"{}", b"\xff", {"id": [token], "row": {}, "token": 5},
                         {"name": [], "author": {}, "secret": None, "new_rate": [], "col": "", "color": None,
                          "row": 1, "id": token, "token": "x"}):
                answer = board.ask(method, path, body)
                assert 200 <= answer.status < 500, (method, path, body, answer)


def test_slow_clients_delay_no_others(wall, board):
    slow = [socket.create_connection(("127.0.0.1", wall.port("http"))) for _ in range(100)]
    for i, s in enumerate(slow):
        s.sendall(put()[:20 + i])
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", wall.port("http")))
    deaf.sendall(request("GET", "/settings", b"") * 2000)
    for _ in range(50):
        assert board.ask("GET", "/settings").status == 200
    slow[0].setblocking(False)
    with pytest.raises(BlockingIOError):  # it is still in the middle of its request
        slow[0].recv(1)
    for s in slow:
        s.close()
    deaf.close()


@pytest.mark.skipif("not os.environ.get('MURALD_LONG')", reason="takes 75 s: set MURALD_LONG=1")
def test_a_request_that_takes_too_long_is_cut_off(tmp_path):
    """A byte every five seconds: not silent, but not for ever.  A WebSocket stays."""
    with board_wall(tmp_path) as wall:
        watcher = socket.create_connection(("127.0.0.1", wall.port("http")))
        watcher.sendall(upgrade_request("/ws"))
        s = socket.create_connection(("127.0.0.1", wall.port("http")))
        start = time.monotonic()
        with pytest.raises(OSError):
            for byte in put():
                s.sendall(bytes([byte]))
                time.sleep(5)  # a slow client
        assert 60 <= time.monotonic() - start < 300
        watcher.setblocking(False)
        said = b""
        with pytest.raises(BlockingIOError):
            while piece := watcher.recv(1 << 20):
                said += piece
        assert said.startswith(b"HTTP/1.1 101 ") and len(said) > 1000
        watcher.close()


def takes(wall, every_s, seconds):
    """For how many seconds a client is sent a picture that it reads at 4 KiB each `every_s`."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(30)
    s.connect(("127.0.0.1", wall.port("http")))
    s.sendall(b"GET /canvas.png HTTP/1.1\r\nHost: wall\r\n\r\n")
    start = time.monotonic()
    try:
        while time.monotonic() - start < seconds:
            if not s.recv(4096):
                break
            time.sleep(every_s)  # a slow client
    except ConnectionResetError:
        pass
    s.close()
    return time.monotonic() - start


@pytest.mark.skipif("not os.environ.get('MURALD_LONG')", reason="takes 80 s: set MURALD_LONG=1")
def test_an_answer_may_be_read_slowly_but_not_too_slowly(tmp_path):
    """8 KiB a second may be a phone on a bad network; 1 KiB a second is cut off."""
    with board_wall(tmp_path, size="1280x1024", more="board = 8x6",
                    others=DOTS) as wall:
        wall.paint(b"".join(dot(x, y, random.randbytes(3)) for y in range(1024) for x in range(1280)))
        with ThreadPoolExecutor(2) as both:
            slow, phone = both.submit(takes, wall, 4, 75), both.submit(takes, wall, 0.5, 75)
        assert phone.result() >= 75
        assert 30 <= slow.result() < 75
        assert wall.stop() == 0
        assert "http: painted 0 pixels, discarded 1 rate_limited" in wall.log()


def connect_from(wall, source, seconds=20):
    """A connection from one of many addresses."""
    return socket.create_connection(("127.0.0.1", wall.port("http")), seconds, ("127.0.1.%d" % (1 + source), 0))


def test_ten_thousand_registrations_and_then_too_many(tmp_path):
    """Room for 32768 generators, in bounded memory; those registered go on."""
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        before = wall.memory_kib()
        first = board.register("first")
        full = 32767 if os.environ.get("MURALD_LONG") else 10000
        crowd = [connect_from(wall, source) for source in range(100)]
        for i, s in enumerate(crowd):
            s.sendall(b"".join(put(body=json.dumps(
                {"name": "g%d" % j, "author": "x" * 150, "secret": "s"}).encode())
                for j in range(i, full, 100)))
        for i, s in enumerate(crowd):
            got = b""
            while len(re.findall(rb'"id":"[0-9a-f]{24}"}', got)) < len(range(i, full, 100)):
                piece = s.recv(1 << 20)
                assert piece, got[-500:]
                got += piece
            s.close()
        assert wall.memory_kib() - before < (64 << 10) + SLACK_KIB
        if os.environ.get("MURALD_LONG"):
            board.paint(first, 0, 0, 2)  # who was idle longer gives way
            assert board.register("newcomer")
        assert board.register("first") == first
        board.paint(first, 0, 0, 1)
        gone = board.register("g5", "x" * 150)
        assert board.ask("DELETE", "/remove-pg", {"id": gone}).status == 200
        last = board.register("late")
        assert wall.stop() == 0
    with board_wall(tmp_path) as wall, Board(wall) as board:
        assert board.register("late") == last
        assert board.register("g77", "x" * 150) and board.pixels()[0][0] == 1


def test_connections_and_bytes_are_counted(tmp_path):
    with board_wall(tmp_path, rate="1h") as wall, Board(wall) as board:
        token = board.register()
        board.paint(token, 0, 0, 1)
        for _ in range(3):
            assert board.put(token, 0, 0, 1).status == 429
        assert board.put("x", 0, 0, 1).status == 401
        assert board.put(token, 0, 99, 1).status == 400
        assert board.ask("PUT", "/update-pixel", b"{").status == 400
        assert board.ask("PUT", "/update-pixel", b"{}").status == 400
        assert wall.stop() == 0
        assert ("painted 64 pixels, discarded 1 out_of_bounds, 2 malformed, 3 rate_limited, "
                "1 unauthorized") in wall.log()


def test_stopping_with_requests_under_way(tmp_path):
    with board_wall(tmp_path) as wall, Board(wall) as board:
        half = socket.create_connection(("127.0.0.1", wall.port("http")))
        half.sendall(put()[:30])
        board.register()
        assert wall.stop() == 0
        wait_for("the end", lambda: half.recv(100) == b"")
        half.close()


def test_who_leaves_in_the_middle_of_a_head_is_gone(tmp_path):
    """Its end comes with its last bytes, and libmicrohttpd's time-out is half a minute."""
    with board_wall(tmp_path) as wall:
        descriptors = "/proc/%d/fd" % wall.process.pid
        before = len(os.listdir(descriptors))
        there = [socket.create_connection(("127.0.0.1", wall.port("http"))) for _ in range(100)]
        wait_for("them", lambda: len(os.listdir(descriptors)) >= before + len(there))
        os.kill(wall.process.pid, signal.SIGSTOP)
        for s in there:
            s.sendall(b"GET / HTTP/1.1\r\nHost: wall\r\nCookie: " + b"x" * 7000)
            s.close()
        os.kill(wall.process.pid, signal.SIGCONT)
        wait_for("their descriptors", lambda: len(os.listdir(descriptors)) <= before, 20)


# -------------------------------------------------------- limits for each source

def test_pixels_and_bytes_for_each_source(tmp_path):
    with board_wall(tmp_path, rate="0ms", core="pixels-per-source = 64\nbytes-per-source = 20000") as wall, \
            Board(wall) as board:
        token = board.register()
        for row in range(20):  # each is 64 pixels
            early = board.put(token, row, 0, 1)
            if early.status == 429:
                break
        assert early.status == 429 and early.headers["Retry-After"] == "1"
        assert early.json()["timeoutRemaining"] == 1 and early.json()["rate"] == 0
        assert board.pixels()[row][0] == 0
        wait_for("its turn", lambda: board.put(token, row, 0, 1).status == 200)
        for _ in range(20):
            answer = board.ask("PUT", "/update-pixel", b" " * 5000)
            if answer.status == 429:
                break
        assert answer.status == 429 and answer.headers["Retry-After"] == "1"
        assert wall.stop() == 0
        painted = 64 * (row + 1)
        assert re.search(r"http: painted %d pixels, discarded \d+ malformed, \d+ rate_limited," % painted, wall.log())


def registrations(wall, source, names):
    """The answers to many registrations at once, over a hundred connections from one address."""
    crowd = [connect_from(wall, source) for _ in range(min(100, len(names)))]
    got = b""
    for i, s in enumerate(crowd):
        s.sendall(b"".join(put(body=json.dumps({"name": n, "author": "a", "secret": "s"}).encode())
                           for n in names[i::len(crowd)]))
    for i, s in enumerate(crowd):
        wanted = got.count(b"}\n") + len(names[i::len(crowd)])
        while got.count(b"}\n") < wanted:
            piece = s.recv(1 << 20)
            assert piece, got[-500:]
            got += piece
        s.close()
    return got


def test_registrations_for_each_source(tmp_path):
    """A school behind one address, and a client that wants all 32768 places of the board."""
    with board_wall(tmp_path) as wall:
        mine = ["g%d" % i for i in range(4096)]
        assert statuses(registrations(wall, 0, mine)) == [200] * 4096
        got = registrations(wall, 0, ["h%d" % i for i in range(500)])
        refused = statuses(got).count(429)
        assert refused >= 400 and set(statuses(got)) <= {200, 429}
        assert set(re.findall(rb"Retry-After: (.*)\r\n", got)) == {b"1"}
        assert statuses(registrations(wall, 0, mine[-1000:])) == [200] * 1000, "a registered generator gets its token again"
        assert statuses(registrations(wall, 1, ["other"])) == [200]
        wait_for("another", lambda: statuses(registrations(wall, 0, ["late"])) == [200])
        assert wall.stop() == 0
        assert int(re.search(r"http: painted .* (\d+) rate_limited", wall.log()).group(1)) >= refused


def test_connections_for_each_source(tmp_path):
    with board_wall(tmp_path, core="connections-per-source = 3") as wall:
        boards = [Board(wall) for _ in range(3)]
        for board in boards:
            board.settings()
        got, closed = raw(wall, request("GET", "/settings", b""))
        assert statuses(got) == [429] and closed and b"too many connections" in got
        boards.pop().close()
        wait_for("room", lambda: statuses(raw(wall, request("GET", "/settings", b""), 5,
                                              (b"HTTP/1.1 ", 1))[0]) == [200])
        for board in boards:
            board.close()
    with board_wall(tmp_path, core="deny = 127.0.0.0/8") as wall:
        got, closed = raw(wall, request("GET", "/settings", b""))
        assert statuses(got) == [403] and closed


def test_who_finds_no_descriptor_is_no_connection_of_its_source(tmp_path):
    """Whoever closes it, the listener or libmicrohttpd."""
    with board_wall(tmp_path, core="connections-per-source = 60",
                    prefix=["prlimit", "--nofile=100:100"]) as wall:
        for _ in range(8):
            crowd = [connect_from(wall, i % 3) for i in range(60)]  # a source has at most a third
            for s in crowd:
                s.sendall(request("GET", "/settings", b""))
            got = [answered(s) for s in crowd]
            assert 30 < got.count(200) < 60 and set(got) == {200, None}
            for s in crowd:
                s.close()
            wait_for("all to be gone", lambda: b"murald_connections{plugin=\"http\"} 1\n" in raw(
                wall, request("GET", "/metrics", b"", [b"Connection: close"]))[0])


def answered(s):
    """The status; None: closed without one."""
    try:
        return ([*statuses(s.recv(1000)), None])[0]
    except ConnectionResetError:
        return None


def test_the_leaderboard_of_thousands_delays_nobody(tmp_path):
    """/servers shows only those that painted most, and all else goes on while it is requested."""
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        crowd = [connect_from(wall, source, 60) for source in range(40)]
        for n, s in enumerate(crowd):
            s.sendall(b"".join(put(body=json.dumps(
                {"name": "<" * 190 + "%d,%d" % (n, i), "author": "&" * 200, "secret": "s"}).encode())
                for i in range(40)))
        for s in crowd:
            got = b""
            while got.count(b'"id"') < 40:
                got += s.recv(65536)
            assert statuses(got) == [200] * 40
        token = board.register("the one", "who paints")
        board.paint(token, 0, 0, 1)
        page = board.ask("GET", "/servers").body.decode()
        assert page.count("<tr>") == 1 + 1000 and "and 601 more" in page
        assert "<td>the one</td><td>who paints</td><td class=\"number\">1</td>" in page
        for s in crowd:
            s.sendall(b"GET /servers HTTP/1.1\r\nHost: wall\r\n\r\n" * 5)
        start = loop_seconds(wall.pid)
        board.settings()
        assert loop_seconds(wall.pid) - start < (8 if SLACK_KIB else 2), "all of them came first"
        for s in crowd:
            s.close()
