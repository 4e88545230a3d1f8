# SPDX-License-Identifier: MIT
"""murald --doctor on machines in order, and on machines with one thing wrong."""
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import zlib

import pytest

from control import control
from hosts import Pair, need
from sanitizer import SANITIZED
from terminal import on_terminal
from waiting import wait_for
from wall import BUILD, MURALD, PLUGINS, Wall, has_plugin


def doctor(wall, *more):
    result = subprocess.run(wall.command("--doctor", *more), stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=30)
    lines = result.stdout.splitlines()
    wrong = [line for line in lines if line.startswith("  WRONG ")]
    if wrong:
        assert lines[-1] == "%d thing%s wrong" % (len(wrong), " is" if len(wrong) == 1 else "s are")
        # each is followed by what to do about it
        for line in wrong:
            assert re.match(r" {9}\S", lines[lines.index(line) + 1]), result.stdout
    else:
        assert lines[-1] == "nothing is wrong"
    assert result.returncode == bool(wrong), result.stdout
    return result.stdout


@pytest.fixture
def inside():
    with Pair() as pair:
        yield pair.server.name


DOTS = "[plugin dots]\nlisten = 127.0.0.1:%d\n"


def test_a_machine_in_order(tmp_path, inside):
    wall = Wall(tmp_path, "[plugin icmp]\n[plugin pixelflut]\n[plugin ipv6]\nndp = yes\n", netns=inside)
    text = doctor(wall)
    assert "people reach this machine at 192.0.2.2 and 2001:db8::2" in text
    assert "[plugin pixelflut] listen = [::]:1234 is free" in text
    assert "packets for 2a06:a003:d040::/48 end here" in text
    assert "CAP_NET_RAW" in text
    assert "canvas.png is not there yet" in text
    assert not os.path.exists(wall.snapshot)
    findings = text[text.index("config\n"):].splitlines()
    assert [line for line in findings if len(line) > 80]
    lines = on_terminal(*wall.command("--doctor"))
    assert [line for line in lines if len(line) > 80 and " " in line.strip()] == []  # but for a long path
    assert " ".join(" ".join(lines).split()).endswith(" ".join(" ".join(findings).split()))


def test_a_running_wall_is_not_reported(tmp_path, inside):
    with Wall(tmp_path, "[plugin pixelflut]\n", netns=inside) as wall:
        text = doctor(wall)
        assert "[plugin pixelflut] listen = [::]:1234 is served by murald (%d)" % wall.process.pid in text


def test_a_port_taken_by_another_program(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        child = subprocess.Popen(["sleep", "60"], pass_fds=[server.fileno()])
        try:
            text = doctor(Wall(tmp_path, DOTS % port))
        finally:
            child.kill()
            child.wait()
    assert "WRONG  [plugin dots] listen = 127.0.0.1:%d: Address already in use by " % port in text
    assert "sleep (%d)" % child.pid in text


@pytest.mark.parametrize("plugins, lines", [
    ("[plugin dots]\nlisten = 203.0.113.7:5000\n",
     ["WRONG  [plugin dots] listen = 203.0.113.7:5000: Cannot assign requested address"]),
    ("[plugin dots]\nlisten = nowhere\ncolour = 1\n",
     ["WRONG  2 errors; murald would not start", "plugin dots.colour: "]),
    ("[plugin icmp]\ninterface = nosuch0\n",
     ["WRONG  [plugin icmp] interface = nosuch0: this machine has none of that name"]),
    ("[plugin icmp]\ninterface = lo\n", ["ok     [plugin icmp] interface = lo is there"]),
    ("[plugin nosuch]\nrequired = no\n",
     ["WRONG  no plugin of the config is loaded, so nobody can paint", "there is no nosuch.so"]),
    ("", ["WRONG  no plugin is enabled, so nobody can paint"]),
], ids=["foreign address", "errors", "no interface", "interface", "missing plugin", "no plugin"])
def test_configs(tmp_path, plugins, lines):
    text = doctor(Wall(tmp_path, plugins))
    for line in lines:
        assert line in text


def test_no_network(tmp_path):
    need("unshare", "util-linux")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root: run as root, or with sudo")
    wall = Wall(tmp_path, DOTS % 0, prefix=["unshare", "--net"])
    assert "WRONG  this machine has no address that others could use" in doctor(wall)


def test_the_address_of_the_default_route(tmp_path):
    with Pair() as pair:
        server = pair.server
        server.ip("link", "add", "other0", "type", "veth", "peer", "name", "other1")
        for link, address in ("other0", "10.7.0.1/24"), ("other1", "10.8.0.1/24"):
            server.ip("link", "set", link, "up")
            server.ip("addr", "add", address, "dev", link)
        for route, address in ("10.7.0.9", "10.7.0.1"), ("10.8.0.9", "10.8.0.1"):
            server.ip("route", "replace", "default", "via", route)
            text = doctor(Wall(tmp_path, DOTS % 0, netns=server.name))
            assert "people reach this machine at %s and 2001:db8::2" % address in text


def test_a_router_that_would_forward_the_pings(tmp_path):
    with Pair() as pair:
        wall = Wall(tmp_path, "[plugin ipv6]\n", netns=pair.server.name)
        pair.server.sysctl("net.ipv6.conf.all.forwarding", 1)
        pair.server.ip("-6", "route", "add", "default", "via", pair.client.ip6)
        text = doctor(wall)
        assert "WRONG  [plugin ipv6] this machine forwards packets for 2a06:a003:d040::/48" in text
        advice = re.search(r"^ {9}ip (-6 route add .*)$", text, re.M).group(1)
        pair.server.ip(*advice.split())
        assert "packets for 2a06:a003:d040::/48 end here" in doctor(wall)
        pair.server.ip("-6", "route", "replace", "local", "2a06:a003:d040::/48", "dev", "lo")
        assert "2a06:a003:d040::/48 is local here" in doctor(wall)


@pytest.fixture
def open_folder():
    """One that every user can read."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield folder


@pytest.fixture
def nobody():
    """A prefix with which a command is nobody's."""
    need("setpriv", "util-linux")
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root: run as root, or with sudo")
    prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"]
    if subprocess.run([*prefix, "test", "-x", MURALD, "-a", "-r", PLUGINS]).returncode != 0:
        pytest.skip("other users cannot read the build folder: build in one that they can read")
    return prefix


def test_a_user_without_rights(open_folder, nobody):
    wall = Wall(open_folder, "[plugin icmp]\n", prefix=nobody)
    text = doctor(wall)
    assert "checked as user 65534 (nobody)" in text
    assert "WRONG  [plugin icmp] may not read packets: no CAP_NET_RAW" in text
    assert "WRONG  canvas.snapshot: the folder %s: Permission denied" % open_folder in text


def test_pings_by_xdp(open_folder, nobody, inside):
    plugins = "[plugin icmp]\nkernel-replies = suppress\naccelerate = auto\n"
    without = str(open_folder) + "/plugins"
    os.mkdir(without)
    shutil.copy(PLUGINS + "/icmp.so", without)
    text = doctor(Wall(open_folder, plugins, netns=inside, plugin_path=without))
    assert "WRONG  [plugin icmp] accelerate: there is no xdp.module" in text
    assert "apt install murald-xdp" in text
    if os.path.exists(PLUGINS + "/xdp.module"):
        assert "[plugin icmp] accelerate: may load programs: CAP_BPF" in doctor(Wall(open_folder, plugins, netns=inside))
        assert "accelerate: may not load programs: no CAP_BPF" in doctor(Wall(open_folder, plugins, prefix=nobody))


def test_a_wall_that_has_more_rights_than_its_user(open_folder, nobody, inside):
    """Whose files not even that user may see."""
    with Wall(open_folder, "[plugin pixelflut]\n", netns=inside, core="user = nobody") as wall:
        wall.prefix = nobody
        assert "[plugin pixelflut] listen = [::]:1234 is served by murald (%d)" % wall.process.pid in doctor(wall)
        wall.prefix = []


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(bytes((width * 3 + 1) * height))) + chunk(b"IEND", b""))


def test_snapshots(tmp_path):
    wall = Wall(tmp_path, DOTS % 0)
    with open(wall.snapshot, "wb") as f:
        f.write(png(64, 48))
    assert "ok     canvas.snapshot: %s is a picture of 64x48" % wall.snapshot in doctor(wall)
    with open(wall.snapshot, "wb") as f:
        f.write(png(65, 48))
    assert "is 65x48, the canvas 64x48" in doctor(wall)
    with open(wall.snapshot, "wb") as f:
        f.write(b"nothing")
    assert "canvas.png: is not a PNG file" in doctor(wall)
    elsewhere = "/nowhere/" + "/".join("abcdefgh" * 2)
    setting = ("-s", "canvas.snapshot=%s/canvas.png" % elsewhere)
    assert "the folder %s: No such file" % elsewhere in doctor(wall, *setting)
    # a terminal gets a command in one piece, for whoever copies it
    assert "         create it as murald's user: install -d -o USER " + elsewhere \
        in on_terminal(*wall.command("--doctor", *setting), status=1)


def test_a_full_disk(tmp_path):
    need("mount", "mount")
    if os.geteuid() != 0:
        pytest.skip("mounting needs root: run as root, or with sudo")
    disk = tmp_path / "disk"
    disk.mkdir()
    wall = Wall(tmp_path, DOTS % 0, prefix=[
        "unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=1M none "$0" && exec "$@"', str(disk)])
    assert re.search(r"WRONG  canvas.snapshot: [01] MB are free in %s" % disk,
                     doctor(wall, "-s", "canvas.snapshot=%s/canvas.png" % disk))


def test_libraries(tmp_path, inside):
    """Those of murald and of its plugins; one is older than what murald was built for."""
    wall = Wall(tmp_path, "[plugin icmp]\n", netns=inside)
    said = doctor(wall)
    assert re.search(r"^libraries\n  ok     libuv [0-9.]+\n(  ok     \S+ [0-9.]+\n)*  ok     libpcap [0-9.]+\n",
                     said, re.M), said
    if SANITIZED:
        pytest.skip("a sanitizer must be loaded first; build without --enable-sanitizer")
    source, older = tmp_path / "older.c", tmp_path / "older.so"
    source.write_text("const char *uv_version_string(void) { return \"1.5.0\"; }\n")
    subprocess.run([*os.environ.get("CC", "cc").split(), "-shared", "-fPIC", "-o", older, source], check=True)
    said = doctor(Wall(tmp_path, "[plugin icmp]\n", netns=inside, prefix=["env", "LD_PRELOAD=%s" % older]))
    assert re.search(r"^  WRONG  libuv 1\.5\.0 is older than 1\.[0-9.]+, which murald was built for\n"
                     r" {9}upgrade it, or build murald on this machine$", said, re.M), said


@pytest.mark.skipif(not has_plugin("link"), reason="built without link")
def test_libraries_that_only_one_plugin_has(tmp_path):
    """None is older than what this was built for, though each tells its version in its own way."""
    said = doctor(Wall(tmp_path, "[plugin link]\nengine = unix:%s/engine\n" % tmp_path))
    assert set(re.findall(r"^  ok     (jansson|libzstd) [0-9.]+$", said, re.M)) == {"jansson", "libzstd"}, said


def test_a_missing_display(tmp_path):
    wall = Wall(tmp_path, DOTS % 0)
    text = doctor(wall, "-s", "display.output=kms", "-s", "display.device=/dev/dri/none")
    if "built without" not in text:
        assert "WRONG  no card that could display" in text
        assert "/dev/dri/none: No such file" in text


def nft(host, *lines):
    subprocess.run(["ip", "netns", "exec", host, need("nft", "nftables"), "\n".join(lines)], check=True)


def test_a_packet_filter_that_keeps_people_out(tmp_path, inside):
    plugins = ("[plugin icmp]\n[plugin pixelflut]\n[plugin dots]\nlisten = [::]:1235\nlisten-udp = [::]:1235\n"
               "[plugin dots local]\nlisten = 127.0.0.1:1236\n")
    wall = Wall(tmp_path, plugins, netns=inside)
    nft(inside, "add table inet f", "add chain inet f in { type filter hook input priority 0; policy drop; }",
        "add rule inet f in iifname lo accept", "add rule inet f in ct state established,related accept",
        "add rule inet f in tcp dport { 22, 1235 } accept")
    text = doctor(wall)
    assert "WRONG  [plugin pixelflut] listen = [::]:1234: the packet filter drops what comes in " \
        "(nftables chain inet f in)" in text
    assert "nft insert rule inet f in tcp dport 1234 accept" in text
    assert "WRONG  [plugin dots] listen-udp = [::]:1235: the packet filter" in text
    assert "[plugin dots] listen = [::]:1235: the packet filter" not in text and "local] listen = 127.0.0.1:1236:" not in text
    assert "the packet filter drops pings (nftables chain inet f in): they paint" in text
    for advice in set(re.findall(r"nft (insert rule .* accept)", text)):
        nft(inside, advice)
    assert "packet filter" not in doctor(wall)


@pytest.mark.skipif(SANITIZED, reason="what is preloaded comes before the sanitizer")
@pytest.mark.skipif(not has_plugin("p2"), reason="built without p2")
def test_a_clock_that_nobody_sets(tmp_path):
    users = tmp_path / "users"
    wall = Wall(tmp_path, "[plugin p2]\nlisten = 127.0.0.1:0\nwebsocket =\nusers = %s\n" % users)
    shim = os.path.join(BUILD, "tests", "faults", ".libs", "shim.so")

    def said(sync):
        out = subprocess.run(wall.command("--doctor"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             timeout=30, env=dict(os.environ, LD_PRELOAD=shim, FAULT_SYNC=sync), check=False).stdout
        return [line.strip() for line in out.splitlines() if "the clock is" in line]
    users.write_text("ann = totp:JBSWY3DPEHPK3PXP\n")
    assert said("yes") == ["ok     [plugin p2] the clock is synchronised, for %s" % users]
    assert said("no")[0].startswith("WRONG  [plugin p2] the clock is not synchronised, and passwords in %s" % users)
    users.write_text("# totp:JBSWY3DPEHPK3PXP\nann = static:123456\n")
    assert said("no") == []


def test_an_address_that_stays_is_named_without_a_default_route(tmp_path, inside):
    """The kernel makes the other one, and lists it first."""
    def ip(*words):
        subprocess.run(["ip", "-n", inside, *words], check=True)
    subprocess.run(["ip", "netns", "exec", inside, "sysctl", "-qw", "net.ipv6.conf.wire0.use_tempaddr=2"], check=True)
    ip("-6", "addr", "del", "2001:db8::2/64", "dev", "wire0")
    ip("-6", "addr", "add", "2001:db8:0:1::2/64", "dev", "wire0", "nodad", "mngtmpaddr")

    def addresses(*flags):
        return subprocess.run(["ip", "-n", inside, "-6", "-o", "addr", "show", "dev", "wire0", "scope", "global", *flags],
                              check=True, capture_output=True, text=True).stdout
    wait_for("a temporary address", lambda: addresses("temporary", "-tentative"), 20)
    wall = Wall(tmp_path, "[plugin dots]\nlisten = [::]:1235\n", netns=inside)
    assert "people reach this machine at 192.0.2.2 and 2001:db8:0:1::2\n" in doctor(wall)


# ---- who may steer it

def test_who_may_use_the_control_socket(tmp_path, inside):
    wall = Wall(tmp_path, "[plugin pixelflut]\n", netns=inside, core=control(tmp_path))
    assert "control.socket: %s/control is not there, as no wall runs with it" % tmp_path in doctor(wall)
    (tmp_path / "control").write_text("mine")
    assert doctor(wall).count("remove it, or ") == 1
    os.remove(tmp_path / "control")
    with wall:
        assert re.search(r"control\.socket: root, \w+ and the group \w+.* may steer the wall", doctor(wall))
        os.chmod(tmp_path / "control", 0o666)
        text = doctor(wall)
        assert re.search(r"WRONG +control\.socket: everybody on this machine", text) and "chmod 0660" in text


def test_a_wall_that_nobody_steers(tmp_path, inside):
    wall = Wall(tmp_path, "[plugin pixelflut]\n", netns=inside)
    text = doctor(wall)
    assert "control.socket is empty" in text and "control.log is empty" in text and "control.state is empty" in text
