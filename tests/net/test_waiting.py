# SPDX-License-Identifier: MIT
"""What a plugin needs and is not there yet: it is tried again until it is, and said meanwhile."""
import json
import os
import socket

import pytest

pytest.importorskip("websockets", reason="no websockets: apt-get install python3-websockets")
from network import Network
from wall import DOTS, Wall, dot, wait_for
from watchers import ask, http_wall


def states(wall):
    status, _, body = ask(wall, "/healthz")
    assert status == 200
    return json.loads(body).get("states", {})


def ways(wall):
    return {way["name"]: way["commands"] for way in json.loads(ask(wall, "/invite")[2])["ways"]}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_port_that_becomes_free(tmp_path, workers):
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    others = "[plugin dots]\nlisten = 127.0.0.1:%d\nrequired = no\n" % port
    with http_wall(tmp_path, others=others, core="workers = " + workers) as wall:
        assert "dots: could not be opened; continuing without it, and trying again every second" in wall.log()
        said = "waiting: cannot listen on 127.0.0.1:%d: another program does" % port
        assert states(wall)["dots"].startswith(said)
        assert ways(wall)["dots"] == []
        taken.close()
        wait_for("the port to be opened", lambda: "dots: open now" in wall.log(), 30)
        assert states(wall) == {}
        wall.paint(dot(1, 2, (3, 4, 5)))
        wall.painted(1, 2, (3, 4, 5))
        assert wall.log().count("another program does") == 1
        assert wall.stop() == 0, wall.log()


def test_a_reload_goes_on_trying(tmp_path):
    """One that could not be opened in a reload, required or not, and one that is waited for already."""
    taken = socket.create_server(("127.0.0.1", 0))
    here = "[plugin dots]\nlisten = 127.0.0.1:%d\n" % taken.getsockname()[1]
    with http_wall(tmp_path, others="") as wall:
        before = open(wall.config, encoding="utf-8").read()
        for text in before + here, before + here + "required = no\n":
            with open(wall.config, "w", encoding="utf-8") as file:
                file.write(text)
            assert "dots: could not be opened; continuing without it, and trying again" in wall.reload()
        taken.close()
        wait_for("the port to be opened", lambda: "dots: open now" in wall.log(), 30)
        wall.paint(dot(1, 2, (3, 4, 5)))
        assert wall.stop() == 0, wall.log()


def test_a_service_that_could_not_start(tmp_path):
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    with http_wall(tmp_path, "listen = 127.0.0.1:%d\nrequired = no\n" % port) as wall:
        wall.paint(dot(1, 2, (3, 4, 5)))
        taken.close()
        wait_for("the port to be opened", lambda: "http: open now" in wall.log(), 30)
        assert ask(wall, "/healthz")[0] == 200
        assert wall.stop() == 0, wall.log()


@pytest.fixture
def hosts():
    with Network() as net:
        yield net, net.host("wall"), net.host("client")


@pytest.mark.parametrize("plugin", ["[plugin icmp]\ninterface = late0\n",
                                    "[plugin ipv6]\ninterface = late0\ntemplate = 2001:db8:0:5:XXXX:YYYY:RRGG:BB??\n"])
def test_an_interface_that_comes_later(tmp_path, hosts, plugin):
    _, host, _ = hosts
    name = plugin.split()[1].rstrip("]")
    with Wall(tmp_path, plugin + "required = no\n" + DOTS, netns=host.name) as wall:
        assert "%s: cannot capture on late0: there is no such interface" % name in wall.log()
        assert "%s: could not be opened" % name in wall.log()
        host.run("ip", "link", "add", "late0", "type", "veth", "peer", "name", "late1")
        wait_for("its being down to be noticed", lambda: "late0: it is down" in wall.log(), 30)
        host.run("ip", "link", "set", "late0", "up")
        wait_for("the interface to be read", lambda: "%s: open now" % name in wall.log(), 30)
        assert wall.log().count("there is no such interface") == 1
        assert wall.stop() == 0, wall.log()


def test_an_address_that_comes_later(tmp_path, hosts):
    _, host, _ = hosts
    with Wall(tmp_path, "[plugin dots]\nlisten = 192.0.2.77:1235\nlisten-udp = 192.0.2.77:1235\nrequired = no\n",
              netns=host.name) as wall:
        assert "this machine has no such address" in wall.log()
        host.run("ip", "addr", "add", "192.0.2.77/24", "dev", "lo")
        wait_for("the address to be used", lambda: "dots: open now" in wall.log(), 30)
        script = "import socket; socket.create_connection(('192.0.2.77', 1235), 10).sendall(%r)" % dot(1, 2, (3, 4, 5))
        host.run("/usr/bin/python3", "-c", script)
        wall.painted(1, 2, (3, 4, 5))
        assert wall.stop() == 0, wall.log()


def test_a_socket_file_whose_folder_comes_later(tmp_path):
    with Wall(tmp_path, "[plugin dots]\nlisten = unix:%s/later/dots\nrequired = no\n" % tmp_path) as wall:
        assert "its folder does not exist" in wall.log()
        os.mkdir(tmp_path / "later")
        wait_for("the socket", lambda: os.path.exists(tmp_path / "later" / "dots"), 30)
        assert wall.stop() == 0, wall.log()
