#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pictures of the rig: PPM in, PNG or PPM out, exact comparison.  Stdlib only.

  ppm.py png IN.ppm OUT.png
  ppm.py diff A B          prints the bounding box of what differs; exit 1 if any
  ppm.py pixel A X Y
"""
import re, struct, sys, zlib


class Image:
    def __init__(self, w, h, rgb=None):
        self.w, self.h = w, h
        self.rgb = rgb if rgb is not None else bytearray(w * h * 3)

    def px(self, x, y):
        o = (y * self.w + x) * 3
        return tuple(self.rgb[o:o + 3])

    def crop(self, x, y, w, h):
        out = bytearray()
        for r in range(y, y + h):
            o = (r * self.w + x) * 3
            out += self.rgb[o:o + w * 3]
        return Image(w, h, out)

    def row(self, y):
        return bytes(self.rgb[y * self.w * 3:(y + 1) * self.w * 3])

    def save(self, path):
        if path.endswith(".png"):
            raw = b"".join(b"\0" + self.row(y) for y in range(self.h))
            def chunk(t, d):
                return (struct.pack(">I", len(d)) + t + d +
                        struct.pack(">I", zlib.crc32(t + d)))
            data = (b"\x89PNG\r\n\x1a\n" +
                    chunk(b"IHDR", struct.pack(">IIBBBBB", self.w, self.h, 8, 2, 0, 0, 0)) +
                    chunk(b"IDAT", zlib.compress(raw, 6)) + chunk(b"IEND", b""))
        else:
            data = b"P6\n%d %d\n255\n" % (self.w, self.h) + bytes(self.rgb)
        with open(path, "wb") as f:
            f.write(data)

    def diff(self, other, off=0):
        """None if equal, or no value is off by more, else (count, x0, y0, x1, y1), or the size
        mismatch."""
        if (self.w, self.h) != (other.w, other.h):
            return "size %dx%d against %dx%d" % (self.w, self.h, other.w, other.h)
        if bytes(self.rgb) == bytes(other.rgb):
            return None
        if off and max(map(abs, map(int.__sub__, self.rgb, other.rgb))) <= off:
            return None
        n, x0, y0, x1, y1 = 0, self.w, self.h, -1, -1
        for y in range(self.h):
            a, b = self.row(y), other.row(y)
            if a == b:
                continue
            # whole rows at a time: a pixel at a time takes a second for a screen
            r, g, blue = (int.from_bytes(a[k::3], "little") ^ int.from_bytes(b[k::3], "little") for k in range(3))
            differs = (r | g | blue).to_bytes(self.w, "little")
            n += self.w - differs.count(0)
            x0 = min(x0, self.w - len(differs.lstrip(b"\0")))
            x1 = max(x1, len(differs.rstrip(b"\0")) - 1)
            y0, y1 = min(y0, y), y
        return (n, x0, y0, x1, y1)


def load(path):
    data = open(path, "rb").read()
    m = re.match(rb"P6\s+(?:#[^\n]*\n\s*)*(\d+)\s+(\d+)\s+255\s", data)
    if not m:
        raise ValueError("%s is not a binary PPM" % path)
    w, h = int(m.group(1)), int(m.group(2))
    data = data[m.end():]
    # QEMU (7.2) writes rows padded to four bytes
    stride = w * 3 if len(data) == w * h * 3 else (w * 3 + 3) // 4 * 4
    return Image(w, h, bytearray(b"".join(data[y * stride:y * stride + w * 3] for y in range(h))))


def vkms_crc(img):
    """The checksum that vkms (kernel 6.1) reports for a frame that shows img."""
    c = 0
    for y in range(img.h):
        row, line = img.row(y), bytearray(b"\xff" * (img.w * 8))
        for k in range(3):      # A,R,G,B of 16 bits each, alpha all ones
            line[2 + 2 * k::8] = line[3 + 2 * k::8] = row[k::3]
        c = zlib.crc32(line, c ^ 0xffffffff) ^ 0xffffffff
    return c


if __name__ == "__main__":
    a = sys.argv[1:]
    if a[:1] == ["png"] and len(a) == 3:
        load(a[1]).save(a[2])
    elif a[:1] == ["diff"] and len(a) == 3:
        d = load(a[1]).diff(load(a[2]))
        print("equal" if d is None else d)
        sys.exit(d is not None)
    elif a[:1] == ["pixel"] and len(a) == 4:
        print("%d %d %d" % load(a[1]).px(int(a[2]), int(a[3])))
    else:
        sys.exit(__doc__)
