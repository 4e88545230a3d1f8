# SPDX-License-Identifier: MIT
"""A disk image as a power cut leaves it, and a reader of the recordings on it.

A disk keeps what was flushed; of what was written later, any sector may be missing, in any
order.  Killing QEMU does not show that: all that it wrote is in the host's memory and reaches
the image, whatever cache= says.  So its blklogwrites driver logs each write and each flush, and
the image after the cut is made from that log: all writes before the last flush, and a random
choice of the sectors written after it.
"""
import os
import shutil
import struct
import subprocess
import zlib

SECTOR = 512
SUPER = 0x6a736677736872
FLUSH, DISCARD = 1, 4
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
TOOLS = ["mke2fs", "e2fsck", "debugfs"]


def missing():
    return next((tool for tool in TOOLS if not shutil.which(tool, path=PATH)), None)


def tool(*command, fine=(0,)):
    run = subprocess.run(command, env=dict(os.environ, PATH=PATH), text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert run.returncode in fine, "%s: %d\n%s" % (command, run.returncode, run.stdout)
    return run.stdout


def writes_in(log):
    """Each entry: where it wrote, None for a flush, and what."""
    magic, version, _, size = struct.unpack_from("<QQQI", log)
    assert (magic, version, size) == (SUPER, 1, SECTOR)
    at = SECTOR
    while at + SECTOR <= len(log):
        sector, sectors, flags, _ = struct.unpack_from("<QQQQ", log, at)
        at += SECTOR
        if sectors:
            has = 0 if flags & DISCARD else sectors * SECTOR
            yield None if flags & DISCARD else sector * SECTOR, log[at:at + has]
            at += has
        elif flags & FLUSH:
            yield None, b""
        else:  # the end; nothing may follow
            assert not log[at:].strip(b"\0"), "the log of writes has a hole"
            return


class Disk:
    def __init__(self, folder, size="64M"):
        self.folder = str(folder)
        self.image = self.folder + "/disk"
        self.before, self.log = self.image + ".before", self.image + ".log"
        tool("mke2fs", "-q", "-t", "ext4", self.image, size)

    def devices(self):
        """QEMU's options for it; starts a new log."""
        shutil.copy(self.image, self.before)
        open(self.log, "wb").close()
        return ["-blockdev", "driver=file,node-name=data,filename=" + self.image,
                "-blockdev", "driver=file,node-name=log,filename=" + self.log,
                "-blockdev", "driver=blklogwrites,node-name=disk0,file=data,log=log,log-sector-size=%d" % SECTOR,
                "-device", "virtio-blk-pci,drive=disk0"]

    def lose_power(self, rng):
        """Makes the image what a disk would hold; how many bytes were kept, and lost."""
        with open(self.log, "rb") as file:
            entries = list(writes_in(file.read()))
        flushed = max(i for i, (at, data) in enumerate(entries) if at is None and not data)
        kept = lost = 0
        with open(self.before, "r+b") as image:
            for number, (at, data) in enumerate(entries):
                for o in range(0, len(data), SECTOR):
                    if number > flushed and rng.random() < 0.5:
                        lost += SECTOR
                        continue
                    image.seek(at + o)
                    image.write(data[o:o + SECTOR])
                    kept += SECTOR
        os.replace(self.before, self.image)
        return kept, lost

    def check(self):
        """Replays the journal, and checks that nothing else is wrong; whether there was one to replay."""
        said = tool("e2fsck", "-p", self.image, fine=(0, 1))
        tool("e2fsck", "-fn", self.image)
        return "recovering journal" in said

    def files(self, name):
        """Its files, copied into a folder."""
        folder = "%s/%s" % (self.folder, name)
        os.mkdir(folder)
        tool("debugfs", "-R", "rdump / " + folder, self.image)
        return folder


# ---------------------------------------------------------------- the record

HEAD = struct.Struct("<4sIIIqHHIII")
TILE = 32


class Record:
    """Reads a recording as src/storage/history-format.h describes it, independently of that code."""

    def __init__(self, folder):
        numbers = sorted(int(name[7:]) for name in os.listdir(folder) if name[:7] == "record.")
        self.moments, self.whole = [], {}  # [(time in ms, pixels)], {segment: whether it was read to its end}
        self.pixels = None
        for name in ["record.%d" % number for number in numbers] + ["record"]:
            if name == "record" and numbers and not os.path.exists(os.path.join(folder, name)):
                continue  # was just renamed to the last segment
            with open(os.path.join(folder, name), "rb") as file:
                self.whole[name] = self.read(file.read())

    def read(self, data):
        if data[:12] != b"MURALREC\1\0\0\0":
            return False
        at = 16
        while at + HEAD.size <= len(data):
            magic, crc, size, whole, ms, width, height, tiles, raw, _ = HEAD.unpack_from(data, at)
            body = data[at + HEAD.size:at + HEAD.size + size]
            if magic != b"MREC" or crc != zlib.crc32(data[at + 8:at + HEAD.size], zlib.crc32(body)):
                return False
            body = zlib.decompress(body)
            assert len(body) == raw
            if whole:
                self.pixels = bytearray(width * height * 3)
            self.apply(body, tiles, width, height)
            self.moments.append((ms, bytes(self.pixels)))
            at += HEAD.size + size
        return at == len(data)

    def apply(self, body, tiles, width, height):
        o = 4 * tiles
        across = -(-width // TILE)
        for tile in struct.unpack_from("<%dI" % tiles, body):
            left, top = tile % across * TILE, tile // across * TILE
            w = min(TILE, width - left)
            for y in range(top, min(top + TILE, height)):
                start = (y * width + left) * 3
                old = int.from_bytes(self.pixels[start:start + w * 3], "big")
                self.pixels[start:start + w * 3] = (
                    old ^ int.from_bytes(body[o:o + w * 3], "big")).to_bytes(w * 3, "big")
                o += w * 3
        assert o == len(body)
