# SPDX-License-Identifier: MIT
"""The main use: pings from another host paint what a screen shows."""
import os
import subprocess

import pytest

import hosts
from guests import need, wait_for

HOST, GUEST = "10.0.2.2", "10.0.2.15"


@pytest.fixture(scope="module")
def wire():
    """A namespace with the host's end of the guest's network card."""
    hosts.need_namespaces()
    hosts.need("ping", "iputils-ping")
    need(os.path.exists("/dev/net/tun"), "no /dev/net/tun: modprobe tun")
    name = "muralkms%d" % os.getpid()

    def ip(*words):
        subprocess.run(["ip", *words], check=True)
    ip("netns", "add", name)
    try:
        for words in (["tuntap", "add", "tap0", "mode", "tap"], ["addr", "add", HOST + "/24", "dev", "tap0"],
                      ["link", "set", "tap0", "up"]):
            ip("-n", name, *words)
        yield name
    finally:
        ip("netns", "del", name)


def ping(netns, host, x, y, rgb, seconds=5):
    """Debian's ping with the pixel as its data, as a person would type it."""
    data = "cc%04x%04x%02x%02x%02x" % (x, y, *rgb)
    return subprocess.run(["ip", "netns", "exec", netns, "ping", "-c", "1", "-W", str(seconds), "-s", "8",
                           "-p", data, host], text=True, capture_output=True)


def test_ping_paints_the_screen(boot, wire):
    screen = boot("virtio", tap="tap0", netns=wire)
    wall = screen.wall(dots=False, plugins="[plugin icmp]\n").start()
    six = screen.guest.run("ip -6 addr show dev eth0 scope link")[1].split("inet6 ")[1].split("/")[0] + "%tap0"
    for host in GUEST, six:  # whose address may be a second old
        wait_for("an answer", lambda host=host: ping(wire, host, 9999, 0, (0, 0, 0)).returncode == 0)
    wall.seen()
    for host, x, y, rgb in [(GUEST, 3, 4, (255, 0, 0)), (GUEST, 319, 199, (0, 255, 1)), (six, 160, 100, (9, 8, 255))]:
        answer = ping(wire, host, x, y, rgb)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        wall.put(x, y, rgb)
        wall.seen()


def test_an_image_painted_by_addresses_is_shown(boot, wire):
    """On one link without any setup: each pixel is a link-local address."""
    hosts.need("fping", "fping")
    screen = boot("virtio", tap="tap0", netns=wire)
    wall = screen.wall(dots=False, plugins="[plugin ipv6]\ntemplate = fe80:0:0:0:1XXX:1YYY:11RR:GGBB\n"
                                           "ndp = yes\n").start()
    wall.seen()
    image = {(x, y): (x * 10, y * 15, 255 - x) for x in range(24) for y in range(16)}
    image[319, 199] = (255, 128, 0)
    pings = ["fe80::1%03x:1%03x:11%02x:%02x%02x%%tap0" % (*at, *rgb) for at, rgb in image.items()]
    subprocess.run(["ip", "netns", "exec", wire, "fping", "-6", "-q", "-r", "0", "-t", "200", "-i", "5"],
                   input="\n".join(pings), text=True, check=False, capture_output=True)
    for (x, y), rgb in image.items():
        wall.put(x, y, rgb)
    wall.seen()


def test_pings_by_xdp(boot, wire):
    """This kernel takes the program, which reads as the plain decoder there too."""
    screen = boot("virtio", tap="tap0", netns=wire)
    guest = screen.guest
    if guest.run("test -e /usr/lib/murald/xdp.module")[0] != 0:
        pytest.skip("built without XDP: apt-get install clang bpftool libbpf-dev, configure again")
    status, out = guest.run("LD_LIBRARY_PATH=/usr/lib test-xdp /usr/lib/murald/xdp.module 1000 2>&1")
    assert status == 0, out
    wall = screen.wall(dots=False, plugins="[plugin icmp]\ninterface = eth0\nkernel-replies = suppress\n"
                                           "accelerate = xdp\n").start()
    wall.said("accelerate: eth0: XDP, ")
    for host, x, y, rgb in [(GUEST, 3, 4, (255, 0, 0)), (GUEST, 319, 199, (0, 255, 1))]:
        ping(wire, host, x, y, rgb, seconds=1)  # nobody answers
        wall.put(x, y, rgb)
    wall.seen()
