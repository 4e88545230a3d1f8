#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boot a throw-away KMS guest in QEMU and talk to it.  Python stdlib only.

As a program:
  rig.py check                              is there a QEMU? (exit 0, or 77 = skip)
  rig.py run   [options] -- 'GUEST COMMAND' boot, run, print, power off
  rig.py start DIR [options]                boot and leave running; files in DIR
  rig.py guest DIR 'GUEST COMMAND'
  rig.py shot  DIR OUT.png [HEAD]
  rig.py resize DIR W H [HEAD] / rig.py unplug DIR [HEAD]
  rig.py stop  DIR
Options: --kernel DIR --initrd FILE --arch x86_64|aarch64 --gpu virtio|bochs|vkms
         --outputs N --share HOSTDIR --forward HOSTPORT:GUESTPORT
         --size WxH --append 'KERNEL ARGS' --mem MB --smp N

As a library:
  with Guest(kernel=..., initrd=..., gpu="virtio") as g:
      rc, out = g.run("ls /dev/dri")
      g.shot().save("screen.png")
"""
import argparse, glob, os, shutil, socket, subprocess, sys, tempfile, time

import qmp as qmpmod, rfb as rfbmod

SKIP = 77
MACHINES = {
    "x86_64": dict(qemu="qemu-system-x86_64", args=["-M", "pc", "-cpu", "max"],
                   console="ttyS0"),
    "aarch64": dict(qemu="qemu-system-aarch64",
                    args=["-M", "virt", "-cpu", "cortex-a53"], console="ttyAMA0"),
}


def missing(arch="x86_64"):
    """None, or one sentence that says what is not installed."""
    q = MACHINES[arch]["qemu"]
    if not shutil.which(q):
        return "%s is not installed" % q
    return None


def kernel_image(root):
    """An unpacked vmlinux if there is one (x86 boots it through PVH), else
    the packed kernel."""
    for name in ("vmlinux-*", "vmlinuz-*"):
        k = sorted(glob.glob(os.path.join(root, "boot", name)))
        if k:
            return k[-1]
    raise FileNotFoundError("no boot/vmlinuz-* under " + root)


class GuestError(Exception):
    pass


class Guest:
    def __init__(self, kernel, initrd, gpu="virtio", arch="x86_64", outputs=1,
                 size=None, share=None, forward=(), append="", mem=512, smp=1,
                 workdir=None, boot_timeout=400, detach=False, tap=None, netns=None,
                 saved=None, more=(), own_time=False):
        """`own_time`: its clock counts its instructions, one a nanosecond, whatever else
        this machine does, and goes on at once to the next event when it has nothing to do."""
        self.saved = saved
        self.own = workdir is None
        self.dir = workdir or tempfile.mkdtemp(prefix="kmsrig.")
        os.makedirs(self.dir, exist_ok=True)
        self.gpu, self.detach, self.outputs = gpu, detach, outputs
        m = MACHINES[arch]
        p = lambda n: os.path.join(self.dir, n)
        xy = (",xres=%d,yres=%d" % size) if size else ""
        # without ERMS, with which copying would take an instruction a byte
        clock = ["-icount", "shift=0,sleep=off", "-cpu", "max,erms=off"] if own_time else []
        cmd = [m["qemu"], *m["args"], *clock, "-m", str(mem),
               "-accel", "tcg,thread=" + ("single" if own_time else "multi"),
               "-smp", str(smp), "-nodefaults", "-no-user-config", "-no-reboot",
               "-display", "none", "-kernel", kernel_image(kernel),
               "-initrd", initrd,
               "-append", "console=%s quiet panic=-1 nokaslr rig.gpu=%s %s" % (
                   m["console"], gpu, append),
               "-serial", "file:" + p("console.log"),
               "-qmp", "unix:%s,server=on,wait=off" % p("qmp.sock"),
               "-device", "virtio-serial-pci",
               "-chardev", "socket,id=ctl,path=%s,server=on,wait=off" % p("ctl.sock"),
               "-device", "virtserialport,chardev=ctl,name=rig.ctl"]
        names = gpu.split(",")
        if "virtio" in names:
            cmd += ["-device", "virtio-gpu-pci,id=gpu0,max_outputs=%d%s" % (outputs, xy)]
            for head in range(outputs):
                cmd += ["-vnc", "unix:%s,display=gpu0,head=%d" % (
                    p("vnc%d.sock" % head), head)]
        elif "bochs" in names:
            cmd += ["-device", "bochs-display,id=gpu0,edid=on,vgamem=%dM%s" % (32 if size else 16, xy)]
        elif "cirrus" in names:
            cmd += ["-device", "cirrus-vga,id=gpu0"]
        elif "vmware" in names:
            cmd += ["-device", "vmware-svga,id=gpu0"]
        elif "qxl" in names:
            cmd += ["-device", "qxl-vga,id=gpu0"]
        if share:
            cmd += ["-virtfs", "local,path=%s,mount_tag=host,security_model=none"
                    % os.path.abspath(share)]
        cmd += more
        if saved:
            cmd += ["-incoming", "exec:cat '%s'" % saved]
        if netns:       # where the tap is
            cmd = ["ip", "netns", "exec", netns, *cmd]
        if tap:
            cmd += ["-netdev", "tap,id=n0,ifname=%s,script=no,downscript=no" % tap,
                    "-device", "virtio-net-pci,netdev=n0,romfile="]
        elif forward:
            net = "user,id=n0" + "".join(
                ",hostfwd=tcp:127.0.0.1:%d-:%d" % f for f in forward)
            cmd += ["-netdev", net, "-device", "virtio-net-pci,netdev=n0,romfile="]
        else:
            cmd += ["-nic", "none"]
        self.t0 = time.monotonic()
        with open(p("qemu.log"), "wb") as log:
            self.proc = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=log,
                                         stderr=log, start_new_session=detach)
        with open(p("pid"), "w") as f:
            f.write(str(self.proc.pid))
        self.seq, self.ctl, self.vnc = 0, None, {}
        try:
            self.qmp = qmpmod.QMP(p("qmp.sock"))
            self._wait_ready(boot_timeout)
        except BaseException:
            self.close()
            raise
        self.boot_s = time.monotonic() - self.t0

    # -- attach to one that `start` left running
    @classmethod
    def attach(cls, workdir):
        g = cls.__new__(cls)
        g.dir, g.own, g.detach, g.proc = workdir, False, True, None
        g.seq, g.ctl, g.vnc = int(time.time() * 1000) % 10**9, None, {}
        g.qmp = qmpmod.QMP(os.path.join(workdir, "qmp.sock"))
        return g

    def console(self):
        with open(os.path.join(self.dir, "console.log"), "rb") as f:
            return f.read().decode("utf-8", "replace").replace("\r", "")

    def _wait_ready(self, timeout):
        if self.saved:
            self._loaded()
            self.go_on()
            return
        end = self.t0 + timeout
        while "RIG ready" not in self.console():
            if self.proc.poll() is not None:
                raise GuestError("QEMU ended early: " + open(
                    os.path.join(self.dir, "qemu.log")).read() + self.console()[-2000:])
            if time.monotonic() > end:
                raise GuestError("no guest after %d s:\n%s" % (timeout, self.console()[-2000:]))
            time.sleep(0.05)  # between two looks

    def _query(self, what):
        return lambda: self.qmp.cmd(what).get("status")

    @staticmethod
    def _leave(look, states, otherwise):
        """Waits until it looks like none of those states; the one that follows."""
        end = time.monotonic() + 60
        while (status := look()) in states:
            if time.monotonic() > end:
                raise GuestError(otherwise)
            time.sleep(0.02)  # between two looks
        return status

    def _loaded(self):
        self._leave(self._query("query-status"), ["inmigrate"], "the saved state was not loaded")

    def save(self, path):
        """What it is now, for Guest(saved=path) with the same devices; it stands still afterwards."""
        new, written, otherwise = path + ".new", path + ".status", "the state could not be saved"
        open(written, "w").close()

        def cat_said():
            with open(written) as f:
                return f.read()
        self.qmp.cmd("stop")
        self.qmp.cmd("migrate-set-parameters", **{"max-bandwidth": 1 << 40})
        # QEMU knows what the pipe took, and not whether that was written
        self.qmp.cmd("migrate", uri="exec:cat >'%s'; echo $? >'%s'" % (new, written))
        migrated = self._leave(self._query("query-migrate"), [None, "setup", "active", "device"], otherwise)
        if migrated != "completed" or self._leave(cat_said, [""], otherwise) != "0\n":
            raise GuestError(otherwise)
        self._leave(self._query("query-status"), ["finish-migrate"], otherwise)  # in which it may not go on yet
        os.remove(written)
        os.rename(new, path)

    def go_on(self):
        self.qmp.cmd("cont")

    def _open_ctl(self):
        self.ctl = socket.socket(socket.AF_UNIX)
        self.ctl.connect(os.path.join(self.dir, "ctl.sock"))
        self.ctlf = self.ctl.makefile("rwb")

    def run(self, line, timeout=120, check=False):
        """Run one shell line in the guest: (exit status, output)."""
        if "\n" in line:
            raise ValueError("one line only")
        if self.ctl is None:
            self._open_ctl()
        self.ctl.settimeout(timeout)
        self.seq += 1
        self.ctlf.write(b"%d %s\n" % (self.seq, line.encode()))
        self.ctlf.flush()
        while True:
            head = self.ctlf.readline().split()
            if not head:
                raise GuestError("the guest closed the control channel")
            if len(head) == 3 and head[0] == b"%d" % self.seq:
                break
        out = self.ctlf.read(int(head[2])).decode("utf-8", "replace")
        rc = int(head[1])
        if check and rc:
            raise GuestError("%s: exit %d\n%s" % (line, rc, out))
        return rc, out

    def shot(self, head=None):
        if head is not None:
            return self.qmp.shot("gpu0", head)
        return self.qmp.shot()

    def wait_shot(self, want, timeout=20, head=None, off=0):
        """Seconds until the screen equals want, up to `off` in each value, or the last diff."""
        t = time.monotonic()
        while True:
            d = self.shot(head).diff(want, off)
            if d is None:
                return time.monotonic() - t, None
            if time.monotonic() - t > timeout:
                return None, d
            time.sleep(0.05)  # for the guest, which a look costs as much as a frame

    def frame_crcs(self, n=1, timeout=20):
        """vkms only: the checksums of the next n frames that were scanned out;
        compare with ppm.vkms_crc(picture)."""
        d = "/sys/kernel/debug/dri/0/crtc-0/crc"
        out = self.run("(echo auto > %s/control; timeout %d head -n %d %s/data) 2>/dev/null"
                       % (d, timeout, n, d), timeout=timeout + 30)[1]
        rows = [l.split() for l in out.splitlines()]
        return [int(r[1], 16) for r in rows if len(r) == 2 and r[1].startswith("0x")]

    def _vnc(self, head):
        if head not in self.vnc:
            self.vnc[head] = rfbmod.RFB(os.path.join(self.dir, "vnc%d.sock" % head))
        return self.vnc[head]

    def resize(self, w, h, head=0):
        self._vnc(head).resize(w, h)

    def unplug(self, head=0):
        self._vnc(head).unplug()

    def pid(self):
        return int(open(os.path.join(self.dir, "pid")).read())

    def cut(self):
        """Cuts its power."""
        self.proc.kill()
        self.proc.wait()

    def close(self):
        for v in self.vnc.values():
            v.close()
        try:
            self.qmp.cmd("quit")
        except Exception:
            if self.proc and self.proc.poll() is None:
                self.proc.kill()
        if self.proc:
            self.proc.wait()
        if self.own:
            shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def boot(make):
    """The guest that make() boots.  On a busy machine the processors of an emulated one may wait for each
    other for ever while they boot: then another one."""
    try:
        return make()
    except GuestError as error:
        print("once more, because of:", error)
        return make()


def options(argv):
    ap = argparse.ArgumentParser(add_help=False)
    ap.add_argument("--kernel", default=os.environ.get("KMS_RIG_KERNEL"))
    ap.add_argument("--initrd", default=os.environ.get("KMS_RIG_INITRD"))
    ap.add_argument("--arch", default="x86_64")
    ap.add_argument("--gpu", default="virtio")
    ap.add_argument("--outputs", type=int, default=1)
    ap.add_argument("--size")
    ap.add_argument("--share")
    ap.add_argument("--forward", action="append", default=[])
    ap.add_argument("--append", default="")
    ap.add_argument("--mem", type=int, default=512)
    ap.add_argument("--smp", type=int, default=1)
    a, rest = ap.parse_known_args(argv)
    kw = dict(kernel=a.kernel, initrd=a.initrd, arch=a.arch, gpu=a.gpu,
              outputs=a.outputs, share=a.share, append=a.append, mem=a.mem, smp=a.smp,
              size=tuple(map(int, a.size.split("x"))) if a.size else None,
              forward=[tuple(map(int, f.split(":"))) for f in a.forward])
    return kw, [r for r in rest if r != "--"]


def main(argv):
    if not argv:
        sys.exit(__doc__)
    verb, kw, rest = argv[0], *options(argv[1:])
    if verb == "check":
        why = missing(kw["arch"])
        print("SKIP: " + why if why else "ok")
        sys.exit(SKIP if why else 0)
    if verb in ("run", "start"):
        why = missing(kw["arch"])
        if why:
            print("SKIP: " + why)
            sys.exit(SKIP)
    if verb == "run":
        with Guest(**kw) as g:
            rc, out = g.run(" ".join(rest), timeout=3600)
            sys.stdout.write(out)
            print("boot %.1f s" % g.boot_s, file=sys.stderr)
        sys.exit(rc)
    if verb == "start":
        g = Guest(workdir=rest[0], detach=True, **kw)
        print("ready in %.1f s, pid %d" % (g.boot_s, g.pid()))
        return
    g = Guest.attach(rest[0])
    if verb == "guest":
        rc, out = g.run(" ".join(rest[1:]))
        sys.stdout.write(out)
        sys.exit(rc)
    elif verb == "shot":
        g.shot(int(rest[2]) if len(rest) > 2 else None).save(rest[1])
    elif verb == "resize":
        g.resize(int(rest[1]), int(rest[2]), int(rest[3]) if len(rest) > 3 else 0)
        time.sleep(0.3)     # for QEMU to read it before the socket closes
    elif verb == "unplug":
        g.unplug(int(rest[1]) if len(rest) > 1 else 0)
        time.sleep(0.3)     # for QEMU to read it before the socket closes
    elif verb == "stop":
        g.close()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
