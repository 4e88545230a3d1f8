# SPDX-License-Identifier: MIT
"""muralctl's command line, progress bar and error messages; and at Pixelflut: paint, load, size, grab."""
import fcntl
import os
import pty
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

from peers import Board, Pixelflut
from targets import mixed
from wall import MURALCTL, SOURCE, wait_for


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
