# SPDX-License-Identifier: MIT
"""What people are told: server.public-url, server.public-address, advertise."""
import json
import subprocess

import pytest

pytest.importorskip("websockets", reason="no websockets: apt-get install python3-websockets")
from network import Network
from wall import DOTS, Wall, wait_for
from watchers import ask, http_wall

FLUT = "[plugin pixelflut]\nlisten = 127.0.0.1:0\n%s\n"
NO_IPV6 = "2001:db8:0:5:XXXX:YYYY:RRGG:BB??"


def ways(wall, host="wall.test:8080"):
    answer = ask(wall, "/invite?x=3&y=4", Host=host)[2]
    return {way["name"]: way["commands"] for way in json.loads(answer)["ways"]}


def logged(wall, name):
    return [line.split("paint with: ")[1] for line in wall.log().splitlines() if name + ": paint with" in line]


def test_the_public_address_and_url(tmp_path):
    core = "public-url = https://wall.example.org/w/\npublic-address = paint.example.org\n"
    with http_wall(tmp_path, others=FLUT % "" + DOTS, core=core) as wall:
        flut = " paint.example.org %d" % wall.port("pixelflut")
        wait_for("the invitations in the log", lambda: logged(wall, "http") and logged(wall, "pixelflut"))
        assert logged(wall, "http") == ["https://wall.example.org/w/"]
        assert [line.endswith(flut) for line in logged(wall, "pixelflut")] == [True]
        told = ways(wall)
        assert told["pixelflut"][0].endswith(flut)
        assert "paint.example.org" in told["dots"][0] and str(wall.port()) in told["dots"][0]
        assert told["http"][0].endswith(" https://wall.example.org/w/register-pg")
        before = wall.port("pixelflut")
        wall.edit_config("paint.example.org", "2001:db8::7")
        wall.edit_config("public-url", "#public-url")
        assert "0 closed, 0 opened, 0 failed, 3 unchanged" in wall.reload()
        assert ways(wall)["pixelflut"][0].endswith(" 2001:db8::7 %d" % before)
        assert ways(wall)["http"][0].endswith(" http://wall.test:8080/register-pg")
        wall.edit_config("public-address", "#public-address")
        wall.reload()
        assert ways(wall)["pixelflut"][0].endswith(" wall.test %d" % before)
        assert wall.stop() == 0, wall.log()


def test_an_address_of_http_and_p2_with_brackets(tmp_path):
    others = "[plugin p2]\nauth = none\nlisten = 127.0.0.1:0\nwebsocket =\n"
    with http_wall(tmp_path, others=others, core="public-address = 2001:db8::7") as wall:
        wait_for("the invitation in the log", lambda: logged(wall, "http"))
        assert logged(wall, "http") == ["http://[2001:db8::7]:%d/" % wall.port("http")]
        assert "p2://ANYNAME:0@[2001:db8::7]:" in ways(wall)["p2"][0]


def test_a_pixel_that_is_an_address_has_its_own(tmp_path):
    with Network() as net:
        host = net.host("wall")
        host.run("ip", "link", "set", "lo", "up")
        host.run("ip", "-6", "addr", "add", "2001:db8:0:5::1/64", "dev", "lo")
        with Wall(tmp_path, "[plugin ipv6]\ntemplate = %s\n" % NO_IPV6, netns=host.name,
                  core="public-address = 192.0.2.7") as wall:
            wait_for("its hint", lambda: logged(wall, "ipv6"), 20)
            assert "2001:db8:0:5:20:18:ff80:0" in logged(wall, "ipv6")[0]


def test_what_is_advertised(tmp_path):
    text = "Ask at the bar for the code"
    others = FLUT % "advertise = No" + DOTS + "advertise = %s\n" % text
    with http_wall(tmp_path, others=others) as wall:
        wait_for("the invitation in the log", lambda: logged(wall, "dots") == [text])
        assert logged(wall, "pixelflut") == []
        told = ways(wall)
        assert "pixelflut" not in told and told["dots"] == [text] and told["http"]
        wall.edit_config("advertise = No", "advertise = on")
        assert "0 closed, 0 opened, 0 failed, 3 unchanged" in wall.reload()
        assert ways(wall)["pixelflut"]
        wall.edit_config("advertise = " + text, "advertise = no")
        wall.reload()
        assert "dots" not in ways(wall)
        assert wall.stop() == 0, wall.log()


@pytest.mark.parametrize("key, value", [
    ("public-url", "wall.example.org"), ("public-url", "https:///x"), ("public-url", "https://a b/"),
    ("public-url", "http://x/$(id)"), ("public-url", "ftp://x/"), ("public-url", "://x"),
    ("public-address", "192.0.2.1:80"), ("public-address", "[::1]"), ("public-address", "-x"),
    ("public-address", "a;b")])
def test_what_cannot_be_public(tmp_path, key, value):
    wall = Wall(tmp_path, DOTS, core="%s = %s" % (key, value))
    said = subprocess.run(wall.command("--check-config"), capture_output=True, text=True, timeout=20, check=False)
    assert said.returncode == 78
    what = "the address of a page" if key == "public-url" else "an address"
    assert "server.%s: \"%s\" is not %s; write " % (key, value, what) in said.stderr
