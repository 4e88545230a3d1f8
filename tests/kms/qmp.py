#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A small QMP client.  Python stdlib only.

  qmp.py SOCKET shot OUT.ppm|OUT.png [--device ID] [--head N]
  qmp.py SOCKET hmp 'info pci'
  qmp.py SOCKET run COMMAND [JSON-ARGUMENTS]
"""
import json, os, socket, sys, tempfile, time


class QMPError(Exception):
    pass


class QMP:
    def __init__(self, path, timeout=30.0):
        end = time.monotonic() + timeout
        while True:
            self.s = socket.socket(socket.AF_UNIX)
            try:
                self.s.connect(path)
                break
            except OSError:
                self.s.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)    # between two tries
        self.s.settimeout(timeout)
        self.f = self.s.makefile("rwb")
        self.events = []
        self._read()
        self.cmd("qmp_capabilities")

    def _read(self):
        line = self.f.readline()
        if not line:
            raise QMPError("QEMU closed the monitor")
        return json.loads(line)

    def cmd(self, name, **args):
        msg = {"execute": name}
        if args:
            msg["arguments"] = args
        self.f.write(json.dumps(msg).encode() + b"\n")
        self.f.flush()
        while True:
            r = self._read()
            if "event" in r:
                self.events.append(r)
            elif "error" in r:
                raise QMPError("%s: %s" % (name, r["error"].get("desc")))
            else:
                return r.get("return")

    def hmp(self, line):
        return self.cmd("human-monitor-command", **{"command-line": line})

    def shot(self, device=None, head=None):
        """What the display shows now, as a ppm.Image."""
        import ppm
        fd, name = tempfile.mkstemp(suffix=".ppm")
        os.close(fd)
        try:
            args = {"filename": name}
            if device:
                args["device"] = device
            if head is not None:
                args["head"] = head
            self.cmd("screendump", **args)
            return ppm.load(name)
        finally:
            os.unlink(name)

    def close(self):
        self.f.close()
        self.s.close()


def main(argv):
    if len(argv) < 3:
        sys.exit(__doc__)
    q = QMP(argv[0])
    if argv[1] == "shot":
        dev = argv[argv.index("--device") + 1] if "--device" in argv else None
        head = int(argv[argv.index("--head") + 1]) if "--head" in argv else None
        img = q.shot(dev, head)
        img.save(argv[2])
        print("%s %dx%d" % (argv[2], img.w, img.h))
    elif argv[1] == "hmp":
        print(q.hmp(argv[2]))
    elif argv[1] == "run":
        print(json.dumps(q.cmd(argv[2], **(json.loads(argv[3]) if len(argv) > 3 else {}))))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
