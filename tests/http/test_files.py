# SPDX-License-Identifier: MIT
"""What the web page is made of, and the commands on it, without a browser."""
import gzip
import json
import re
import subprocess
import urllib.error
import urllib.request

import pytest

from wall import Wall, wait_for
from webpage import get, http_section, url

SIZE = "160x96"


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    with Wall(folder, http_section(folder, "pixel-rate = 1500ms"), size=SIZE) as wall:
        yield wall


def test_the_commands_for_the_board_work(wall):
    ways = json.loads(get(wall, "invite?x=30&y=20&color=00a368"))["ways"]
    register, update = next(way["commands"] for way in ways if way["module"] == "http")
    run = lambda command: json.loads(subprocess.run(
        ["bash", "-c", command], check=True, timeout=30, capture_output=True).stdout)
    token = run(register)["id"]
    assert run(update.replace('"ID"', '"%s"' % token))["success"]
    wall.painted(30, 20, (0x00, 0xa3, 0x68))


def test_the_commands_of_other_systems(wall):
    """Python's for the board runs in any shell; PowerShell's can only be read here."""
    ways = lambda system: {way["name"]: way["commands"] for way in json.loads(
        get(wall, "invite?x=50&y=20&color=00a368&system=" + system))["ways"]}
    run = lambda command: subprocess.run(["dash", "-c", command], timeout=20, capture_output=True, check=False).stdout
    register, update = ways("python")["http"]
    token = json.loads(run(register))["id"]
    # whoever painted a moment ago waits, also with a new token
    wait_for("the turn to paint", lambda: b'"success"' in run(update.replace("'ID'", "'%s'" % token)))
    wall.painted(50, 20, (0x00, 0xa3, 0x68))
    assert all(text.startswith("Invoke-RestMethod -Method Put ") for text in ways("windows")["http"])
    assert ways("linux") == ways("bsd") == ways("")
    assert "TcpClient '127.0.0.1'" in ways("windows")["pixelflut"][0]


def test_a_host_header_never_reaches_a_shell(wall):
    request = urllib.request.Request(url(wall, "invite"), headers={"Host": "$(reboot);`id`"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read().decode()
    assert "reboot" not in text and "`id`" not in text
    assert "nc -w1 HOST" in text


@pytest.mark.parametrize("path", ["static/../murald.conf", "static/", "static/nothing.js",
                                  "static/%2e%2e/page.c", "static/main.js%00.html", "servers/",
                                  "%00", "static/main.js/"])
def test_other_files_do_not_exist(wall, path):
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(wall, path)
    assert refused.value.code == 404


def test_what_is_compressed_is_the_same(wall):
    for path in ("", "admin/", "static/core.js", "static/main.js", "static/words-de.js", "static/page.css"):
        request = urllib.request.Request(url(wall, path), headers={"Accept-Encoding": "gzip, br"})
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Vary"] == "Accept-Encoding"
            body, tag = answer.read(), answer.headers["ETag"]
        assert gzip.decompress(body) == get(wall, path)
        request.add_header("If-None-Match", tag)
        with pytest.raises(urllib.error.HTTPError) as same:
            urllib.request.urlopen(request)
        assert same.value.code == 304
    for refused in ("identity", "gzip;q=0"):
        request = urllib.request.Request(url(wall), headers={"Accept-Encoding": refused})
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Content-Encoding"] is None


def test_files_are_cached_until_they_change(wall):
    with urllib.request.urlopen(url(wall, "static/main.js")) as answer:
        tag = answer.headers["ETag"]
        assert answer.headers["Content-Security-Policy"] is None  # it is under the page's
    for path in ("", "static/icon.svg", "admin/", "api/"):
        with urllib.request.urlopen(url(wall, path)) as answer:
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    with pytest.raises(urllib.error.HTTPError) as same:
        urllib.request.urlopen(urllib.request.Request(
            url(wall, "static/main.js"), headers={"If-None-Match": tag}))
    assert same.value.code == 304


def test_the_manifest(wall):
    page = get(wall, "").decode()
    manifest = json.loads(get(wall, re.search(r'rel="manifest" href="/(.*?)"', page).group(1)))
    assert manifest["display"] == "standalone"
    assert get(wall, manifest["icons"][0]["src"][1:]).startswith(b"<svg")
    assert 'property="og:image" content="/canvas.png"' in page


def code_of(wall, host, tag=None):
    """Status, entity tag and text of /qr.svg, as who came by that address gets it."""
    headers = {"Host": host, "If-None-Match": tag} if tag else {"Host": host}
    try:
        with urllib.request.urlopen(urllib.request.Request(url(wall, "qr.svg"), headers=headers), timeout=20) as answer:
            return answer.status, answer.headers["ETag"], answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers["ETag"], refused.read()


def test_the_code_of_the_address(tmp_path):
    """Kept and not sent again, until the address is another one."""
    with Wall(tmp_path, http_section(tmp_path), size=SIZE, core="# public-url") as wall:
        status, tag, text = code_of(wall, "wall.example")
        assert status == 200 and text.startswith(b"<svg")
        assert code_of(wall, "wall.example") == (200, tag, text)
        assert code_of(wall, "wall.example", tag) == (304, tag, b"")
        other = code_of(wall, "other.example", tag)
        assert other[0] == 200 and tag != other[1] and text != other[2]
        assert code_of(wall, "wall.example") == (200, tag, text)
        assert code_of(wall, "$(reboot)", tag)[0] == 404
        wall.edit_config("# public-url", "public-url = http://public.example/")
        wall.reload()
        public = code_of(wall, "wall.example", tag)
        assert public[0] == 200 and public[1] not in (tag, other[1])
        assert code_of(wall, "other.example", public[1])[0] == 304
