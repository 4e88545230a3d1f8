#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Just enough of a VNC client to make QEMU resize, plug and unplug an output.

  rfb.py SOCKET resize W H     ask for a size: the guest sees a hotplug event
                               and a new preferred mode
  rfb.py SOCKET unplug         size 0x0: virtio-gpu marks the output as gone

SOCKET is the unix socket of one  -vnc unix:SOCKET,display=ID,head=N  server;
one server drives one output.  Only virtio-gpu answers; bochs does not.
"""
import socket, struct, sys


class RFB:
    asked = False

    def __init__(self, path, timeout=30.0):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(timeout)
        self.s.connect(path)
        self._get(12)
        self.s.sendall(b"RFB 003.008\n")
        types = self._get(self._get(1)[0])
        if 1 not in types:
            raise RuntimeError("the VNC server wants a password")
        self.s.sendall(b"\x01")
        if struct.unpack(">I", self._get(4))[0]:
            raise RuntimeError("VNC refused")
        self.s.sendall(b"\x01")
        self.w, self.h = struct.unpack(">HH", self._get(4))
        self._get(16)
        self._get(struct.unpack(">I", self._get(4))[0])
        # raw, DesktopSize, ExtendedDesktopSize
        self.s.sendall(struct.pack(">BxH3i", 2, 3, 0, -223, -308))

    def _get(self, n):
        out = b""
        while len(out) < n:
            d = self.s.recv(n - len(out))
            if not d:
                raise RuntimeError("VNC server closed the connection")
            out += d
        return out

    def resize(self, w, h):
        self.asked = True
        self.s.sendall(struct.pack(">BxHHBx", 251, w, h, 1) +
                       struct.pack(">IHHHHI", 0, 0, 0, w, h, 0))

    def unplug(self):
        # QEMU drops a request equal to the last one, and starts with 0x0
        if not self.asked:
            self.resize(self.w, self.h)
        self.resize(0, 0)

    def close(self):
        self.s.close()


if __name__ == "__main__":
    a = sys.argv[1:]
    if len(a) == 4 and a[1] == "resize":
        r = RFB(a[0])
        r.resize(int(a[2]), int(a[3]))
    elif len(a) == 2 and a[1] == "unplug":
        r = RFB(a[0])
        r.unplug()
    else:
        sys.exit(__doc__)
    import time
    time.sleep(0.2)     # for QEMU to read it before the socket closes
