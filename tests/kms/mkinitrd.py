#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Build an initramfs for a throw-away KMS guest.  Python stdlib only, no root.

  mkinitrd.py --kernel DIR [--sysroot DIR]... [--bin PATH[:GUESTPATH]]...
              [--file PATH:GUESTPATH]... [--module NAME]... [--ko FILE]...
              --busybox PATH -o OUT.cpio

--kernel   an unpacked Debian linux-image package (has boot/vmlinuz-* and
           lib/modules/<version>)
--bin      a program of the guest; the shared libraries it needs are found in
           the --sysroot directories (default /) and packed with it
--module   a kernel module by name; what it depends on is packed with it and
           the load order is written to /mods
--ko       an extra module file built outside the kernel package
"""
import argparse, gzip, lzma, os, re, stat, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))

# what every guest gets; missing ones are skipped (built in, or other machine)
BASE = ("virtio_pci virtio_mmio virtio_console virtio_net 9p 9pnet_virtio "
        "failover net_failover").split()
GPUS = {"virtio": ["virtio-gpu"], "bochs": ["bochs"], "vkms": ["vkms"],
        "cirrus": ["cirrus"], "vmware": ["vmwgfx"], "qxl": ["qxl"]}


def read(path):
    with open(path, "rb") as f:
        return f.read()


def ko_bytes(path):
    if path.endswith(".xz"):
        return lzma.decompress(read(path))
    if path.endswith(".gz"):
        return gzip.decompress(read(path))
    return read(path)


def modname(path):
    base = os.path.basename(path)
    return re.sub(r"\.ko(\.xz|\.gz|\.zst)?$", "", base).replace("-", "_")


def ko_depends(data):
    deps = []
    for key in (rb"depends=([^\0]*)\0", ):
        for m in re.finditer(rb"\0" + key, data):
            deps += [d for d in m.group(1).decode().split(",") if d]
    for m in re.finditer(rb"\0softdep=pre: ([^\0]*)\0", data):
        deps += m.group(1).decode().split()
    return [d.replace("-", "_") for d in deps]


class Modules:
    def __init__(self, root, extra):
        self.paths, self.order = {}, []
        for dirpath, _, files in os.walk(root):
            for f in files:
                if ".ko" in f:
                    self.paths[modname(f)] = os.path.join(dirpath, f)
        for path in extra:
            self.paths[modname(path)] = path
        self.data = {}

    def want(self, name, optional=False):
        name = name.replace("-", "_")
        if name in self.data:
            return
        if name not in self.paths:
            if optional:
                return
            sys.exit("mkinitrd: no module %s in the kernel package" % name)
        data = ko_bytes(self.paths[name])
        self.data[name] = data
        for dep in ko_depends(data):
            self.want(dep, optional=True)
        self.order.append(name)


def elf_needed(data):
    """(interpreter, [needed libraries]) of an ELF file; ([], None) if static."""
    if data[:4] != b"\x7fELF":
        return None, []
    is64 = data[4] == 2
    end = "<" if data[5] == 1 else ">"
    if is64:
        phoff, = struct.unpack_from(end + "Q", data, 32)
        phsize, phnum = struct.unpack_from(end + "HH", data, 54)
    else:
        phoff, = struct.unpack_from(end + "I", data, 28)
        phsize, phnum = struct.unpack_from(end + "HH", data, 42)
    interp, dyn, loads = None, None, []
    for i in range(phnum):
        o = phoff + i * phsize
        if is64:
            t, _, off, va, _, fsz, _, _ = struct.unpack_from(end + "IIQQQQQQ", data, o)
        else:
            t, off, va, _, fsz, _, _, _ = struct.unpack_from(end + "IIIIIIII", data, o)
        if t == 1:
            loads.append((va, off, fsz))
        elif t == 2:
            dyn = (off, fsz)
        elif t == 3:
            interp = data[off:off + fsz].rstrip(b"\0").decode()
    if not dyn:
        return interp, []
    ent, fmt = (16, end + "QQ") if is64 else (8, end + "II")
    tags = [struct.unpack_from(fmt, data, o)
            for o in range(dyn[0], dyn[0] + dyn[1], ent)]
    strva = next((v for t, v in tags if t == 5), None)
    stroff = next(off + strva - va for va, off, n in loads if va <= strva < va + n)
    need = []
    for t, v in tags:
        if t == 1:
            e = data.index(b"\0", stroff + v)
            need.append(data[stroff + v:e].decode())
    return interp, need


class Cpio:
    def __init__(self):
        self.out, self.seen, self.ino = bytearray(), set(), 0

    def entry(self, name, mode, data=b"", rdev=(0, 0)):
        self.ino += 1
        name = name.lstrip("/")
        hdr = "070701" + "".join("%08X" % v for v in (
            self.ino, mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1],
            len(name) + 1, 0))
        self.out += hdr.encode() + name.encode() + b"\0"
        self.out += b"\0" * (-len(self.out) % 4)
        self.out += data
        self.out += b"\0" * (-len(self.out) % 4)
        self.seen.add(name)

    def dirs(self, name):
        parts = name.strip("/").split("/")[:-1]
        for i in range(len(parts)):
            d = "/".join(parts[:i + 1])
            if d not in self.seen:
                self.entry(d, stat.S_IFDIR | 0o755)

    def file(self, name, data, mode=0o755):
        name = name.strip("/")
        if name in self.seen:
            return
        self.dirs(name)
        self.entry(name, stat.S_IFREG | mode, data)

    def symlink(self, name, target):
        name = name.strip("/")
        if name not in self.seen:
            self.dirs(name)
            self.entry(name, stat.S_IFLNK | 0o777, target.encode())

    def node(self, name, major, minor):
        self.dirs(name)
        self.entry(name, stat.S_IFCHR | 0o600, b"", (major, minor))

    def finish(self):
        self.entry("TRAILER!!!", 0)
        return bytes(self.out)


LIBDIRS = []
for trip in ("x86_64-linux-gnu", "aarch64-linux-gnu", "arm-linux-gnueabihf", ""):
    for pre in ("lib", "usr/lib", "usr/local/lib"):
        LIBDIRS.append(os.path.join(pre, trip) if trip else pre)
LIBDIRS += ["lib64", "usr/lib64", "usr/aarch64-linux-gnu/lib"]


def elf_machine(data):
    return struct.unpack_from("<H", data, 18)[0] if data[:4] == b"\x7fELF" else None


def find_lib(name, sysroots, near, machine):
    cands = [os.path.join(near, name)]
    for root in sysroots:
        cands += [os.path.join(root, d, name) for d in LIBDIRS]
    for c in cands:
        if os.path.exists(c) and elf_machine(read(c)) == machine:
            return c
    return None


def add_elf(cpio, path, guest, sysroots):
    todo, have = [(path, guest)], set()
    first = True
    while todo:
        src, dst = todo.pop()
        data = read(src)
        cpio.file(dst, data)
        interp, need = elf_needed(data)
        machine = elf_machine(data)
        if first and interp:
            lib = find_lib(os.path.basename(interp), sysroots,
                           os.path.dirname(src), machine)
            if not lib:
                sys.exit("mkinitrd: no loader %s for %s" % (interp, src))
            cpio.file(interp, read(lib))
        first = False
        for n in need:
            if n in have:
                continue
            have.add(n)
            lib = find_lib(n, sysroots, os.path.dirname(src), machine)
            if not lib:
                sys.exit("mkinitrd: library %s of %s not found" % (n, src))
            todo.append((lib, "/usr/lib/" + n))


def main():
    ap = argparse.ArgumentParser(usage=__doc__)
    ap.add_argument("--kernel", required=True)
    ap.add_argument("--sysroot", action="append", default=[])
    ap.add_argument("--bin", action="append", default=[])
    ap.add_argument("--file", action="append", default=[])
    ap.add_argument("--module", action="append", default=[])
    ap.add_argument("--ko", action="append", default=[])
    ap.add_argument("--gpu", default="virtio,bochs")
    ap.add_argument("--busybox", required=True)
    ap.add_argument("--init", default=os.path.join(HERE, "init"))
    ap.add_argument("-o", "--out", required=True)
    a = ap.parse_args()
    sysroots = a.sysroot or ["/"]

    moddir = os.path.join(a.kernel, "lib/modules")
    if not os.path.isdir(moddir):
        moddir = os.path.join(a.kernel, "usr/lib/modules")
    mods = Modules(moddir, a.ko)
    for m in BASE:
        mods.want(m, optional=True)
    for m in a.module:
        mods.want(m)
    ngpu = len(mods.order)
    for g in filter(None, a.gpu.split(",")):
        for m in GPUS.get(g, [g]):
            mods.want(m, optional=g in ("cirrus", "vkms"))

    c = Cpio()
    for d in ("dev/", "proc/", "sys/", "tmp/", "run/", "host/", "bin/", "etc/",
              "usr/lib/", "lib/modules/", "var/"):
        c.dirs(d + "x")
    c.node("dev/console", 5, 1)
    c.node("dev/null", 1, 3)
    c.symlink("sbin", "bin")
    c.file("init", read(a.init))
    c.file("serve", read(os.path.join(HERE, "serve")))
    c.file("bin/busybox", read(a.busybox))
    c.symlink("bin/sh", "busybox")
    for name in mods.order:
        c.file("lib/modules/%s.ko" % name, mods.data[name], 0o644)
    c.file("mods", "\n".join(mods.order[:ngpu]).encode() + b"\n", 0o644)
    # the display driver is loaded last, and only the one the command line names
    for g in filter(None, a.gpu.split(",")):
        want = Modules(moddir, a.ko)
        for m in GPUS.get(g, [g]):
            want.want(m, optional=True)
        c.file("gpu.%s" % g, "\n".join(want.order).encode() + b"\n", 0o644)
    for spec in a.bin:
        src, _, dst = spec.partition(":")
        add_elf(c, src, dst or "/bin/" + os.path.basename(src), sysroots)
    for spec in a.file:
        src, _, dst = spec.partition(":")
        data = read(src)
        mode = 0o755 if os.access(src, os.X_OK) else 0o644
        if elf_machine(data):
            add_elf(c, src, dst, sysroots)
        else:
            c.file(dst, data, mode)
    blob = c.finish()
    with open(a.out, "wb") as f:
        f.write(blob)
    print("%s: %.1f MB, modules: %s" % (a.out, len(blob) / 1e6, " ".join(mods.order)))


if __name__ == "__main__":
    main()
