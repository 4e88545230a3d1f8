# SPDX-License-Identifier: MIT
"""What attacks have in common: connections, and floods over many of them."""
import dataclasses
import errno
import os
import selectors
import signal
import socket
import subprocess
import time
import typing

from hosts import Namespace
from wall import BUILD

ANY = "127.0.0.9"  # the source of an attack that needs only one


@dataclasses.dataclass
class Attack:
    """`run(wall)` goes on until it is killed, in a process of its own.  Its clients come from
    127.0.0.0/24, those who are measured from 127.0.1.0/24, and on the wire from other stations."""
    name: str
    run: typing.Callable
    probes: tuple = ()  # more names of PROBES in measuring.py
    plugins: str = ""   # sections that the wall has besides those that all have
    http: str = ""      # lines of [plugin http]
    core: str = ""      # lines of [server], and other sections behind them
    noise: bool = False  # something was painted and recorded before
    prefix: tuple = ()  # of murald's command
    check: typing.Callable = None  # check(wall) during the attack: what was wrong, or None
    size: tuple = (640, 400)
    long: bool = False  # the short form leaves it out, unless MURALD_LONG is set


def connect(wall, name="http", source=ANY, buffer=None, port=None, host="127.0.0.1", timeout=10):
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    if buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    s.settimeout(timeout)
    try:
        s.bind((source, 0))
        s.connect((host, port or wall.port(name)))
    except OSError:
        s.close()
        raise
    return s


def get(path):
    return b"GET %s HTTP/1.1\r\nHost: wall\r\n\r\n" % path.encode()


def ask(method, path, body, headers=b"Content-Type: application/json\r\n"):
    return b"%s %s HTTP/1.1\r\nHost: wall\r\n%sContent-Length: %d\r\n\r\n%s" % (
        method.encode(), path.encode(), headers, len(body), body)


def sources(n):
    return ["127.0.0.%d" % (10 + i) for i in range(n)]


class Flood:
    """Sends on every connection what `data()` says next, and reads what comes; who is cut off
    connects again.  `first` is sent once on each."""

    def __init__(self, open_one, data, connections, first=b"", reads=True):
        self.open_one, self.data, self.first, self.reads = open_one, data, first, reads
        self.ready, self.missing, self.opened = selectors.DefaultSelector(), connections, 0

    def begin(self):
        """Another connection, unless the wall has none."""
        try:
            s = self.open_one(self.opened)
        except OSError:
            time.sleep(0.01)
            return
        self.opened += 1
        self.missing -= 1
        s.setblocking(False)
        events = selectors.EVENT_WRITE | (selectors.EVENT_READ if self.reads else 0)
        self.ready.register(s, events, [self.first or self.data()])

    def serve(self, key, events):
        if events & selectors.EVENT_READ and not key.fileobj.recv(1 << 20):
            raise ConnectionResetError
        if events & selectors.EVENT_WRITE:
            key.data[0] = key.data[0][key.fileobj.send(key.data[0]):] or self.data()

    def run(self):
        while True:
            for _ in range(min(self.missing, 50)):
                self.begin()
            for key, events in self.ready.select(0.1):
                try:
                    self.serve(key, events)
                except BlockingIOError:
                    pass
                except OSError:
                    self.ready.unregister(key.fileobj)
                    key.fileobj.close()
                    self.missing += 1


def flood(wall, data, connections, name="http", source=ANY, **more):
    """The same again and again."""
    from_where = [source] if isinstance(source, str) else source
    say = data if callable(data) else lambda: data
    Flood(lambda n: connect(wall, name, from_where[n % len(from_where)]), say, connections, **more).run()


def hoard(open_one, limit=100000):
    """As many connections as there are, kept; who is cut off comes again."""
    kept = []
    while True:
        try:
            kept.append(open_one(len(kept)))
        except OSError as error:
            if error.errno == errno.EMFILE or kept:
                kept.pop(0).close()
            time.sleep(0.005)
        if len(kept) >= limit:
            kept.pop(0).close()


class Wire:
    """A second machine on a wire to the wall's: namespace, names of both ends, addresses."""
    WALL4, HOST4, VICTIM4 = "192.0.2.1", "192.0.2.2", "192.0.2.3"
    WALL6, HOST6 = "2001:db8::1", "2001:db8::2"
    NEAR, FAR = "wire0", "wire1"
    WALL_MAC, HOST_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"

    def __init__(self):
        self.name = "murhostile%d" % os.getpid()
        self.there = Namespace(self.name)

    def __enter__(self):
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        for which in "all", "default":
            self.write("net.ipv6.conf.%s.accept_dad=0" % which)
        self.here("link add name %s type veth peer name %s netns %s" % (self.NEAR, self.FAR, self.name))
        for inside, name, mac, addresses in (
                (False, self.NEAR, self.WALL_MAC, (self.WALL4 + "/24", self.WALL6 + "/64")),
                (True, self.FAR, self.HOST_MAC, (self.HOST4 + "/24", self.VICTIM4 + "/24", self.HOST6 + "/64"))):
            run = self.inside if inside else self.here
            run("link set %s address %s up" % (name, mac))
            for address in addresses:
                run("addr add %s dev %s%s" % (address, name, " nodad" if ":" in address else ""))
        self.inside("link set lo up")
        return self

    def __exit__(self, *rest):
        subprocess.run(["ip", "netns", "del", self.name], check=False)

    def write(self, setting):
        for where in (["ip", "netns", "exec", self.name], []):
            subprocess.run([*where, "sysctl", "-q", "-w", setting], check=True)

    @staticmethod
    def here(words):
        subprocess.run(["ip", *words.split()], check=True)

    def inside(self, words):
        subprocess.run(["ip", "-n", self.name, *words.split()], check=True)

    def send(self, frames, rate):
        """The process sends them for ever, with a helper that is fast enough."""
        helper = subprocess.Popen(
            ["ip", "netns", "exec", self.name, os.path.join(BUILD, "tests/hostile/frames"), self.FAR, str(rate),
             str(len(frames[0]))], stdin=subprocess.PIPE)
        helper.stdin.write(b"".join(frames))
        helper.stdin.close()
        signal.pause()


WIRE = Wire()
