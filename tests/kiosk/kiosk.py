# SPDX-License-Identifier: MIT
"""A kiosk: a whole Debian with the wall's packages, whose power, screen, keyboard and cable are ours.

    with Wire(kernel) as wire, Kiosk(image, wire) as kiosk:     # powered on
        kiosk.is_up()                           # a wall with its address, on which pings paint
        kiosk.key("alt-f2"); kiosk.cable(False); kiosk.unplug()
        kiosk.save()                            # later, within a second: Kiosk(image, wire, saved=True)
        kiosk.cut()                             # its power is gone
"""
import os
import shutil
import subprocess
import time

from PIL import Image

import hud
import rig
from waiting import wait_for

RED, GREEN = (255, 0, 0), (0, 255, 0)
HOST, ADDRESS = "10.77.0.1", "10.77.0.2"
PATIENCE = 60
# What a kernel in an emulator need not do; none of it changes what systemd or murald do.
QUICK = "mitigations=off audit=0 no_timer_check tsc=reliable random.trust_cpu=on systemd.show_status=0"


class Wire:
    """The kiosk's network: a namespace with its cable's other end, where DHCP answers unless it is silent."""

    def __init__(self, kernel, folder):
        self.netns, self.server = "muralkiosk%d" % os.getpid(), None
        self.busybox, self.config = kernel + "/busybox", folder + "/udhcpd.conf"
        with open(self.config, "w") as f:
            f.write("start %s\nend %s\ninterface tap0\nlease_file %s/leases\noption subnet 255.255.255.0\n"
                    "option router %s\noption lease 3600\n" % (ADDRESS, ADDRESS, folder, HOST))
        open(folder + "/leases", "w").close()

    def __enter__(self):
        self.ip("netns", "add", self.netns)
        for words in (["link", "set", "lo", "up"], ["tuntap", "add", "tap0", "mode", "tap"],
                      ["addr", "add", HOST + "/24", "dev", "tap0"], ["link", "set", "tap0", "up"]):
            self.ip("-n", self.netns, *words)
        self.serve()
        return self

    def __exit__(self, *_):
        self.silence()
        self.ip("netns", "del", self.netns)

    @staticmethod
    def ip(*words):
        subprocess.run(["ip", *words], check=True)

    def serve(self):
        self.server = subprocess.Popen(["ip", "netns", "exec", self.netns, self.busybox, "udhcpd", "-f", self.config],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def silence(self):
        self.server.kill()
        self.server.wait()

    def do(self, *command):
        """A command of somebody on that network: whether it succeeded, and what it said."""
        done = subprocess.run(["ip", "netns", "exec", self.netns, *command], text=True, timeout=PATIENCE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode == 0, done.stdout


class Kiosk(rig.Guest):
    def __init__(self, image, wire, saved=False, disk=None, cable=True, screen=True, read_only=False, mem=512,
                 append="", more=()):
        """`saved`: goes on as it was saved.  `disk`: another one, which is written to."""
        self.image, self.wire = image, wire
        self.plugged_in, self.screen_on, self.disk = cable, screen, disk
        drive = "if=none,id=disk0,format=raw,cache=unsafe,snapshot=%s,file=%s" % (
            ("off", disk) if disk else ("on", image.state + ".disk" if saved else image.disk))
        if read_only:
            drive += ",readonly=on"
            append += " rig.mount=ro"
        more = ["-drive", drive, "-device", "virtio-blk-pci,drive=disk0", "-device", "virtio-rng-pci", *more]
        if saved or not (cable and screen):
            more += ["-S"]
        super().__init__(image.kernel, image.initrd, mem=mem, smp=2, tap="tap0", netns=wire.netns, boot_timeout=300,
                         saved=image.state if saved else None, append="rig.root=/dev/vda %s %s" % (QUICK, append), more=more)

    def _wait_ready(self, timeout):
        """From the kernel's start or from the saved state on, until a shell answers."""
        if self.saved:
            self._loaded()
        if not self.screen_on:
            self.unplug()
            self.qmp.cmd("query-status")  # it has seen that when it answers
        if not self.plugged_in:
            self.cable(False)
        if self.saved or not (self.plugged_in and self.screen_on):
            self.go_on()
        if not self.saved:
            super()._wait_ready(timeout)
        self.run("true")

    def save(self):
        """What it is now, with the disk that it was given."""
        super().save(self.image.state + ".memory")
        shutil.move(self.disk, self.image.state + ".disk")
        os.rename(self.image.state + ".memory", self.image.state)

    # ---- inside
    def sh(self, script):
        """Its output; it must succeed."""
        return self.run(script, check=True, timeout=600)[1]

    def shows(self, property):
        return self.sh("systemctl show -P %s murald" % property).strip()

    def settles(self, what, script, seconds=PATIENCE):
        """Waits until the script succeeds; its output."""
        return wait_for(what, lambda: next((out or " " for status, out in [self.run(script)] if status == 0), None),
                        seconds)

    def journal(self):
        return self.sh("journalctl -b -o cat -u murald --no-pager")

    def configure(self, text, name="mine"):
        self.sh("printf '%s' >/etc/murald/murald.conf.d/%s.conf" % (text.replace("\n", "\\n"), name))

    # ---- outside
    def key(self, *chords):
        """ctrl-c, alt-f2, ctrl-alt-delete, or letters."""
        for chord in chords:
            self.qmp.cmd("send-key", keys=[{"type": "qcode", "data": name} for name in chord.split("-")])
            time.sleep(0.25)  # the keys are let go after 0.1

    def cable(self, plugged_in):
        self.qmp.hmp("set_link n0 " + ("on" if plugged_in else "off"))

    def front(self):
        return self.sh("cat /sys/class/tty/tty0/active").strip()

    def pixel(self, x, y):
        return self.shot().px(x, y)

    def rows(self):
        """The lines of the strip below the picture; none where there is no strip."""
        image = self.shot()
        top = next((y for y in range(image.h) if image.px(0, y) == hud.BACKGROUND), None)
        if top is None:
            return []
        whole = Image.frombytes("RGB", (image.w, image.h), bytes(image.rgb))
        return hud.Page(whole.crop((0, top, image.w, image.h))).rows

    def says(self, text):
        """Whether a line of the strip has that text."""
        return any(text in row for row in self.rows())

    def ping(self, x, y, rgb):
        self.wire.do("ping", "-c", "1", "-W", "3", "-s", "8", "-p", "cc%04x%04x%02x%02x%02x" % (x, y, *rgb), ADDRESS)

    def paint(self, x=100, y=50, rgb=RED):
        """By a ping from outside, and it is on the screen."""
        def painted():
            self.ping(x, y, rgb)
            return self.pixel(x, y) == rgb
        wait_for("the pixel at %d,%d" % (x, y), painted, PATIENCE)

    def is_up(self):
        """Waits for a wall that says its address and on which somebody paints."""
        wait_for("the service", lambda: self.shows("ActiveState") == "active", 120)
        wait_for("the address on the screen", lambda: self.says(ADDRESS), PATIENCE)
        self.paint(101, 51, GREEN)

    def get(self, path):
        """From its web page; None: it does not answer."""
        fine, out = self.wire.do("curl", "-sf", "-m", "5", "http://%s:8080%s" % (ADDRESS, path))
        return out if fine else None

    def report(self):
        """What a failed case wants to know, as far as the guest still answers."""
        self.shot().save(os.environ.get("KIOSK_SHOT", self.dir + "/screen.png"))
        try:
            for line in ["systemctl --no-pager status murald", "journalctl -b -o short-monotonic -n 60 --no-pager"]:
                print("---- %s\n%s" % (line, self.run(line)[1]))
        except (rig.GuestError, OSError) as error:
            print("it no longer answers: %s\n%s" % (error, self.console()[-3000:]))
