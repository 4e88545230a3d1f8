# SPDX-License-Identifier: MIT
"""Guests with a screen, murald in them, and the picture that the screen must show.

    screen = Screen(guest, port)
    wall = screen.wall(size="64x40", scale="fill").start()
    wall.noise()
    wall.seen()                 # waits until the screen shows it, pixel by pixel

The expected picture is computed here from what murald.conf(5) says, without murald's code.
"""
import fcntl
import hashlib
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import time

import pytest

import mkinitrd
import ppm
import rig
from sanitizer import skip_if_the_tracer_crashed
from waiting import wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("top_builddir", "."))
FETCHED = os.environ.get("MURALD_FETCHED") or BUILD  # where several clones find what one has fetched
SOURCE = os.path.dirname(os.path.dirname(HERE))
SUITE = os.environ.get("MURALD_SUITE", "")  # another release of Debian, for its kernel
QEMU = {"amd64": "x86_64", "arm64": "aarch64"}
GPUS = ["virtio", "bochs", "cirrus", "vkms", "vgem"]
SIZE = {"virtio": (1280, 800), "bochs": (1280, 800), "vkms": (1024, 768)}
PATIENCE = 90
DOTS = 1235


def need(ok, why):
    """Without it the case is skipped; with KMS_REQUIRED it fails."""
    if ok:
        return
    if os.environ.get("KMS_REQUIRED"):
        pytest.fail(why + " (KMS_REQUIRED is set)")
    pytest.skip(why)


# ---------------------------------------------------------------- the expected picture

def picture_size(width, height, screen_width, screen_height, scale):
    """The size of the whole canvas on the screen."""
    if scale in ("none", "integer"):
        times = min(screen_width // width, screen_height // height)
        times = max(times, 1) if scale == "integer" else 1
        return width * times, height * times
    wide = screen_width, screen_width * height / width
    high = screen_height * width / height, screen_height
    if scale == "fit":
        w, h = min(wide, high)
        return max(int(w), 1), max(int(h), 1)
    w, h = max(wide, high)
    return -int(-w // 1), -int(-h // 1)


def sources(canvas, picture, screen):
    """For each pixel of the screen the canvas pixel under its centre, or None."""
    start = (screen - picture) // 2 if picture <= screen else -((picture - screen) // 2)
    return [(2 * (at - start) + 1) * canvas // (2 * picture)
            if 0 <= at - start < picture else None for at in range(screen)]


def shares(canvas, picture, screen):
    """For each pixel of the screen what it shows: canvas pixels, and how much of it each takes."""
    start = (screen - picture) // 2 if picture <= screen else -((picture - screen) // 2)
    out = []
    for at in range(-start, screen - start):
        low, high = at * canvas, (at + 1) * canvas  # in parts of a picture'th
        out.append([(i, (min(high, (i + 1) * picture) - max(low, i * picture)) / canvas)
                    for i in range(low // picture, -(-high // picture))] if 0 <= at < picture else [])
    return out


def reduced(canvas, w, h, width, height):
    """Each pixel of the screen is the mean light of what it shows: the root of the mean square."""
    across, out = shares(canvas.w, w, width), bytearray(width * height * 3)
    lights = [[v * v for v in row] if any(row) else None for row in map(canvas.row, range(canvas.h))]
    for y, parts in enumerate(shares(canvas.h, h, height)):
        lit = [(lights[i], part) for i, part in parts if lights[i]]
        if not lit:
            continue
        sums = [sum(v * part for v, (_, part) in zip(column, lit)) for column in zip(*(row for row, _ in lit))]
        for x, columns in enumerate(across):
            if not columns or not any(sums[3 * columns[0][0]:3 * columns[-1][0] + 3]):
                continue
            for c in range(3):
                light = sum(sums[3 * i + c] * part for i, part in columns)
                if light:
                    out[(y * width + x) * 3 + c] = int(light ** 0.5 + 0.5)
    return ppm.Image(width, height, out)


def is_reduced(canvas, width, height, scale):
    return picture_size(canvas.w, canvas.h, width, height, scale)[0] < canvas.w


def on_screen(canvas, width, height, scale="fit"):
    w, h = picture_size(canvas.w, canvas.h, width, height, scale)
    if w < canvas.w:
        return reduced(canvas, w, h, width, height)
    columns = sources(canvas.w, w, width)
    rows, known = [], {None: bytes(width * 3)}
    for y in sources(canvas.h, h, height):
        if y not in known:
            row = canvas.row(y)
            pixels = [row[3 * x:3 * x + 3] for x in range(canvas.w)]
            known[y] = b"".join(b"\0\0\0" if x is None else pixels[x] for x in columns)
        rows.append(known[y])
    return ppm.Image(width, height, bytearray(b"".join(rows)))


def mirrored(image):
    """Left and right swapped."""
    out = bytearray(len(image.rgb))
    for c in range(3):
        for y in range(image.h):
            o = y * image.w * 3
            out[o + c:o + image.w * 3:3] = image.rgb[o + c:o + image.w * 3:3][::-1]
    return ppm.Image(image.w, image.h, out)


def turned(image, degrees):
    """Clockwise: the left column, from the bottom up, becomes the first row."""
    for _ in range(degrees // 90):
        w, h = image.h, image.w
        out = bytearray(len(image.rgb))
        for y in range(h):
            for c in range(3):
                out[y * w * 3 + c:(y + 1) * w * 3:3] = image.rgb[3 * y + c::3 * image.w][::-1]
        image = ppm.Image(w, h, out)
    return image


# ---------------------------------------------------------------- murald in a guest

class Wall:
    def __init__(self, screen, name="wall", size="320x200", scale="fit", env="",
                 display="output = kms", plugins="", dots=True, hud=False, rotate=0, mirror=False,
                 attract="0"):
        self.screen, self.guest, self.name, self.env = screen, screen.guest, name, env
        self.size, self.display, self.plugins, self.dots = size, display, plugins, dots
        self.scale, self.hud, self.rotate, self.mirror, self.attract = scale, hud, rotate, mirror, attract
        width, height = (int(n) for n in size.split("x"))
        self.canvas = ppm.Image(width, height)
        self.client = None
        self.write_config()

    def write_config(self):
        listen = "[plugin dots]\nlisten = 0.0.0.0:%d\n" % DOTS if self.dots else ""
        text = ("[canvas]\nsize = %s\nsnapshot =\n[display]\nscale = %s\nhud = %s\nrotate = %d\nmirror = %s\n"
                "attract = %s\n%s\n[server]\nplugin-path = /usr/lib/murald\n%s%s"
                % (self.size, self.scale, "on" if self.hud else "off", self.rotate, "x" if self.mirror else "no",
                   self.attract, self.display, listen, self.plugins))
        self.guest.run("printf '%s' >/run/%s.conf" % (text.replace("\n", "\\n"), self.name), check=True)

    def reload(self, **changes):
        """With other arguments of the constructor."""
        self.__dict__.update(changes)
        self.write_config()
        self.guest.run("kill -HUP $(cat /run/%s.pid)" % self.name, check=True)

    def start(self, shown=True):
        self.guest.run("%s murald -c /run/%s.conf >/run/%s.log 2>&1 & echo $! >/run/%s.pid"
                       % (self.env, self.name, self.name, self.name), check=True)
        self.said("canvas: ")
        if shown:
            self.said("; canvas ")
        return self

    def log(self):
        return self.guest.run("cat /run/%s.log" % self.name)[1]

    def said(self, text, times=1):
        """Waits until the log has it that many times."""
        def claim():
            time.sleep(0.05)  # a look takes longer than that, in the guest
            status, log = self.guest.run("cat /run/%s.log; kill -0 $(cat /run/%s.pid)" % (self.name, self.name))
            assert status == 0, log
            return log.count(text) >= times
        wait_for("%r in the log" % text, claim, 30)

    def running(self):
        return self.guest.run("kill -0 $(cat /run/%s.pid)" % self.name)[0] == 0

    def kill(self, signal="TERM"):
        self.guest.run("kill -%s $(cat /run/%s.pid)" % (signal, self.name), check=True)
        wait_for("murald to end", lambda: not self.running(), 20)

    def send(self, data):
        if not self.client:
            self.said("dots: listening on")
            self.client = socket.create_connection(("127.0.0.1", self.screen.port), 10)
        self.client.sendall(data)

    def put(self, x, y, rgb):
        """A pixel in the expected picture; the record that paints it."""
        o = (y * self.canvas.w + x) * 3
        self.canvas.rgb[o:o + 3] = bytes(rgb)
        return struct.pack("<HHBBBB", x, y, *rgb, 255)

    def dot(self, x, y, rgb):
        self.send(self.put(x, y, rgb))

    def noise(self, seed=1, box=None):
        """Fills a box (x, y, width, height), or everything, with random colours."""
        rng = random.Random(seed)
        left, top, width, height = box or (0, 0, self.canvas.w, self.canvas.h)
        self.send(b"".join(self.put(x, y, rng.randbytes(3)) for y in range(top, top + height)
                           for x in range(left, left + width)))

    def expected(self, width=None, height=None):
        if not width:
            width, height = SIZE[self.screen.gpu]
        return self.hang(width, height, lambda w, h: on_screen(self.canvas, w, h, self.scale))

    def hang(self, width, height, picture):
        """The picture on a screen that hangs rotated, for people who see picture(width, height)."""
        if self.rotate % 180:
            width, height = height, width
        image = picture(width, height)
        return turned(mirrored(image) if self.mirror else image, self.rotate)

    def seen(self, width=None, height=None, seconds=PATIENCE, head=None):
        want = self.expected(width, height)
        if self.screen.gpu == "vkms":
            crc = ppm.vkms_crc(want)
            wait_for("the checksum of the picture",
                     lambda: crc in self.guest.frame_crcs(2), seconds)
            return
        # sums in another order may round to the next value
        off = is_reduced(self.canvas, want.w, want.h, self.scale)
        took, difference = self.guest.wait_shot(want, seconds, head, off)
        assert took is not None, "(pixels, left, top, right, bottom): %s\n%s" % (
            difference, self.log())

    def threads(self):
        """Voluntary context switches of each thread, by name."""
        out = self.guest.run("for t in /proc/$(cat /run/%s.pid)/task/*; do echo $(cat $t/comm) $t "
                             "$(grep ^vol $t/status); done" % self.name)[1]
        return {l.split()[1]: (l.split()[0], int(l.split()[-1])) for l in out.splitlines()}

    def slept(self, seconds=3):
        """Whether no thread wakes up for that long.  Network events, such as a new address, may wake
        one, and who painted is counted for ten seconds, so it gets some tries; a clock would tick in
        each of them."""
        for _ in range(8):
            before = self.threads()
            assert "display" in [name for name, switches in before.values()]
            time.sleep(seconds)  # a clock that ticks would show by then
            if self.threads() == before:
                return True
        return False


class Screen:
    """A guest that was booted, with its forwarded port."""

    def __init__(self, guest, gpu, port):
        self.guest, self.gpu, self.port = guest, gpu, port
        self.walls = []

    def wall(self, **kinds):
        wall = Wall(self, name="wall%d" % len(self.walls), **kinds)
        self.walls.append(wall)
        return wall

    def painted(self, **kinds):
        """A wall that was started, and shows noise."""
        wall = self.wall(**kinds).start()
        wall.noise()
        wall.seen()
        return wall

    def clean_up(self):
        """For the next case; what a sanitizer found in this one fails it."""
        logs = "".join(wall.log() for wall in self.walls)
        skip_if_the_tracer_crashed(logs)
        assert "Sanitizer" not in logs and "runtime error" not in logs, logs
        for wall in self.walls:
            if wall.client:
                wall.client.close()
        # sleeps between two looks
        self.guest.run("killall -9 murald; while pidof murald; do sleep 0.05; done")
        self.walls = []

    def report(self):
        for wall in self.walls:
            print("---- %s\n%s" % (wall.name, wall.log()))
        print("---- kernel\n%s" % self.guest.run("dmesg | tail -20")[1])

    def console(self, text):
        """Writes a text on the console; the picture of it."""
        self.guest.run(r"printf '\033[2J\033[H\033[?25l%s' >/dev/tty0" % text, check=True)
        shots = []
        while len(shots) < 3 or shots[-1].diff(shots[-2]) or shots[-1].diff(shots[-3]):
            time.sleep(0.2)  # the kernel draws it some time later
            shots.append(self.guest.shot())
        return shots[-1]

    # -- what is submitted to the kernel
    FLIPS = "drm_mode_atomic_ioctl drm_mode_page_flip_ioctl drm_mode_dirtyfb_ioctl"

    def count_flips(self):
        t = "/sys/kernel/tracing"
        rc, out = self.guest.run(
            "mount -t tracefs t %s 2>/dev/null; cd %s && echo nop >current_tracer && echo %s "
            ">set_ftrace_filter && echo function >current_tracer && echo >trace"
            % (t, t, self.FLIPS))
        assert rc == 0, out

    def flips(self):
        out = self.guest.run("grep -c ' drm_mode_.*_ioctl <-' /sys/kernel/tracing/trace")[1]
        return int(out)


# ---------------------------------------------------------------- making guests

def debian_arch():
    """The architecture that the build folder's murald is for."""
    with open(BUILD + "/murald", "rb") as f:
        machine = mkinitrd.elf_machine(f.read(20))
    return {62: "amd64", 183: "arm64"}.get(machine) or pytest.skip("no guests for machine %s" % machine)


def kernel_dir(arch):
    name = "/kms-kernel" + "".join("-" + part for part in (arch.replace("amd64", ""), SUITE) if part)
    # one that a build keeps for itself is older than what is fetched for all
    folders = [FETCHED] if FETCHED != BUILD else [BUILD, os.path.dirname(BUILD)]
    for d in (os.environ.get("KMS_KERNEL"), *(folder + name for folder in folders)):
        if d and os.path.isdir(d):
            return d
    return FETCHED + name


def fetch_kernel():
    """The kernel's folder; without vkms where that cannot be built."""
    arch = debian_arch()
    missing = rig.missing(QEMU[arch])
    need(not missing, "%s: apt-get install qemu-system-%s" % (missing, "arm" if arch == "arm64" else "x86"))
    folder = kernel_dir(arch)
    which = ["--arch", arch, *(["--suite", SUITE] if SUITE else [])]
    for more in ([] if SUITE else ["--vkms"], []):
        run = subprocess.run(["bash", HERE + "/kernel.sh", *which, *more, folder], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if run.returncode == 0:
            return folder
        print(run.stdout)
    need(False, "no guest kernel: %s; with a network: bash tests/kms/kernel.sh --arch %s --vkms %s"
         % (run.stdout.strip().splitlines()[-1], arch, folder))


def make_initrd(kernel, path, build=BUILD, more=()):
    shim = build + "/tests/kms/.libs/refuse.so"
    murald = build + "/murald"
    packed = [sys.executable, HERE + "/mkinitrd.py", "--kernel", kernel, "--busybox", kernel + "/busybox",
              "--gpu", ",".join(GPUS), "--bin", murald, "-o", path]
    if os.path.exists(kernel + "/vkms.ko"):
        packed += ["--ko", kernel + "/vkms.ko"]
    for plugin in sorted(os.listdir(build + "/.libs")):
        if plugin.endswith(".so"):
            packed += ["--file", "%s/.libs/%s:/usr/lib/murald/%s" % (build, plugin, plugin)]
    if os.path.exists(build + "/.libs/xdp.module") and os.path.exists(build + "/tests/unit/ping/test-xdp"):
        packed += ["--bin", build + "/.libs/xdp.module:/usr/lib/murald/xdp.module",
                   "--bin", build + "/tests/unit/ping/test-xdp:/bin/test-xdp"]
    if os.path.isdir(build + "/sysroot"):   # of cross.sh
        packed += ["--sysroot", build + "/sysroot"]
    if os.path.exists(shim):
        packed += ["--file", shim + ":/usr/lib/refuse.so"]
    subprocess.run([*packed, *more], check=True, stdout=subprocess.DEVNULL)
    return path


def states_of(kernel, initrd):
    """The folder for the guests that booted with these; it takes the place of an earlier one."""
    folder, what = BUILD + "/kms-states", hashlib.sha256(rig.kernel_image(kernel).encode())
    with open(initrd, "rb") as f:
        what.update(f.read())
    os.makedirs(folder, exist_ok=True)
    for old in os.listdir(folder):
        if old != what.hexdigest():
            shutil.rmtree(folder + "/" + old, ignore_errors=True)  # another suite may be at it
    os.makedirs(folder + "/" + what.hexdigest(), exist_ok=True)
    return folder + "/" + what.hexdigest()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Guests:
    """Boots guests, and keeps each for the next case that asks for the same."""

    def __init__(self, kernel, initrd, states=None):
        """`states`: a folder where the first of a kind is saved, as it booted, and the others begin."""
        self.kernel, self.initrd, self.states, self.screens = kernel, initrd, states, {}

    def get(self, gpu, **options):
        key = gpu, tuple(sorted(options.items()))
        if gpu == "vkms" and SUITE:
            pytest.skip("vkms is built for this Debian's kernel only")
        if gpu == "vkms":
            need(os.path.exists(self.kernel + "/vkms.ko"),
                 "no vkms.ko: apt-get install make gcc, then remove %s" % self.kernel)
        if key not in self.screens:
            port = free_port()
            if "tap" not in options:
                options["forward"] = [(port, DOTS)]
            guest = self.begin(gpu, options)
            self.screens[key] = Screen(guest, gpu.split(",")[-1], port)
        return self.screens[key]

    def begin(self, gpu, options):
        make = lambda saved=None: rig.Guest(self.kernel, self.initrd, gpu=gpu, arch=QEMU[debian_arch()], saved=saved,
                                            **options)
        if not self.states:
            return make()
        kind = {k: v for k, v in options.items() if k not in ("forward", "netns")}
        state = "%s/%s" % (self.states, re.sub(r"\W+", "-", gpu + str(sorted(kind.items()))).strip("-"))
        with open(state + ".lock", "w") as lock:  # who comes second need not boot
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(state):
                guest = make()
                try:
                    guest.save(state)
                    guest.go_on()
                except BaseException:
                    guest.close()
                    raise
                return guest
        return make(state)

    def drop(self, screen):
        self.screens = {k: s for k, s in self.screens.items() if s is not screen}
        screen.guest.close()

    def close(self):
        for screen in self.screens.values():
            screen.guest.close()
        self.screens = {}


def sanitized_build():
    """A build folder with sanitizers; made if there is none."""
    if "address" in os.environ.get("sanitizer", ""):
        return BUILD
    need(not os.path.exists(SOURCE + "/config.status"),
         "the source folder is configured itself: build in a folder of its own")
    folder = BUILD + "/asan"
    steps = [] if os.path.exists(folder + "/Makefile") else [
        [SOURCE + "/configure", "-q", "--enable-sanitizer=address,undefined"]]
    os.makedirs(folder, exist_ok=True)
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    for step in steps + [["make", "-j2", "all"]]:
        run = subprocess.run(step, cwd=folder, env=env, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        assert run.returncode == 0, run.stdout[-4000:]
    return folder

