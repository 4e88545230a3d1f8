# SPDX-License-Identifier: MIT
"""What tests need from npm (package.json beside this file), installed once: into the build folder, or where
$MURALD_FETCHED says."""
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import time

import pytest

from hosts import need
from wall import BUILD, SOURCE

WANTED = os.path.join(SOURCE, "tests", "support", "package.json")
WAIT_S = 60         # for an install
FORGET_S = 6 * 3600  # after this long, a registry that did not answer is asked again


def _folder():
    """A build folder inside another one, such as build/asan, shares what that one has."""
    outer = os.path.dirname(BUILD)
    where = os.environ.get("MURALD_FETCHED") or (outer if os.path.exists(outer + "/config.status") else BUILD) + "/tests"
    with open(WANTED, "rb") as wanted:
        return "%s/npm-modules-%s" % (where, hashlib.sha256(wanted.read()).hexdigest()[:12])


FOLDER = _folder()
FAILED = os.path.join(FOLDER, "failed")


def _is_complete():
    return os.path.exists(os.path.join(FOLDER, "node_modules", ".package-lock.json"))


def _install():
    """Why it failed, or None."""
    shutil.copy(WANTED, FOLDER)
    with open(os.path.join(FOLDER, "log"), "w+") as log:
        # in a session of its own, so that what npm started ends with it
        npm = subprocess.Popen(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=FOLDER,
                               stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            if npm.wait(WAIT_S) == 0:
                return None
        except subprocess.TimeoutExpired:
            os.killpg(npm.pid, signal.SIGKILL)
            npm.wait()
            return "npm install took longer than %d s" % WAIT_S
        log.seek(0)
        return "npm install failed: %s" % (log.read().strip().splitlines() or ["it did not say why"])[-1]


def _failed_before():
    try:
        if time.time() - os.path.getmtime(FAILED) < FORGET_S:
            with open(FAILED) as stamp:
                return stamp.read()
    except FileNotFoundError:
        pass
    return None


def modules():
    """The folder that holds node_modules; skips where npm or its registry cannot be had.  One that
    does not answer is waited for once, not by each test: a stamp file remembers it."""
    need("node", "nodejs")
    need("npm", "npm")
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_complete():
            why = _failed_before()
            if not why:
                why = _install()
                if why:
                    with open(FAILED, "w") as stamp:
                        stamp.write(why)
            if why:
                pytest.skip("%s; is the registry reachable? To try again: rm %s" % (why, FAILED))
    return FOLDER
