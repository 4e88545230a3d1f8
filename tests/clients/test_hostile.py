# SPDX-License-Identifier: MIT
"""muralctl with hostile servers, pictures and shells: it ends in time and on SIGINT, needs little
memory, and writes nowhere but where it was told to."""
import json
import os
import re
import signal
import stat
import subprocess
import time

import pytest

from peers import Board, Pixelflut, Threaded, tcp_server
from wall import MURALCTL, wait_for

needs_http = pytest.mark.skipif(
    subprocess.run([MURALCTL, "size", "http://127.0.0.1:1"], stderr=subprocess.PIPE, text=True)
    .stderr.count("without HTTP"), reason="muralctl has no HTTP: apt-get install libcurl4-openssl-dev libjansson-dev")


class Server(Threaded):
    """Answers the first request with `first`, then calls `then`."""

    def __init__(self, first, then=lambda client: None):
        self.asked = []

        def serve(client):
            self.asked.append(client.recv(65536))
            client.sendall(first)
            then(client)
        self.server = tcp_server(serve)

    @property
    def target(self):
        return "pixelflut://127.0.0.1:%d" % self.port


def board_target(board):
    return "http://127.0.0.1:%d" % board.port


def drip(client):
    while True:
        client.sendall(b"x")
        time.sleep(0.1)  # a slow server


def read_slowly(client):
    while client.recv(500):
        time.sleep(0.3)  # a slow server


def unsent(server):
    """Bytes that wait in the kernel to be taken by the server."""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f]
    return sum(int(row[4].split(":")[0], 16) for row in rows if row[2].endswith(":%04X" % server.port))


def interrupted(server, *words, until=lambda server: server.asked):
    """Starts it and sends SIGINT after its first request; status and stderr."""
    process = subprocess.Popen([MURALCTL, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_for("a request", lambda: until(server))
        time.sleep(0.3)  # until it waits for more, which cannot be seen from here
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, err


@pytest.mark.parametrize("size", ["4294967297 4294967298", "65537 1", "1 18446744073709551617"])
def test_a_size_does_not_overflow(muralctl, size):
    with Server(b"SIZE %s\n" % size.encode()) as server:
        assert muralctl("size", server.target).failed("is too large").out == ""


def test_sigint_ends_it_within_a_line_that_never_ends(muralctl):
    with Server(b"SI", drip) as server:
        status, err = interrupted(server, "size", server.target)
    assert status == 1, err


def test_sigint_ends_it_while_a_server_hardly_reads(muralctl):
    with Server(b"SIZE 500 500\n", read_slowly) as server:
        status, err = interrupted(server, "load", server.target, "--seconds", "300",
                                  until=lambda server: unsent(server) > 1 << 16)
    assert status == 1 and "had read everything" in err, err


def test_answers_about_other_places_are_no_picture(muralctl, tmp_path):
    def say_nonsense(client):
        while True:
            client.sendall(b"PX 4 0 ffffff\n" * 100)
    with Server(b"SIZE 4 4\n", say_nonsense) as server:
        muralctl("grab", server.target, tmp_path / "out.png").failed("outside its own wall")
    assert not (tmp_path / "out.png").exists()


def test_many_connections_to_a_huge_wall_take_little_memory():
    """Each connection prepares what it sends; the server closes on the first of it."""
    with Server(b"SIZE 65536 65536\n") as server:
        process = subprocess.Popen([MURALCTL, "load", server.target, "--connections", "64", "--seconds", "1"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 1
    if not os.environ.get("sanitizer"):  # which takes its own
        assert usage.ru_maxrss < 250 << 10


@pytest.mark.parametrize("descriptors", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_without_a_stderr_messages_do_not_go_to_the_server(descriptors):
    """The socket must not get the missing descriptor's number."""
    def say_bye(client):
        client.sendall(b"bye\n")
        client.shutdown(1)
        server.asked.append(client.recv(1000))
    with Server(b"", say_bye) as server:
        subprocess.run(["sh", "-c", "exec \"$0\" size %s %s" % (server.target, descriptors), MURALCTL],
                       stderr=subprocess.DEVNULL, timeout=20)
        wait_for("the end", lambda: len(server.asked) == 2)
    assert server.asked == [b"SIZE\n", b""]


def test_an_answer_that_cannot_be_written_is_a_failure():
    with Pixelflut() as server, open("/dev/full", "w") as full:
        done = subprocess.run([MURALCTL, "size", "pixelflut://127.0.0.1:%d" % server.port],
                              stdout=full, stderr=subprocess.PIPE, text=True, timeout=20)
    assert done.returncode == 1 and "cannot be written" in done.stderr


def test_a_picture_that_cannot_be_written_removes_no_device(muralctl, tmp_path):
    """A copy of /dev/full and a link to it stay; a plain file is removed."""
    small, device, link = tmp_path / "small", tmp_path / "small" / "full", tmp_path / "link"
    small.mkdir()
    with Pixelflut() as server:
        target = "pixelflut://127.0.0.1:%d" % server.port
        if os.geteuid() == 0:
            os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
            muralctl("grab", target, device).failed("full: ", "No space left on device")
            assert device.exists()
        link.symlink_to("/dev/full")
        muralctl("grab", target, link).failed("link: ", "No space left on device")
        assert link.is_symlink()
        limited = ["sh", "-c", "ulimit -f 0; trap '' XFSZ; exec \"$0\" \"$@\""]
        muralctl("grab", target, small / "o.png", prefix=limited).failed("o.png: the picture cannot be written: File")
        assert not (small / "o.png").exists()


def test_damaged_pictures(muralctl, image, damaged, tmp_path):
    good = image(lambda x, y: (x * 9, y * 9, 200), 64, 48).read_bytes()
    for _ in range(40):
        (tmp_path / "bad.png").write_bytes(damaged(good))
        # read before any connection is made
        assert muralctl("paint", tmp_path / "bad.png", "pixelflut://127.0.0.1:1").status == 1


# ---------------------------------------------------------------- the pixel board

@needs_http
def test_a_load_ends_in_time_although_the_board_is_slow(muralctl):
    with Board(rate=60000) as board:
        start = time.monotonic()
        result = muralctl("load", board_target(board), "--seconds", "1").ok()
        assert time.monotonic() - start < 30
    assert result.number("painted") == 1


@needs_http
@pytest.mark.parametrize("rate", [-1e300, 1e300, -1])
def test_a_rate_that_makes_no_sense(muralctl, image, rate):
    with Board(rate=rate) as board:
        board.cooling = lambda token: None
        muralctl("paint", image(lambda x, y: (255, 0, 0), 2, 1), board_target(board)).ok()
        assert board.cells[0][:2] == [2, 2]


@needs_http
def test_an_answer_without_end(muralctl):
    with Board() as board:
        board.answer = lambda *question: (200, {"width": 8, "height": 6, "palette": ["#000000"] * 200000}, {})
        muralctl("size", board_target(board)).failed("too long for a pixel board's")


@needs_http
def test_a_board_that_accepts_no_registration_for_a_second(muralctl, image):
    with Board() as board:
        register, early = board.register, [board.error(429, "429 Too Many Requests", {"Retry-After": "1"})]
        board.register = lambda fields: early.pop() if early else register(fields)
        muralctl("paint", image(lambda x, y: (255, 0, 0), 2, 1), board_target(board)).ok()
        assert not early and board.cells[0][:2] == [2, 2]


@needs_http
def test_the_longest_names_of_a_board(muralctl, tmp_path):
    """Two hundred bytes each for name and author, six times as long in JSON."""
    with Board(width=40, height=20) as board:
        board.answer = lambda method, path, fields: Board.answer(board, method, path, fields) \
            if path != "/frontend-pixels" else (200, {"pixels": board.cells, "authors": [
                ["%s (%s)" % ("\x01" * 200, "\x02" * 200)] * 40] * 20}, {})
        muralctl("grab", board_target(board), tmp_path / "out.png").ok()


@needs_http
def test_control_characters_of_two_bytes(muralctl, image):
    with Board() as board:
        board.register = lambda fields: board.error(403, "\u009b31m\u0085 caf\u00e9")
        result = muralctl("paint", image(lambda x, y: (0, 0, 0)), board_target(board)).failed("?31m? caf\u00e9")
    assert "\u009b" not in result.err


@needs_http
@pytest.mark.parametrize("words", [[], ["--json"]])
def test_what_an_operator_is_told_does_not_control_the_terminal(muralctl, words):
    told = {"source": "http:\u009b31m\u202ename caf\u00e9", "more": [{"name": "\u0085\u2066"}]}
    body = json.dumps({"is": told}, ensure_ascii=False).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    with Server(head + body) as server:
        out = muralctl("wall", "-u", "http://127.0.0.1:%d/" % server.port, "-t", "adm", *words, "who", "1,1").ok().out
    assert not re.search("[\u0080-\u009f\u202a-\u202e\u2066-\u2069]", out)
    if words:
        assert json.loads(out) == told
    else:
        assert "http:?31m?name caf\u00e9" in out and "\n??\n" in out


@needs_http
@pytest.mark.parametrize("option", ["--name", "--author", "--secret", "--id"])
@pytest.mark.parametrize("text, said", [("\udcff", "not UTF-8"), ("x" * 251, "at most 250 bytes")])
def test_names_that_a_board_cannot_take(muralctl, image, option, text, said):
    with Board() as board:
        muralctl("paint", image(lambda x, y: (0, 0, 0)), board_target(board), option, text) \
            .failed("%s: " % option, said)
        assert not board.ids
