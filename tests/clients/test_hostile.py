# SPDX-License-Identifier: MIT
"""muralctl with hostile servers, pictures and shells: it ends in time and on SIGINT, needs little
memory, and writes nowhere but where it was told to."""
import json
import os
import random
import re
import signal
import stat
import subprocess
import time

import pytest
from PIL import Image

from peers import Board, Pixelflut, Threaded, tcp_server
from targets import board_image, board_target, mixed, needs_http
from wall import MURALCTL, wait_for


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


class Parrot(Threaded):
    """Sends its text whatever it is asked, and closes when nothing more comes."""

    def __init__(self, text):
        def serve(client):
            client.sendall(text)
            client.settimeout(0.3)
            while client.recv(65536):
                pass
        self.server = tcp_server(serve)


@pytest.mark.parametrize("text, said", [
    (b"SIZE 4294967295 4294967295\n", "is too large"),
    (b"SIZE 99999999999999999999999 1\n", "is too large"),
    (b"SIZE 10000 10000\n", "is too large"),
    (b"SIZE 0 0\n", "does not tell its size"),
    (b"SIZE\nSIZE -1 5\nSIZE x y\n", "closed the connection"),
    (b"a" * 70000, "not this protocol"),
    (b"\x1b[31mred\x1b[0m\x07\n", "closed the connection"),
    (bytes(range(256)) * 100, "closed the connection"),
    (b"SIZE 2 1\nPX 5 0 ffffff\nPX -1 0 ffffff\nPX 0 0 fffffff\nPX 0 0 \nPX 0\n", "outside its own wall"),
    (b"SIZE 2 1\nPX -1 0 ffffff\nPX 0 0 fffffff\nPX 0 0 \nPX 0\n", "closed the connection"),
])
def test_hostile_pixelflut(muralctl, tmp_path, text, said):
    with Parrot(text) as server:
        result = muralctl("grab", "pixelflut://127.0.0.1:%d" % server.port, tmp_path / "out.png").failed(said)
    assert "\x1b" not in result.err and "\x07" not in result.err
    assert not (tmp_path / "out.png").exists()


def http_answer(body):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize("body, out", [
    (b'murald_pixels_total{plugin="a\\"b\\\\"} 5\n# HELP x\nother 1.5\n', ['a"b\\ pixels 5', "wall other 1.5"]),
    (b'a{plugin="\x1b[31m",more="y"} 1\n', ["?[31m a y 1"]),
    (b'_total 1\nmurald_ 2\nx_total{} 3\n', ["wall _total 1", "wall 2", "wall x 3"]),
    (b'a{plugin="x\n', None), (b"a{b\n", None), (b'a{b="c"\n', None), (b"{} \n\n a\n", None), (b"", None),
    (bytes(range(256)) * 9, None), (b"a" * 70000, None), (b'a{="="=} 1\n', None),
])
def test_stats_of_any_answer(muralctl, body, out):
    with Parrot(http_answer(body)) as server:
        result = muralctl("stats", "http://127.0.0.1:%d" % server.port)
    if "built without HTTP" in result.err:
        pytest.skip("muralctl without HTTP: apt-get install libcurl4-openssl-dev libjansson-dev")
    assert "\x1b" not in result.out + result.err
    if out is None:
        result.failed("has no metrics; is it a murald's?")
    else:
        assert [" ".join(line.split()) for line in result.ok().out.splitlines()] == out


def test_stats_wants_http(muralctl):
    muralctl("stats", "pixelflut://127.0.0.1").failed("give the http:// address")
    with Parrot(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as server:
        result = muralctl("stats", "http://127.0.0.1:%d" % server.port).failed()
        assert "status 404" in result.err or "no HTTP" in result.err


@pytest.mark.parametrize("seed", range(8))
def test_hostile_p2(muralctl, image, tmp_path, seed):
    rng = random.Random(seed)
    noise = b"".join(bytes([0xff, rng.randrange(1, 256)]) + rng.randbytes(rng.randrange(0, 300)) for _ in range(300))
    with Parrot(noise) as server:
        target = "p2://py1:1@127.0.0.1:%d" % server.port
        assert muralctl("grab", target, tmp_path / "out.png").status in (0, 1)
        assert muralctl("paint", image(mixed), target).status == 1


@needs_http
@pytest.mark.parametrize("settings", [
    {}, [], "x", None, {"width": -1, "height": 6, "palette": ["#000000"]}, {"width": 8, "height": 6, "palette": []},
    {"width": 8, "height": 6, "palette": [1]}, {"width": 8, "height": 6, "palette": ["#00000g"]},
    {"width": 1 << 40, "height": 1 << 40, "palette": ["#000000"]},
    {"width": 65536, "height": 65536, "palette": ["#000000"]}, {"width": "8", "height": 6, "palette": ["#000000"]},
])
def test_hostile_settings(muralctl, settings):
    with Board() as board:
        answer = board.answer
        board.answer = lambda method, path, fields: (
            (200, settings, {}) if path == "/settings" else answer(method, path, fields))
        muralctl("size", board_target(board)).failed("the answer is not a pixel board's")


@needs_http
@pytest.mark.parametrize("cells", [
    [], [[0] * 8] * 5, [[0] * 7] * 6, [[0] * 9] * 6, [{}] * 6, {"0": 1}, None, [[0] * 8] * 5 + [None],
])
def test_hostile_cells(muralctl, tmp_path, cells):
    with Board() as board:
        board.cells = cells
        muralctl("grab", board_target(board), tmp_path / "out.png").failed("the answer is not a pixel board's")


@needs_http
def test_cells_beyond_the_palette_are_unknown(muralctl, image, tmp_path):
    with Board() as board:
        board.cells = [[4, -1, 1 << 40, None, "1", 1.5, [], 3]] * 6
        muralctl("grab", board_target(board), tmp_path / "out.png").ok()
    with Image.open(tmp_path / "out.png") as out:
        assert [out.getpixel((x, 0)) for x in range(8)] == [(0, 0, 0)] * 7 + [(0, 0, 255)]


@needs_http
def test_an_error_text_cannot_control_the_terminal(muralctl, image):
    with Board() as board:
        board.register = lambda fields: board.error(403, "\x1b]0;title\x07 no " + "x" * 5000)
        result = muralctl("paint", board_image(image), board_target(board)).failed("?]0;title? no xxx")
    assert "\x1b" not in result.err and len(result.err) < 1000
