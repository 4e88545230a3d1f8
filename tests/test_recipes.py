# SPDX-License-Identifier: MIT
"""doc/recipes.md: its commands, as they stand there, in network namespaces of their own.  Folders of the
system are a folder of the test, and systemctl does to murald and nginx what their units do."""
import datetime
import io
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from PIL import Image

from control import control
from network import Network
from wall import MURALCTL, MURALD, PLUGINS, SOURCE, Wall, wait_for

CONFIG = """
[record]
interval = 100ms
[plugin pixelflut]
[plugin http]
database = /var/lib/murald/board.db
"""
RED, GREEN, GREY = (255, 0, 0), (0, 255, 0), (0x20, 0x20, 0x20)
FOLDERS = "/etc/murald", "/var/lib/murald", "/etc/nginx", "/etc/ssl"


def sections():
    """{title: [commands, ...]}, and the reasons for those that are not run."""
    with open(os.path.join(SOURCE, "doc/recipes.md")) as f:
        parts = re.split(r"^## (.*)$", f.read(), flags=re.M)
    found, reasons = {}, []
    for title, text in zip(["", *parts[1::2]], parts[0::2]):
        blocks = re.findall(r"(?:<!-- not run: (.*) -->\n)?^```sh\n(.*?)^```$", text, re.M | re.S)
        assert blocks or not title, title
        found[title] = [commands for reason, commands in blocks if not reason]
        reasons += [reason for reason, _ in blocks if reason]
    return found, reasons


RECIPES, REASONS = sections()


class Evening(Wall):
    """The wall of a recipe, with recipe() to follow one."""

    def __init__(self, folder, net):
        self.host, self.guest = net.host("wall"), net.host("guest")
        net.join(self.host, self.guest)
        self.host.run("ip", "addr", "add", "192.0.2.1/24", "dev", "eth0")
        for n in 66, 67:
            self.guest.run("ip", "addr", "add", "192.0.2.%d/24" % n, "dev", "eth0")
        self.root = str(folder)
        for path in *FOLDERS, "/etc/nginx/sites-enabled", "/etc/ssl/private", "/etc/ssl/certs":
            os.makedirs(self.root + path, exist_ok=True)
        super().__init__(folder, self.moved(CONFIG), size="640x360", netns=self.host.name,
                         core=control(self.root))
        self.snapshot = self.root + "/var/lib/murald/canvas.png"
        self.config = self.root + "/etc/murald/murald.conf"
        self.configure(self.moved(CONFIG))

    def moved(self, text):
        return re.sub(r"(?<![\w.])(%s)\b" % "|".join(FOLDERS), self.root + r"\1", text)

    def recipe(self, title, *replaced, n=None):
        """Runs a section's commands, or its n-th block, with some words replaced; what they said."""
        blocks = RECIPES[title] if n is None else [RECIPES[title][n]]
        said = ""
        for commands in blocks:
            for old, new in replaced:
                assert old in commands, commands
                commands = commands.replace(old, new)
            said += self.sh(self.moved(commands))
        return said

    def sh(self, commands):
        """Commands that systemd would carry out are given to systemctl(), below."""
        todo = self.root + "/todo"
        with open(todo, "w") as f:
            f.write("set -eu\nsudo() { \"$@\"; }\n"
                    "systemctl() { echo \"$*\" >&3; read -r done <&4; [ \"$done\" = ok ]; }\n"
                    "muralctl() {\nif [ $1 = wall ]; then shift; set -- wall -S %s/control \"$@\"; fi\n"
                    "command muralctl \"$@\"\n}\n"
                    "nginx() { command nginx -c %s/nginx.conf \"$@\"; }\n"
                    "cd %s\n%s" % (self.root, self.root, self.root, commands))
        ask, told = os.pipe()
        reply, answer = os.pipe()
        with subprocess.Popen(
                ["ip", "netns", "exec", self.netns, "bash", "-c", "exec 3>&%d 4<&%d; . %s" % (told, reply, todo)],
                pass_fds=(told, reply), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                env=dict(os.environ, PATH=os.path.dirname(MURALCTL) + ":" + os.environ["PATH"] + ":/usr/sbin")) as shell:
            os.close(told)
            os.close(reply)
            with os.fdopen(ask) as asks, os.fdopen(answer, "w") as answers:
                for line in asks:
                    self.systemctl(*line.split())
                    answers.write("ok\n")
                    answers.flush()
            out = shell.communicate(timeout=60)[0]
        assert shell.returncode == 0, out
        return out

    def systemctl(self, verb, *rest):
        if rest[-1] == "nginx":
            self.host.run("sh", "-c", "nginx -c %s/nginx.conf" % self.root)
        elif verb == "reload":
            said = self.reload()
            assert "is wrong" not in said and " 0 failed" in said, said
        else:
            assert verb in ("stop", "start", "restart")
            if verb != "start":
                assert self.stop() == 0
            if verb != "stop":
                self.start().wait_ready()

    def flut(self, text, source="192.0.2.67", port=1234):
        """What a guest's connection is answered, all of it."""
        with self.guest, socket.create_connection(("192.0.2.1", port), 20, (source, 0)) as client:
            client.settimeout(20)
            client.sendall(text.encode())
            client.shutdown(socket.SHUT_WR)
            said = b""
            while piece := client.recv(4096):
                said += piece
        return said.decode()

    def is_denied(self, source):
        """Told so, before it says anything."""
        with self.guest, socket.create_connection(("192.0.2.1", 1234), 20, (source, 0)) as client:
            client.settimeout(20)
            return client.recv(4096).startswith(b"ERROR ")

    def get(self, path):
        with self.host, urllib.request.urlopen("http://127.0.0.1:8080" + path, timeout=20) as answer:
            return answer.read()


@pytest.fixture
def evening(tmp_path):
    with Network() as net, Evening(tmp_path, net) as wall:
        wall.recipe("")
        yield wall
        if wall.process.poll() is None:
            assert wall.stop() == 0


def need(*tools):
    for tool, package in tools:
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin"):
            pytest.skip("no %s: apt-get install %s" % (tool, package))


def test_every_recipe_is_run():
    here = open(__file__).read()
    for title in RECIPES:
        assert not RECIPES[title] or 'recipe("%s"' % title in here, title
    assert len(REASONS) == 3 and all(REASONS)
    assert os.path.exists(MURALD) and os.path.exists(PLUGINS)


def test_a_title(evening):
    need(("convert", "imagemagick"))
    if "ImageMagick" not in subprocess.run(["convert", "-version"], capture_output=True, text=True).stdout:
        pytest.skip("convert is another program's: apt-get install imagemagick")
    evening.recipe("A title on the wall")
    evening.painted(0, 0, GREY)
    assert (255, 255, 255) in [rgb for _, rgb in evening.picture().crop((0, 0, 640, 40)).getcolors(9999)]
    evening.flut("PX 0 0 ff0000\nPX 0 40 ff0000\n")
    evening.painted(0, 40, RED)
    assert evening.picture().getpixel((0, 0)) == GREY


def test_a_hotspot(evening):
    evening.recipe("A hotspot of its own")
    assert b"| nc -w1 10.42.0.1 1234" in evening.get("/invite?x=1&y=1")
    said = subprocess.run([MURALD, "-c", evening.config, "--print-config"], capture_output=True, text=True, timeout=30)
    assert "\ndisplay.wifi = ****" in said.stdout, said.stderr


def test_a_ban(evening):
    assert evening.flut("SIZE\n", "192.0.2.66") == "SIZE 640 360\n"
    evening.flut("PX 5 5 ff0000\n", "192.0.2.66")
    evening.painted(5, 5, RED)
    assert "192.0.2.66" in evening.recipe("Somebody has to go", n=0)
    evening.recipe("Somebody has to go", n=1)
    assert evening.is_denied("192.0.2.66")
    assert evening.flut("SIZE\n", "192.0.2.67") == "SIZE 640 360\n"
    assert "192.0.2.66" in evening.recipe("Somebody has to go", n=2)
    assert evening.flut("SIZE\n", "192.0.2.66") == "SIZE 640 360\n"


def looks(data):
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").getpixel((5, 5))


def recorded(evening, rgb):
    """The recording has that colour at 5,5."""
    def now():
        try:
            return looks(evening.get("/history?at=%d" % time.time())) == rgb
        except urllib.error.HTTPError:
            return False  # nothing is recorded yet
    wait_for("the record", now, 30)


def test_undo_of_one_guest(evening):
    for rgb, guest in ("00ff00", 67), ("ff0000", 66):
        evening.flut("PX 5 5 %s\n" % rgb, "192.0.2.%d" % guest)
        recorded(evening, tuple(bytes.fromhex(rgb)))
        evening.sh("muralctl wall undo 192.0.2.%d --count" % guest)  # now the keeper has seen it
    evening.flut("PX 6 6 ff0000\n", "192.0.2.67")
    evening.recipe("Undo", n=0)
    evening.painted(5, 5, GREEN)
    assert evening.picture().getpixel((6, 6)) == RED


def test_undo(evening):
    need(("curl", "curl"))
    evening.flut("PX 5 5 00ff00\n")
    recorded(evening, GREEN)
    at = int(time.time()) + 1
    wait_for("the next second", lambda: time.time() >= at)
    evening.flut("PX 5 5 ff0000\n")
    recorded(evening, RED)
    moment = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
    evening.recipe("Undo", ("-10min", moment.strftime("%Y-%m-%dT%H:%M:%SZ")), n=1)
    evening.painted(5, 5, GREEN)
    evening.recipe("Undo", n=2)
    assert looks(open(evening.root + "/kept.png", "rb").read()) == GREEN


def test_a_film(evening):
    need(("ffmpeg", "ffmpeg"))
    for rgb in (255, 0, 0), (0, 255, 0):
        evening.flut("".join("PX %d %d %02x%02x%02x\n" % (x, y, *rgb) for y in range(0, 360, 8) for x in range(640)))
        evening.flut("PX 5 5 %02x%02x%02x\n" % rgb)
        recorded(evening, rgb)
    evening.recipe("A film of the evening", ("--seconds 30", "--seconds 1"))
    said = subprocess.run(["ffprobe", "-v", "error", "-show_streams", evening.root + "/evening.mp4"],
                          capture_output=True, text=True, timeout=30).stdout
    assert "codec_name=h264" in said and "pix_fmt=yuv420p" in said and "width=1920" in said


def test_two_walls(evening, tmp_path_factory):
    evening.flut("PX 5 5 00ff00\n")
    folder = tmp_path_factory.mktemp("second")
    with Wall(folder, "[plugin pixelflut]\nlisten = 192.0.2.1:4321\n", size="640x360", netns=evening.netns) as second:
        evening.recipe("Two walls", ("first.example", "127.0.0.1"), ("second.example:1234", "192.0.2.1:4321"), n=0)
        second.painted(5, 5, GREEN)
        assert second.stop() == 0
    evening.recipe("Two walls", ("eth1", "eth0"), n=1)
    evening.guest.run("ping", "-c1", "-s8", "-p", "cc00060006ff0000", "192.0.2.1")
    evening.painted(6, 6, RED)


def test_a_proxy(evening):
    need(("nginx", "nginx"), ("openssl", "openssl"))
    root = evening.root
    with open(root + "/nginx.conf", "w") as f:
        f.write("pid %s/nginx.pid;\nerror_log %s/nginx.log;\nevents {}\nhttp {\naccess_log off;\n"
                "include %s/etc/nginx/sites-enabled/*;\n}\n" % (root, root, root))
    try:
        evening.recipe("A proxy with TLS")
        context = ssl.create_default_context(cafile=root + "/etc/ssl/certs/wall.pem")
        with evening.host, socket.create_connection(("127.0.0.1", 443), 20) as plain, \
                context.wrap_socket(plain, server_hostname="wall.example.org") as client:
            client.sendall(b"GET /live HTTP/1.1\r\nHost: wall.example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
            assert client.recv(1000).startswith(b"HTTP/1.1 101 ")
        assert "http: paint with: https://wall.example.org/" in evening.log()
        with evening.guest, pytest.raises(ConnectionRefusedError):
            socket.create_connection(("192.0.2.1", 8080), 20)
    finally:
        evening.host.run("sh", "-c", "kill $(cat %s/nginx.pid)" % root, check=False)


def test_a_backup(evening):
    need(("sqlite3", "sqlite3"))
    evening.flut("PX 5 5 00ff00\n")
    evening.painted(5, 5, GREEN)  # also in the file, whose writing is answered when it begins
    evening.recipe("Backup", n=0)
    evening.flut("PX 5 5 ff0000\n")
    evening.painted(5, 5, RED)
    evening.recipe("Backup", n=1)
    evening.painted(5, 5, GREEN)
    assert looks(evening.get("/canvas.png")) == GREEN
