# SPDX-License-Identifier: MIT
"""muralctl wall: the operator's verbs from the command line."""
import io
import json
import os
import pty
import re
import socket
import subprocess
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from PIL import Image

from control import Operator, control, png_file
from terminal import on_terminal
from waiting import wait_for
from wall import DOTS, MURALCTL, SOURCE, Wall, dot, has_plugin


@pytest.fixture
def wall(tmp_path):
    http = "[plugin http]\nlisten = 127.0.0.1:0\nadmin-token = adm\ndatabase = %s/board.db\n" % tmp_path
    with Wall(tmp_path, DOTS + (http if has_plugin("http") else ""), core=control(tmp_path)) as wall:
        yield wall


@pytest.fixture(params=["socket", "http"])
def by(request, wall):
    """The words that say how to ask."""
    if request.param == "socket":
        return ["-S", wall.folder + "/control"]
    if not has_plugin("http"):
        pytest.skip("the plugin http was not built")
    with open(wall.folder + "/token", "w") as f:
        f.write("adm\n")
    return ["-u", "http://127.0.0.1:%d/" % wall.port("http"), "-t", "@%s/token" % wall.folder]


def test_status(wall, muralctl, by):
    wall.paint(dot(1, 1, (255, 0, 0)))
    said = muralctl("wall", *by, "status").ok().out
    assert "canvas: 64x48" in said.splitlines()[0]
    dots, = [line for line in said.splitlines() if line.startswith("dots")]
    assert dots.split() == ["dots", "dots", "yes", "1", "0"]


def test_json(muralctl, by):
    assert json.loads(muralctl("wall", *by, "--json", "status").ok().out)["canvas"] == "64x48"
    assert json.loads(muralctl("wall", *by, "status", "--json").ok().out)["canvas"] == "64x48"


def test_top_on_a_terminal_goes_on(wall, muralctl, by):
    assert "sources: none" in muralctl("wall", *by, "top").ok().out
    terminal, its_end = pty.openpty()
    with subprocess.Popen([MURALCTL, "wall", *by, "top"], stdout=its_end) as top:
        os.close(its_end)
        said = b""
        while said.count(b"sources: none") < 2:
            said += os.read(terminal, 1000)
        top.terminate()
    os.close(terminal)


def test_what_the_wall_refuses(wall, muralctl, by):
    wall.edit_config("[plugin dots]", "[plugin absent]")
    muralctl("wall", *by, "reload").failed("the old one stays in force: ", "murald.conf:", "there is no absent.so")


def test_a_picture_is_protected(tmp_path, muralctl, by):
    """One that needs two pieces."""
    (tmp_path / "logo.png").write_bytes(png_file(Image.new("RGBA", (20, 10), (1, 2, 3, 255)), 60000))
    assert "20x10+4+5" in muralctl("wall", *by, "protect", tmp_path / "logo.png", "--at", "4,5").ok().out
    assert "20x10+4+5" in muralctl("wall", *by, "protected").ok().out
    muralctl("wall", *by, "unprotect", "20x10+4+5").ok()
    muralctl("wall", *by, "protect", tmp_path / "absent.png").failed("absent.png: No such file")
    (tmp_path / "none.png").write_bytes(b"rubbish")
    muralctl("wall", *by, "protect", tmp_path / "none.png").failed("not a complete PNG", status=2)


def test_a_picture_is_painted(tmp_path, wall, muralctl, by):
    image = Image.new("RGBA", (20, 10), (255, 0, 0, 255))
    (tmp_path / "a.png").write_bytes(png_file(image, 60000))
    assert "pixels: 200" in muralctl("wall", *by, "paint", tmp_path / "a.png", "--at=44,38").ok().out
    picture = wall.picture()
    assert picture.getpixel((44, 38)) == picture.getpixel((63, 47)) == (255, 0, 0)
    assert picture.getpixel((43, 38)) == picture.getpixel((44, 37)) == (0, 0, 0)
    muralctl("wall", *by, "paint", tmp_path / "a.png", "--at", "45,38").failed("does not fit", status=2)


def test_the_canvas_is_grabbed(tmp_path, wall, muralctl, by):
    wall.paint(dot(1, 2, (255, 0, 0)) + dot(63, 47, (0, 255, 0)))
    muralctl("wall", *by, "grab", tmp_path / "all.png").ok()
    assert Image.open(tmp_path / "all.png").tobytes() == wall.picture().convert("RGB").tobytes()
    muralctl("wall", *by, "grab", tmp_path / "part.png", "3x4+1+2").ok()
    part = Image.open(tmp_path / "part.png")
    assert part.size == (3, 4) and part.getpixel((0, 0)) == (255, 0, 0)
    muralctl("wall", *by, "grab").failed("write muralctl wall grab FILE.png", status=2)


def test_a_large_canvas_is_grabbed_in_bands(tmp_path, muralctl):
    with Wall(tmp_path, DOTS, core=control(tmp_path), size="2048x1100") as wall:
        wall.paint(dot(0, 0, (255, 0, 0)) + dot(7, 511, (0, 0, 255)) + dot(7, 512, (0, 255, 0)) +
                   dot(2047, 1099, (255, 255, 255)))
        muralctl("wall", "-S", wall.folder + "/control", "grab", tmp_path / "all.png").ok()
        assert Image.open(tmp_path / "all.png").tobytes() == wall.picture().convert("RGB").tobytes()


def test_pictures_are_piped(wall, muralctl, by):
    wall.paint(dot(1, 2, (255, 0, 0)))
    grabbed = subprocess.run([MURALCTL, "wall", *by, "grab", "-", "2x2+1+2"], capture_output=True, check=True).stdout
    assert Image.open(io.BytesIO(grabbed)).getpixel((0, 0)) == (255, 0, 0)
    said = subprocess.run([MURALCTL, "wall", *by, "paint", "-", "--at", "9,9"], input=grabbed, capture_output=True,
                          check=True).stdout
    assert b"pixels: 4" in said and wall.picture().getpixel((9, 9)) == (255, 0, 0)


def test_a_colour_needs_no_quotes(wall, muralctl, by):
    """A shell takes #ff0000 for a comment, and the wall would be cleared in the background's colour."""
    muralctl("wall", *by, "clear", "2x2+0+0", "ff8000").ok()
    muralctl("wall", *by, "clear", "2x2+4+4", "#00ff00").ok()
    muralctl("wall", *by, "clear", "f00").failed('"colour" is wrong; write rrggbb', status=2)
    picture = wall.picture()
    assert picture.getpixel((1, 1)) == (255, 128, 0) and picture.getpixel((4, 4)) == (0, 255, 0)


def test_times_are_those_of_the_clock_here(wall, by):
    """As they are typed; with their zone, so that they can be pasted."""
    def run(*words):
        return subprocess.run([MURALCTL, "wall", *by, *words], env=dict(os.environ, TZ="XYZ-5:30"), text=True,
                              capture_output=True, check=True).stdout

    run("ban", "192.0.2.9")
    since, = re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30", run("bans"))
    utc = json.loads(run("--json", "bans"))["bans"][0]["since"]
    assert datetime.fromisoformat(since) == datetime.fromisoformat(utc.replace("Z", "+00:00"))
    at, = set(re.findall(r"\S+\+05:30", run("acts")))
    assert re.fullmatch(r"\S+:\d\d\.\d{3}\+05:30", at)


def test_where_a_recording_begins_is_told_by_the_walls_clock(tmp_path, muralctl):
    """As it is typed there; that time can be restored."""
    record = "[record]\nfile = %s/record\ninterval = 10ms\n" % tmp_path
    with Wall(tmp_path, DOTS, core=control(tmp_path) + record, prefix=["env", "TZ=XYZ-5:30"]) as wall:
        wall.paint(dot(1, 1, (255, 0, 0)))
        restore = ("wall", "-S", wall.folder + "/control", "restore", "--at")
        said = wait_for("a moment", lambda: re.search(r"begins at (\S+\.\d{3}\+05:30)\n",
                                                      muralctl(*restore, "2020-01-01T00:00:00Z").err))
        assert "pixels: 3072" in muralctl(*restore, said.group(1)).ok().out


def test_no_name_in_an_answer_steers_the_terminal(tmp_path, muralctl):
    """Whoever answers there may be no wall."""
    path = str(tmp_path / "s")
    with socket.create_server(path, family=socket.AF_UNIX) as server:
        def answer():
            client, _ = server.accept()
            with client, client.makefile("rwb", buffering=0) as file:
                file.write(b'{"murald":"0","protocol":1}\n')
                file.readline()
                file.write(json.dumps({"is": {"\x1b[2J": 1, "\x9b1m": None, "\x1b[3J": {"\x1b[4J": 2},
                                              "\x1b[5J": [], "\x1b[6J": [{"\x1b[7J": 1, "\x1b[8J": 2}]}}).encode() + b"\n")

        with ThreadPoolExecutor(1) as pool:
            served = pool.submit(answer)
            said = muralctl("wall", "-S", path, "status").ok().out
            served.result()
    assert said == "?[2J: 1\n?[3J: ?[4J 2\n?[5J: none\n?[7J  ?[8J\n   1  2\n"


def test_a_notice_is_told_in_words(muralctl, by):
    assert muralctl("wall", *by, "notice").ok().out == "notice: none\n"
    assert muralctl("wall", *by, "notice", "last round").ok().out.startswith("notice: text last round, since ")
    assert "\nnotice: text last round, " in muralctl("wall", *by, "status").ok().out


def test_tables_say_what_they_list(muralctl, by):
    muralctl("wall", *by, "freeze", "2x2+1+1").ok()
    assert "\nfrozen\n2x2+1+1\n" in muralctl("wall", *by, "status").ok().out


def test_tables_line_up_whatever_the_language(wall, muralctl, by):
    with Operator(wall) as operator:
        for n, why in enumerate(["plain", "Störung", "日本語", "e\u0301", "\x1b[2J"]):
            operator.done("ban", net="203.0.113.%d" % n, why=why)
    lines = muralctl("wall", *by, "bans").ok().out.splitlines()
    before = [line[:line.index("root(")] for line in lines[1:]]
    assert len({sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) == "W") for c in cells)
                for cells in before}) == 1, lines
    assert "?[2J" in before[-1]


def test_answers_fit_a_terminal(wall, muralctl, by):
    """What does not fit into the row of a table is told below it; a pipe gets all in one line."""
    with Operator(wall) as operator:
        operator.done("ban", net="2001:db8:1234:5678::/64", why="painted over the sponsor's logo, twice, Störung")
        operator.done("notice", text="The talk has the wall until a quarter past nine, then it is yours again")
        operator.done("protect", rect="20x20+10+10")
    for verb in "status", "bans", "protected", "acts", "verbs":
        lines = on_terminal(MURALCTL, "wall", *by, verb)
        assert [line for line in lines if len(line) > 80] == []
    lines = on_terminal(MURALCTL, "wall", *by, "acts")
    below = lines.index("    args: rect 20x20+10+10")
    assert lines[0].split() == ["at", "who", "verb", "outcome", "act"]
    assert lines[below - 1].split()[-3:] == ["protect", "done", "3"]
    wide = on_terminal(MURALCTL, "wall", *by, "acts", columns=200)
    assert wide[-1].split()[-5:] == ["protect", "rect", "20x20+10+10", "done", "3"]
    assert wide == muralctl("wall", *by, "acts").ok().out.splitlines()


def test_no_arguments_are_no_braces(wall, muralctl, by):
    with Operator(wall) as operator:
        operator.done("freeze")
    for said in muralctl("wall", *by, "acts").ok().out, "\n".join(on_terminal(MURALCTL, "wall", *by, "acts")):
        assert "freeze" in said and "{}" not in said and "args: " not in said


def test_help_of_a_verb_is_no_notice(wall, muralctl, by):
    for word in "-h", "--help":
        assert "notice [TEXT] [--for DURATION]" in muralctl("wall", *by, "notice", word).ok().out
    with Operator(wall) as operator:
        assert operator.done("status")["notice"] is None


@pytest.mark.parametrize("words, usage", [
    ("who", "who X,Y"), ("ban", "ban NET"), ("ban --for 5min", "ban NET"), ("restore", "restore [WxH+X+Y] --at TIME"),
    ("paint", "paint FILE.png"), ("blank", "blank on|off"), ("plugin dots", "plugin NAME on|off"),
    ("protect", "protect [WxH+X+Y] [FILE.png]"), ("undo", "undo [SOURCE]"),
])
def test_what_is_missing_is_named_as_on_the_command_line(muralctl, by, words, usage):
    muralctl("wall", *by, *words.split()).failed("write muralctl wall " + usage, status=2)


def test_it_is_in_the_log(wall, muralctl, by):
    muralctl("wall", *by, "snapshot").ok()
    with Operator(wall) as operator:
        act, = operator.log()
    assert act["verb"] == "snapshot"


@pytest.mark.parametrize("words, said", [
    ([], "a verb is missing"), (["nonsense"], "is not a verb of muralctl wall"), (["--nonsense", "status"], "unknown"),
    (["status", "more"], "write muralctl wall status"), (["status", "--at", "x"], "write muralctl wall status"),
    (["-S"], "needs a value"), (["-u", "http://localhost:1", "status"], "-u needs -t"),
    (["-u", "http://localhost:1", "-t", "@/nonexistent", "status"], "there is no token"),
])
def test_what_is_wrong_on_the_command_line(muralctl, words, said):
    status = 1 if "-u" in words else 2
    muralctl("wall", *words).failed(said, status=status)


def test_no_wall(tmp_path, muralctl):
    muralctl("wall", "-S", tmp_path / "absent", "status").failed("is murald running")


def test_the_address_of_the_admin_page(wall, muralctl):
    if not has_plugin("http"):
        pytest.skip("the plugin http was not built")
    for path in "/admin/", "/admin":
        muralctl("wall", "-u", "http://127.0.0.1:%d%s" % (wall.port("http"), path), "-t", "adm", "status").ok()


def test_a_host_that_is_called_admin(wall):
    if not has_plugin("http"):
        pytest.skip("the plugin http was not built")
    proxy = dict(os.environ, http_proxy="http://127.0.0.1:1", no_proxy="")  # nobody: no name is looked up
    run = subprocess.run([MURALCTL, "wall", "-u", "http://admin/", "-t", "adm", "status"], env=proxy,
                         stderr=subprocess.PIPE, text=True, timeout=60)
    assert run.returncode == 1 and "http://admin/admin/api/status: " in run.stderr


def test_a_wrong_token(wall, muralctl):
    if not has_plugin("http"):
        pytest.skip("the plugin http was not built")
    muralctl("wall", "-u", "http://127.0.0.1:%d" % wall.port("http"), "-t", "wrong", "status").failed(
        "status 401: the admin token is missing or wrong")


def test_help_has_every_verb(wall, muralctl):
    said = muralctl("wall", "--help").ok().out
    with Operator(wall) as operator:
        for verb in operator.done("verbs")["verbs"]:
            assert "\n  " + verb["verb"] in said and verb["help"] in said


def test_the_manual_has_every_verb(muralctl):
    with open(SOURCE + "/doc/muralctl.1.in") as f:
        manual = f.read().split(".Ss Operators\n")[1].split("\n.Sh ")[0]
    said = re.findall(r"^  ([a-z]+)(?: |$)", muralctl("wall", "--help").ok().out, re.M)
    assert set(re.findall(r"^\.It Cm ([a-z]+)", manual, re.M)) == set(said)


def test_the_answer_cannot_be_written(wall):
    with open("/dev/full", "w") as full:
        run = subprocess.run([MURALCTL, "wall", "-S", wall.folder + "/control", "status"], stdout=full,
                             stderr=subprocess.PIPE, text=True, timeout=60)
    assert run.returncode == 1 and "cannot be written" in run.stderr
