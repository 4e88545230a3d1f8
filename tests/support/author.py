# SPDX-License-Identifier: MIT
"""A plugin author: builds a plugin outside the tree, with pkg-config and nothing else."""
import os
import re
import shlex
import shutil
import socket
import subprocess

import pytest

from waiting import wait_for
from wall import BUILD, PLUGINS, SOURCE, Wall

EXAMPLES = os.path.join(SOURCE, "doc/examples")
EVENINGS = os.path.join(SOURCE, "tests/plugins")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def pkg_config(*words):
    """As an author calls it; only where the headers are before make install is told."""
    out = subprocess.run(
        [*shlex.split(os.environ.get("PKG_CONFIG") or "pkg-config"),
         "--define-variable=includedir=" + os.path.join(SOURCE, "include"), *words],
        check=True, stdout=subprocess.PIPE, text=True, timeout=60, env=dict(os.environ, PKG_CONFIG_PATH=BUILD))
    return shlex.split(out.stdout)


def compiler(source):
    """What makes a shared object of a source file."""
    kind = os.path.splitext(source)[1]
    if kind == ".rs":
        if not shutil.which("rustc"):
            pytest.skip("no rustc: apt-get install rustc")
        return ["rustc", "-D", "warnings", "--crate-type", "cdylib", "-C", "panic=abort", "-O"]
    cc = shlex.split(os.environ.get("CC") or "cc")
    if kind == ".cpp":
        cc = ["clang++" if "clang" in cc[-1] else "g++"]
        if not shutil.which(cc[0]):
            pytest.skip("no %s: apt-get install %s" % (cc[0], "g++" if cc[0] == "g++" else "clang"))
    return [*cc, *WARNINGS, "-O2", "-shared", "-fPIC", *shlex.split(os.environ.get("sanitizer", ""))]


def build(folder, source, *packages, flags=()):
    """NAME.so in the folder."""
    name = os.path.splitext(os.path.basename(source))[0]
    flags = list(flags)
    if not source.endswith(".rs"):
        flags += pkg_config("--cflags", "murald", *packages)
    libraries = [package for package in packages if package != "libuv"]  # murald has that
    if libraries:
        flags += pkg_config("--libs", *libraries)
    done = subprocess.run([*compiler(source), source, *flags, "-o", os.path.join(str(folder), name + ".so")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert done.stdout == "" or source.endswith(".rs"), done.stdout
    return name


def wall_with(folder, config, **more):
    """A wall that also finds the plugins that were built in the folder."""
    return Wall(folder, config, plugin_path="%s:%s" % (PLUGINS, folder), **more)


def udp(wall, name):
    """A socket that is connected to an instance's UDP port, which listen-udp = 127.0.0.1:0 chose."""
    ports = re.findall(r"%s: listening on \S+:(\d+), UDP$" % re.escape(name), wall.log(), re.M)
    assert ports, wall.log()
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(30)
    client.connect(("127.0.0.1", int(ports[-1])))
    return client


def pixel(wall, x, y):
    """Its colour, as a pixelflut instance of the wall reports it."""
    with wall.tcp("pixelflut") as client, client.makefile("rb") as replies:
        client.sendall(b"PX %d %d\n" % (x, y))
        return tuple(bytes.fromhex(replies.readline().split()[3].decode()))


def painted(wall, x, y, rgb):
    """Waits until a pixel has that colour."""
    wait_for("pixel %d,%d to be %s" % (x, y, rgb), lambda: pixel(wall, x, y) == tuple(rgb))
