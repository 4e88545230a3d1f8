# SPDX-License-Identifier: MIT
"""release.sh, which runs commands in another release of Debian: where it cannot, it says why, and
leaves nothing behind."""
import os
import re
import select
import shutil
import signal
import subprocess

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))


@pytest.fixture(autouse=True)
def tools():
    if os.geteuid() != 0:
        pytest.skip("mounts need root: run as root, or with sudo")
    for tool, package in [("debootstrap", "debootstrap"), ("unshare", "util-linux"), ("ip", "iproute2")]:
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin"):
            pytest.skip("no %s: apt-get install %s" % (tool, package))
    if subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "true"], capture_output=True).returncode:
        pytest.skip("no right to have mounts and a network of its own")


def environment(path, **more):
    """Without what a check keeps for other clones."""
    mine = dict(os.environ, PATH=path + os.environ["PATH"] + ":/usr/sbin")
    for variable in ["MURALD_CACHE", "MURALD_FETCHED"]:
        mine.pop(variable, None)
    return dict(mine, **more)


def release(folder, name, *command, path="", user=(), network="offline", tree=SOURCE, **more):
    return subprocess.run(
        [*user, "bash", "%s/tests/packages/release.sh" % tree, str(folder), name, network, *command], text=True, timeout=600,
        env=environment(path, **more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def mounted(folder):
    with open("/proc/self/mountinfo") as f:
        return [line for line in f if str(folder) in line]


def debootstrap(folder, script):
    """A debootstrap that stops in the middle; the last argument but two is the folder."""
    tool = folder / "bin" / "debootstrap"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/bash\nset -e\ntarget=$4\n" + script)
    tool.chmod(0o755)
    return str(tool.parent) + ":"


def test_a_release_that_there_is_not(tmp_path):
    done = release(tmp_path / "root", "nosuchrelease", "true")
    assert done.returncode == 77 and "SKIP: no nosuchrelease to try it in: debootstrap failed: " in done.stdout
    assert os.listdir(tmp_path / "root") and not os.path.exists(tmp_path / "root" / "root")
    assert not mounted(tmp_path)


@pytest.mark.parametrize("end", ["exit 1", "kill -9 $$"])
def test_one_that_fails_with_mounts_in_it(tmp_path, end):
    path = debootstrap(tmp_path, "mkdir -p $target/proc\nmount -t proc proc $target/proc\n"
                       "grep -c $target/proc /proc/self/mountinfo\n" + end)
    done = release(tmp_path / "root", "trixie", "true", path=path)
    assert done.returncode == 77 and "SKIP: " in done.stdout, done.stdout
    assert (tmp_path / "root" / "root.log").read_text().splitlines()[0] == "1", "it was mounted"
    assert not os.path.exists(tmp_path / "root" / "root")
    assert not mounted(tmp_path)


# A root that is this machine's own files.
OWN_FILES = """
    mkdir -p $target/{proc,sys,dev,run,etc/dpkg/dpkg.cfg.d,var/cache/apt/archives}
    mkdir -p $target/{bin,lib64,usr/bin}
    for tool in sh ls cat env umount chroot sleep; do
        cp -L $(command -v $tool) $target/bin; cp -L $(command -v $tool) $target/usr/bin; done
    ldd $target/bin/* | grep -o '/[^ )]*' | grep -v : | sort -u | while read -r file; do
        mkdir -p $target/${file%/*}; cp -L $file $target/$file; done
    """


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("what", ["command", "debootstrap"])
def test_what_is_interrupted_ends(tmp_path, what, end):
    """What runs there, and what makes the release."""
    said, word = os.pipe()
    wait = "echo inside >&7; sleep 1000"
    making = "mkdir -p $target/proc\nmount -t proc proc $target/proc\n" + wait
    path = debootstrap(tmp_path, OWN_FILES if what == "command" else making)
    running = subprocess.Popen(
        ["bash", "-c", "exec 7>&$0 \"$@\"", str(word), "bash", HERE + "/release.sh", str(tmp_path / "root"), "trixie",
         "offline", "sh", "-c", wait],
        pass_fds=[word], env=environment(path))
    os.close(word)
    with open(said) as f:
        assert f.readline() == "inside\n"
        running.send_signal(end)
        assert select.select([f], [], [], 60)[0] and f.read() == ""  # who still ran would hold the other end
    assert running.wait() in [143, -end]
    assert not mounted(tmp_path)
    assert os.path.exists(tmp_path / "root" / "root") == (what == "command"), "only a whole one stays"


def test_what_is_interrupted_while_it_writes_leaves_nothing(tmp_path):
    """Many processes, which take their time to end."""
    said, word = os.pipe()
    path = debootstrap(tmp_path, "cd $target\nfor i in {1..200}; do\n(while :; do : >$i.$RANDOM; done) &\ndone\n"
                       "echo inside >&%d; wait" % word)
    running = subprocess.Popen(["bash", HERE + "/root.sh", str(tmp_path / "root"), "trixie"], pass_fds=[word],
                               env=environment(path), stderr=subprocess.PIPE, text=True)
    os.close(word)
    with open(said) as f:
        assert f.readline() == "inside\n"
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 143, running.stderr.read()
        assert select.select([f], [], [], 0)[0] and f.read() == "", "somebody runs"
    assert not os.path.exists(tmp_path / "root")


def test_a_command_has_mounts_and_a_network_of_its_own(tmp_path):
    """What fails there says so, and leaves nothing."""
    path = debootstrap(tmp_path, OWN_FILES)
    done = release(tmp_path / "root", "trixie", "sh", "-c",
                   "cat /proc/net/dev; ls /murald/tests; exit 3", path=path)
    assert done.returncode == 3, done.stdout
    assert re.findall(r"^ *(\w+): ", done.stdout, re.M) == ["lo"], "of /proc/net/dev"
    assert "local.mk" in done.stdout and not os.listdir(tmp_path / "root" / "build")
    assert not mounted(tmp_path)


def test_the_copy_follows_the_tree(tmp_path):
    """What changed, came and went, be it a file, a folder or what a file may do; the rest keeps its time.  An
    editor's lock, a link to nowhere, is none of it."""
    tree = tmp_path / "tree"
    shutil.copytree(HERE, tree / "tests" / "packages")
    for name in ["same", "changed", "gone", "grown", "shrunk/in", "folder/gone", "run"]:
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(name)
    path = debootstrap(tmp_path, OWN_FILES)
    copy = tmp_path / "root" / "root" / "murald"
    (tree / ".#same").symlink_to("author@host.1234")
    (tree / "link").symlink_to("same")
    assert release(tmp_path / "root", "trixie", "ls", path=path, tree=tree).returncode == 0
    time = (copy / "same").stat().st_mtime_ns
    (tree / "changed").write_text("anew")
    for name in ["gone", "grown", "folder/gone"]:
        (tree / name).unlink()
    shutil.rmtree(tree / "shrunk")
    (tree / "shrunk").write_text("a file")
    (tree / "grown").mkdir()
    (tree / "grown" / "in").write_text("a folder")
    (tree / "folder" / "new").write_text("new")
    (tree / "run").chmod(0o755)
    (tree / "link").unlink()
    (tree / "link").symlink_to("nothing")
    assert release(tmp_path / "root", "trixie", "ls", path=path, tree=tree).returncode == 0
    assert not os.path.lexists(copy / "link") and not os.path.lexists(copy / ".#same")
    assert subprocess.run(["diff", "-r", "--exclude=build", "--exclude=link", "--exclude=.#same", tree, copy]).returncode == 0
    assert os.access(copy / "run", os.X_OK) and not os.access(copy / "same", os.X_OK)
    assert (copy / "same").stat().st_mtime_ns == time


def test_what_one_clone_has_installed_serves_another(tmp_path):
    """Also what is kept there, such as what was compiled; a command that failed has not installed all."""
    path = debootstrap(tmp_path, OWN_FILES)
    cache, fetched = tmp_path / "cache", tmp_path / "fetched"
    fetched.mkdir()
    shared = dict(path=path, MURALD_CACHE=str(cache), MURALD_FETCHED=str(fetched))
    install = ["sh", "-c", "echo it >/installed; echo it >/root/.cache/murald/kept; exit $0"]
    assert release(tmp_path / "one", "trixie", *install, "1", network="online", **shared).returncode == 1
    assert not os.listdir(fetched)
    assert release(tmp_path / "one", "trixie", *install, "0", network="online", **shared).returncode == 0
    shared["path"] = debootstrap(tmp_path / "none", "exit 1")
    os.utime(cache / "in-trixie", (0, 0))
    done = release(tmp_path / "two", "trixie", "cat", "/installed", "/root/.cache/murald/kept", **shared)
    assert os.stat(cache / "in-trixie").st_mtime > 0, "it is in use"
    assert (done.returncode, done.stdout) == (0, "it\nit\n")
    assert os.listdir(fetched) == ["release-trixie"] and not os.path.exists(fetched / "release-trixie" / "murald")
    assert not mounted(tmp_path)


def test_what_cannot_be_kept_whole_is_not_kept(tmp_path):
    """What the command did counts all the same.  A root of another week is not kept for this one."""
    path = debootstrap(tmp_path, OWN_FILES)
    copy = tmp_path / "bin" / "cp"
    copy.write_text("#!/bin/sh\nfor last; do :; done\ncase $last in\n"
                    "*/fetched/*) mkdir -p $last; echo >$last/.done; echo No space left on device >&2; exit 1 ;;\n"
                    "esac\nexec /bin/cp \"$@\"\n")
    copy.chmod(0o755)
    weeks = [tmp_path / "fetched", tmp_path / "next"]
    for fetched in weeks:
        fetched.mkdir()
        done = release(tmp_path / "one", "trixie", "sh", "-c", ":", path=path, network="online",
                       MURALD_FETCHED=str(fetched))
        assert done.returncode == 0 and not os.listdir(fetched), done.stdout
    assert "No space left" not in done.stdout


def test_without_root(tmp_path):
    os.chmod(tmp_path, 0o777)
    done = release(tmp_path / "root", "trixie", "true", user=["setpriv", "--reuid=65534", "--clear-groups"])
    assert done.returncode == 77 and done.stdout == "SKIP: no trixie to try it in: it takes root\n"
