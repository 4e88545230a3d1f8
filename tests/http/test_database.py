# SPDX-License-Identifier: MIT
"""The board's database: complete whatever happens to murald, and never lost silently."""
import contextlib
import http.client
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import pytest

import procfs
from boardclient import HEIGHT, WIDTH, Board, board_wall
from wall import DOTS, dot, wait_for


def rows(tmp_path, sql):
    with sqlite3.connect("file:%s?mode=ro" % (tmp_path / "board.db"), uri=True) as db:
        return db.execute(sql).fetchall()


def test_a_clean_stop_keeps_everything(tmp_path):
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        one, two = board.register("one"), board.register("two", "b", "t")
        for i in range(20):
            board.paint((one, two)[i % 2], i % HEIGHT, i % WIDTH, i % 3)
        before = board.frontend(), board.settings()
        assert wall.stop() == 0
    log = rows(tmp_path, "SELECT number, place >> 16, place & 65535, colour, generator FROM log ORDER BY number")
    assert log == [(i + 1, i % HEIGHT, i % WIDTH, i % 3, i % 2 + 1) for i in range(20)]
    assert rows(tmp_path, "SELECT pixels, unnecessary FROM generator") == [(10, 4), (10, 3)]
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        assert (board.frontend(), board.settings()) == before
        assert board.register("one") == one and board.register("two", "b", "t") == two
        board.paint(two, 0, 0, 4)
        clicked = board.ask("POST", "/changeByClick", {"secret": "t", "row": 0, "col": 1, "color": 4},
                            {"Content-Type": "application/json"})
        assert clicked.status == 200
        assert board.frontend()["authors"][0][1] == "two (b)"


def test_generators_that_never_painted_are_removed_for_room(tmp_path):
    with board_wall(tmp_path) as wall, Board(wall) as board:
        token = board.register("painter")
        board.paint(token, 0, 0, 1)
        assert wall.stop() == 0
    with sqlite3.connect(tmp_path / "board.db") as db:
        db.execute("WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 32768)"
                   " INSERT INTO generator (number, id, name, author, secret)"
                   " SELECT i, printf('%024x', i), 'g' || i, 'a', zeroblob(32) FROM n")
    with board_wall(tmp_path) as wall, Board(wall) as board:
        for name in "one", "two":
            assert board.register(name)
        assert board.register("painter") == token
        assert board.frontend()["authors"][0][0] == "painter (a)"
        assert board.ask("GET", "/pixels", {"id": "%024x" % 32768}).status == 200
        assert board.ask("GET", "/pixels", {"id": "%024x" % 2}).status == 401
        assert wall.stop() == 0
    left = [number for number, in rows(tmp_path, "SELECT number FROM generator WHERE id IS NOT NULL ORDER BY number")]
    assert left == [1, *range(258, 32771)], "the oldest ones went"


def test_a_pixel_is_in_the_file_within_a_second_or_so(tmp_path):
    with board_wall(tmp_path) as wall, Board(wall) as board:
        board.paint(board.register(), 2, 3, 1)
        assert rows(tmp_path, "SELECT count(*) FROM generator") == [(1,)]  # before the answer was sent
        wait_for("the pixel", lambda: rows(tmp_path, "SELECT place, colour FROM log") == [(2 << 16 | 3, 1)], 20)


def test_all_else_goes_before_the_writer(tmp_path):
    with board_wall(tmp_path) as wall:
        wait_for("a thread that gives way", lambda: min(os.getpriority(os.PRIO_PROCESS, 0) + 10, 19)
                 in procfs.nice_values(wall.pid))


def test_cells_are_painted_again_when_the_snapshot_is_older_or_gone(tmp_path):
    """But what others painted over them before a clean stop stays."""
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        token = board.register()
        board.paint(token, 0, 0, 4)
        board.paint(token, 0, 1, 3)
        board.register("wait until it is written")
        wall.kill()
    with board_wall(tmp_path, others=DOTS) as wall, Board(wall) as board, wall.tcp() as client:
        assert board.pixels()[0][:3] == [4, 3, 0]
        wall.painted(0, 0, (255, 0, 0))
        client.sendall(b"".join(dot(x, y, (250, 255, 255)) for x in range(8) for y in range(8)))
        wait_for("the cell", lambda: board.pixels()[0][0] == 0)
        assert wall.stop() == 0
    with board_wall(tmp_path) as wall, Board(wall) as board:
        frontend = board.frontend()
        assert frontend["pixels"][0][:3] == [0, 3, 0]
        assert frontend["authors"][0][:3] == ["", "n (a)", ""]
        assert wall.stop() == 0
    os.unlink(tmp_path / "canvas.png")
    with board_wall(tmp_path) as wall, Board(wall) as board:
        assert board.pixels()[0][:3] == [4, 3, 0]


def test_a_removed_generator_stays_removed_and_its_cells_keep_its_name(tmp_path):
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        gone, other = board.register("gone"), board.register("other")
        board.paint(gone, 0, 0, 4)
        assert board.ask("DELETE", "/remove-pg", {"id": gone}).json() == {"success": True}
        wall.kill()
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        assert board.put(gone, 0, 0, 1).status == 401
        assert board.frontend()["authors"][0][0] == "gone (a)"
        assert board.register("gone") != gone
        board.paint(other, 0, 0, 4)
        assert wall.stop() == 0
    with board_wall(tmp_path) as wall, Board(wall) as board:
        assert board.frontend()["authors"][0][0] == "other (a)"
        assert rows(tmp_path, "SELECT count(*) FROM generator") == [(2,)]


def remove_all(wall, tokens):
    """Many at a time, so that each commit has many."""
    sockets = []
    for some in (tokens[n::16] for n in range(16)):
        sockets.append(socket.create_connection(("127.0.0.1", wall.port("http")), 60))
        bodies = [b'{"id":"%s"}' % token.encode() for token in some]
        sockets[-1].sendall(b"".join(b"DELETE /remove-pg HTTP/1.1\r\nHost: wall\r\n%sContent-Length: %d\r\n\r\n%s" % (
            b"Connection: close\r\n" if body == bodies[-1] else b"", len(body), body) for body in bodies))
    for s in sockets:
        with s, s.makefile("rb") as answers:
            got = answers.read()
            assert not re.search(rb"HTTP/1.1 [^2]", got), got[:2000]


def test_who_registers_for_ever_does_not_fill_the_disk(tmp_path):
    """Of those that were removed the file keeps a thousand, and those that painted what is seen."""
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        painter = board.register("painter")
        board.paint(painter, 0, 0, 4)
        assert wall.stop() == 0
    tokens = ["%024x" % n for n in range(2, 1300)]
    with sqlite3.connect(tmp_path / "board.db") as db:
        db.executemany("INSERT INTO generator (id, name, author, secret) VALUES (?, 'g', 'a', zeroblob(32))",
                       [(token,) for token in tokens])
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        remove_all(wall, [painter, *tokens])
        assert board.frontend()["authors"][0][0] == "painter (a)"
        assert wall.stop() == 0
    left = [number for number, in rows(tmp_path, "SELECT number FROM generator WHERE id IS NULL")]
    assert 1 in left and len(left) < 1024


# --------------------------------------------------------------------- crashes

class Painter(threading.Thread):
    """Registers, paints, leaves, and remembers what was acknowledged, until murald is gone."""

    def __init__(self, wall, name):
        super().__init__()
        self.wall, self.name_ = wall, name
        self.tokens, self.left, self.leaving, self.painted = {}, set(), None, []
        self.start()

    def run(self):
        try:
            with Board(self.wall) as board:
                for i in range(10 ** 6):
                    name = "%s-%d" % (self.name_, i // 25)
                    if i % 25 == 0:
                        token = board.register(name)
                        self.tokens[name] = token
                    row, col, color = (random.randrange(n) for n in (HEIGHT, WIDTH, 5))
                    board.paint(token, row, col, color)
                    self.painted.append((time.monotonic(), name, row, col, color))
                    if i % 100 == 99:
                        self.leaving = name
                        assert board.ask("DELETE", "/remove-pg", {"id": token}).status == 200
                        self.left.add(name)
        except (OSError, AssertionError, http.client.HTTPException) as error:
            self.error = error


def crash_rounds(tmp_path, n):
    """kill -9 under load: what was acknowledged is kept, but for the last second of the log."""
    for i in range(n):
        with board_wall(tmp_path, rate="0ms") as wall:
            painters = [Painter(wall, "r%d-%d" % (i, j)) for j in range(3)]
            wait_for("all to be known", lambda: all(painter.tokens for painter in painters))
            time.sleep(random.uniform(0.2, 1.6))  # a crash comes at any moment
            wall.process.kill()
            killed = time.monotonic()
            wall.process.wait()
            for painter in painters:
                painter.join()
        with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
            assert "broken" not in wall.log()
            for painter in painters:
                assert painter.tokens
                for name, token in painter.tokens.items():
                    status = board.ask("GET", "/pixels?id=" + token).status
                    if name in painter.left or name != painter.leaving:
                        assert status == (401 if name in painter.left else 200), name
            assert wall.stop() == 0
        assert rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]
        numbers = dict((name, number) for number, name in rows(tmp_path, "SELECT number, name FROM generator"))
        for painter in painters:
            logged = {}
            for number, place, colour in rows(
                    tmp_path, "SELECT generator, place, colour FROM log ORDER BY number"):
                logged.setdefault(number, []).append((place >> 16, place & 0xffff, colour))
            told = {}
            for when, name, row, col, color in painter.painted:
                if name in numbers:
                    told.setdefault(name, []).append((when, (row, col, color)))
            for name, list_ in told.items():
                kept = logged.get(numbers[name], [])
                old = [pixel for when, pixel in list_ if when < killed - 1.5]
                assert kept[:len(list_)] == [pixel for _, pixel in list_][:len(kept)]
                assert len(kept) >= len(old), "more than the last second is gone"
        total = rows(tmp_path, "SELECT count(*) FROM log")[0][0]
        assert rows(tmp_path, "SELECT value FROM number WHERE name = 'pixels'") == [(total,)]


def test_three_crashes(tmp_path):
    crash_rounds(tmp_path, 3)


@pytest.mark.skipif("not os.environ.get('MURALD_LONG')", reason="takes 3 min: set MURALD_LONG=1")
def test_a_hundred_crashes(tmp_path):
    crash_rounds(tmp_path, 100)


# ----------------------------------------------------------- other people's files

def rejected(tmp_path, *words):
    wall = board_wall(tmp_path).start()
    assert wall.process.wait(30) == 1
    for word in words:
        assert word in wall.log()


def make(tmp_path, sql):
    with sqlite3.connect(tmp_path / "board.db") as db:
        db.executescript(sql)


OLD = """
PRAGMA application_id = 1836413537;
CREATE TABLE number (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE generator (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, name TEXT NOT NULL,
 author TEXT NOT NULL, secret BLOB NOT NULL, pixels INTEGER NOT NULL DEFAULT 0,
 unnecessary INTEGER NOT NULL DEFAULT 0);
CREATE TABLE cell (place INTEGER PRIMARY KEY, colour INTEGER NOT NULL, generator INTEGER NOT NULL);
CREATE TABLE log (number INTEGER PRIMARY KEY, time INTEGER NOT NULL, place INTEGER NOT NULL,
 colour INTEGER NOT NULL, unnecessary INTEGER NOT NULL, generator INTEGER NOT NULL);
INSERT INTO generator VALUES (7, 'aaaaaaaaaaaaaaaaaaaaaaaa', 'old', 'one', zeroblob(32), 2, 1);
INSERT INTO log VALUES (1, 1000, 65538, 4, 0, 7), (2, 2000, 65538, 4, 1, 7);
INSERT INTO cell VALUES (65538, 4, 7);
INSERT INTO number VALUES ('pixels', 2), ('unnecessary', 1);
PRAGMA user_version = 1;
"""


def test_a_file_from_an_older_murald_is_brought_up_to_date(tmp_path):
    make(tmp_path, OLD)
    with board_wall(tmp_path, "identity = name") as wall, Board(wall) as board:
        assert "is from an older murald; migrating it from schema 1 to 3" in wall.log()
        assert board.register("old", "one") == "a" * 24
        assert board.ask("GET", "/getPixelAuthor/2/1").json() == {"author": "old (one)", "color": 4}
        assert board.settings()["stats"] == {"pixels": 2, "unnecessaryPixels": 1}
        board.paint(board.register("new"), 0, 0, 1)
        assert wall.stop() == 0
    assert rows(tmp_path, "PRAGMA user_version") == [(3,)]
    assert rows(tmp_path, "SELECT number FROM generator ORDER BY number") == [(7,), (8,)]
    assert rows(tmp_path, "SELECT count(*) FROM base") == [(0,)]
    assert rows(tmp_path, "SELECT count(*) FROM removed") == [(0,)]


def test_a_file_from_a_newer_murald_is_rejected(tmp_path):
    make(tmp_path, OLD + "PRAGMA user_version = 99;")
    rejected(tmp_path, "is from a newer murald (its schema is 99, this one knows up to 3)",
            "name another file as database")
    assert rows(tmp_path, "PRAGMA user_version") == [(99,)]


def test_another_programs_file_is_rejected(tmp_path):
    make(tmp_path, "CREATE TABLE photos (id);")
    rejected(tmp_path, "is another program's database")


def test_a_file_belongs_to_one_board_at_a_time(tmp_path):
    with board_wall(tmp_path) as wall, Board(wall) as board:
        token = board.register()
        os.makedirs(tmp_path / "second")
        second = board_wall(tmp_path / "second", "database = %s" % (tmp_path / "board.db")).start()
        assert second.process.wait(30) == 1 and "another murald, or another plugin, uses it" in second.log()
        board.paint(token, 0, 0, 1)


def told(board):
    return board.ask("GET", "/healthz").json()


def is_read_only(board):
    """The page, the pictures and what is on the wall are there; nothing can be changed."""
    assert board.ask("GET", "/").status == board.ask("GET", "/canvas.png").status == 200
    assert len(board.pixels()) == HEIGHT
    for answer in (board.ask("PUT", "/register-pg", {"name": "n", "author": "a", "secret": "s"}),
                   board.put("a" * 24, 0, 0, 1), board.rate(1)):
        assert answer.status == 503 and "read-only" in answer.json()["error"]


def becomes_writable(wall, token=None, times=1):
    wait_for("the database", lambda: wall.log().count("http: open now") == times, 30)
    with Board(wall) as board:
        wait_for("its states", lambda: "states" not in told(board), 30)
        assert token in (None, board.register())
        board.paint(board.register(), 1, 1, 2)
    assert wall.stop() == 0, wall.log()
    assert wall.log().count("the board is read-only without its database") == times


def test_a_missing_folder(tmp_path):
    with board_wall(tmp_path, "database = %s/later/board.db" % tmp_path) as wall, Board(wall) as board:
        assert "create its folder" in wall.log()
        assert told(board) == {"status": "ok", "reasons": [], "states": {
            "http": "the board is read-only: its database: No such file or directory"}}
        is_read_only(board)
        os.makedirs(tmp_path / "later")
        becomes_writable(wall)
        assert wall.log().count("create its folder") == 1


@contextlib.contextmanager
def disk(folder):
    """A small file system that is only this test's."""
    os.makedirs(folder)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "murald", str(folder)],
                             stderr=subprocess.PIPE, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("needs root and mount: " + mounted.stderr.strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_full_disk_and_a_read_only_one(tmp_path):
    """At the start; one that fills up later is the writer's matter."""
    with disk(tmp_path / "disk") as folder:
        options = "database = %s/board.db" % folder
        with board_wall(tmp_path, options) as wall, Board(wall) as board:
            token = board.register()
            board.paint(token, 0, 0, 4)
            assert wall.stop() == 0
        with open(folder / "ballast", "wb", buffering=0) as file:
            with pytest.raises(OSError):
                while file.write(bytes(4096)):
                    pass
        with board_wall(tmp_path, options) as wall, Board(wall) as board:
            is_read_only(board)
            os.unlink(folder / "ballast")
            becomes_writable(wall, token)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        with board_wall(tmp_path, options) as wall, Board(wall) as board:
            assert "Read-only file system" in told(board)["states"]["http"]
            is_read_only(board)
            subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
            becomes_writable(wall, token, 2)


@pytest.mark.parametrize("how", ["text", "middle", "cut"])
def test_a_broken_file_is_set_aside(tmp_path, how):
    path = tmp_path / "board.db"
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        token = board.register()
        for i in range(48):
            board.register("filler %d" % i, "x" * 150)
            board.paint(token, i % HEIGHT, i % WIDTH, 1)
        assert wall.stop() == 0
    data = bytearray(path.read_bytes())
    if how == "text":
        data = b"this was a database once, and is not any more\n" * 100
    elif how == "middle":
        data[4096 * 2:] = os.urandom(len(data) - 4096 * 2)
    else:
        del data[4096 * 3:]
    path.write_bytes(data)
    os.unlink(tmp_path / "canvas.png")
    with board_wall(tmp_path) as wall, Board(wall) as board:
        assert "is corrupt (" in wall.log() and "all generators have to register again" in wall.log()
        aside = [name for name in os.listdir(tmp_path) if ".broken-" in name]
        assert len(aside) == 1 and (tmp_path / aside[0]).read_bytes() == bytes(data)
        assert board.pixels() == [[0] * WIDTH] * HEIGHT
        assert board.register() != token


def test_a_broken_table_of_a_large_file(tmp_path):
    """Of which the log alone is not looked at."""
    path = tmp_path / "board.db"
    with board_wall(tmp_path) as wall:
        assert wall.stop() == 0
    (page, size), = rows(tmp_path, "SELECT rootpage, page_size FROM sqlite_master, pragma_page_size"
                         " WHERE name = 'removed'")
    with open(path, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
        file.truncate(65 << 20)
    with board_wall(tmp_path) as wall:
        assert "is corrupt (" in wall.log() and "cannot read" not in wall.log()


def test_a_file_that_cannot_be_written_for_a_while(tmp_path):
    """Another process has it locked: pixels go on, registrations are rejected with the reason, and
    once it is free everything is written."""
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        token = board.register()
        holder = sqlite3.connect(tmp_path / "board.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        board.paint(token, 1, 1, 2)
        answer = board.ask("PUT", "/register-pg", {"name": "late", "author": "a", "secret": "s"})
        assert answer.status == 503 and "try again" in answer.json()["error"]
        board.paint(token, 2, 2, 2)
        holder.execute("COMMIT")
        holder.close()
        late = board.register("late")
        wait_for("the log", lambda: rows(tmp_path, "SELECT count(*) FROM log") == [(2,)])
        assert board.put(late, 0, 0, 1).status == 200
        assert wall.log().count("cannot write") == wall.log().count("can be written again") == 1
        assert wall.stop() == 0
    assert rows(tmp_path, "SELECT count(*) FROM log") == [(3,)]


def test_the_oldest_part_of_a_long_log_becomes_a_picture(tmp_path):
    """Ten million rows stay; the base has what came before.  The log here has few rows, numbered
    as if it were long."""
    with board_wall(tmp_path) as wall:
        assert wall.stop() == 0
    with sqlite3.connect(tmp_path / "board.db") as db:
        db.executemany("INSERT INTO log VALUES (?, 0, ?, ?, 0, 1)",
                       [(1, 5, 1), (2, 5, 2), (3, 1 << 16, 3), (60000, 5, 4), (10060000, 6, 1)])
        db.execute("INSERT INTO base VALUES (9, 1), (5, 0)")
    with board_wall(tmp_path) as wall, Board(wall) as board:
        board.paint(board.register(), 0, 0, 1)
        assert wall.stop() == 0
    assert rows(tmp_path, "SELECT number FROM log ORDER BY number") == [(10060000,), (10060001,)]
    assert set(rows(tmp_path, "SELECT place, colour FROM base")) == {(9, 1), (5, 4), (1 << 16, 3)}


def test_a_changed_section_reopens_the_board_with_all_that_was_on_it(tmp_path):
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        token = board.register()
        board.paint(token, 1, 2, 3)
        board.close()
        wall.edit_config("pixel-rate = 0ms", "pixel-rate = 55ms")
        wall.process.send_signal(signal.SIGHUP)
        wait_for("the new board", lambda: wall.log().count("http: listening on") == 2)
        with Board(wall) as board:
            assert board.settings()["pixel_rate"] == 55
            assert board.pixels()[1][2] == 3 and board.register() == token
        assert wall.stop() == 0, wall.log()
