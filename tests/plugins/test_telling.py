# SPDX-License-Identifier: MIT
"""What a plugin says of itself, metrics and a line of state, and the helpers that murald has for
its author; teller.c does what a client's lines say."""
import asyncio
import json
import os
import re
import socket
import stat
import subprocess

import pytest

pytest.importorskip("websockets", reason="no websockets: apt-get install python3-websockets")
pytest.importorskip("prometheus_client", reason="no prometheus_client: apt-get install python3-prometheus-client")
from browser import Browser
from hud import FONT, HEIGHT, WIDTH
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text
from wall import BUILD, MURALCTL, PLUGINS, SOURCE, wait_for
from watchers import Live, ask, http_wall

HERE = os.path.join(BUILD, "tests", "plugins", ".libs")
TELLER = "[plugin teller%s]\nlisten = 127.0.0.1:0\n%s\n"


def wall_with(tmp_path, tellers=(("", ""),), **rest):
    wall = http_wall(tmp_path, others="".join(
        TELLER % (name and " " + name, more) for name, more in tellers), **rest)
    with open(wall.config) as f:
        text = f.read()
    with open(wall.config, "w") as f:
        f.write(text.replace(PLUGINS, "%s:%s" % (PLUGINS, HERE)))
    return wall


class Teller:
    def __init__(self, wall, name="teller"):
        self.client = wall.tcp(name)
        self.file = self.client.makefile("r", encoding="utf-8")

    def do(self, line):
        self.client.sendall(line.encode() + b"\n")
        return self.file.readline().rstrip("\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.client.close()


def families(wall, accept):
    status, _, body = ask(wall, "/metrics", Accept=accept)
    assert status == 200
    parse = read_text if accept == "text/plain" else read_openmetrics
    return {family.name: family for family in parse(body.decode())}


@pytest.mark.parametrize("accept", ["application/openmetrics-text", "text/plain"])
def test_a_plugins_own_metrics(tmp_path, accept):
    with wall_with(tmp_path, (("left", ""), ("right", ""))) as wall, Teller(wall, "left") as left, \
            Teller(wall, "right") as right:
        for teller, lines in ((left, ("add 0 2", "add 0 40", "set 1 -7", "add 1 2")),
                              (right, ("set 0 9007199254740992",))):
            assert {teller.do(line) for line in lines} == {"ok"}
        found = families(wall, accept)
        counter, gauge = found["murald_plugin_teller_messages"], found["murald_plugin_teller_queue_length"]
        assert (counter.type, gauge.type) == ("counter", "gauge")
        assert counter.documentation == 'Messages, "quoted" and with a \\.'
        assert {(s.name, s.labels["plugin"]): s.value for s in counter.samples + gauge.samples} == {
            ("murald_plugin_teller_messages_total", "left"): 42,
            ("murald_plugin_teller_messages_total", "right"): 2 ** 53,
            ("murald_plugin_teller_queue_length", "left"): -5,
            ("murald_plugin_teller_queue_length", "right"): 0}


def test_muralctl_prints_them(tmp_path):
    with wall_with(tmp_path, (("left", ""), ("right", ""))) as wall, Teller(wall, "left") as left:
        assert {left.do(line) for line in ("add 0 42", "set 1 -7")} == {"ok"}
        target = "http://127.0.0.1:%d" % wall.port("http")
        done = subprocess.run([MURALCTL, "stats", target], capture_output=True, text=True, timeout=60, check=False)
        if "built without HTTP" in done.stderr:
            pytest.skip("muralctl without HTTP: apt-get install libcurl4-openssl-dev libjansson-dev")
        assert (done.returncode, done.stderr) == (0, "")
        lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
        for line in ("left plugin_teller_messages 42", "left plugin_teller_queue_length -7",
                     "right plugin_teller_messages 0", "left connections 1", "right connections 0",
                     "left discarded malformed 0", "wall canvas_width 64"):
            assert lines.count(line) == 1, done.stdout
        assert [line for line in lines if line.startswith("wall build_info ")]


def states(wall):
    status, _, body = ask(wall, "/healthz")
    assert status == 200
    return json.loads(body).get("states")


def test_a_line_of_state(tmp_path):
    with wall_with(tmp_path, (("left", ""), ("right", ""))) as wall, Teller(wall, "left") as left:
        assert states(wall) is None
        for line, said in (("waiting for the engine since 12:03", "waiting for the engine since 12:03"),
                           ("", None), ("a\tb\x1b[31m\x7f\u009bc ü", "ab[31mc ü"),
                           ("x" * 126 + "ü", "x" * 126), ("x" * 200, "x" * 127), ("\x01", None)):
            assert left.do("state " + line) == "ok"
            assert states(wall) == (said and {"left": said})
        left.client.sendall(b"state not \xff\xc3(UTF-8\n")
        assert left.file.readline() == "ok\n"
        assert states(wall) == {"left": "not (UTF-8"}
        wall.reload()
        assert states(wall) == {"left": "not (UTF-8"}, "an instance that keeps running keeps it"


def test_the_page_is_told_the_state(tmp_path):
    async def script():
        with wall_with(tmp_path) as wall, Teller(wall) as teller:
            async with Live(wall) as live:
                async def figures():
                    while True:
                        await live.read()
                        for text in live.texts:
                            if text["type"] == "figures":
                                live.texts.remove(text)
                                return {p["name"]: p["state"] for p in text["plugins"]}
                assert await figures() == {"teller": "", "http": ""}
                assert teller.do("state playing \"chess\"") == "ok"
                while (await figures())["teller"] != "playing \"chess\"":
                    pass
    asyncio.run(asyncio.wait_for(script(), 60))


def test_the_options_of_each_type(tmp_path, monkeypatch):
    (tmp_path / "key").write_text("from the file\nand no more\n")
    more = "token = @key\nfile = etc/x\nwords = red  green\nwait = 2s\nroom = 3K"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with wall_with(tmp_path, (("", more),)) as wall, Teller(wall) as teller:
        assert teller.do("options") == "from the file %s/etc/x 2000 3072 red green" % os.getcwd()
        (tmp_path / "key").write_text("another\n")
        said = wall.reload()
        assert "1 closed, 1 opened" in said
        with Teller(wall) as again:
            assert again.do("options").split()[0] == "another"
        assert "another" not in wall.log() and "from the file" not in wall.log()


def test_option_types_are_listed_and_secrets_masked(tmp_path):
    wall = wall_with(tmp_path, (("", "token = open sesame\nfile = x"),))

    def murald(*words, status=0):
        run = subprocess.run(wall.command(*words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
        assert run.returncode == status, run.stdout
        return run.stdout

    listed = murald("--list-plugins", "-s", "server.plugin-path=" + HERE)
    for words in ("token secret, or @FILE default empty a secret", "file path default empty a path",
                  "words words default one two words", "wait duration from 10ms to 60000ms default 1s a duration",
                  "room bytes, at least 1 default 1K bytes"):
        assert re.search(r"^ +" + r" +".join(re.escape(word) for word in words.split()) + "$", listed, re.M), listed
    printed = murald("--print-config")
    assert "plugin teller.token = ****  ; " in printed and "plugin teller.file = x  ; " in printed
    assert "sesame" not in printed
    again = murald("--check-config", "-s", "plugin teller.token=****", status=78)
    assert "is what --print-config shows in place of a secret" in again and "sesame" not in again
    missing = murald("--print-config", "-s", "server.plugin-path=" + PLUGINS, status=78)
    assert "sesame" not in missing
    assert "write a duration from 10ms to 60000ms" in murald(
        "--check-config", "-s", "plugin teller.wait=9ms", status=78)


def test_addresses_as_text(tmp_path):
    path = str(tmp_path / "socket")
    with wall_with(tmp_path, (("", ""), ("six", "listen = [::]:0"), ("local", "listen = unix:" + path))) as wall:
        with Teller(wall) as teller:
            assert teller.do("peer") == "127.0.0.1:%d 1" % teller.client.getsockname()[1]
        port = wall.port("six")
        for host, text in (("::1", "[::1]:%d 1"), ("127.0.0.1", "127.0.0.1:%d 1")):
            with socket.create_connection((host, port), 30) as client:
                client.sendall(b"peer\n")
                assert client.makefile().readline() == text % client.getsockname()[1] + "\n"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(b"peer\n")
            assert client.makefile().readline() == "unix 1\n"


def test_binding_a_socket(tmp_path):
    with wall_with(tmp_path) as wall, Teller(wall) as teller, socket.create_server(("127.0.0.1", 0)) as taken:
        assert re.fullmatch(r"stream listens 127\.0\.0\.1:[1-9]\d*", teller.do("stream 127.0.0.1:0"))
        assert re.fullmatch(r"datagram bound \[::1\]:[1-9]\d*", teller.do("datagram [::1]:0"))
        path = str(tmp_path / "socket")
        assert teller.do("datagram unix:" + path) == "datagram bound unix"
        assert stat.S_ISSOCK(os.stat(path).st_mode)
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        assert teller.do("stream " + address) == "Address already in use"
        assert "teller: cannot listen on %s: another program does" % address in wall.log()


def test_a_folder_for_state(tmp_path, monkeypatch):
    state = tmp_path / "state" / "deep"
    monkeypatch.setenv("STATE_DIRECTORY", "%s:/elsewhere" % state)
    with wall_with(tmp_path, (("", ""), ("b", ""), ("file", ""))) as wall:
        for name in "teller", "b":
            with Teller(wall, name) as teller:
                for _ in range(2):
                    assert teller.do("folder") == "%s 1" % (state / name)
            assert stat.S_IMODE(os.stat(state / name).st_mode) == 0o700
        (state / "file").write_text("")
        with Teller(wall, "file") as teller:
            assert teller.do("folder") == "Not a directory"
        assert "file: cannot use %s/file for its state: Not a directory; make it a folder" % state in wall.log()


def test_the_folder_belongs_to_the_user_that_murald_became(tmp_path, monkeypatch):
    if os.getuid() != 0:
        pytest.skip("needs root, to switch to another user")
    state = tmp_path / "state"
    for folder in (tmp_path, state):
        folder.mkdir(exist_ok=True)
        os.chown(folder, 65534, -1)
    for parent in tmp_path.parents[:2]:
        os.chmod(parent, 0o755)
    monkeypatch.setenv("STATE_DIRECTORY", str(state))
    with wall_with(tmp_path, core="user = nobody") as wall, Teller(wall) as teller:
        assert teller.do("folder") == "%s/teller 1" % state
        assert os.stat(state / "teller").st_uid == 65534


def letters(picture, x, y, columns, factor):
    """What the HUD's font has been used to write there; orange on black."""
    text = ""
    for column in range(columns):
        dots = "".join(".#"[picture.getpixel((x + (column * WIDTH + u) * factor, y + v * factor)) != (0, 0, 0)]
                       for v in range(HEIGHT) for u in range(WIDTH))
        text += FONT[dots]
    return text


def test_text_on_the_canvas(tmp_path):
    with wall_with(tmp_path, (("", "offset = 10,20\nregion = 300x100"),), size="400x200") as wall, \
            Teller(wall) as teller:
        assert teller.do("text 1 2 80 28 Hello") == "2"
        assert teller.do("text 100 2 88 70 Hello, wide world") == "1"
        assert teller.do("text 0 86 4000000000 4000000000 to the edge ~ü") == "1"
        assert teller.do("text 200 0 7 100 thin") == teller.do("text 200 0 100 13 low") == "0"
        assert teller.do("text 300 0 10 100 outside") == teller.do("text 4294967295 0 8 14 x") == "0"
        assert teller.do("text 200 50 16 14 cut off") == "1"
        assert teller.do("text 200 70 64 28 unbreakable") == "1"
        picture = wall.picture()
        assert letters(picture, 11, 22, 5, 2) == "Hello"
        assert picture.getpixel((11 + 2, 22 + 8)) == (255, 128, 0)
        assert [letters(picture, 110, 22 + HEIGHT * row, 11, 1).rstrip() for row in range(3)] == [
            "Hello, wide", "world", ""]
        assert letters(picture, 10, 106, 15, 1) == "to the edge ~\N{REPLACEMENT CHARACTER} "
        assert letters(picture, 210, 70, 3, 1) == "cu "
        assert [letters(picture, 210, 90 + HEIGHT * row, 9, 1) for row in range(2)] == ["unbreaka ", "ble      "]
        box = picture.getbbox()
        assert box[0] >= 10 and box[1] >= 20 and box[2] <= 310 and box[3] <= 120


def test_two_plugins_whose_metrics_would_be_one(tmp_path):
    folder = tmp_path / "plugins"
    folder.mkdir(mode=0o755)
    for name in "a-b", "a.b":
        subprocess.run([os.environ.get("CC", "cc").split()[-1], "-shared", "-fPIC", "-fvisibility=hidden",
                        "-D_GNU_SOURCE", "-I" + os.path.join(SOURCE, "include"), '-DTELLER_NAME="%s"' % name,
                        os.path.join(SOURCE, "tests", "plugins", "teller.c"), "-o", folder / (name + ".so")],
                       check=True)
    wall = wall_with(tmp_path)
    wall.configure("[plugin a-b]\n[plugin a-b two]\n[plugin a.b]\n")
    run = subprocess.run(wall.command("--check-config", "-s", "server.plugin-path=%s" % folder),
                         stderr=subprocess.PIPE, text=True, env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
    assert run.returncode == 78
    assert ("plugin a.b: %s/a.b.so has a metric murald_plugin_a_b_messages, and so has %s/a-b.so; use one of the "
            "two plugins" % (folder, folder)) in run.stderr


def test_the_page_shows_the_state(tmp_path):
    (tmp_path / "browser").mkdir()
    with wall_with(tmp_path) as wall, Teller(wall) as teller, Browser(tmp_path / "browser") as browser:
        browser.goto("http://127.0.0.1:%d/" % wall.port("http"))

        def shown():
            return dict(browser.eval(
                "[...document.querySelectorAll('.card')].map(card => [card.dataset.name,"
                " card.querySelector('.state').hidden ? null : card.querySelector('.state').textContent])"))

        wait_for("the cards", lambda: shown() == {"teller": None, "http": None})
        assert teller.do("state <b>closed</b>") == "ok"
        wait_for("the state", lambda: shown() == {"teller": "<b>closed</b>", "http": None})
        assert teller.do("state ") == "ok"
        wait_for("the end of it", lambda: shown() == {"teller": None, "http": None})
