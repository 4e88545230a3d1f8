# SPDX-License-Identifier: MIT
"""Two hosts on one wire: network namespaces joined by a veth pair.

    with Pair() as pair:
        pair.client.run("ping", "-c1", pair.server.ip4)
        pair.send(frame)            # a raw frame from the client's end
        frames = pair.received()    # what came back since the last time

The client has 192.0.2.1 and 2001:db8::1, the server, where murald is to run, 192.0.2.2 and
2001:db8::2.  Needs root and iproute2: `pytest.skip()` says so where they are missing.
"""
import ctypes
import errno
import os
import shutil
import socket
import subprocess
import time

import pytest

from waiting import wait_for

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_QDISC_BYPASS = 263, 20
# While they are 1, a kernel answers no pings.
ECHO_IGNORED = "net.ipv4.icmp_echo_ignore_all", "net.ipv6.icmp.echo_ignore_all"


def need(command, package):
    """The path of a command; skips the test without it, naming its package."""
    path = shutil.which(command) or shutil.which(command, path="/usr/sbin:/sbin:/usr/bin:/bin")
    if not path:
        pytest.skip("no %s: apt-get install %s" % (command, package))
    return path


def need_namespaces():
    need("ip", "iproute2")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root: run as root, or with sudo")
    probe = subprocess.run(["unshare", "--net", "true"], stderr=subprocess.PIPE, text=True)
    if probe.returncode != 0:
        pytest.skip("no network namespaces here: " + probe.stderr.strip())


class Namespace:
    """`with namespace:` opens sockets inside it; for one thread only."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open("/run/netns/" + self.name, os.O_RDONLY | os.O_CLOEXEC)
        self._enter(there)
        return self

    def __exit__(self, *rest):
        self._enter(self._home)

    @staticmethod
    def _enter(fd):
        result = LIBC.setns(fd, CLONE_NEWNET)
        os.close(fd)
        if result != 0:
            raise OSError(ctypes.get_errno(), "setns")


class Host(Namespace):
    def __init__(self, name, interface, last):
        super().__init__(name)
        self.interface = interface
        self.ip4 = "192.0.2.%d" % last
        self.ip6 = "2001:db8::%d" % last
        self.mac = "02:00:00:00:00:%02x" % last
        self.link_local = "fe80::ff:fe00:%x" % last

    def ip(self, *words):
        subprocess.run(["ip", "-n", self.name, *words], check=True, capture_output=True)

    def run(self, *command, check=True, timeout=60):
        return subprocess.run(["ip", "netns", "exec", self.name, *command], text=True, check=check,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout).stdout

    def sysctl(self, key, value=None):
        if value is None:
            return self.run("sysctl", "-n", key).strip()
        return self.run("sysctl", "-q", "-w", "%s=%s" % (key, value))


class Pair:
    def __init__(self):
        need_namespaces()
        tag = "mur%d" % os.getpid()
        self.client = Host(tag + "c", "wire0", 1)
        self.server = Host(tag + "s", "wire0", 2)

    def __enter__(self):
        try:
            self._build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _build(self):
        for host in self.client, self.server:
            subprocess.run(["ip", "netns", "add", host.name], check=True)
            host.ip("link", "set", "lo", "up")
        subprocess.run(["ip", "link", "add", "name", "wire0", "netns", self.client.name, "type", "veth",
                        "peer", "name", "wire0", "netns", self.server.name], check=True)
        for host in self.client, self.server:
            host.sysctl("net.ipv6.conf.all.accept_dad", 0)
            host.sysctl("net.ipv6.conf.%s.accept_dad" % host.interface, 0)
            host.ip("link", "set", "wire0", "address", host.mac, "up")
            host.ip("addr", "add", host.ip4 + "/24", "brd", "+", "dev", "wire0")
            host.ip("addr", "add", host.ip6 + "/64", "dev", "wire0", "nodad")
        self.socket = self.open_wire()
        self.wait_until_up()

    def wait_until_up(self):
        """Until both ends have a link-local address: before that, IPv6 may lose packets."""
        for host in self.client, self.server:
            wait_for("a link-local address of " + host.name, lambda: "fe80" in host.run(
                "ip", "-6", "-o", "addr", "show", "dev", host.interface, "-tentative", "scope", "link"))

    def open_wire(self):
        with self.client as host:
            wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            wire.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
            wire.bind((host.interface, 0))
        wire.setblocking(False)
        return wire

    def send(self, *frames):
        end = time.monotonic() + 60
        for frame in frames:
            while True:
                try:
                    self.socket.send(bytes(frame))
                    break
                except OSError as error:
                    if error.errno not in (errno.EAGAIN, errno.ENOBUFS) or time.monotonic() > end:
                        raise

    def received(self):
        """The frames that reached the client since the last call, without its own."""
        frames = []
        while True:
            try:
                frame, address = self.socket.recvfrom(65536)
            except BlockingIOError:
                return frames
            if address[2] != 4:  # PACKET_OUTGOING
                frames.append(frame)

    def __exit__(self, *rest):
        if hasattr(self, "socket"):
            self.socket.close()
        for host in self.client, self.server:
            subprocess.run(["ip", "netns", "del", host.name], stderr=subprocess.DEVNULL)
