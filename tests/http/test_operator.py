# SPDX-License-Identifier: MIT
"""POST /admin/api/VERB: every verb is answered as at the control socket."""
import collections
import contextlib
import http.client
import json
import os
import re
import socket
import sqlite3
import threading

import pytest

from adminapi import ADMIN, ask, wall  # noqa: F401 (fixtures)
from boardclient import Board, board_wall
from control import Operator, control, png
from waiting import wait_for
from wall import DOTS, dot

# {verb, arguments, status, the word of an error or None}
CASES = [
    ("status", None, 200, None),
    ("status", {}, 200, None),
    ("status", {"more": 1}, 400, "usage"),
    ("verbs", None, 200, None),
    ("top", None, 200, None),
    ("top", {"net": "192.0.2.1"}, 400, "usage"),
    ("grab", {"rect": "8x8+60+8"}, 200, None),
    ("grab", {"rect": "8x8+64+8"}, 400, "usage"),
    ("snapshot", None, 200, None),
    ("plugin", {"name": "absent", "switch": "off"}, 404, "unknown"),
    ("plugin", {"name": "http", "switch": "on"}, 200, None),
    ("plugin", {"name": "http"}, 400, "usage"),
    ("reload", None, 200, None),
    ("freeze", None, 200, None),
    ("freeze", {"rect": "10x10+0+0"}, 200, None),
    ("freeze", {"rect": "10x10+64+0"}, 400, "usage"),
    ("freeze", {"rect": "0x10+0+0"}, 400, "usage"),
    ("freeze", {"rect": 7}, 400, "usage"),
    ("thaw", None, 200, None),
    ("clear", None, 200, None),
    ("clear", {"rect": "1x1+63+47", "colour": "#ff0000"}, 200, None),
    ("clear", {"colour": "red"}, 400, "usage"),
    ("paint", {"png": png(8, 8), "to": "8,8"}, 200, None),
    ("paint", {"png": png(8, 8), "to": "0,41"}, 400, "usage"),
    ("paint", {"to": "8,8"}, 400, "usage"),
    ("paint", {"png": "AAAA"}, 400, "usage"),
    ("restore", {"at": "-1ms", "rect": "8x8+0+0"}, 200, None),
    ("restore", {"at": "2000-01-01T00:00:00Z"}, 404, "unknown"),
    ("restore", {"at": "2100-01-01T00:00:00Z"}, 400, "usage"),
    ("restore", {"at": "-1ms", "rect": "8x8+64+0"}, 400, "usage"),
    ("restore", None, 400, "usage"),
    ("undo", {"number": 99}, 409, "refused"),
    ("undo", {"number": -1}, 400, "usage"),
    ("undo", None, 400, "usage"),
    ("undo", {"source": "198.51.100.1"}, 404, "unknown"),
    ("undo", {"source": "http:crowd", "since": "-10min", "rect": "10x10+0+0", "count": True}, 200, None),
    ("undo", {"source": "http:crowd"}, 200, None),
    ("who", {"point": "0,0"}, 200, None),
    ("who", {"point": "64,0"}, 400, "usage"),
    ("highlight", {"source": "http:crowd", "for": "1s"}, 200, None),
    ("highlight", None, 200, None),
    ("highlight", {"source": "198.51.100.1"}, 404, "unknown"),
    ("protect", {"rect": "8x8+8+8"}, 200, None),
    ("protect", None, 400, "usage"),
    ("protect", {"png": png(8, 8), "to": "8,8"}, 200, None),
    ("protect", {"png": png(8, 8), "rect": "8x8+8+8"}, 400, "usage"),
    ("protect", {"png": png(8, 8), "to": "60,8"}, 400, "usage"),
    ("protect", {"png": png(8, 8), "offset": 5}, 400, "usage"),
    ("protect", {"png": "AAAA"}, 400, "usage"),
    ("protect", {"png": "AAA"}, 400, "usage"),
    ("protect", {"png": ""}, 400, "usage"),
    ("unprotect", {"rect": "8x8+8+8"}, 200, None),
    ("protected", None, 200, None),
    ("ban", {"net": "203.0.113.0/24", "for": "10min", "why": "no", "out": True}, 200, None),
    ("ban", {"net": "192.0.2.0/24", "for": "a while"}, 400, "usage"),
    ("ban", {"net": "0.0.0.0/0"}, 409, "refused"),
    ("ban", {"net": "here"}, 400, "usage"),
    ("bans", None, 200, None),
    ("acts", None, 200, None),
    ("acts", {"source": "192.0.2.1"}, 400, "usage"),
    ("blank", {"switch": "on"}, 500, "failed"),
    ("blank", {"switch": "dark"}, 400, "usage"),
    ("blank", None, 400, "usage"),
    ("notice", {"text": "Hi", "for": "5min"}, 200, None),
    ("notice", None, 200, None),
    ("notice", {"text": "x" * 256}, 400, "usage"),
    ("notice", {"text": "two\nlines"}, 400, "usage"),
    ("notice", {"for": "5min"}, 400, "usage"),
    ("notice", {"text": "Hi", "for": "ever"}, 400, "usage"),
    ("unban", {"net": "198.51.100.1"}, 404, "unknown"),
    ("nonsense", None, 404, "unknown"),
    ("", None, 404, "unknown"),
]


@pytest.mark.parametrize("verb, arguments, status, word", CASES)
def test_the_same_by_socket_and_by_http(wall, board, verb, arguments, status, word):
    with Operator(wall) as operator:
        operator.done("clear")
        if verb == "restore":
            wait_for("something to be recorded", lambda: "is" in operator.ask("restore", at="-1ms", rect="1x1+0+0"))
    answer = ask(board, verb, arguments)
    assert answer.status == status, answer
    assert answer.json().get("error") == word
    with Operator(wall) as operator:
        same = operator.ask(verb, **arguments or {})
    assert same.get("error") == word
    assert same.keys() == answer.json().keys()
    if word and word != "refused":  # whose reason is whoever asks
        assert same == answer.json()


def test_every_verb_has_a_case(wall):
    with Operator(wall) as operator:
        verbs = {verb["verb"] for verb in operator.done("verbs")["verbs"]}
    assert verbs == {case[0] for case in CASES if case[3] is None} | {"blank", "unban"}


def test_acts_are_taken_back(board):
    done = ask(board, "clear", {"rect": "4x4+0+0", "colour": "#ffffff"}).json()["is"]
    assert done["pixels"] == 16
    assert ask(board, "undo", {"number": done["number"]}).json()["is"]["pixels"] == 16


def test_a_cell_is_its_generators(wall, board):
    board.paint(board.register(name="anna"), 1, 2, 3)
    with Operator(wall) as operator:
        who = operator.done("who", point="20,10")
        assert who["source"] == "http:anna" and who["protocol"] == "http"
        assert operator.done("undo", source="http:anna")["pixels"] == 64


@pytest.mark.parametrize("identity", ["secret", "name"])
def test_nobody_paints_by_anothers_name(tmp_path, identity):
    names = ["anna", "anna", "anna#2", "crowd", "-", "", "anna", "x" * 200, "x" * 199 + "y", "a\tb",
             "\x1b[2J\u009b1m\u202e"]
    painters = ["anna", "anna#2", "anna#2#3", "crowd#4", "-#5", "#6", "anna#7", "x" * 27 + "#8", "x" * 27 + "#9", "a?b#10",
                "?[2J?1m?#11"]
    core = "[canvas]\nowners = yes\n" + control(tmp_path)

    def owners(operator):
        return [operator.done("who", point="%d,%d" % (at % 8 * 8, at // 8 * 8))["source"] for at in range(len(names))]
    with board_wall(tmp_path, "identity = " + identity, core=core) as wall, Board(wall) as board, Operator(wall) as operator:
        tokens = [board.register(name=name, author="author %d" % at, secret="") for at, name in enumerate(names)]
        assert len(set(tokens)) == len(names)
        for at, token in enumerate(tokens):
            board.paint(token, at // 8, at % 8, 3)
        assert owners(operator) == ["http:" + painter for painter in painters]
        assert operator.done("undo", source="http:anna", count=True)["pixels"] == 64
        assert operator.done("undo", source="http:anna#2")["pixels"] == 64
        assert owners(operator)[:3] == ["http:anna", "nobody", "http:anna#2#3"]
        assert board.ask("DELETE", "/remove-pg", {"id": tokens[0]}).status == 200
        board.paint(board.register(name="anna", author="another", secret=""), 5, 0, 3)
        assert operator.done("who", point="0,44")["source"] == "http:anna#12", "the first one's cell is there still"


def test_nobody_bans_himself_by_mistake(wall, board):
    with socket.create_connection(("127.0.0.1", wall.port("http")), 10, ("127.0.0.9", 0)) as other:
        body = b'{"net":"127.0.0.8/31"}'
        other.sendall(b"POST /admin/api/ban HTTP/1.1\r\nHost: w\r\nAuthorization: bearer adm\r\n"
                      b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = other.recv(4096)
    assert answer.startswith(b"HTTP/1.1 409 ") and b"you are in that network" in answer
    assert ask(board, "ban", {"net": "127.0.0.8/31"}).status == 200
    assert ask(board, "unban", {"net": "127.0.0.8/31"}).status == 200


def test_nobody_behind_a_proxy_bans_himself_by_mistake(tmp_path):
    core = control(tmp_path)
    with board_wall(tmp_path, "proxies = 127.0.0.9", core=core) as wall, Board(wall, "127.0.0.9") as proxy:
        def ban(net, visitor):
            return ask(proxy, "ban", {"net": net}, dict(ADMIN, **{"X-Forwarded-For": visitor}))

        assert "you are in that network" in ban("198.51.100.0/24", "198.51.100.1").json()["why"]
        assert "you are in that network" in ban("2001:db8::/64", "2001:db8::1").json()["why"]
        assert ban("198.51.100.0/24", "203.0.113.1").status == 200
        with Operator(wall) as operator:
            ban, = operator.done("bans")["bans"]
        assert ban["who"] == "http: admin at 203.0.113.1:0"


def test_a_proxy_that_names_nobody_asks_for_itself(tmp_path):
    """Also on the connection on which it has just spoken for somebody."""
    with board_wall(tmp_path, "proxies = 127.0.0.9", core=control(tmp_path)) as wall, Board(wall, "127.0.0.9") as proxy:
        def guess(token, headers=()):
            return proxy.ask("POST", "/changePixelRate", {"token": token, "new_rate": 5}, headers).status

        visitor = {"X-Forwarded-For": "203.0.113.1"}
        assert guess("guess", visitor) == 401 and guess("adm", visitor) == 429
        assert guess("adm") == 200, "the visitor's guesses are the proxy's"
        assert guess("adm", visitor) == 429
        assert ask(proxy, "ban", {"net": "203.0.113.1/32"}).status == 200, "the proxy is the visitor"
        assert "you are in that network" in ask(proxy, "ban", {"net": "127.0.0.9/32"}).json()["why"]
        with Operator(wall) as operator:
            ban, = operator.done("bans")["bans"]
        assert ban["who"].startswith("http: admin at 127.0.0.9:")


def test_switching_off_what_is_asked_through_is_said_twice(wall, board):
    answer = ask(board, "plugin", {"name": "http", "switch": "off"})
    assert answer.status == 409 and answer.json()["again"] == {"really": True}
    try:
        ask(board, "plugin", {"name": "http", "switch": "off", "really": True})
    except OSError:
        pass  # the answer went with the plugin
    with Operator(wall) as operator:
        wait_for("it to be closed", lambda: not operator.done("status")["plugins"][0]["open"])
        wait_for("it to be opened", lambda: "is" in operator.ask("plugin", name="http", switch="on"))
        assert operator.done("status")["plugins"][0]["open"]


def test_the_log_names_the_address_and_no_token(wall, board):
    ask(board, "snapshot")
    with Operator(wall) as operator:
        act, = operator.log()
    assert re.fullmatch(r"http: admin at 127\.0\.0\.1:\d+", act["who"])
    with open(wall.folder + "/control.log") as f:
        assert "adm\"" not in f.read()
    assert "Bearer" not in wall.log()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "Bearer wrong"},
                                     {"Authorization": "Basic adm"}, {"Authorization": "Bearer adm adm"},
                                     {"Authorization": "Bearer admm"}, {"Authorization": "Bearer ad"}])
def test_without_the_token(board, headers):
    answer = ask(board, "status", headers=headers)
    assert answer.status == 401 and answer.headers["WWW-Authenticate"] == "Bearer"


def test_without_a_token_in_the_config_it_is_nobodys(tmp_path):
    with board_wall(tmp_path, "admin-token =") as wall, Board(wall) as board:
        assert ask(board, "status", headers={"Authorization": "Bearer "}).status == 401


def test_guesses_are_slowed_down_and_counted(wall, board):
    wrong = {"Authorization": "Bearer wrong"}
    assert [ask(board, "status", headers={}).status for _ in range(9)] == [401] * 9, "none is no wrong one"
    for _ in range(3):
        wait_for("another guess", lambda: ask(board, "status", headers=wrong).status == 401)
    assert ask(board, "status").status == 429
    with socket.create_connection(("127.0.0.1", wall.port("http")), 10, ("127.0.0.9", 0)) as other:
        other.sendall(b"POST /admin/api/status HTTP/1.1\r\nHost: w\r\nAuthorization: bearer adm\r\n"
                      b"Content-Length: 0\r\n\r\n")
        assert other.recv(12) == b"HTTP/1.1 200"
    text = board.ask("GET", "/metrics").body.decode()
    assert 'murald_discarded_total{plugin="http",reason="unauthorized"} 12' in text
    assert 'murald_control_total{verb="status"} 1' in text


def test_ten_thousand_wrong_tokens(wall, board):
    """Hardly any of them is looked at, and the right one from elsewhere is."""
    n, wrong = 10000, (b"POST /admin/api/status HTTP/1.1\r\nHost: w\r\nAuthorization: Bearer wrong\r\n"
                       b"Content-Length: 0\r\n\r\n")
    with socket.create_connection(("127.0.0.1", wall.port("http")), 60, ("127.0.0.9", 0)) as guesser:
        sender = threading.Thread(target=lambda: guesser.sendall(wrong * n))
        sender.start()
        assert ask(board, "status").status == 200
        answers, said = guesser.makefile("rb"), collections.Counter()
        while sum(said.values()) < n:
            line = answers.readline()
            if line.startswith(b"HTTP/1.1 "):
                said[line[9:12]] += 1
        sender.join()
    assert set(said) == {b"401", b"429"} and said[b"401"] < 20, said
    assert 'reason="rate_limited"} %d' % said[b"429"] in board.ask("GET", "/metrics").body.decode()


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'{"a":1,"a":2}', b"\xff"])
def test_a_body_that_is_no_object(board, body):
    answer = ask(board, "status", body)
    assert answer.status == 400 and answer.json()["error"] == "syntax"


def test_a_body_that_is_too_long(board):
    assert ask(board, "status", b"{" + b" " * 70000 + b"}").status == 413


def test_other_methods(board):
    assert board.ask("GET", "/admin/api/status", headers=ADMIN).status == 405


def test_who_leaves_before_the_answer(wall):
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", wall.port("http")), 10) as client:
            client.sendall(b"POST /admin/api/reload HTTP/1.1\r\nHost: w\r\nAuthorization: Bearer adm\r\n"
                           b"Content-Length: 0\r\n\r\n")
    with Operator(wall) as operator:
        assert "is" in operator.ask("status")
    connection = http.client.HTTPConnection("127.0.0.1", wall.port("http"), timeout=20)
    connection.request("POST", "/admin/api/status", json.dumps({}), ADMIN)
    assert connection.getresponse().status == 200
    connection.close()
    assert wall.stop() == 0


# ---- what was taken away does not come back

@pytest.mark.parametrize("how", ["clear", "undo", "restore"])
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_cell_that_was_taken_away_does_not_come_back(wall, how, end):
    with Board(wall) as board, Operator(wall) as operator:
        anna, bert = (board.register(name=name) for name in ("anna", "bert"))
        operator.done("clear", rect="8x8+0+0")
        wait_for("something to be recorded", lambda: "is" in operator.ask("restore", at="-1ms", rect="1x1+0+0"))
        before = operator.done("restore", at="-1ms", rect="1x1+0+0")["at"]
        board.paint(anna, 1, 2, 3)
        board.paint(bert, 3, 4, 3)
        white = (255, 255, 255)
        assert wall.picture().getpixel((20, 10)) != white
        if how == "clear":
            operator.done("clear", rect="16x16+16+8")
        elif how == "undo":
            operator.done("undo", source="http:anna")
        else:
            operator.done("restore", at=before, rect="16x8+16+8")
        picture = wall.picture()
        assert picture.getpixel((20, 10)) == white != picture.getpixel((36, 28))
        wait_for("it to be forgotten", lambda: cells_in_the_file(wall) == {3 << 16 | 4})
    if end == "kill":
        wall.kill()
    else:
        assert wall.stop() == 0
    os.remove(wall.snapshot)  # then what is in the file is painted again
    wall.start().wait_ready()
    picture = wall.picture()
    assert picture.getpixel((20, 10)) == white != picture.getpixel((36, 28))


def test_taking_an_act_back_forgets_no_other_cell(tmp_path):
    """Although somebody has painted over it, as over all that is there."""
    with board_wall(tmp_path, others=DOTS, core=control(tmp_path)) as wall, Board(wall) as board, Operator(wall) as operator:
        board.paint(board.register(name="bert"), 3, 4, 3)
        wait_for("it to be written", lambda: cells_in_the_file(wall) == {3 << 16 | 4})
        wall.paint(b"".join(dot(x, y, (255, 0, 0)) for x in range(64) for y in range(48)))
        done = operator.done("clear", rect="8x8+0+0", colour="#00ff00")
        assert operator.done("undo", number=done["number"])["pixels"] == 64
        assert wall.stop() == 0
        assert cells_in_the_file(wall) == {3 << 16 | 4}


def test_a_cell_that_is_painted_again_is_kept(wall, board):
    token = board.register()
    with Operator(wall) as operator:
        for _ in range(2):
            wait_for("the cooldown", lambda: board.put(token, 1, 2, 3).status == 200)
            operator.done("clear")
        wait_for("the cooldown", lambda: board.put(token, 1, 2, 3).status == 200)
        wait_for("it to be stored", lambda: cells_in_the_file(wall) == {1 << 16 | 2})
    assert wall.stop() == 0
    assert cells_in_the_file(wall) == {1 << 16 | 2}


def cells_in_the_file(wall):
    with contextlib.closing(sqlite3.connect(wall.folder + "/board.db", timeout=20)) as db:
        return {place for place, in db.execute("SELECT place FROM cell")}
