# SPDX-License-Identifier: MIT
"""Any number of hosts without addresses, on wires and bridges, for one test.

    with Network() as net:
        wall, client = net.host("wall"), net.host("client")
        net.join(wall, client)              # eth0 in both
        client.run("ip", "-6", "addr", "add", "2001:db8::1/64", "dev", "eth0", "nodad")
"""
import os
import socket
import subprocess

from hosts import Namespace, need_namespaces

SO_RCVBUFFORCE = 33
ETH_P_ALL = 3


class Host(Namespace):
    def __init__(self, name):
        super().__init__(name)
        self.links = 0

    def run(self, *command, check=True, **more):
        return subprocess.run(["ip", "netns", "exec", self.name, *command], check=check, text=True,
                              capture_output=True, timeout=60, **more).stdout

    def sysctl(self, key, value=None):
        if value is not None:
            self.run("sysctl", "-q", "-w", "%s=%s" % (key, value))
        return self.run("sysctl", "-n", key).strip()

    def mac(self, link="eth0"):
        return self.run("cat", "/sys/class/net/%s/address" % link).strip()

    def wire(self, link="eth0"):
        """A packet socket: whole frames, in and out."""
        with self:
            wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            wire.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
            wire.bind((link, ETH_P_ALL))
        wire.settimeout(20)
        return wire


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
        host = Host("mural%d-%s" % (os.getpid(), name))
        subprocess.run(["ip", "netns", "add", host.name], check=True)
        self.hosts.append(host)
        for which in "all", "default":
            host.sysctl("net.ipv6.conf.%s.accept_dad" % which, 0)
        host.run("ip", "link", "set", "lo", "up")
        return host

    def join(self, a, b):
        """A veth between two hosts, the next ethN in each; the two names."""
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
        """Connects all to one switch, which is a host of its own."""
        switch = self.host("switch")
        switch.run("ip", "link", "add", "br0", "type", "bridge", "forward_delay", "0")
        switch.run("ip", "link", "set", "br0", "up")
        for host in hosts:
            _, port = self.join(host, switch)
            switch.run("ip", "link", "set", port, "master", "br0")
        return switch
