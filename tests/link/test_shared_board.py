# SPDX-License-Identifier: MIT
"""The board behind a load balancer: one for all walls of the same picture."""
import contextlib
import json
import os
import signal
import sqlite3
import struct
import time

import pytest

from boardclient import Board, board_wall
from control import Operator, control
from linking import cluster, section, short_folder, wait_linked
from shared import SHARED, SPENT, dots, malformed, needs_http, told
from waiting import wait_for
from wall import DOTS, dot, has_plugin

pytestmark = pytest.mark.skipif(
    not has_plugin("link"), reason="built without link: apt-get install libhiredis-dev libzstd-dev")
LONG = os.environ.get("MURALD_LONG")


# ---- the board

GENERATORS = "mural:{mural.0.0}:share:http/generators"


@contextlib.contextmanager
def boards(engine, tmp_path, *names, rate="1h", more=""):
    """Walls with a board each, linked."""
    with contextlib.ExitStack() as stack:
        walls = [stack.enter_context(board_wall(
            short_folder(tmp_path, name), more, others=DOTS + section(engine), core=SHARED, rate=rate))
                 for name in names]
        wait_linked(*walls)
        yield [stack.enter_context(Board(wall)) for wall in walls]


def known(board, token):
    """Whether a board has the generator, without a cell set: there is none so far out."""
    return board.put(token, 1000, 0, 0).status == 400


@needs_http
def test_one_token_and_one_cooldown(engine, tmp_path):
    with boards(engine, tmp_path, "a", "b") as (a, b):
        token, other = a.register("one"), b.register("other")
        wait_for("both to know both", lambda: known(b, token) and known(a, other))
        a.paint(token, 0, 0, 3)
        assert b.put(token, 0, 1, 3).status == 429
        answer = b.put(token, 0, 1, 3)
        assert answer.status == 429 and answer.json()["timeoutRemaining"] > 3000
        b.paint(other, 1, 1, 3)
        assert a.put(other, 1, 1, 4).status == 429
        assert a.register("one") == token and b.register("other") == other
        assert b.register("one") == token
        # who is removed from one is removed from all
        assert a.ask("DELETE", "/remove-pg", {"id": token}).status == 200
        wait_for("it to be gone", lambda: b.put(token, 2, 2, 0).status == 401)


@needs_http
def test_a_cooldown_that_is_not_told(engine, tmp_path):
    """Somebody has it all the same."""
    with boards(engine, tmp_path, "a", "b") as (a, b):
        token = a.register("one")
        wait_for("b to know it", lambda: known(b, token))
        engine.ask("ACL", "SETUSER", "default", "-pttl")
        a.paint(token, 0, 0, 3)
        assert b.put(token, 0, 1, 3).status == 429


@needs_http
def test_boards_without_an_engine(engine, tmp_path):
    """Each by itself; what happened meanwhile the others know afterwards, also who was not there."""
    with boards(engine, tmp_path, "a", "b", rate="5m") as (a, b):
        token, old = a.register("one"), a.register("old")
        wait_for("both to know it", lambda: known(b, token) and known(b, old))
        engine.process.send_signal(signal.SIGSTOP)
        a.paint(token, 0, 0, 3)  # the engine is waited for, but not for long
        engine.kill()
        b.paint(token, 0, 1, 3)
        late = b.register("late")
        assert a.ask("DELETE", "/remove-pg", {"id": old}).status == 200
        engine.start()
        wait_for("a to know who was late", lambda: known(a, late), 60)
        wait_for("b to know who is gone", lambda: b.put(old, 1000, 0, 0).status == 401, 60)
        # an engine that has lost all is told all
        with boards(engine, tmp_path, "c") as (c,):
            wait_for("c to know all", lambda: known(c, late) and known(c, token), 60)
            assert c.put(old, 0, 0, 0).status == 401


@needs_http
def test_what_was_told_meanwhile(engine, tmp_path):
    """Nobody's budget pays for what others told while a wall was not linked: it had limits of its own."""
    with board_wall(short_folder(tmp_path, "a"), others=DOTS + section(engine),
                    core=SHARED + "pixels-per-source = 500\n") as a, Board(a) as board:
        wait_linked(a)
        a.paint(dots(10))
        wait_for("it to be told", lambda: told(engine) == {"127.0.0.1": 10})
        a.process.send_signal(signal.SIGSTOP)
        engine.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        engine.ask("XADD", SPENT, "*", "n", "somebody", "d", b"?")
        a.process.send_signal(signal.SIGCONT)
        wait_for("it to be linked", lambda: a.log().count("linked by") == 2, 60)
        a.paint(dots(10, (1, 2, 3)))  # which it tells behind its question for the last one
        wait_for("it to be told", lambda: engine.ask("XLEN", SPENT) > 2)
        engine.ask("XADD", SPENT, "*", "n", "somebody", "d", b"?")
        wait_for("that to be read", lambda: malformed(board, "link") > 0)
        assert malformed(board, "link") == 1


def tell(engine, said):
    engine.ask("XADD", GENERATORS, "*", "n", "somebody", "d", json.dumps(said))


def registrations(engine):
    """All that was told."""
    return [json.loads(fields[3]) for _, fields in engine.ask("XRANGE", GENERATORS, "-", "+")]


def parcel(number, **more):
    """A registration on another wall."""
    return dict({"id": "%024x" % number, "name": "n", "author": "a", "secret": "5" * 64, "number": number}, **more)


@needs_http
def test_who_was_removed_stays_so(engine, tmp_path):
    """Also if a wall that has not heard of it tells it once more."""
    with boards(engine, tmp_path, "a", "b") as (a, b):
        token, never = a.register("one"), parcel(7)
        assert a.ask("DELETE", "/remove-pg", {"id": token}).status == 200
        tell(engine, {"removed": never["id"]})
        for said in never, parcel(8, id=token), parcel(9):
            tell(engine, said)
        for board in a, b:
            wait_for("the last of them", lambda board=board: known(board, "%024x" % 9))
            assert [board.put(gone, 1000, 0, 0).status for gone in (token, never["id"])] == [401, 401]


@needs_http
def test_removals_outlive_a_restart(engine, tmp_path):
    """Whoever was away, and whatever the engine has lost meanwhile."""
    def remove(board, token):
        assert board.ask("DELETE", "/remove-pg", {"id": token}).status == 200

    def gone(board, token):
        wait_for("it to be gone", lambda: board.put(token, 1000, 0, 0).status == 401, 60)

    with boards(engine, tmp_path, "a", "b") as (a, b):
        tokens = one, other, third = [a.register("n%d" % i) for i in range(3)]
        wait_for("b to know them", lambda: all(known(b, token) for token in tokens))
    with boards(engine, tmp_path, "a") as (a,):
        remove(a, third)
        wait_for("it to be told", lambda: {"removed": third} in registrations(engine))
        engine.ask("XTRIM", GENERATORS, "MAXLEN", 0)
        with boards(engine, tmp_path, "b") as (b,):  # which tells all that it has
            gone(b, third)
        remove(a, other)
        engine.kill()  # it loses all that it had
        remove(a, one)
    engine.start()
    with boards(engine, tmp_path, "a", "b") as (a, b):
        for token in tokens:
            gone(b, token)
            assert not known(a, token)
    with board_wall(short_folder(tmp_path, "a"), rate="1h") as wall, Board(wall) as board:
        assert not known(board, one)  # also if it shares nothing any more
        assert wall.stop() == 0


@needs_http
def test_what_was_removed_while_nothing_is_shared_is_told_later(engine, tmp_path):
    """Without the others' limits for a while, a wall still knows what they have."""
    folder = short_folder(tmp_path, "a")
    with board_wall(folder, rate="1h") as wall, Board(wall) as board:
        alone = board.register("alone")
        assert board.ask("DELETE", "/remove-pg", {"id": alone}).status == 200
    with boards(engine, tmp_path, "a", "b") as (a, b):
        ours, theirs = a.register("ours"), b.register("theirs")
        wait_for("both to know both", lambda: known(b, ours) and known(a, theirs))
    with board_wall(folder, rate="1h") as wall, Board(wall) as board:
        for token in ours, theirs:
            assert board.ask("DELETE", "/remove-pg", {"id": token}).status == 200
        late = board.register("late")
    with boards(engine, tmp_path, "b", "a") as (b, a):
        wait_for("b to know it", lambda: known(b, late))
        wait_for("b to have removed them", lambda: not known(b, ours) and not known(b, theirs))
        assert not known(a, ours) and not known(a, theirs)
        assert {"removed": alone} not in registrations(engine)


@needs_http
def test_the_oldest_removals_give_way(engine, tmp_path):
    """Of more than 4096 that a wall has heard of."""
    many = """for i = 1, 4097 do redis.call('XADD', KEYS[1], '*', 'n', 'somebody', 'd',
        string.format('{"removed":"%024x"}', i)) end"""
    with boards(engine, tmp_path, "a") as (a,):
        engine.ask("EVAL", many, 1, GENERATORS)
        tell(engine, parcel(9000))
        wait_for("the last of it", lambda: known(a, "%024x" % 9000), 60)
        for number in 1, 2, 9001:
            tell(engine, parcel(number))
        wait_for("the last of it", lambda: known(a, "%024x" % 9001))
        assert known(a, "%024x" % 1) and not known(a, "%024x" % 2)
    with contextlib.closing(sqlite3.connect(os.path.join(tmp_path, "a", "board.db"))) as database:
        count = "SELECT count(*), min(id) FROM removed"
        assert database.execute(count).fetchone() == (4096, "%024x" % 2)
        # as if it had not been able to write down that the oldest are forgotten
        with database:
            database.executemany("INSERT INTO removed (id, told) VALUES (?, 1)",
                                 [("%024x" % (10000 + i),) for i in range(10)])
        with boards(engine, tmp_path, "a") as (a,):
            tell(engine, {"removed": "%024x" % 20000})
            tell(engine, parcel(9002))
            wait_for("the last of it", lambda: known(a, "%024x" % 9002))
        assert database.execute(count).fetchone() == (4096, "%024x" % 13)


@needs_http
def test_who_is_told_late_is_told_in_order(engine, tmp_path):
    """What has come back says that all before it are there: the engine may end in between."""
    with boards(engine, tmp_path, "a") as (a,):
        engine.kill()
        tokens = [a.register("n%d" % i) for i in range(20)]
        engine.start()
        wait_for("all to be told", lambda: engine.ask("XLEN", GENERATORS) >= len(tokens), 60)
        said = registrations(engine)
        assert [one["id"] for one in said] == tokens


@needs_http
def test_an_engine_that_began_anew_unseen(engine, tmp_path):
    """Another wall has told it something before this one is linked to it again."""
    def told_number():
        with contextlib.closing(sqlite3.connect(os.path.join(tmp_path, "b", "board.db"))) as database:
            return database.execute("SELECT value FROM number WHERE name = 'told'").fetchone()

    with boards(engine, tmp_path, "b") as (b,):
        token = b.register("one")
        wait_for("it to have come back", lambda: told_number() == (1,))
    engine.ask("FLUSHALL")
    tell(engine, parcel(7))
    with boards(engine, tmp_path, "b", "c") as (b, c):
        wait_for("c to know it", lambda: known(c, token), 60)
        assert known(c, "%024x" % 7)


@needs_http
def test_a_full_board_of_other_walls(engine, tmp_path):
    """Of those that others tell, too, the source that holds most gives way."""
    many = """for i = 0, 32767 do redis.call('XADD', KEYS[1], '*', 'n', 'somebody', 'd', string.format(
        '{"id":"%024x","name":"n","author":"a","secret":"%064x","number":%d,"source":%d}',
        i + 100, 5, i + 100, 2 + i % 8)) end"""
    with boards(engine, tmp_path, "a") as (a,):
        tell(engine, parcel(7, source=1))
        engine.ask("EVAL", many, 1, GENERATORS)
        wait_for("all to be known", lambda: known(a, "%024x" % (100 + 32767)), 120)
        assert not all(known(a, "%024x" % (100 + i)) for i in range(8))
        assert known(a, "%024x" % 7)


@needs_http
def test_who_paints_on_another_wall_is_not_idle(engine, tmp_path):
    """Who has not painted since a wall started is idle since the machine did."""
    with boards(engine, tmp_path, "a", "b") as (a, b):
        old, busy = a.register("old"), a.register("busy")
        wait_for("b to know both", lambda: known(b, old) and known(b, busy))
    with boards(engine, tmp_path, "a", "b") as (a, b):
        a.paint(busy, 1, 1, 3)
        wait_for("b to hear it", lambda: b.settings()["stats"]["pixels"] == 1)
        half = int(time.clock_gettime(time.CLOCK_MONOTONIC) / 2)
        assert b.ask("POST", "/removeGenerators", {"token": "adm", "idle": half}).json()["removed"] == 1
        assert known(b, busy) and not known(b, old)


CELLS = "mural:{mural.0.0}:share:http/cells"


def cell(row, column, colour, again=0, token="0" * 24, kind=0):
    """One of a parcel (doc/protocols.md)."""
    return struct.pack(">HHBB12sB16x", row, column, colour, again, bytes.fromhex(token), kind)


@needs_http
def test_one_log_and_one_budget_of_cells(engine, tmp_path):
    """Who painted a cell on one wall is known on the other, and its source has two in an hour on both."""
    with boards(engine, tmp_path, "a", "b", more="painters-per-source = 2\n") as (a, b):
        one, two, three = (a.register(name) for name in ("one", "two", "three"))
        wait_for("b to know all", lambda: all(known(b, token) for token in (one, two, three)))
        a.paint(one, 1, 2, 3)
        wait_for("b to hear it", lambda: b.settings()["stats"]["pixels"] == 1)
        assert b.put(one, 5, 5, 3).status == 429, "which costs its source nothing"
        b.paint(two, 3, 4, 0)  # which is white already
        for board in a, b:
            wait_for("both to be counted", lambda board=board: board.settings()["stats"] == {
                "pixels": 2, "unnecessaryPixels": 1})
            wait_for("who painted", lambda board=board: [
                board.ask("GET", "/getPixelAuthor/" + at).json()["author"] for at in ("2/1", "4/3")]
                     == ["one (a)", "two (a)"])
            assert board.put(three, 5, 5, 3).status == 429
        assert b.ask("GET", "/servers").body.count(b"one") > 0


@needs_http
def test_a_cell_that_is_set_while_another_waits_for_it(engine, tmp_path):
    """Its colour has not come when one here sets it to the same: that one painted it."""
    with boards(engine, tmp_path, "a") as (a,):
        one, other = a.register("one"), parcel(7)
        tell(engine, other)
        wait_for("it to be known", lambda: known(a, other["id"]))
        engine.ask("XADD", CELLS, "*", "n", "somebody", "d", b"\1" + cell(0, 0, 3, token=other["id"]))
        wait_for("it to be heard", lambda: a.settings()["stats"]["pixels"] == 1)
        a.paint(one, 0, 0, 3)
        wait_for("it to be told, with a look at who waits", lambda: engine.ask("XLEN", CELLS) == 2)
        assert a.ask("GET", "/getPixelAuthor/0/0").json()["author"] == "one (a)"


@needs_http
def test_a_cell_that_comes_before_its_generator(engine, tmp_path):
    """Registrations are a stream of their own, which may be read later."""
    with boards(engine, tmp_path, "a") as (a,):
        early, late = parcel(7), parcel(8)
        for registration, colour in (early, 3), (late, 2), (early, 4):
            engine.ask("XADD", CELLS, "*", "n", "somebody", "d", b"\1" + cell(0, 0, colour, token=registration["id"]))
        engine.ask("XADD", CELLS, "*", "n", "somebody", "d", b"\2")
        wait_for("all to be read", lambda: malformed(a, "http") == 1)
        for registration, counted in (early, 2), (late, 3):
            tell(engine, registration)
            wait_for("each to be counted", lambda n=counted: a.settings()["stats"]["pixels"] == n)
    with contextlib.closing(sqlite3.connect(os.path.join(tmp_path, "a", "board.db"))) as database:
        assert database.execute("SELECT colour FROM cell").fetchall() == [(4,)], "what was set last"
        assert database.execute("SELECT value FROM number WHERE name = 'pixels'").fetchone() == (3,)
        assert database.execute("SELECT sum(pixels) FROM generator").fetchone() == (3,)


@needs_http
def test_a_cell_that_is_cleared_before_its_generator_comes(engine, tmp_path):
    """What an operator has taken away does not come back at the next start."""
    folder, late = short_folder(tmp_path, "a"), parcel(7)
    with board_wall(folder, others=DOTS + section(engine), core=SHARED + control(folder)) as wall, \
            Board(wall) as a, Operator(wall) as operator:
        wait_linked(wall)
        engine.ask("XADD", CELLS, "*", "n", "somebody", "d", b"\1" + cell(0, 0, 3, token=late["id"]))
        engine.ask("XADD", CELLS, "*", "n", "somebody", "d", b"\2")
        wait_for("all to be read", lambda: malformed(a, "http") == 1)
        wall.paint(dot(0, 0, (255, 0, 0)))
        operator.done("clear", rect="8x8+0+0")
        tell(engine, late)
        wait_for("it to be counted", lambda: a.settings()["stats"]["pixels"] == 1)
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "board.db"))) as database:
        assert database.execute("SELECT count(*) FROM cell").fetchone() == (0,)
        assert database.execute("SELECT pixels FROM generator").fetchall() == [(1,)]


@needs_http
def test_many_boards(engine, tmp_path):
    """Each has topics of its own."""
    names = ["two", "three", "four", "five"]
    with contextlib.ExitStack() as stack:
        walls = []
        for folder in short_folder(tmp_path, "a"), short_folder(tmp_path, "b"):
            more = "".join("[plugin http %s]\nlisten = 127.0.0.1:0\ndatabase = %s/%s.db\n" % (
                name, folder, name) for name in names)
            walls.append(stack.enter_context(board_wall(folder, more, others=DOTS + section(engine), core=SHARED)))
        wait_linked(*walls)
        for name in ["http", *names]:
            a, b = (stack.enter_context(Board(wall, name=name)) for wall in walls)
            token = a.register(name)
            wait_for("b to know it", lambda b=b, token=token: known(b, token))


@needs_http
@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.skipif(not LONG, reason="a cluster takes its time: set MURALD_LONG=1")
def test_a_board_in_a_cluster(tmp_path, n):
    """Tokens, cool-downs and cells go where its node is, whichever a wall was told."""
    with cluster(tmp_path, n) as nodes, contextlib.ExitStack() as stack:
        walls = [stack.enter_context(board_wall(short_folder(tmp_path, name), others=DOTS + section(node),
                                                core=SHARED, rate="1h")) for name, node in (("a", nodes[0]), ("b", nodes[-1]))]
        wait_linked(*walls)
        a, b = (stack.enter_context(Board(wall)) for wall in walls)
        token = a.register("one")
        wait_for("b to know it", lambda: known(b, token))
        a.paint(token, 0, 0, 3)
        assert b.put(token, 0, 1, 3).status == 429
        wait_for("who painted", lambda: b.ask("GET", "/getPixelAuthor/0/0").json()["author"] == "one (a)")
        assert nodes[-1].ask("XLEN", GENERATORS) == 1
        assert ("its cluster has this wall" in walls[0].log()) == (n > 1)


@needs_http
def test_forged_registrations(engine, tmp_path):
    good = {"id": "0" * 24, "name": "n", "author": "a", "secret": "5" * 64, "number": 1}
    bad = [dict(good, id="x" * 24), dict(good, id="0" * 23), dict(good, name="n" * 201), dict(good, name=1),
           dict(good, secret="5" * 62), dict(good, author=None), {"removed": "y"}, {"removed": 7}, [], {}]
    with boards(engine, tmp_path, "a", "b") as (a, b):
        for forged in bad:
            engine.ask("XADD", GENERATORS, "*", "n", "somebody", "d", json.dumps(forged))
        engine.ask("XADD", GENERATORS, "*", "n", "somebody", "d", b"\xff{")
        engine.ask("XADD", GENERATORS, "*", "d", json.dumps(good))
        for cells in (b"", b"\2" + cell(0, 0, 0), b"\1" + cell(0, 0, 0)[:-1], b"\1" + cell(6, 0, 0),
                      b"\1" + cell(0, 8, 0), b"\1" + cell(0, 0, 5), b"\1" + cell(0, 0, 0, again=2),
                      b"\1" + cell(0, 0, 0, kind=5), b"\1" + cell(0, 0, 0) * 1025):
            engine.ask("XADD", CELLS, "*", "n", "somebody", "d", cells)
            bad.append(cells)
        engine.ask("XADD", CELLS, "*", "n", "somebody", "d", b"\1" + cell(0, 0, 3))
        for board in a, b:
            wait_for("the last cell", lambda board=board: board.settings()["stats"]["pixels"] == 1)
            wait_for("the last of them", lambda board=board: known(board, good["id"]))
            assert malformed(board, "http") == len(bad) + 1
