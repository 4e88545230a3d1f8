# SPDX-License-Identifier: MIT
"""What an author writes in an evening from mural-plugin(7) alone: Art-Net, FlaschenTaschen and
an MQTT subscriber, each below 100 lines, fed by what speaks these protocols."""
import contextlib
import os
import random
import shutil
import socket
import struct
import subprocess

import pytest
from PIL import Image

from author import EVENINGS, build, painted, pixel, udp, wall_with
from waiting import wait_for

PIXELFLUT = "[plugin pixelflut]\nlisten = 127.0.0.1:0\n"

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)


def evening(folder, file, *packages):
    path = os.path.join(EVENINGS, file)
    with open(path) as f:
        assert len(f.readlines()) < 100
    return build(folder, path, *packages)


# ---- Art-Net

def art_dmx(universe, channels, length=None):
    return struct.pack("<8sH", b"Art-Net", 0x5000) + struct.pack(
        ">HBBBBH", 14, 0, 0, universe & 255, universe >> 8, len(channels) if length is None else length) + channels


def test_artnet(tmp_path):
    evening(tmp_path, "artnet.c")
    pixels = [(i & 255, 255 - i % 251, i % 7) for i in range(64 * 48)]
    with wall_with(tmp_path, "[plugin artnet]\nlisten-udp = 127.0.0.1:0\nuniverse = 300\n" + PIXELFLUT) as wall, \
            udp(wall, "artnet") as console:
        for universe in range(len(pixels) // 170 + 1):
            data = bytes(value for rgb in pixels[170 * universe:170 * universe + 170] for value in rgb)
            console.send(art_dmx(300 + universe, data))
            painted(wall, (170 * universe) % 64, (170 * universe) // 64, pixels[170 * universe])
        console.send(art_dmx(299, bytes(510)))                       # somebody else's universe
        console.send(struct.pack("<8sH", b"Art-Net", 0x2000) + bytes(8))  # a poll
        console.send(art_dmx(300, b"\1\2\3", 4))
        console.send(b"Art-Net")
        console.send(art_dmx(300, bytes(RED)))
        painted(wall, 0, 0, RED)
        assert list(wall.last_picture().getdata())[1:] == pixels[1:]
        assert "artnet: painted %d pixels, discarded 2 malformed" % (len(pixels) + 1) in wall.log()


# ---- FlaschenTaschen

def ppm(picture, comment=b"", footer=b""):
    return b"P6\n%d %d\n%s255\n" % (*picture.size, comment) + picture.tobytes() + footer


def noise(side, seed):
    return Image.frombytes("RGB", (side, side), bytes(random.Random(seed).choices(range(1, 256), k=3 * side * side)))


@pytest.mark.parametrize("side", [8, 64, 128])
def test_flaschen_taschen(tmp_path, side):
    evening(tmp_path, "flaschen.c")
    first, second = noise(side, 1), noise(side, 2)
    with wall_with(tmp_path, "[plugin flaschen]\nlisten-udp = 127.0.0.1:0\n" + PIXELFLUT, size="300x150") as wall, \
            udp(wall, "flaschen") as sender:
        sender.send(ppm(first))
        painted(wall, side - 1, side - 1, first.getpixel((side - 1, side - 1)))
        sender.send(ppm(second, footer=b"\n150 # x\n7\n0\n"))
        painted(wall, 150 + side - 1, 7 + side - 1, second.getpixel((side - 1, side - 1)))
        picture = wall.last_picture()
        assert picture.crop((0, 0, side, side)).tobytes() == first.tobytes()
        assert picture.crop((150, 7, 150 + side, 7 + side)).tobytes() == second.tobytes()
        assert "flaschen: painted %d pixels, discarded nothing" % (2 * side * side) in wall.log()


def test_flaschen_taschen_places(tmp_path):
    evening(tmp_path, "flaschen.c")
    dot = Image.new("RGB", (2, 1), RED)
    dot.putpixel((1, 0), BLACK)
    with wall_with(tmp_path, "[plugin flaschen]\nlisten-udp = 127.0.0.1:0\n" + PIXELFLUT, size="40x30") as wall, \
            udp(wall, "flaschen") as sender:
        sender.send(ppm(Image.new("RGB", (40, 30), BLUE)))
        sender.send(ppm(dot, comment=b"#FT: 3 4 0\n"))
        sender.send(ppm(dot, comment=b"# a comment\n#FT: 5 6 1\n"))
        sender.send(ppm(dot, comment=b"#FT: 1 1 1\n", footer=b"7\n8\n2\n"))
        sender.send(ppm(dot, footer=b"38 20"))
        for bad in (b"", b"P6", b"P5\n1 1\n255\nabc", b"P6\n1 1\n255\nab", b"P6\n1 1\n65535\nabcdef",
                    b"P6\n99999 99999\n255\nabc", b"P6 1 0 255 ", b"P6\n#FT:"):
            sender.send(bad)
        sender.send(ppm(Image.new("RGB", (1, 1), GREEN)))
        painted(wall, 0, 0, GREEN)
        picture = wall.last_picture()
        expected = {(3, 4): RED, (4, 4): BLACK, (5, 6): RED, (6, 6): BLUE, (7, 8): RED, (8, 8): BLUE,
                    (38, 20): RED, (39, 20): BLACK}
        assert {at: picture.getpixel(at) for at in expected} == expected
        assert "discarded 8 malformed" in wall.log()


# ---- MQTT

def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def broker(folder, port):
    config = os.path.join(str(folder), "mosquitto.conf")
    with open(config, "w") as f:
        f.write("listener %d 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n" % port)
    path = os.environ["PATH"] + ":/usr/sbin"
    with open(os.path.join(str(folder), "mosquitto.log"), "ab") as log, \
            subprocess.Popen([shutil.which("mosquitto", path=path), "-v", "-c", config],
                             stdout=log, stderr=log) as process:
        try:
            def answers():
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    return True
            wait_for("the broker", answers)
            yield
        finally:
            process.terminate()


def publish(port, text):
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-t", "wall/art", "-m", text],
                   check=True, timeout=20)


def test_mqtt(tmp_path):
    if not shutil.which("mosquitto_pub") or not shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin"):
        pytest.skip("no broker: apt-get install mosquitto mosquitto-clients")
    if not os.path.exists("/usr/include/mosquitto.h"):
        pytest.skip("no mosquitto.h: apt-get install libmosquitto-dev")
    evening(tmp_path, "mqtt.c", "libmosquitto")
    port = free_port()

    def arrives(text, x, y, rgb):
        """Published again until it is painted: a subscriber that is not there yet misses it."""
        def is_painted():
            publish(port, text)
            return pixel(wall, x, y) == rgb
        wait_for(text, is_painted, 30)

    with wall_with(tmp_path, "[plugin mqtt]\nbroker = 127.0.0.1\nport = %d\n" % port + PIXELFLUT) as wall:
        with broker(tmp_path, port):
            arrives("3 4 ff0000", 3, 4, RED)
            publish(port, "nonsense")
            arrives("63 47 0000ff", 63, 47, BLUE)
        with broker(tmp_path, port):
            arrives("5 6 00ff00", 5, 6, GREEN)
            assert wall.stop() == 0
        assert "discarded 1 malformed" in wall.log()
