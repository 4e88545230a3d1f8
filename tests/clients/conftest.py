# SPDX-License-Identifier: MIT
"""Fixtures of muralctl's tests: running it, and making images."""
import os
import random
import re
import subprocess

import pytest
from PIL import Image

from sanitizer import skip_if_the_tracer_crashed
from wall import MURALCTL


class Result:
    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        skip_if_the_tracer_crashed(self.err)

    def ok(self):
        assert self.status == 0, self.out + self.err
        assert self.err == "", self.err
        return self

    def failed(self, *words, status=1):
        """It exited with that status, and stderr has these words."""
        assert self.status == status, self.out + self.err
        for word in words:
            assert word in self.err, self.err
        return self

    def number(self, line):
        """The number in a line of the report."""
        found = re.search(r"^%s\s+(\d+)\b" % line, self.out, re.M)
        assert found, self.out
        return int(found.group(1))


@pytest.fixture
def muralctl():
    def run(*words, netns=None, prefix=(), timeout=120, env=None):
        inside = ["ip", "netns", "exec", netns] if netns else []
        return Result(subprocess.run([*inside, *prefix, MURALCTL, *map(str, words)], text=True, capture_output=True,
                                     stdin=subprocess.DEVNULL, timeout=timeout, env=dict(os.environ, **(env or {}))))
    return run


@pytest.fixture
def damaged():
    """Changes a few bytes of a file, and cuts it or not; the same in each run."""
    rng = random.Random(3)

    def damage(good):
        bad = bytearray(good)
        for _ in range(rng.randrange(1, 4)):
            bad[rng.randrange(len(bad))] = rng.randrange(256)
        return bad[:rng.choice([len(bad), rng.randrange(len(bad))])]
    return damage


@pytest.fixture
def image(tmp_path):
    """Makes a picture of w x h by a function of x and y; its path."""
    def make(colour, w=8, h=6, mode="RGB", name="image.png"):
        picture = Image.new(mode, (w, h))
        picture.putdata([colour(x, y) for y in range(h) for x in range(w)])
        picture.save(tmp_path / name)
        return tmp_path / name
    return make
