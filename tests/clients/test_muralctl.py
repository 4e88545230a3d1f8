# SPDX-License-Identifier: MIT
"""muralctl against servers that follow the protocols' texts: paint, load, size, grab, the
command line, the progress bar, and the error messages."""
import fcntl
import os
import pty
import random
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from peers import P2, Board, Pixelflut, Threaded, tcp_server
from wall import MURALCTL, SOURCE, wait_for


def mixed(x, y):
    return x * 30, y * 40, 255 - x


def hexes(x, y):
    return "%02x%02x%02x" % mixed(x, y)


# ---------------------------------------------------------------- the command line

def test_help_and_version(muralctl):
    assert muralctl("--help").ok().out.startswith("usage: muralctl paint IMAGE TARGET")
    assert re.match(r"muralctl \d+\.\d+", muralctl("--version").ok().out)


def test_the_manual_and_the_help_agree(muralctl):
    with open(os.path.join(SOURCE, "doc/muralctl.1.in")) as f:
        # without the verbs of operators, which have a --help of their own
        manual = re.sub(r"\n\.Ss Operators\n.*?(?=\n\.Sh )", "", f.read(), flags=re.S)
        items = re.findall(r"^\.It (.*)", manual, re.M)

    def plain(item):  # without mdoc's macros
        words = [{"Op": "["}.get(word, word) for word in item.split() if word not in ("Cm", "Ar", "Ns")]
        return "".join(words) + "]" * words.count("[")
    help = muralctl("--help").ok().out
    assert {plain(part) for item in items for part in item.split(" , ") if "://" in part} \
        == {word.rstrip(",.").lower() for word in help.split() if "://" in word}
    assert {name for item in items for name in re.findall(r"Fl Fl (\S+)", item)} \
        == set(re.findall(r"--([a-z]+)", help))


@pytest.mark.parametrize("words, said", [
    ([], "paint, text, fill, load, size, grab, watch, film, stats or wall"),
    (["spray", "icmp://h"], "spray is not a verb"),
    (["paint", "icmp://h"], "paint: write muralctl paint IMAGE TARGET"),
    (["grab", "icmp://h"], "grab: write muralctl grab TARGET FILE.png"),
    (["paint", "pixelflut://h", "picture.png"], "paint: write muralctl paint IMAGE TARGET, in this order"),
    (["size", "icmp://h", "more"], "size: write"),
    (["size", "ftp://h"], "a target starts with icmp://"),
    (["size", "h:1234"], "a target starts with icmp://"),
    (["size", "pixelflut://h:0"], "\"0\" is not a port"),
    (["size", "icmp://h:80"], "there are no ports"),
    (["size", "p2://h"], "write p2://USER:OTP@HOST:PORT"),
    (["size", "ipv6://2001:db8::XX"], "character 10"),
    (["size", "ipv6://2001:db8:0:0:0:RR:GG:BB"], "without X and Y"),
    (["size", "icmp://h", "--at", "1"], "--at 1: write X,Y"),
    (["size", "icmp://h", "--size", "0x5"], "--size 0x5: write WxH"),
    (["size", "icmp://h", "--rate", "x"], "--rate x: write a whole number"),
    (["size", "icmp://h", "--connections", "0"], "from 1 to 4096"),
    (["size", "icmp://h", "--order", "spiral"], "rows or random"),
    (["size", "icmp://h", "--bogus"], "--bogus"),
])
def test_bad_command_lines_exit_with_2(muralctl, words, said):
    result = muralctl(*words).failed(said, status=2)
    assert result.out == ""


# ---------------------------------------------------------------- Pixelflut

STYLES = {
    "breakwater": {},
    "pixelnuke": {"upper": True},
    "pixelpwnr": {"upper": True, "crlf": True},
    "python": {"digits": 8},
}


@pytest.mark.parametrize("style", STYLES)
def test_pixelflut_paint_size_grab(muralctl, image, tmp_path, style):
    with Pixelflut(**STYLES[style]) as server:
        target = "pixelflut://127.0.0.1:%d" % server.port
        assert muralctl("size", target).ok().out == "40x30\n"
        result = muralctl("paint", image(mixed), target, "--at", "10,20").ok()
        assert result.number("painted") == 48
        assert server.pixels == {(10 + x, 20 + y): hexes(x, y) for x in range(8) for y in range(6)}
        muralctl("grab", target, tmp_path / "out.png").ok()
        with Image.open(tmp_path / "out.png") as out:
            assert out.size == (40, 30) and out.mode == "RGB"
            assert all(out.getpixel((10 + x, 20 + y)) == mixed(x, y) for x in range(8) for y in range(6))
            assert out.getpixel((0, 0)) == (0, 0, 0)
        assert server.unknown == []


def test_grab_of_a_wall_larger_than_any_buffer(muralctl, tmp_path):
    with Pixelflut(width=200, height=100) as server:
        server.pixels[199, 99] = "0a0b0c"
        muralctl("grab", "pixelflut://127.0.0.1:%d" % server.port, tmp_path / "out.png").ok()
    with Image.open(tmp_path / "out.png") as out:
        assert out.size == (200, 100) and out.getpixel((199, 99)) == (10, 11, 12)


def test_alpha_and_what_sticks_out(muralctl, image):
    def colour(x, y):
        return (x, y, 9, (255, 128, 0)[x % 3])
    with Pixelflut(width=6, height=4) as server:
        result = muralctl("paint", image(colour, mode="RGBA"), "pixelflut://127.0.0.1:%d" % server.port,
                          "--at", "-2,-1").ok()
    # Of x 2..7, those with x % 3 == 2 are transparent; y is 1..4.
    assert sorted(server.colours_seen) == sorted(
        "%02x%02x09%s" % (x, y, "" if x % 3 == 0 else "80") for x in (3, 4, 6, 7) for y in (1, 2, 3, 4))
    assert result.number("painted") == 16
    assert "20 pixels lie outside the wall" in result.out  # 6 visible of 8 columns, 6 rows, less 16


@pytest.mark.parametrize("kind, channels", [(0, 1), (2, 3), (6, 4)])
def test_sixteen_bits_are_the_same_colours(muralctl, tmp_path, kind, channels):
    """Grey, RGB and RGBA of 16 bits, which PIL does not write; 0x2020 is 0x20."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    greys = 0x00, 0x20, 0x80, 0xff
    row = b"".join(bytes([grey, grey] * min(channels, 3) + [255, 255] * (channels == 4)) for grey in greys)
    (tmp_path / "deep.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", len(greys), 1, 16, kind, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" + row)) + chunk(b"IEND", b""))
    with Pixelflut() as server:
        muralctl("paint", tmp_path / "deep.png", "pixelflut://127.0.0.1:%d" % server.port).ok()
    assert server.colours_seen == [bytes([grey] * 3).hex() for grey in greys]


def test_order_is_rows_or_random(muralctl, image):
    path = image(lambda x, y: (x, y, 0))
    orders = {}
    for order in "rows", "random":
        with Pixelflut() as server:
            muralctl("paint", path, "pixelflut://127.0.0.1:%d" % server.port, "--order", order).ok()
            orders[order] = server.colours_seen
    assert orders["rows"] == sorted(orders["rows"], key=lambda c: (c[2:4], c[0:2]))
    assert orders["random"] != orders["rows"] and sorted(orders["random"]) == sorted(orders["rows"])


def test_rate_is_kept(muralctl, image):
    with Pixelflut() as server:
        start = time.monotonic()
        muralctl("paint", image(mixed), "pixelflut://127.0.0.1:%d" % server.port, "--rate", "50").ok()
        assert time.monotonic() - start > 0.8  # 48 pixels


def test_loop_paints_until_a_signal(image):
    with Pixelflut() as server:
        process = subprocess.Popen([MURALCTL, "paint", image(mixed), "pixelflut://127.0.0.1:%d" % server.port,
                                    "--loop"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for("ten rounds", lambda: len(server.colours_seen) > 480)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == "", err
    # of the round that the signal ended, the server may not have said yet that it is there
    assert int(re.match(r"(?:painted|sent) (\d+)", out).group(1)) > 480


def test_a_signal_before_the_end_is_a_failure(image):
    with Pixelflut() as server:
        process = subprocess.Popen([MURALCTL, "paint", image(mixed), "pixelflut://127.0.0.1:%d" % server.port,
                                    "--rate", "10"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for("a pixel", lambda: server.pixels)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "interrupted before the end" in err


def test_load_reads_back_what_it_painted(muralctl):
    with Pixelflut() as server:
        result = muralctl("load", "pixelflut://127.0.0.1:%d" % server.port, "--connections", 3, "--seconds", 1).ok()
        assert server.connections == 3
        # What is reported as painted was there when the report was made.
        assert result.number("sent") == result.number("painted") == len(server.colours_seen)
        assert len(server.pixels) == min(40 * 30, result.number("sent")) and server.unknown == []
        assert re.search(r"^verified +(\d+) of \1 pixels", result.out, re.M)
        assert "3 connections" in result.out


def test_load_from_a_corner_and_at_a_rate(muralctl):
    with Pixelflut() as server:
        result = muralctl("load", "pixelflut://127.0.0.1:%d" % server.port, "--at", "30,20", "--seconds", 1,
                          "--rate", 500).ok()
        assert min(x for x, y in server.pixels) == 30 and min(y for x, y in server.pixels) == 20
        assert 50 < result.number("painted") == len(server.colours_seen) <= 600


def test_load_notices_a_server_that_loses_pixels(muralctl):
    with Pixelflut(lossy=True) as server:
        result = muralctl("load", "pixelflut://127.0.0.1:%d" % server.port, "--seconds", 1)
    result.failed("pixels have another colour")
    assert "verified  0 of 64" in result.out


def test_load_waits_a_frame_for_servers_that_lag(muralctl):
    with Pixelflut(lag=0.05) as server:
        result = muralctl("load", "pixelflut://127.0.0.1:%d" % server.port, "--seconds", 1).ok()
    assert "verified  64 of 64" in result.out


def test_load_ends_when_all_connections_failed(muralctl):
    with Pixelflut(greeting=b"too many connections from you\n") as server:
        start = time.monotonic()
        muralctl("load", "pixelflut://127.0.0.1:%d" % server.port, "--size", "40x30", "--connections", "2",
                 "--seconds", "50").failed("2 of 2 connections failed")
        assert time.monotonic() - start < 40


def test_load_reports_when_it_is_stopped():
    with Pixelflut() as server:
        process = subprocess.Popen([MURALCTL, "load", "pixelflut://127.0.0.1:%d" % server.port, "--connections", "2"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for("paint", lambda: len(server.pixels) == 40 * 30)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == "", err
    assert re.search(r"^painted +%d " % len(server.colours_seen), out, re.M), out


def test_errors_are_explained(muralctl, image, tmp_path):
    path = image(mixed)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        muralctl("size", "pixelflut://127.0.0.1:%d" % closed.getsockname()[1]).failed("nobody listens there")
    muralctl("size", "pixelflut://[fe80::1]").failed("a link-local address needs %INTERFACE")
    muralctl("size", "pixelflut://no.such.host.invalid").failed("no.such.host.invalid: the host has no address")
    with Pixelflut(greeting=b"too many connections from you\n") as server:
        muralctl("size", "pixelflut://127.0.0.1:%d" % server.port).failed(
            "closed the connection, saying: too many connections from you\n")
    with Pixelflut(greeting=b"\n") as server:
        muralctl("size", "pixelflut://127.0.0.1:%d" % server.port).failed("connection; is it a Pixelflut server")
    with Pixelflut() as server:
        target = "pixelflut://127.0.0.1:%d" % server.port
        muralctl("paint", tmp_path / "none.png", target).failed("none.png: No such file")
        (tmp_path / "text.png").write_text("no picture")
        muralctl("paint", tmp_path / "text.png", target).failed("text.png", "must be a whole PNG")
        whole = path.read_bytes()
        (tmp_path / "half.png").write_bytes(whole[:-14])
        muralctl("paint", tmp_path / "half.png", target).failed("half.png", "must be a whole PNG")
        muralctl("paint", path, target, "--at", "40,0").failed("lies outside the wall of 40x30")
        muralctl("paint", image(lambda x, y: (1, 2, 3, 0), mode="RGBA"), target).failed("transparent all over")
        muralctl("load", target, "--at", "0,30").failed("lies outside the wall")
        muralctl("grab", target, tmp_path / "none" / "out.png").failed("out.png")
        assert server.pixels == {}


def test_a_server_that_does_not_answer(muralctl, image):
    """At the same time: each takes its ten seconds.  One that is that long behind does answer."""
    path = image(mixed)
    with Pixelflut(mute=True) as server, Pixelflut(sizeless=True) as sizeless, \
            Pixelflut(behind=12) as behind, ThreadPoolExecutor() as aside:
        loaded = aside.submit(muralctl, "load", "pixelflut://127.0.0.1:%d" % behind.port, "--size", "40x30",
                              "--seconds", 1)
        target = "pixelflut://127.0.0.1:%d" % server.port
        # the picture sticks out at the right and below
        painted = aside.submit(muralctl, "paint", path, "pixelflut://127.0.0.1:%d" % sizeless.port,
                               "--at", "36,27")
        size = aside.submit(muralctl, "size", target)
        muralctl("paint", path, target, "--size", "40x30").failed("did not answer within 10 s")
        size.result().failed("did not answer within 5 s as a Pixelflut server does")
        assert painted.result().status == 0 and "pixels outside the wall would not be sent" in painted.result().err, painted.result().err
        assert loaded.result().ok().number("painted") == len(behind.colours_seen)
        assert sizeless.pixels == {(36 + x, 27 + y): hexes(x, y) for x in range(4) for y in range(3)}


def test_a_pixelflut_server_at_the_port_for_http(muralctl, tmp_path):
    with Pixelflut() as server:
        target = "http://127.0.0.1:%d" % server.port
        said = muralctl("grab", target, tmp_path / "out.png").failed(target)
        if "without HTTP" in said.err:
            pytest.skip("muralctl has no HTTP: apt-get install libcurl4-openssl-dev libjansson-dev")
        said.failed("is it a pixel board?")


def test_a_web_server_at_the_port_for_pixelflut(muralctl):
    with Board() as board:
        muralctl("size", "pixelflut://127.0.0.1:%d" % board.port).failed("closed the connection, saying: ")


def test_a_server_that_never_stops_talking():
    with Pixelflut(chatty=True) as server:
        process = subprocess.Popen([MURALCTL, "size", "pixelflut://127.0.0.1:%d" % server.port])
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 1


# ---------------------------------------------------------------- the progress bar

def on_a_terminal(*words, columns=0, until=None):
    """What it writes to a terminal; once until(that) is true it gets SIGINT."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    process = subprocess.Popen([MURALCTL, *map(str, words)], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        if until and until(shown):
            process.send_signal(signal.SIGINT)
            until = None
        if not select.select([ours], [], [], 60)[0]:
            break
        try:
            data = os.read(ours, 4096)
        except OSError:
            break
        shown += data
    os.close(ours)
    assert process.wait(60) == 0, shown
    return shown.decode()


def test_bar_on_a_terminal_only(muralctl, image):
    path = image(mixed)
    with Pixelflut() as server:
        words = "paint", path, "pixelflut://127.0.0.1:%d" % server.port, "--rate", "40"
        shown = on_a_terminal(*words)
        assert muralctl(*words).ok().err == ""
    bars = re.findall(r"\r\x1b\[K *(\d+)% \[(#*)(\.*)\] (\d+) of 48 pixels, \d+(?:\.\d+)? a second", shown)
    assert len(bars) > 1, shown
    percents = [int(percent) for percent, *_ in bars]
    assert percents == sorted(percents) and percents[0] < percents[-1]
    assert all(abs(len(full) / len(full + rest) - int(percent) / 100) < 0.1 for percent, full, rest, _ in bars)
    assert shown.endswith("\r\x1b[K"), repr(shown[-40:])
    assert all(len(line) < 80 for line in shown.split("\r\x1b[K"))


def test_the_bar_keeps_to_a_narrow_terminal(image):
    with Pixelflut() as server:
        shown = on_a_terminal("paint", image(mixed), "pixelflut://127.0.0.1:%d" % server.port, "--rate", "80",
                              columns=30)
    lines = shown.split("\r\x1b[K")
    assert len(lines) > 1 and all(len(line) < 30 for line in lines), lines


def test_the_bar_of_a_loop_is_drawn_ten_times_a_second(image):
    """However many rounds there are."""
    start = time.monotonic()
    with Pixelflut() as server:
        shown = on_a_terminal("paint", image(mixed), "pixelflut://127.0.0.1:%d" % server.port, "--loop",
                              until=lambda shown: shown.count(b"\r") > 5 and len(server.colours_seen) > 50 * 48)
    lines = shown.split("\r\x1b[K")
    assert len(lines) < 10 * (time.monotonic() - start) + 6, lines
    assert re.fullmatch(r"\S+( k)? pixels, \S+( k)? a second", lines[-2]), lines


# ---------------------------------------------------------------- the pixel board

needs_http = pytest.mark.skipif(
    "without HTTP" in subprocess.run([MURALCTL, "size", "http://127.0.0.1:1"], capture_output=True, text=True).stderr,
    reason="muralctl was built without HTTP: apt-get install libcurl4-openssl-dev libjansson-dev")


def board_target(board):
    return "http://127.0.0.1:%d" % board.port


def board_image(image):
    """Near white, black, red and blue, in stripes."""
    return image(lambda x, y: [(250, 255, 240), (20, 10, 0), (200, 40, 30), (30, 30, 200)][(x + y) % 4], 4, 4)


@needs_http
@pytest.mark.parametrize("web", [True, False])
def test_board_paint_size_grab(muralctl, image, tmp_path, web):
    with Board(web=web) as board:
        assert muralctl("size", board_target(board)).ok().out == "8x6\n"
        result = muralctl("paint", board_image(image), board_target(board), "--at", "3,1", "--name", "tester",
                          "--author", "me", "--secret", "s").ok()
        for y in range(4):
            assert board.cells[1 + y][3:7] == [(x + y) % 4 for x in range(4)]
        assert board.ids == {("tester", "me"): "%024x" % 0xabc}
        # White was there already.
        assert result.number("painted") == len(board.updates) == 12 and "4 cells had that colour already" in result.out
        assert board.refused == [] or not web
        muralctl("grab", board_target(board), tmp_path / "out.png").ok()
    with Image.open(tmp_path / "out.png") as out:
        assert out.size == (8, 6)
        assert [out.getpixel((3 + x, 1)) for x in range(4)] == [(255,) * 3, (0,) * 3, (255, 0, 0), (0, 0, 255)]


@needs_http
def test_board_rate_is_kept(muralctl, image):
    with Board(rate=150) as board:
        muralctl("paint", board_image(image), board_target(board)).ok()
    times = [t for *_, t in board.updates]
    assert board.refused == [] and all(0.15 <= b - a for a, b in zip(times, times[1:]))


@needs_http
def test_board_retry_after_is_kept(muralctl, image):
    with Board(rate=1, early=1, retry_after="2") as board:
        result = muralctl("paint", board_image(image), board_target(board)).ok()
        assert "1 requests came too early and were repeated" in result.out
        assert len(board.refused) == 1 and 2 <= board.updates[0][3] - board.refused[0] < 20
        assert len(board.updates) == 12


@needs_http
def test_board_says_no(muralctl, image):
    path = board_image(image)
    with Board(secret="right") as board:
        muralctl("paint", path, board_target(board), "--secret", "wrong").failed(
            "Secret was not in list", "is --secret right?")
        muralctl("paint", path, board_target(board), "--id", "f" * 24).failed("the board does not know --id")
        muralctl("paint", path, board_target(board), env={"MURALCTL_SECRET": "right"}).ok()
    with Board(enabled=False) as board:
        muralctl("paint", path, board_target(board)).failed("disabled")
        assert len(board.updates) == 1
    with Board() as board:
        muralctl("size", board_target(board) + "/elsewhere").failed("status 404", "is it a pixel board?")
        muralctl("paint", path, board_target(board), "--at", "8,0").failed("outside the wall of 8x6")
    muralctl("size", board_target(board)).failed("GET http://127.0.0.1", "is the port right")
    with Board() as board:
        update = board.update
        board.update = lambda fields: (board.error(401, "401 Unauthorized") if board.updates else update(fields))
        muralctl("paint", path, board_target(board)).failed("setting a cell", "forgotten this generator: start again")
        board.answer = lambda *question: board.error(403, "your network may not come here")
        muralctl("size", board_target(board)).failed("may not come here; ask who runs it")
        board.answer = lambda *question: (301, {}, {"Location": "http://127.0.0.1:1/"})
        muralctl("size", board_target(board)).failed("status 301", "it has moved")
        muralctl("size", board_target(board).replace("http", "https")).failed("http:// instead?")


@needs_http
def test_board_load(muralctl):
    with Board(rate=30) as board:
        result = muralctl("load", board_target(board), "--connections", 3, "--seconds", 1).ok()
        assert len(board.ids) == 3 and board.refused == []
        # A request that was on its way at the end still counts.
        assert 3 < result.number("painted") == len(board.updates) <= 105


# ---------------------------------------------------------------- p2

def p2_target(server, user="py1", otp="1234"):
    return "p2://%s:%s@127.0.0.1:%d" % (user, otp, server.port)


@pytest.mark.parametrize("snapshot", [True, False])
def test_p2_paint(muralctl, image, snapshot):
    with P2(snapshot=snapshot) as server:
        result = muralctl("paint", image(mixed), p2_target(server), "--at", "-5,-4").ok()
        assert result.number("painted") == server.puts >= 48
        for x in range(8):
            for y in range(6):
                assert server.rgb(x - 5, y - 4) == tuple(c >> 3 for c in mixed(x, y))
        if snapshot:
            puts = server.puts  # 48, or more if its answers were late
            result = muralctl("paint", image(mixed), p2_target(server), "--at", "-5,-4").ok()
            assert "48 pixels had that colour already" in result.out and server.puts == puts


def test_p2_paints_what_was_dropped_again(muralctl, image):
    with P2(drop=5, snapshot=False) as server:
        muralctl("paint", image(mixed), p2_target(server)).ok()
        assert len(server.pixels) == 48 < server.puts


def test_p2_size_grab_origin(muralctl, image, tmp_path):
    with P2(width=300, height=20) as server:
        assert muralctl("size", p2_target(server)).ok().out == "300x20\n"
        muralctl("paint", image(lambda x, y: (255, 132, 0)), p2_target(server), "--origin", "150,10").ok()
        assert min(server.pixels) == (-150, -10)
        muralctl("grab", p2_target(server), tmp_path / "out.png").ok()
    with Image.open(tmp_path / "out.png") as out:
        assert out.size == (300, 20)
        assert out.getpixel((0, 0)) == out.getpixel((7, 5)) == (255, 132, 0) and out.getpixel((8, 5)) == (0, 0, 0)


def test_p2_size_and_grab_while_others_paint_or_the_line_stalls(muralctl, tmp_path):
    """Without a first picture the changes of others do not give a size.  All at once, since each waits."""
    start = time.monotonic()
    with P2(busy=True) as busy, P2(stall=0.5) as bad, P2(snapshot=False, busy=True) as silent, \
            ThreadPoolExecutor() as aside:
        for server in busy, bad:
            server.pixels = {(x, y): b"\xbf\x40" for x in range(-16, 16) for y in range(-10, 10)}
        sizes = [aside.submit(muralctl, "size", p2_target(server)) for server in (busy, bad, silent)]
        grabs = [aside.submit(muralctl, "grab", p2_target(server), tmp_path / name)
                 for server, name in ((busy, "busy.png"), (bad, "bad.png"))]
        assert sizes[0].result().ok().out == sizes[1].result().ok().out == "32x20\n"
        sizes[2].result().failed("does not tell its size")
        for grab in grabs:
            grab.result().ok()
    assert time.monotonic() - start < 40
    for name in "busy.png", "bad.png":
        with Image.open(tmp_path / name) as out:
            assert {out.getpixel((x, y)) for x in range(1, 31) for y in range(1, 19)} == {(255, 255, 255)}


def test_p2_says_no(muralctl, image, tmp_path):
    with P2(snapshot=False) as server:
        path = image(mixed)
        muralctl("paint", path, p2_target(server, otp="9999")).failed(
            "closed the connection", "one-time password right")
        result = muralctl("paint", path, p2_target(server), "--at", "14,0")
        assert result.status == 0 and re.search("36 pixels do not show.*painted over$", result.out, re.M)
        result = muralctl("paint", path, p2_target(server), "--at", "14,0", "--rate", 0)
        assert result.status == 0 and "36 pixels do not show" in result.out and "lower --rate" in result.out
        muralctl("paint", path, p2_target(server), "--at", "100,0").failed("shows nothing of it")
        muralctl("size", p2_target(server)).failed("does not tell its size")
        muralctl("grab", p2_target(server), tmp_path / "o.png", "--size", "8x6").failed("sends changes only")
        muralctl("load", p2_target(server), "--connections", 2).failed("write % into the name")
        assert "9999" not in muralctl("size", p2_target(server, otp="9999")).err


@pytest.mark.parametrize("snapshot", [True, False])
def test_p2_load(muralctl, snapshot):
    """Half of the time is for painting, even if no first picture comes."""
    users = {b"u1": "00000007", b"u2": "00000007"}
    with P2(users=users, width=200, height=200, snapshot=snapshot) as server:
        result = muralctl("load", p2_target(server, "u%", "7"), "--connections", 2, "--seconds", 1, "--rate", 2000).ok()
        # A server that is behind when the time is over does not get to the rest.
        assert 10 < result.number("painted") <= server.puts <= result.number("sent")
        assert "came back as Updates" in result.out


# ---------------------------------------------------------------- hostile servers

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
