# SPDX-License-Identifier: MIT
"""What muralctl paints in its tests, and onto which of the servers of peers.py."""
import subprocess

import pytest

from wall import MURALCTL

needs_http = pytest.mark.skipif(
    "without HTTP" in subprocess.run([MURALCTL, "size", "http://127.0.0.1:1"], capture_output=True, text=True).stderr,
    reason="muralctl was built without HTTP: apt-get install libcurl4-openssl-dev libjansson-dev")


def mixed(x, y):
    return x * 30, y * 40, 255 - x


def board_target(board):
    return "http://127.0.0.1:%d" % board.port


def board_image(image):
    """Near white, black, red and blue, in stripes."""
    return image(lambda x, y: [(250, 255, 240), (20, 10, 0), (200, 40, 30), (30, 30, 200)][(x + y) % 4], 4, 4)


def p2_target(server, user="py1", otp="1234"):
    return "p2://%s:%s@127.0.0.1:%d" % (user, otp, server.port)
