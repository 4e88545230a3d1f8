# SPDX-License-Identifier: MIT
"""Hosts made of network namespaces, joined by veth, gone at the end of the test.

    with Network() as net:
        wall, client = net.host("wall"), net.host("client")
        net.join(wall, client)              # eth0 in both
        client.run("ip", "-6", "addr", "add", "2001:db8::1/64", "dev", "eth0", "nodad")
"""
import ctypes
import os
import shutil
import socket
import subprocess
import threading

import pytest

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def need(program, package):
    if not shutil.which(program):
        pytest.skip("no %s: apt-get install %s" % (program, package))


def need_namespaces():
    need("ip", "iproute2")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root: sudo make check")
    if subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("this machine allows no network namespaces")


class Host:
    def __init__(self, name):
        self.name = name
        self.links = 0

    def command(self, *command):
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, *command, check=True, **more):
        return subprocess.run(self.command(*command), check=check, capture_output=True,
                              text=True, **more).stdout

    def setting(self, path, value=None):
        """A sysctl, with slashes; only reads it without a value."""
        if value is not None:
            self.run("sh", "-c", "echo %s >/proc/sys/%s" % (value, path))
        return self.run("cat", "/proc/sys/" + path).strip()

    def mac(self, link="eth0"):
        return self.run("cat", "/sys/class/net/%s/address" % link).strip()

    def inside(self, make):
        """What make() returns in this host's network: a socket stays where it was made."""
        answer = []

        def work():
            with open("/run/netns/" + self.name) as file:
                if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            answer.append(make())
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return answer[0]

    def wire(self, link="eth0"):
        """A packet socket: whole frames, in and out."""
        def make():
            wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
            wire.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
            wire.bind((link, 0x0003))
            wire.settimeout(5)
            return wire
        return self.inside(make)


class Network:
    def __init__(self):
        need_namespaces()
        self.hosts = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for host in self.hosts:
            subprocess.run(["ip", "netns", "delete", host.name], check=False)

    def host(self, name):
        host = Host("mural-%d-%s" % (os.getpid(), name))
        subprocess.run(["ip", "netns", "add", host.name], check=True)
        self.hosts.append(host)
        for which in "all", "default":
            host.setting("net/ipv6/conf/%s/accept_dad" % which, 0)
        host.run("ip", "link", "set", "lo", "up")
        return host

    def join(self, a, b):
        """A veth between two hosts; in each it is the next ethN.  Their names."""
        names = []
        for host in a, b:
            names.append("eth%d" % host.links)
            host.links += 1
        subprocess.run(["ip", "link", "add", names[0], "netns", a.name, "type", "veth",
                        "peer", "name", names[1], "netns", b.name], check=True)
        for host, name in zip((a, b), names):
            host.run("ip", "link", "set", name, "up")
        return names

    def bridge(self, *hosts):
        """All of them on one switch, which is a host of its own."""
        switch = self.host("switch")
        switch.run("ip", "link", "add", "br0", "type", "bridge", "forward_delay", "0")
        switch.run("ip", "link", "set", "br0", "up")
        for host in hosts:
            _, port = self.join(host, switch)
            switch.run("ip", "link", "set", port, "master", "br0")
        return switch
