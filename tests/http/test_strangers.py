# SPDX-License-Identifier: MIT
"""One who would have the board for himself, and what the others see of it."""
import json
import re
import sqlite3
import time

import pytest

from boardclient import Board, board_wall
from procfs import loop_seconds
from test_requests import registrations, statuses
from wall import wait_for

ALICE = {"name": "victim", "author": "Alice", "secret": "hers"}
JSON = {"Content-Type": "application/json"}


def visit(wall, source, seconds=20):
    """A connection from the address that registrations() has for that source."""
    client = wall.tcp("http", "127.0.1.%d" % (1 + source))
    client.settimeout(seconds)
    return client


# ---------------------------------------------------------------- whose token it is

def test_a_token_is_given_again_only_for_its_secret(tmp_path):
    with board_wall(tmp_path) as wall, Board(wall) as board:
        hers = board.register(**ALICE)
        for secret in ("", "x", "her", "herss"):
            assert board.register(**dict(ALICE, secret=secret)) != hers
        assert board.register(**ALICE) == hers
        assert board.register(**dict(ALICE, secret="x")) == board.register(**dict(ALICE, secret="x"))
        assert wall.stop() == 0
    with board_wall(tmp_path) as wall, Board(wall) as board:
        assert board.register(**ALICE) == hers
        assert board.register(**dict(ALICE, secret="y")) != hers
        board.paint(hers, 0, 0, 1)


def test_a_closed_class_may_keep_to_names(tmp_path):
    with board_wall(tmp_path, "identity = name") as wall, Board(wall) as board:
        hers = board.register(**ALICE)
        assert board.register(**dict(ALICE, secret="x")) == hers
        assert board.register(**dict(ALICE, author="Bob")) != hers


# ---------------------------------------------------------------- whose click it is

def click(board, headers=JSON, **fields):
    return board.ask("POST", "/changeByClick", dict({"row": 0, "col": 0, "color": 1}, **fields), headers)


def test_a_click_needs_a_visitor_of_its_own(tmp_path):
    with board_wall(tmp_path, rate="3s") as wall, Board(wall) as board:
        board.register("visitor", "web page", "")
        assert click(board, secret="").status == 401
        token = board.register("mine", "web page", "s")
        assert click(board, secret="s").status == 200
        assert click(board, secret="s").status == 429  # it was the one with that secret
        assert board.ask("GET", "/getPixelAuthor/0/0").json()["author"] == "mine (web page)"
        with visit(wall, 7) as elsewhere:
            body = json.dumps({"row": 1, "col": 1, "color": 1, "secret": "s"}).encode()
            elsewhere.sendall(b"POST /changeByClick HTTP/1.1\r\nHost: wall\r\nContent-Type: application/json\r\n"
                              b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            assert statuses(elsewhere.recv(1000)) == [401]
        board.paint(board.register("another"), 1, 1, 2)
        assert wait_for("its turn", lambda: click(board, id=token).status == 200)


@pytest.mark.parametrize("headers,status", [
    ({}, 403), ({"Content-Type": "text/plain"}, 403),
    ({"Content-Type": "application/x-www-form-urlencoded"}, 403),
    ({"Content-Type": "application/jsonp"}, 403),
    (JSON, 200), ({"Content-Type": "Application/JSON; charset=utf-8"}, 200),
    ({"Origin": "http://evil.example"}, 403), (dict(JSON, Origin="http://evil.example"), 403),
    (dict(JSON, Origin="null"), 403), (dict(JSON, Origin="http://127.0.0.1"), 403),
    ({"Origin": "http://{host}"}, 200), ({"Origin": "https://{host}"}, 200),
    ({"Origin": "http://{host}.evil.example"}, 403), ({"Origin": "ftp://{host}"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403), (dict(JSON, **{"Sec-Fetch-Site": "same-site"}), 403),
    ({"Sec-Fetch-Site": "same-origin"}, 200), ({"Sec-Fetch-Site": "none"}, 200),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "https://wall.example.org"}, 200),
    ({"Origin": "https://other.example:8443"}, 200), ({"Origin": "https://other.example"}, 403),
])
def test_pages_of_other_sites_do_not_paint(tmp_path, headers, status):
    origins = "origins = https://wall.example.org https://other.example:8443"
    with board_wall(tmp_path, origins, rate="0ms") as wall, Board(wall) as board:
        token = board.register()
        headers = {k: v.format(host="127.0.0.1:%d" % wall.port("http")) for k, v in headers.items()}
        assert click(board, headers, id=token).status == status
        # what a browser says counts for all that changes something; a program need not say anything
        telling = {k: v for k, v in headers.items() if k != "Content-Type"}
        wanted = status if telling else 200
        for method, path, fields in (("PUT", "/update-pixel", {"id": token, "row": 0, "col": 0, "color": 1}),
                                     ("PUT", "/register-pg", ALICE),
                                     ("POST", "/changePixelRate", {"token": "adm", "new_rate": 0}),
                                     ("POST", "/enableBoard", {"token": "adm"})):
            assert board.ask(method, path, fields, telling).status == wanted, path
        assert board.ask("GET", "/pixels?id=" + token, headers=telling).status == 200


def cors(answer):
    return {name.lower()[15:]: value for name, value in answer.headers.items()
            if name.lower().startswith("access-control-")}


def test_pages_of_listed_sites_read_the_answers(tmp_path):
    """As a browser asks for them: a preflight, and what it is told on the way."""
    page = {"Origin": "https://wall.example.org", "Sec-Fetch-Site": "cross-site"}
    readable = {"allow-origin": page["Origin"], "expose-headers": "ETag, Retry-After"}
    with board_wall(tmp_path, "origins = http://a https://wall.example.org\npublic-reads = no", rate="1h") as wall, \
            Board(wall) as board:
        for path, method in (("/register-pg", "PUT"), ("/update-pixel", "PUT"), ("/changeByClick", "POST"),
                             ("/settings", "GET")):
            answer = board.ask("OPTIONS", path, headers=dict(page, **{
                "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type"}))
            allowed = cors(answer)
            assert answer.status == 200 and method in allowed.pop("allow-methods").split(", "), path
            assert allowed == dict(readable, **{"allow-headers": "Content-Type, If-None-Match", "max-age": "600"})
        answer = board.ask("PUT", "/register-pg", ALICE, page)
        token = answer.json()["id"]
        cell = {"id": token, "row": 0, "col": 0, "color": 1}
        answers = [answer, board.ask("PUT", "/update-pixel", cell, page), board.ask("PUT", "/update-pixel", cell, page),
                   board.ask("PUT", "/update-pixel", {}, page)]
        assert [answer.status for answer in answers] == [200, 200, 429, 400]
        tag = board.ask("GET", "/frontend-pixels").headers["ETag"]
        for path in "/settings", "/pixels?id=" + token, "/frontend-pixels", "/canvas.png", "/healthz", "/nowhere":
            answers.append(board.ask("GET", path, headers=page))
            assert cors(board.ask("GET", path)) == cors(board.ask("GET", path, headers={"Origin": "https://b"})) == {}
        answers.append(board.ask("GET", "/frontend-pixels", headers=dict(page, **{"If-None-Match": tag})))
        assert answers[-1].status == 304
        frontend = board.ask("GET", "/frontend-pixels", headers=page)
        assert frontend.body == board.ask("GET", "/frontend-pixels").body and frontend.headers["ETag"] == tag
        for answer in answers:
            assert cors(answer) == readable and answer.headers["Vary"] == "Origin", answer
        listen = board.ask("GET", "/socket.io/?EIO=4&transport=polling", headers=page)
        assert listen.headers.get_all("Access-Control-Allow-Origin") == [page["Origin"]]
        assert wall.stop() == 0


def test_pages_of_any_site_read_and_only_read(tmp_path):
    page = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    everybody = {"allow-origin": "*", "expose-headers": "ETag, Retry-After"}
    with board_wall(tmp_path, "origins = https://wall.example.org") as wall, Board(wall) as board:
        for path in "/settings", "/frontend-pixels", "/canvas.png", "/healthz", "/nowhere", "/history", "/page.json":
            for fields in page, {"Origin": "https://wall.example.org"}, {}:
                answer = board.ask("GET", path, headers=fields)
                assert cors(answer) == everybody and not answer.headers["Vary"], (path, fields)
        tag = board.ask("GET", "/frontend-pixels").headers["ETag"]
        answer = board.ask("GET", "/frontend-pixels", headers=dict(page, **{"If-None-Match": tag}))
        assert answer.status == 304 and cors(answer) == everybody
        for path in "/metrics", "/admin/", "/admin/api/live":
            assert cors(board.ask("GET", path, headers=page)) == {}, path
        # what it may ask before, and what of another kind it may not
        asked = dict(page, **{"Access-Control-Request-Method": "GET"})
        assert cors(board.ask("OPTIONS", "/frontend-pixels", headers=asked)) == {
            "allow-origin": "*", "allow-methods": "GET, HEAD", "allow-headers": "Content-Type, If-None-Match",
            "max-age": "600"}
        for path in "/update-pixel", "/register-pg", "/admin/api/freeze", "/metrics":
            assert cors(board.ask("OPTIONS", path, headers=asked)) == {}, path
        answer = board.ask("PUT", "/register-pg", ALICE, page)
        assert answer.status == 403 and cors(answer) == {}
        answer = board.ask("PUT", "/register-pg", ALICE, {"Origin": "https://wall.example.org"})
        assert answer.status == 200 and cors(answer)["allow-origin"] == "https://wall.example.org"


def ancestors(board, path):
    policy = board.ask("GET", path, headers={"Accept": "text/html"}).headers["Content-Security-Policy"]
    return re.search("frame-ancestors ([^;]*)", policy).group(1).split()


def test_who_may_show_the_page_in_a_frame(tmp_path):
    for embed, wanted in (("", []), ("embed = *", ["*"]), ("embed = https://a http://b:81", ["https://a", "http://b:81"])):
        with board_wall(tmp_path, embed) as wall, Board(wall) as board:
            assert ancestors(board, "/") == ["'self'", *wanted]
            for path in "/admin/", "/api/", "/nowhere":
                assert ancestors(board, path) == ["'self'"]
            page = board.ask("GET", "/")
            # who has the page already learns another policy, too
            again = board.ask("GET", "/", headers={"If-None-Match": page.headers["ETag"]})
            policy = "Content-Security-Policy"
            assert (again.status, again.headers[policy]) == (304, page.headers[policy])


@pytest.mark.parametrize("embed", ["club.example.org", "* http://a", "http://a;script-src", "http://" + "a" * 1000])
def test_sites_that_are_none_are_refused(tmp_path, embed):
    wall = board_wall(tmp_path, "embed = " + embed).start()
    assert wall.process.wait(30) == 78 and "http.embed: " in wall.log()


@pytest.mark.parametrize("origins", ["wall.example.org", "http://", "https://x/y", "http://a  ftp://b"])
def test_origins_that_are_none_are_refused(tmp_path, origins):
    wall = board_wall(tmp_path, "origins = " + origins).start()
    assert wall.process.wait(30) == 78
    assert "http.origins: is not a list of origins; write http://HOST" in wall.log()


# ---------------------------------------------------------------- shares

def paint_with(wall, source, tokens):
    """One cell with each; the answers' statuses."""
    got = b""
    with visit(wall, source, 60) as s:
        for token in tokens:
            body = json.dumps({"id": token, "row": 0, "col": 0, "color": 1}).encode()
            s.sendall(b"PUT /update-pixel HTTP/1.1\r\nHost: wall\r\nContent-Length: %d\r\n\r\n%s"
                      % (len(body), body))
        while got.count(b"HTTP/1.1 ") < len(tokens) or not got.endswith(b"}\n"):
            got += s.recv(1 << 20)
    return statuses(got)


def tokens_of(answers):
    return [token.decode() for token in re.findall(rb'"id":"(\w+)"', answers)]


def test_a_new_token_is_no_new_cooldown(tmp_path):
    with board_wall(tmp_path, "painters-per-source = 10", rate="2000ms") as wall:
        mine = tokens_of(registrations(wall, 1, ["g%d" % i for i in range(300)]))
        assert len(mine) == 300
        begin = time.monotonic()
        done = paint_with(wall, 1, mine).count(200)
        assert 10 <= done <= 11 + 5 * (time.monotonic() - begin)
        other = tokens_of(registrations(wall, 2, ["other"]))
        assert paint_with(wall, 2, other) == [200]
        wait_for("the share", lambda: paint_with(wall, 1, mine[250:251]) == [200])
    with board_wall(tmp_path, "painters-per-source = 0", rate="2000ms") as wall:
        assert set(paint_with(wall, 1, mine)) == {200}


def fill_database(folder, n, painted):
    """As many generators as the board had room for, each of which set a cell."""
    with board_wall(folder) as wall:
        assert wall.stop() == 0
    db = sqlite3.connect(folder / "board.db")
    with db:
        db.executemany("INSERT INTO generator (id, name, author, secret, pixels) VALUES (?, ?, 'a', ?, ?)",
                       (("%024x" % i, "g%d" % i, bytes(32), painted) for i in range(n)))
        db.executemany("INSERT OR REPLACE INTO cell (place, colour, generator) VALUES (?, 1, ?)",
                       ((row << 16 | col, 1 + row * 8 + col) for row in range(6) for col in range(8)))
    db.close()


def test_a_full_board_takes_newcomers_also_after_a_restart(tmp_path):
    """Whatever those that fill it once did."""
    fill_database(tmp_path, 32768, 1)
    with board_wall(tmp_path) as wall, Board(wall) as board:
        regular = "%024x" % 77
        board.paint(regular, 0, 0, 1)  # one of them is in use
        begin = loop_seconds(wall.pid)
        newcomers = [tokens_of(registrations(wall, source, ["new"])) for source in range(1, 40)]
        assert loop_seconds(wall.pid) - begin < 5, "each looked at all generators again and again"
        assert all(len(tokens) == 1 for tokens in newcomers)
        assert paint_with(wall, 3, newcomers[2]) == [200]
        wait_for("its turn", lambda: board.put(regular, 0, 0, 2).status == 200)
        assert wall.stop() == 0


def test_a_source_has_its_share_of_the_board(tmp_path):
    with board_wall(tmp_path) as wall:
        other = tokens_of(registrations(wall, 2, ["other"]))
        names = ["g%d" % i for i in range(4096)]
        assert statuses(registrations(wall, 1, names)) == [200] * 4096
        assert 429 in statuses(registrations(wall, 1, ["h%d" % i for i in range(100)]))
        # a newcomer of that source gets in, one that is idle gives way
        late = wait_for("a newcomer", lambda: tokens_of(registrations(wall, 1, ["late"])))
        assert paint_with(wall, 1, late) == [200]
        assert paint_with(wall, 2, other) == [200]
        assert wall.stop() == 0
        db = sqlite3.connect(tmp_path / "board.db")
        assert db.execute("SELECT count(*) FROM generator WHERE id NOT NULL").fetchone()[0] <= 4097
        db.close()


def test_the_admin_removes_generators(tmp_path):
    fill_database(tmp_path, 5000, 0)
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        alice, bob = board.register(**ALICE), board.register("b", "Bob")
        board.paint(alice, 0, 0, 1)

        def remove(**fields):
            return board.ask("POST", "/removeGenerators", dict({"token": "adm"}, **fields))

        assert remove(token="no", author="a").status == 401
        assert wait_for("to be heard again", lambda: remove().status == 400)
        assert remove().status == remove(author=5).status == remove(idle=-1).status == 400
        assert remove(author="nobody").json() == {"removed": 0, "left": 0, "success": True}
        assert remove(name="victim", author="Bob").json()["removed"] == 0
        removed = []
        while not removed or removed[-1]["left"]:
            begin = loop_seconds(wall.pid)
            removed.append(remove(author="a").json())
            assert loop_seconds(wall.pid) - begin < 2, "one request was a long phase"
        assert sum(answer["removed"] for answer in removed) == 5000 and len(removed) == 3
        assert board.put("%024x" % 1, 0, 0, 1).status == 401
        assert remove(name="victim").json() == {"removed": 1, "left": 0, "success": True}
        assert board.put(alice, 0, 0, 2).status == 401
        board.paint(bob, 0, 0, 2)
        assert remove(idle=3600).json()["removed"] == 0
        assert remove(idle=0).json()["removed"] == 1
        assert board.put(bob, 0, 0, 2).status == 401
        board.paint(board.register("c"), 0, 0, 3)
