# SPDX-License-Identifier: MIT
"""quickstart's installing, with a dpkg that has nothing installed and an apt-get that only looks around."""
import os
import shutil
import subprocess

import pytest

from hosts import need_namespaces
from wall import SOURCE

POLICY = "/usr/sbin/policy-rc.d"

# What it finds is told by its exit status, with which the check ends.
APT_GET = """#!/bin/sh
case "$*" in *nginx-light*) echo nginx >>"$LOG" ;; esac
if [ -x %(policy)s ]; then %(policy)s nginx start; echo "policy $?" >>"$LOG"; fi
case "$*" in *install*) exit 7 ;; esac
""" % {"policy": POLICY}


def install(folder, prepare="", **env):
    """Begins a check on a machine with an empty /usr/sbin; what apt-get saw when it installed, and what is in
    /usr/sbin behind it."""
    tools = folder / "tools"
    tools.mkdir()
    for name, script in ("apt-get", APT_GET), ("dpkg-query", "#!/bin/sh\n"):
        (tools / name).write_text(script)
        (tools / name).chmod(0o755)
    shutil.copy(SOURCE + "/quickstart", folder)
    env = dict({name: value for name, value in os.environ.items() if name != "CI"}, LOG=str(folder / "log"),
               PATH="%s:%s" % (tools, os.environ["PATH"]), **env)
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", "mount -t tmpfs none /usr/sbin && %s ./quickstart check; status=$?; "
         "ls /usr/sbin; exit $status" % prepare], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 7, done.stdout + done.stderr
    log = folder / "log"
    return log.read_text() if log.exists() else "", os.path.basename(POLICY) in done.stdout.splitlines()


@pytest.fixture(autouse=True)
def root():
    need_namespaces()


def test_ci_starts_no_server_that_it_installs(tmp_path):
    assert install(tmp_path, CI="true") == ("nginx\npolicy 101\n", False)


def test_a_machine_has_its_own_policy(tmp_path):
    own = "printf '#!/bin/sh\\nexit 104\\n' >%s && chmod 755 %s &&" % (POLICY, POLICY)
    assert install(tmp_path, own, CI="true") == ("policy 104\nnginx\npolicy 104\n", True)


def test_others_get_no_nginx(tmp_path):
    assert install(tmp_path) == ("", False)
