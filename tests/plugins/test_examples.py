# SPDX-License-Identifier: MIT
"""The examples of mural-plugin(7), built as it says and run: in C, C++ and Rust."""
import os
import re
import struct
import time

from author import EXAMPLES, SOURCE, build, udp, wall_with
from waiting import wait_for

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)


def example(folder, file, *packages):
    return build(folder, os.path.join(EXAMPLES, file), *packages)


def test_dots(tmp_path):
    build(tmp_path, os.path.join(SOURCE, "plugins/dots.c"))
    with wall_with(tmp_path, "[plugin dots]\nlisten = 127.0.0.1:0\nlisten-udp = 127.0.0.1:0\n") as wall:
        with wall.tcp() as client:
            client.sendall(struct.pack("<HH4B", 3, 4, *RED, 255))
        with udp(wall, "dots") as client:
            client.send(struct.pack("<HH4B", 5, 6, *GREEN, 255))
        wall.painted(3, 4, RED)
        wall.painted(5, 6, GREEN)


def test_query_answers_datagrams(tmp_path):
    example(tmp_path, "query.c")
    with wall_with(tmp_path, "[plugin query]\nlisten-udp = 127.0.0.1:0\n"
                   "[plugin query mute]\nlisten-udp = 127.0.0.1:0\nreads = no\n") as wall:
        with udp(wall, "query") as client:
            def ask(question):
                client.send(question)
                return client.recv(100)
            assert ask(b"S") == struct.pack(">cHH", b"S", 64, 48)
            client.send(b"P" + struct.pack(">HH3B", 1, 2, *RED) + struct.pack(">HH3B", 63, 47, *BLUE))
            assert ask(struct.pack(">cHH", b"G", 1, 2)) == struct.pack(">cHH3B", b"G", 1, 2, *RED)
            assert ask(struct.pack(">cHH", b"G", 63, 47)) == struct.pack(">cHH3B", b"G", 63, 47, *BLUE)
            # what is outside, cut short or strange is not answered: the next answer is S's
            for bad in struct.pack(">cHH", b"G", 64, 0), b"G\0", b"P\0\0", b"X", b"":
                client.send(bad)
            for _ in range(2):  # what the first answer says, murald has counted when it sends the second
                assert ask(b"S")[:1] == b"S"
        with udp(wall, "mute") as client:
            client.send(struct.pack(">cHH", b"G", 1, 2))
            for _ in range(2):  # as above
                client.send(b"S")
                assert client.recv(100)[:1] == b"S"
        wall.stop()
        log = wall.log()
        assert re.search(r"query: painted 2 pixels, discarded 4 malformed", log), log
        assert re.search(r"mute: painted 0 pixels, discarded 1 unauthorized", log), log


def test_clock_ticks_and_stops(tmp_path):
    example(tmp_path, "clock.c", "libuv")
    clock = "[plugin clock]\ninterval = 10ms\nregion = 12x6\noffset = 2,2\ncolour = #00ff00\n"

    def seconds(picture):
        return sum((picture.getpixel((2 + 2 * bit, 6)) == GREEN) << (5 - bit) for bit in range(6))

    with wall_with(tmp_path, clock) as wall:
        wait_for("the clock to be right", lambda: seconds(wall.picture()) == time.localtime().tm_sec)
        before = seconds(wall.picture())
        wait_for("the clock to go on", lambda: seconds(wall.picture()) != before)
        # a changed section stops it and starts it again, one that is gone stops it
        said = wall.reload(clock.replace("00ff00", "0000ff"))
        assert "did not stop" not in said, said
        wait_for("the other colour", lambda: BLUE in {rgb for _, rgb in wall.picture().getcolors()})
        said = wall.reload("")
        assert "did not stop" not in said, said
        assert wall.stop() == 0


def test_rows_in_cpp(tmp_path):
    example(tmp_path, "rows.cpp")
    row = bytes(value for i in range(2000) for value in (i & 255, i >> 3, 7))
    sent = (struct.pack("<HHH", 9, 9, 0) + struct.pack("<HHH", 2, 3, 2000) + row
            + struct.pack("<HHH", 0, 4, 1) + bytes(RED))
    with wall_with(tmp_path, "[plugin rows]\nlisten = 127.0.0.1:0\n", size="1024x8") as wall:
        with wall.tcp("rows") as client:
            for at in range(0, len(sent), 997):
                client.sendall(sent[at:at + 997])
        wall.painted(0, 4, RED)
        picture = wall.last_picture()
        assert [picture.getpixel((2 + i, 3)) for i in range(1022)] == [(i & 255, i >> 3, 7) for i in range(1022)]
        assert "rows: painted 1023 pixels, discarded 978 out_of_bounds" in wall.log()


def test_shapes_in_rust(tmp_path):
    example(tmp_path, "shapes.rs")

    def command(letter, x, y, width, height, rgb):
        return struct.pack("<cHHHH3B", letter, x, y, width, height, *rgb)
    with wall_with(tmp_path, "[plugin shapes]\nlisten = 127.0.0.1:0\n") as wall:
        with wall.tcp("shapes") as client:
            client.sendall(command(b"P", 1, 1, 0, 0, RED) + command(b"F", 10, 10, 3, 2, BLUE)
                           + command(b"L", 62, 5, 4, 0, (0, 200, 0)) + command(b"R", 61, 5, 9, 0, BLACK))
            answer = client.makefile("rb").read(9)
            assert answer == bytes((0, 0, 0, 0, 200, 0, 0, 150, 0))
        picture = wall.last_picture()
        assert picture.getpixel((1, 1)) == RED
        blue = {(x, y) for x in range(64) for y in range(48) if picture.getpixel((x, y)) == BLUE}
        assert blue == {(x, y) for x in (10, 11, 12) for y in (10, 11)}
        assert "shapes: painted 9 pixels, discarded 2 out_of_bounds" in wall.log()
