# SPDX-License-Identifier: MIT
"""An operator at the control socket of a wall.

    with Wall(tmp_path, DOTS, core=control(tmp_path)) as wall, Operator(wall) as operator:
        assert operator.done("status")["canvas"] == "64x48"
"""
import base64
import io
import json
import os
import re
import socket
import struct

import pytest
from PIL import Image, PngImagePlugin

from wall import DOTS, Wall


def control(folder, more=""):
    """The section, for a wall's config; the socket's path must be short."""
    return "[control]\nsocket = %s/control\nlog = %s/control.log\nstate = %s/control.state\n%s\n" % (
        folder, folder, folder, more)


@pytest.fixture(name="operator")
def operator_of_wall(wall):
    """For folders whose suites have a fixture `wall`: their conftest.py imports it."""
    with Operator(wall) as operator:
        yield operator


def png_file(image, padding=0):
    """The bytes of a PNG; with padding, of which it has so much more."""
    out, more = io.BytesIO(), PngImagePlugin.PngInfo()
    if padding:
        more.add_text("padding", "." * padding)
    image.save(out, "PNG", pnginfo=more)
    return out.getvalue()


def png(width, height, colour=(255, 0, 0, 255)):
    """An area in one colour, in base64."""
    return base64.b64encode(png_file(Image.new("RGBA", (width, height), colour))).decode()


def attach(wall, seconds=30):
    """A socket on which everything may take so long.  It waits in the kernel for a place, as muralctl does: one with
    a time-out of Python's is refused at once when thousands are there that the wall had no time for yet."""
    s = socket.socket(socket.AF_UNIX)
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", seconds, 0))
        s.connect(os.path.join(wall.folder, "control"))
    except OSError:
        s.close()
        raise
    s.settimeout(seconds)
    return s


class Operator:
    def __init__(self, wall, greet=True):
        self.folder = wall.folder
        self.socket = attach(wall)
        self.file = self.socket.makefile("rb")
        self.greeting = self.read() if greet else None

    def read(self):
        """The next line; None at the end."""
        line = self.file.readline()
        return json.loads(line) if line else None

    def send(self, question):
        self.socket.sendall(json.dumps(question).encode() + b"\n")

    def ask(self, verb, **more):
        """The answer; `more` are the arguments, with _ behind those that Python does not take."""
        question = {"do": verb}
        if more:
            question["with"] = {name.rstrip("_"): value for name, value in more.items()}
        self.send(question)
        return self.read()

    def done(self, verb, **more):
        answer = self.ask(verb, **more)
        assert "is" in answer, answer
        return answer["is"]

    def refused(self, verb, word, **more):
        """The reason of an error."""
        answer = self.ask(verb, **more)
        assert answer.get("error") == word, answer
        return answer["why"]

    def log(self):
        """The acts that were written down."""
        path = os.path.join(self.folder, "control.log")
        if not os.path.exists(path):
            return []
        with open(path) as f:
            lines = f.read().splitlines()
        assert all(re.fullmatch(r"[ -~]*", line) for line in lines), lines
        return [json.loads(line) for line in lines]

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def new_wall(folder, **more):
    """One that is painted with dots and asked at its socket."""
    return Wall(folder, DOTS, core=control(folder), **more)


def again(wall):
    """Kills it and starts it again."""
    wall.kill()
    wall.start().wait_ready()


def state(wall):
    """What is written down of it, for the next start."""
    with open(wall.folder + "/control.state") as f:
        return [json.loads(line) for line in f]
