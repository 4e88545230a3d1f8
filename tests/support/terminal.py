# SPDX-License-Identifier: MIT
"""A terminal to run a program on."""
import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import termios


def on_terminal(*command, columns=80, rows=24, status=0):
    """The lines that a program prints on a terminal of that size, before it exits with that status."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs) as process, open(ours, "rb") as terminal:
        os.close(theirs)
        text = b""
        with contextlib.suppress(OSError):  # its end
            while part := terminal.read1():
                text += part
    assert process.returncode == status, text
    return text.decode().splitlines()
