# SPDX-License-Identifier: MIT
"""What tests of XDP need of this machine."""
import ctypes
import errno
import os
import platform
import re

import pytest

from wall import BUILD

BPF = {"x86_64": 321, "aarch64": 280}
BPF_MAP_CREATE, BPF_MAP_TYPE_ARRAY = 0, 2
MODULE = os.path.join(BUILD, ".libs", "xdp.module")


def has_xdp():
    try:
        need_xdp()
    except pytest.skip.Exception:
        return False
    return True


def need_xdp():
    """Skips where it was not built, and where the kernel has it not, or not for us."""
    if not os.path.exists(MODULE):
        pytest.skip("built without XDP: apt-get install clang bpftool libbpf-dev, configure again")
    number = BPF.get(platform.machine())
    if number is None:
        pytest.skip("XDP takes amd64 or arm64")
    if tuple(map(int, re.match(r"(\d+)\.(\d+)", platform.release()).groups())) < (5, 18):
        pytest.skip("XDP takes Linux 5.18, this is " + platform.release())
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = (ctypes.c_uint32 * 18)(BPF_MAP_TYPE_ARRAY, 4, 4, 1)
    fd = libc.syscall(number, BPF_MAP_CREATE, attributes, ctypes.sizeof(attributes))
    if fd < 0:
        pytest.skip("no bpf(2) here: " + errno.errorcode[ctypes.get_errno()])
    os.close(fd)
