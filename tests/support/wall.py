# SPDX-License-Identifier: MIT
"""A murald of its own for a test: config, log, clients and the picture it ends with.

    with Wall(tmp_path, "[plugin dots]\\nlisten = 127.0.0.1:0\\n") as wall:
        wall.tcp("dots").sendall(...)
        assert wall.picture().getpixel((3, 4)) == (255, 0, 0)

The daemon and its plugins are those of the build folder ($top_builddir).  With `netns` it
runs inside that network namespace.
"""
import os
import re
import signal
import socket
import struct
import subprocess

from PIL import Image

import procfs
from sanitizer import skip_if_the_tracer_crashed
from waiting import settled, wait_for

BUILD = os.path.abspath(os.environ.get("top_builddir", "."))
SOURCE = os.path.abspath(os.environ.get("top_srcdir", "."))
MURALD = os.path.join(BUILD, "murald")
MURALCTL = os.path.join(BUILD, "muralctl")
PLUGINS = os.path.join(BUILD, ".libs")
DOTS = "[plugin dots]\nlisten = 127.0.0.1:0\n"


def has_plugin(name):
    return os.path.exists(os.path.join(PLUGINS, name + ".so"))


def dot(x, y, rgb, alpha=255):
    """One record of plugin dots."""
    return struct.pack("<HHBBBB", x, y, *rgb, alpha)


class Wall:
    def __init__(self, folder, plugins, size="64x48", netns=None, core="", prefix=(), plugin_path=PLUGINS):
        self.folder = str(folder)
        self.snapshot = os.path.join(self.folder, "canvas.png")
        self.log_path = os.path.join(self.folder, "log")
        self.config = os.path.join(self.folder, "murald.conf")
        self.netns = netns
        self.prefix = list(prefix)
        self.process = None
        self.size, self.core, self.plugin_path = size, core, plugin_path
        self.configure(plugins)

    def configure(self, plugins, core=None):
        """Writes the config file; a wall has a control socket if `core` says so."""
        core = self.core if core is None else core
        if "[control]" not in core:
            core = "[control]\nsocket =\nlog =\nstate =\n[server]\n" + core
        with open(self.config, "w") as f:
            f.write("[canvas]\nsize = %s\nsnapshot = %s\nsnapshot-interval = 0\n"
                    "[display]\noutput = headless\n[server]\nplugin-path = %s\n%s\n%s\n"
                    % (self.size, self.snapshot, self.plugin_path, core, plugins))

    def edit_config(self, old, new):
        with open(self.config) as f:
            text = f.read()
        assert old in text, text
        with open(self.config, "w") as f:
            f.write(text.replace(old, new))

    def command(self, *more):
        inside = ["ip", "netns", "exec", self.netns] if self.netns else []
        return [*inside, *self.prefix, MURALD, "-c", self.config, *more]

    def start(self, *more, env=None):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command(*more), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=dict(os.environ, **(env or {})))
        return self

    def wait_ready(self):
        """Until it catches signals, which is the last thing it does before it serves."""
        def ready():
            assert self.process.poll() is None, self.log()
            return int(procfs.status(self.pid)["SigCgt"], 16) >> (signal.SIGTERM - 1) & 1
        wait_for("murald to be ready", ready)
        return self

    def reload(self, plugins=None, core=None):
        """Sends SIGHUP, with another config if one is given; what was logged until it was done."""
        if plugins is not None:
            self.configure(plugins, core)
        before = len(self.log())
        self.process.send_signal(signal.SIGHUP)

        def done():
            assert self.process.poll() is None, self.log()
            return re.search(r"reload: (\d+ closed|the new config is wrong)", self.log()[before:])
        wait_for("the reload", done, 30)
        return self.log()[before:]

    def stop(self, number=signal.SIGTERM, seconds=60):
        """The exit status; it must end within that time."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(seconds)
        if status != 0:
            skip_if_the_tracer_crashed(self.log())
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()

    @property
    def pid(self):
        return self.process.pid

    def memory_kib(self):
        return procfs.memory_kib(self.pid)

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.pid))

    def wait_idle(self, seconds=0.3):
        """Until none of its threads woke up for that long: it is done with all that was sent."""
        settled(lambda: procfs.wake_ups(self.pid), seconds)

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def totals(self, name):
        """Stops it; what an instance logged then: {"painted": n, reason: n, "drops": n}."""
        assert self.stop() == 0, self.log()
        painted, discarded, drops = re.findall(
            r"%s: painted (\d+) pixels, discarded (.*), kernel drops (\d+)$" % re.escape(name), self.log(), re.M)[-1]
        reasons = {reason: int(n) for n, reason in re.findall(r"(\d+) (\w+)", discarded)}
        return dict(reasons, painted=int(painted), drops=int(drops))

    def port(self, name="dots"):
        """The TCP port that an instance was given: listen = 127.0.0.1:0 is any free one."""
        ports = re.findall(r"%s: listening on \S+:(\d+)$" % re.escape(name), self.log(), re.M)
        assert ports, self.log()
        return int(ports[-1])

    def tcp(self, name="dots", source="127.0.0.1"):
        client = socket.create_connection(("127.0.0.1", self.port(name)), 30, (source, 0))
        client.settimeout(30)
        return client

    def paint(self, data, name="dots"):
        """All of it is on the canvas when this returns: murald closes what it has read to its end."""
        with self.tcp(name) as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""

    def picture(self):
        """What is on the canvas now, by way of SIGUSR1."""
        before = os.stat(self.snapshot).st_ino if os.path.exists(self.snapshot) else 0
        self.process.send_signal(signal.SIGUSR1)
        wait_for("a snapshot", lambda: os.path.exists(self.snapshot)
                 and os.stat(self.snapshot).st_ino != before)
        with Image.open(self.snapshot) as image:
            return image.convert("RGB")

    def painted(self, x, y, rgb):
        """Waits until a pixel has that colour."""
        wait_for("pixel %d,%d to be %s" % (x, y, rgb),
                 lambda: self.picture().getpixel((x, y)) == tuple(rgb))

    def last_picture(self):
        """Stops murald; the picture it left."""
        assert self.stop() == 0, self.log()
        with Image.open(self.snapshot) as image:
            return image.convert("RGB")

    def __enter__(self):
        return self.start().wait_ready()

    def __exit__(self, kind, *rest):
        # Terminated, not killed: only then do LeakSanitizer and the counters of make coverage report.
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        if kind:
            print(self.log())
