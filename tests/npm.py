# SPDX-License-Identifier: MIT
"""What tests need from npm (tests/npm/package.json), installed once into the build folder."""
import fcntl
import os
import shutil
import subprocess

import pytest

from hosts import need
from wall import BUILD, SOURCE

FOLDER = os.path.join(BUILD, "tests", "npm-modules")
WANTED = os.path.join(SOURCE, "tests", "npm", "package.json")


def _is_current():
    there = os.path.join(FOLDER, "node_modules", ".package-lock.json")
    return os.path.exists(there) and os.path.getmtime(there) > os.path.getmtime(WANTED)


def modules():
    """The folder that holds node_modules; skips when npm or its registry is not there."""
    need("node", "nodejs")
    need("npm", "npm")
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_current():
            shutil.copy(WANTED, FOLDER)
            done = subprocess.run(
                ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=FOLDER,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=300, text=True)
            if done.returncode != 0:
                pytest.skip("npm install failed, is the registry reachable? %s"
                            % done.stdout.strip().splitlines()[-1])
    return FOLDER
