# SPDX-License-Identifier: MIT
"""The short form of make hostile: every attack for a moment, and what holds on any machine."""
import os
import subprocess
import sys

import pytest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hostile", "hostile.py")


def test_others_are_served_during_every_attack():
    if os.geteuid() != 0:
        pytest.skip("a network of its own needs root: run as root, or with sudo")
    with subprocess.Popen([sys.executable, SCRIPT, "0.4", "any"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:
        try:
            said = run.communicate(timeout=1500)[0]
        finally:
            run.terminate()  # which ends its wall and the attack, too
    assert run.returncode == 0 and "Everything as promised." in said, said
