# SPDX-License-Identifier: MIT
"""The pixel board's API: the vectors, and what they leave open."""
import itertools
import json
import math
import os
import re
import signal
import subprocess
import time

import pytest
from PIL import Image

from boardclient import HEIGHT, PALETTE, RATE, WIDTH, Board, board_wall
from control import Operator, control
from wall import MURALCTL, SOURCE, Wall, wait_for

try:
    import requests
except ImportError:
    requests = None

VECTORS = {v["name"]: v for v in json.load(
    open(os.path.join(SOURCE, "tests/vectors/cs340.json")))["vectors"]}
UNKNOWN = "0" * 24


def fits(wanted, got, ids):
    """Compares with a vector's JSON, where "<...>" stands for a value the test knows."""
    if isinstance(wanted, dict):
        assert set(wanted) == set(got)
        for key in wanted:
            fits(wanted[key], got[key], ids)
    elif wanted == "<seconds, float>":
        assert isinstance(got, float) and 0 < got <= RATE / 1000
    elif wanted == "<id>":
        assert got == ids
    elif wanted == "<other id>":
        assert re.fullmatch("[0-9a-f]{24}", got) and got != ids
    else:
        assert type(got) is type(wanted) and got == wanted


def ask(board, name, token, etag=""):
    """Sends a vector's request and checks the answer."""
    vector = VECTORS.pop(name)
    request = vector["request"]
    text = json.dumps(request.get("json")).replace("<id>", token)
    headers = {k: v.replace("<etag>", etag.strip('"'))
               for k, v in request.get("headers", {}).items()}
    body = text.encode() if "json" in request else None
    if body:
        headers["Content-Type"] = "application/json"
    answer = board.ask(request["method"], request["path"].replace("<id>", token), body, headers)
    wanted = vector["response"]
    assert answer.status == wanted["status"], (name, answer)
    if "json" in wanted:
        fits(wanted["json"], answer.json(), token)
    if "text" in wanted:
        assert answer.body.decode() == wanted["text"]
    for key, value in wanted.get("headers", {}).items():
        if value == "<opaque>":
            assert re.fullmatch('"[!-~]+"', answer.headers[key])
        elif value == "<etag>":
            assert answer.headers[key] == etag
        elif key == "Allow":
            assert set(answer.headers[key].split(", ")) == set(value.split(", "))
        else:
            assert answer.headers[key] == value
    if wanted["status"] == 304:
        assert answer.body == b""
    return answer


def test_every_vector(tmp_path):
    """In the order that their states need, each once.  They have the class's identities."""
    with board_wall(tmp_path, "identity = name") as wall, Board(wall) as board:
        one = board.register()
        for name in ("register", "register-again", "register-same-name-other-secret",
                     "register-other-name-same-secret", "register-missing-secret",
                     "register-missing-all", "register-no-body", "register-wrong-method",
                     "settings", "settings-double-slash", "pixels", "pixels-no-id",
                     "pixels-unknown-id", "pixels-malformed-id", "pixels-if-none-match-other",
                     "frontend-pixels", "not-found", "options"):
            ask(board, name, one)
        etag = ask(board, "pixels-query-id", one).headers["ETag"]
        for kind in ("quoted", "unquoted", "weak", "star", "list"):
            ask(board, "pixels-if-none-match-" + kind, one, etag)
        # none of these starts the cooldown
        for name in ("update-missing-row", "update-missing-col", "update-missing-color",
                     "update-missing-id", "update-unknown-id", "update-malformed-id",
                     "update-numeric-id", "update-colour-too-big", "update-colour-negative",
                     "update-row-too-big", "update-col-too-big", "update-row-minus-one",
                     "update-null", "update-junk", "click-unknown-secret", "click-neither"):
            ask(board, name, one)
        ask(board, "update", one)
        assert board.settings()["stats"] == {"pixels": 1, "unnecessaryPixels": 0}
        ask(board, "update-in-cooldown", one)
        ask(board, "pixels-in-cooldown", one)
        ask(board, "author", one)
        ask(board, "update-strings", board.register("strings"))
        ask(board, "update-float", board.register("floats"))
        assert board.pixels()[2][3] == 4
        board.register("clicker", "a", "s")  # the last one with that secret
        ask(board, "click-secret", one)
        ask(board, "click-id", board.register("with id"))
        for name in ("rate-missing", "rate-junk", "rate-ok", "rate-string", "enable", "enable-no-token"):
            ask(board, name, one)
        for n, name in enumerate(("rate-bad-token", "enable-bad")):  # after which a source waits
            with Board(wall, "127.0.0.%d" % (7 + n)) as other:
                ask(other, name, one)
        assert board.settings()["pixel_rate"] == board.settings()["currentPixelRate"] == 650
        assert board.rate(700).status == 200
        assert board.ask("POST", "/disableBoard", {"token": "adm"}).body == b"Success"
        ask(board, "update-board-disabled", board.register("late"))
        for name in ("remove", "remove-again", "remove-then-update"):
            ask(board, name, one)
        assert board.register() != one
    with board_wall(tmp_path, secrets="s\n") as wall, Board(wall) as board:
        ask(board, "register-secret-refused", "")
    with board_wall(tmp_path, "admin-token =") as wall, Board(wall) as board:
        ask(board, "rate-null-token", "")
        assert board.rate(5, "").status == 401
    assert set(VECTORS) == {"timelapse"}  # test_timelapse.py's


def test_tags_follow_the_board_and_nothing_else(tmp_path):
    """For the histories of the original server's tags: each state has a tag of its own."""
    with open(os.path.join(SOURCE, "tests/vectors/cs340_etag.json")) as f:
        histories = json.load(f)["vectors"]
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        token = board.register()
        seen, done = set(), 0
        for vector in histories:
            for row, col, color in vector["history"][done:]:
                board.paint(token, row, col, color)
            done = len(vector["history"])
            answer = board.ask("GET", "/pixels?id=" + token)
            tag = answer.headers["ETag"]
            assert tag not in seen and vector["etag_original"] not in tag
            seen.add(tag)
            for path in ("/pixels?id=" + token, "/frontend-pixels"):
                tag = board.ask("GET", path).headers["ETag"]
                again = board.ask("GET", path, headers={"If-None-Match": tag})
                assert again.status == 304 and again.headers["ETag"] == tag
                assert board.ask("HEAD", path).headers["ETag"] == tag
        board.paint(token, 0, 0, 4)  # unnecessary: nothing changed
        assert board.ask("GET", "/pixels?id=" + token).headers["ETag"] in seen
        stale = board.ask("GET", "/frontend-pixels").headers["ETag"]
        board.paint(board.register("another"), 0, 0, 4)  # but now it is another's
        assert board.ask("GET", "/frontend-pixels", headers={"If-None-Match": stale}).status == 200
    with board_wall(tmp_path) as wall, Board(wall) as board:
        assert board.ask("GET", "/pixels?id=" + token).headers["ETag"] not in seen


def test_numbers(board):
    token = board.register("numbers")
    assert board.rate(0).status == 200
    for value, means in ((1, 1), (1.99, 1), (-0.5, 0), ("2", 2), (" 3 ", 3), ("+1", 1), ("3.7", 3),
                         (True, 1), (False, 0), (0.0, 0), ("-0", 0)):
        board.paint(token, 5, 7, 4 if means != 4 else 0)
        board.paint(token, value, 7, 2)
        assert board.pixels()[means][7] == 2, value
        board.paint(token, means, 7, 0)
    for value in (None, "", " ", "x", "1x", "0x1", "1e0", "--1", "1 2", [], {}, [1], -1, "-1", 8,
                  "8", 1e300, -1e300, 2 ** 53 + 1, "9" * 40, "99999999999999999999"):
        for field in ("row", "col"):
            answer = board.ask("PUT", "/update-pixel", dict(
                {"id": token, "row": 0, "col": 0, "color": 0}, **{field: value}))
            assert answer.status == 400 and answer.json() == {
                "error": "Invalid Position", "success": False}, value
        answer = board.put(token, 0, 0, value)
        assert answer.status == 400 and answer.json()["error"] == "Invalid Color", value
    for text in (b"1e400", b"9" * 30, b"NaN", b"Infinity", b"01", b"1."):
        answer = board.ask("PUT", "/update-pixel",
                           b'{"id":"%s","row":%s,"col":0,"color":0}' % (token.encode(), text))
        assert answer.status == 400 and answer.json()["error"] == "malformed JSON", text
    assert board.rate(RATE).status == 200


def in_whole_seconds(early):
    """Never too few, and how many depends on how long the test took until it asked."""
    return "%d" % math.ceil(early.json()["timeoutRemaining"])


def test_each_generator_has_its_cooldown_which_starts_with_an_accepted_pixel(board):
    assert board.rate(3000).status == 200
    one, two = board.register("one"), board.register("two")
    start = time.monotonic()
    assert board.paint(one, 0, 0, 1).json() == {"rate": 3000, "success": True}
    board.paint(two, 0, 0, 2)
    early = board.put(one, 0, 0, 1)
    assert early.status == 429 and early.headers["Retry-After"] == in_whole_seconds(early)
    assert early.json()["rate"] == 3000 and early.json()["timeoutRemaining"] <= 3
    assert board.ask("GET", "/pixels?id=" + one).status == 429
    assert board.put(one, 99, 0, 1).status == 400
    wait_for("its turn", lambda: board.put(one, 0, 0, 1).status == 200)
    assert time.monotonic() - start > 2.95
    assert board.rate(2500).status == 200
    wait_for("its turn", lambda: board.put(one, 0, 0, 1).status == 200)  # the new rate counts from here on
    early = board.put(one, 0, 0, 1)
    assert early.headers["Retry-After"] == in_whole_seconds(early) and early.json()["rate"] == 2500
    assert early.json()["timeoutRemaining"] <= 2.5
    assert board.rate(RATE).status == 200


def test_a_cell_that_an_operator_refuses_is_answered_with_the_reason(tmp_path):
    """So that nobody is told to have painted it; its painter stays who it was."""
    with board_wall(tmp_path, rate="0ms", core=control(tmp_path)) as wall, Board(wall) as board, \
            Operator(wall) as operator:
        token = board.register()
        assert "refused" not in board.paint(token, 1, 1, 3).json()
        for verb, back, reason, values in (
                ("freeze", "thaw", "frozen", {}),
                ("protect", "unprotect", "protected", {"rect": "64x48+0+0"}),
                ("ban", "unban", "banned", {"net": "127.0.0.1"})):
            operator.done(verb, **values, **({"really": True} if verb == "ban" else {}))
            assert board.paint(token, 1, 1, 4).json() == {"refused": reason, "rate": 0, "success": True}
            operator.done(back, **values)
        assert board.pixels()[1][1] == 3
        assert board.settings()["stats"]["pixels"] == 1


def test_a_disabled_board_has_cooldowns_and_draws_nothing(tmp_path):
    with board_wall(tmp_path, rate="1h") as wall, Board(wall) as board:
        token = board.register()
        with Board(wall, "127.0.0.7") as other:
            assert other.ask("POST", "/disableBoard", {"token": "no"}).status == 401
        assert board.ask("POST", "/disableBoard", {"token": "adm"}).status == 200
        assert board.settings()["enabled"] is False
        assert board.paint(token, 0, 0, 3).json()["currentlyDisabled"] is True
        assert board.put(token, 0, 0, 3).status == 429
        assert board.pixels() == [[0] * WIDTH] * HEIGHT
        assert board.settings()["stats"] == {"pixels": 0, "unnecessaryPixels": 0}
        assert board.rate(123).status == 200
        assert wall.stop() == 0
    with board_wall(tmp_path, rate="1h") as wall, Board(wall) as board:
        settings = board.settings()  # remembered
        assert settings["enabled"] is False and settings["pixel_rate"] == 123
        assert board.ask("POST", "/enableBoard", {"token": "adm"}).body == b"Success"
        assert board.settings()["enabled"] is True
        assert wall.stop() == 0
    with board_wall(tmp_path, rate="800ms") as wall, Board(wall) as board:
        assert board.settings()["pixel_rate"] == 800  # the file was changed since


def test_registering(board):
    for name, author in (("ü 🎨", "Zoë"), ("", ""), ('q"\\', "\t"), ("n" * 200, "a" * 200)):
        token = board.register(name, author)
        assert re.fullmatch("[0-9a-f]{24}", token) and board.register(name, author) == token
        board.paint(token, 3, 3, 1)
        assert board.ask("GET", "/getPixelAuthor/3/3").json() == {
            "author": "%s (%s)" % (name, author), "color": 1}
        assert board.frontend()["authors"][3][3] == "%s (%s)" % (name, author)
    for wrong in ({"name": 5}, {"author": None}, {"secret": []}, {"name": "n" * 201}):
        answer = board.ask("PUT", "/register-pg",
                           dict({"name": "n", "author": "a", "secret": "s"}, **wrong))
        assert answer.status == 400 and answer.json()["success"] is False


@pytest.mark.parametrize("text", ['{"secrets" : ["first", "mm isn\'t here", "ü"]}',
                                  "\nfirst\r\n  mm isn't here  \nü"])
def test_secrets_are_required_and_never_revealed(tmp_path, text):
    with board_wall(tmp_path, secrets=text) as wall, Board(wall) as board:
        tokens = [board.register(secret, "a", secret) for secret in ("first", "mm isn't here", "ü")]
        for wrong in ("", "firs", "firstf", "FIRST", "firstfirst", "mm"):
            answer = board.ask("PUT", "/register-pg",
                               {"name": wrong, "author": "a", "secret": wrong})
            assert answer.status == 401 and answer.json()["error"] == \
                "Secret was not in list of valid secrets!"
        board.paint(tokens[0], 0, 0, 1)
        said = b"".join(board.ask("GET", path).body for path in (
            "/frontend-pixels", "/settings", "/getPixelAuthor/0/0", "/", "/servers", "/metrics"))
        assert wall.stop() == 0
        said += wall.log().encode()
        for secret in [*(t.encode() for t in tokens), b"adm\"", b"isn't here\""]:
            assert secret not in said
        assert os.stat(tmp_path / "board.db").st_mode & 0o077 == 0
    with open(tmp_path / "board.db", "rb") as f:
        assert b"isn't here\"" not in f.read()


def test_bad_options_are_rejected_at_the_start(tmp_path):
    (tmp_path / "s").write_text('{"secret": []}')
    for more, says in (("secrets = /nowhere", "secrets: cannot be read: No such file"),
                       ("secrets = %s/s" % tmp_path, "secrets: is not a list of secrets; write"),
                       ("admin-token = @/nowhere",
                        'admin-token: "@/nowhere" names a file that cannot be read'),
                       ("palette = ffffff,zz", "palette: is not a palette"),
                       ("database =", "database: is empty"), ("listen =", "listen: is empty")):
        wall = Wall(tmp_path, "[plugin http]\n%s\n" % more)
        # a leak check fails on libraries that are unloaded by then
        run = subprocess.run(wall.command("--check-config"), stderr=subprocess.PIPE, text=True,
                             env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
        assert run.returncode == 78 and "plugin http." + says in run.stderr


def test_the_admins_token_from_a_file(tmp_path):
    (tmp_path / "token").write_text("from a file\n")
    os.environ["CREDENTIALS_DIRECTORY"] = str(tmp_path)
    try:
        with board_wall(tmp_path, "admin-token = @token") as wall, Board(wall) as board:
            for n, wrong in enumerate(("adm", "@token")):
                with Board(wall, "127.0.0.%d" % (7 + n)) as other:
                    assert other.rate(5, wrong).status == 401
            assert board.rate(5, "from a file").status == 200
    finally:
        del os.environ["CREDENTIALS_DIRECTORY"]


def test_a_new_admin_token_leaves_everything_open(tmp_path):
    """As text, from the same file, and none at all; a visitor keeps his connection."""
    (tmp_path / "token").write_text("from a file\n")
    with board_wall(tmp_path) as wall, Board(wall) as board:
        text = (tmp_path / wall.config).read_text()
        board.settings()
        own_port = board.http.sock.getsockname()
        sources = itertools.count(7)  # each waits after a wrong one

        def is_taken_over(option, token, before):
            (tmp_path / wall.config).write_text(text.replace("admin-token = adm", "admin-token = " + option))
            assert "0 closed, 0 opened" in wall.reload()
            with Board(wall, "127.0.0.%d" % next(sources)) as other:
                return other.rate(5, before).status == 401 and (token is None or board.rate(5, token).status == 200)

        assert is_taken_over("other", "other", "adm")
        assert is_taken_over("@%s/token" % tmp_path, "from a file", "other")
        (tmp_path / "token").write_text("changed\n")
        assert is_taken_over("@%s/token" % tmp_path, "changed", "from a file")
        assert is_taken_over("", None, "changed")
        assert board.http.sock.getsockname() == own_port
        assert wall.stop() == 0


def test_methods_and_paths(board):
    for path, allow in (("/settings", {"GET", "HEAD", "OPTIONS"}), ("/register-pg", {"PUT", "OPTIONS"}),
                        ("/getPixelAuthor/1/1", {"GET", "HEAD", "OPTIONS"}),
                        ("/remove-pg", {"DELETE", "OPTIONS"}), ("/enableBoard", {"POST", "OPTIONS"})):
        answer = board.ask("PATCH", path)
        assert answer.status == 405 and set(answer.headers["Allow"].split(", ")) == allow
        assert answer.json()["success"] is False
        answer = board.ask("OPTIONS", path)
        assert answer.status == 200 and answer.body == b""
        assert set(answer.headers["Allow"].split(", ")) == allow
        assert answer.headers.get("Access-Control-Allow-Origin") == ("*" if "GET" in allow else None)
    for path in ("/settings/", "/Settings", "/nope", "/getPixelAuthor/8/0", "/getPixelAuthor/0/6",
                 "/getPixelAuthor/", "/getPixelAuthor/1", "/getPixelAuthor/1/", "/getPixelAuthor/-1/0",
                 "/getPixelAuthor/1/1/1", "/getPixelAuthor/99999999999/1", "/settings%00",
                 "/settings/../settings"):
        answer = board.ask("GET", path)
        assert answer.status == 404 and answer.json()["success"] is False, path
    assert board.ask("GET", "///settings").status == board.ask("GET", "/%73ettings").status == 200
    head = board.ask("HEAD", "/settings")
    assert head.status == 200 and head.body == b"" and int(head.headers["Content-Length"]) > 100
    assert board.settings()["palette"] == PALETTE


def test_click_can_be_disabled(tmp_path):
    with board_wall(tmp_path, "click = no") as wall, Board(wall) as board:
        token = board.register()
        assert board.ask("POST", "/changeByClick",
                         {"id": token, "row": 0, "col": 0, "color": 1}).status == 403
        board.paint(token, 0, 0, 1)


# ----------------------------------------------------------------- real clients

def test_curl_as_in_the_protocols_text(wall, board):
    token = board.register("curl")
    url = "http://127.0.0.1:%d" % wall.port("http")

    def curl(*words):
        return subprocess.run(["curl", "-s", *words], stdout=subprocess.PIPE, check=True).stdout

    got = curl("-X", "GET", "-H", "Content-Type: application/json", "-d", '{"id":"%s"}' % token,
               url + "/pixels")
    assert len(json.loads(got)["pixels"]) == HEIGHT
    got = curl("-X", "PUT", "-H", "Content-Type: application/json", "-d",
               json.dumps({"id": token, "row": 4, "col": 4, "color": 2}), url + "//update-pixel")
    assert json.loads(got) == {"rate": RATE, "success": True}
    got = curl("-X", "PUT", "-H", "Transfer-Encoding: chunked", "-d",
               json.dumps({"name": "chunked", "author": "a", "secret": "s"}), url + "/register-pg")
    assert len(json.loads(got)["id"]) == 24


@pytest.mark.skipif(requests is None, reason="no requests: apt-get install python3-requests")
def test_a_generator_as_students_write_them(wall):
    url = "http://127.0.0.1:%d" % wall.port("http")
    token = requests.put(url + "/register-pg",
                         json={"name": "gen", "author": "me", "secret": "s"}).json()["id"]
    settings = requests.get(url + "/settings").json()
    picture = requests.get(url + "/pixels", json={"id": token})
    assert len(picture.json()["pixels"]) == settings["height"]
    assert requests.get(url + "/pixels", json={"id": token}, headers={
        "If-None-Match": picture.headers["ETag"]}).status_code == 304
    for i in range(2):
        answer = requests.put(url + "/update-pixel",
                              json={"id": token, "row": 5, "col": i, "color": 1.0})
        assert answer.status_code == 200
        time.sleep(answer.json()["rate"] / 1000)  # as generators do
    assert requests.get(url + "/frontend-pixels").json()["pixels"][5][:2] == [1, 1]


def test_muralctl_paints_and_grabs(tmp_path):
    image = Image.new("RGB", (WIDTH, HEIGHT), (255, 0, 0))
    for x in range(WIDTH):
        image.putpixel((x, x % HEIGHT), (212, 215, 217))
    image.save(tmp_path / "in.png")
    with board_wall(tmp_path, rate="0ms") as wall:
        target = "http://127.0.0.1:%d" % wall.port("http")
        for words in (("paint", str(tmp_path / "in.png"), target),
                      ("grab", target, str(tmp_path / "out.png"))):
            run = subprocess.run([MURALCTL, *words], stderr=subprocess.PIPE)
            assert run.returncode == 0, run.stderr
    with Image.open(tmp_path / "out.png") as out:
        # the canvas, on which each cell is a square
        assert list(out.convert("RGB").resize(image.size, Image.NEAREST).getdata()) == list(image.getdata())


def test_secrets_and_the_admins_token_are_read_again(tmp_path):
    (tmp_path / "token").write_text("old\n")
    with board_wall(tmp_path, "admin-token = @%s/token" % tmp_path, secrets="one\n") as wall:

        def admits(board, secret):
            return board.ask("PUT", "/register-pg", {
                "name": secret, "author": "", "secret": secret}).status == 200

        def reload(says):
            wall.process.send_signal(signal.SIGHUP)
            wait_for(says, lambda: says in wall.log())

        with Board(wall) as board:
            token = board.register("one", "a", "one")
            assert not admits(board, "two") and board.rate(1, "old").status == 200
            (tmp_path / "secrets").write_text('{"secrets": ["two"]}')
            reload("0 opened, 0 failed, 1 unchanged")
            assert admits(board, "two") and not admits(board, "one")
            board.paint(token, 0, 0, 1)  # who is in stays in
            (tmp_path / "secrets").write_text('{"secrets": "two"}')
            reload("is not a list of secrets")
            assert admits(board, "two") and board.rate(0, "old").status == 200
        (tmp_path / "secrets").write_text('{"secrets": ["two"]}')
        (tmp_path / "token").write_text("fresh\n")
        assert "0 closed, 0 opened, 0 failed, 1 unchanged" in wall.reload()
        with Board(wall) as board, Board(wall, "127.0.0.7") as other:
            assert other.rate(1, "old").status == 401 and board.rate(0, "fresh").status == 200
            board.paint(token, 0, 0, 2)
        (tmp_path / "token").write_text("")
        reload("names a file whose first line is empty")
        with Board(wall) as board:
            assert board.rate(1, "fresh").status == 200
        assert "fresh" not in wall.log().split()


def ranking(board):
    """Names in the order of the page, and what is said below them."""
    page = board.ask("GET", "/servers").body.decode()
    return re.findall("<tr><td>(.*?)</td>", page), re.findall("<p .*?>(.*?)</p>", page)


def test_the_ranking(tmp_path):
    """Those that painted most come first."""
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        for name, author, cells in (("b", "second", 2), ("a", "last", 1), ("c", "first", 3)):
            token = board.register(name, author)
            for i in range(cells):
                board.paint(token, 0, i, i % 2)
        assert ranking(board) == (["c", "b", "a"], [])


def test_guests_are_folded_into_one_row(tmp_path):
    """Visitors of the page who did not say a name; not who only calls himself one, nor who said his."""
    with board_wall(tmp_path, rate="0ms") as wall, Board(wall) as board:
        def paints(name, author, cells):
            token = board.register(name, author)
            for i in range(cells):
                board.paint(token, 0, i, i % 2)

        def folded(*said):
            """The page is kept for a while."""
            wait_for(said, lambda: ranking(board)[1] == list(said))
        paints("visitor-3", "robot", 4)
        paints("anna", "web page", 5)
        folded()
        paints("visitor-1", "web page", 7)
        folded("and 1 guest of this page: 7 pixels")
        paints("visitor-2", "web page", 2)
        folded("and 2 guests of this page: 9 pixels")
        assert ranking(board)[0] == ["anna", "visitor-3"]


def test_no_one_sees_the_admins_token(tmp_path):
    for value, shown in (("hush", "****"), ("", ""), ("@%s/token" % tmp_path, None)):
        (tmp_path / "token").write_text("hush\n")
        wall = Wall(tmp_path, "[plugin http]\nadmin-token = %s\n" % value)
        out = subprocess.run(wall.command("--print-config"), stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=True).stdout
        assert "plugin http.admin-token = %s  ; " % (value if shown is None else shown) in out
        assert "hush" not in out
