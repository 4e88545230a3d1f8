# SPDX-License-Identifier: MIT
"""Folders with a fresh Debian, and this tree's packages built for them; with MURALD_SUITE for and of that
release.  Both are made once and kept, the packages in the build folder: check-deb and check-kiosk share them."""
import glob
import hashlib
import os
import shutil
import subprocess

import guests as g
from guests import need

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD, MAKE = g.BUILD, os.environ.get("MAKE", "make")
SUITE = g.SUITE
SUFFIX = "-" + SUITE if SUITE else ""
FRESH = g.FETCHED + "/debian-root" + SUFFIX
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
CLEAN = {k: os.environ[k] for k in os.environ
         if k in ("PATH", "HOME", "TMPDIR", "DEB_CFLAGS_STRIP") or k.startswith("CCACHE_")}
# where somebody has put ccache in front of the compilers; debhelper gives each build a home of its own
CLEAN.setdefault("CCACHE_DIR", os.path.expanduser("~/.cache/ccache"))
TOOLS = [("dpkg-buildpackage", "dpkg-dev"), ("dh", "debhelper"), ("debootstrap", "debootstrap"),
         ("unshare", "util-linux"), ("ip", "iproute2")]


def need_tools(*more):
    for tool, package in [*TOOLS, *more]:
        need(shutil.which(tool, path=PATH), "no %s: apt-get install %s" % (tool, package))
    need(os.geteuid() == 0, "a Debian in a folder needs root: run as root, or with sudo")


def run(*command, **more):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=CLEAN, **more)
    assert done.returncode == 0, "%s\n%s" % (" ".join(command), done.stdout[-3000:])
    return done.stdout


# ---------------------------------------------------------------- the packages

def in_suite(network, *command):
    """Runs a command in the root of the other release, where / has what is built."""
    done = subprocess.run(["bash", HERE + "/release.sh", "%s/debian-%s" % (BUILD, SUITE), SUITE, network, *command],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    need(done.returncode != 77, done.stdout)
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def hash_of(*paths, without="\0"):
    """Of the names and the contents of files, and of all files in folders, but for one folder."""
    found = hashlib.sha256()
    for path in paths:
        for file in [path] if os.path.isfile(path) else sorted(glob.glob(path + "/**", recursive=True)):
            if file.startswith(without):
                continue
            found.update(os.path.relpath(file, path).encode() + b"\0")
            if os.path.isfile(file):
                with open(file, "rb") as f:
                    found.update(f.read())
    return found.hexdigest()


def is_made(folder, stamp):
    """Whether `folder` was finished with that stamp; else it is empty now."""
    path = folder + "/.stamp"
    if os.path.exists(path):
        with open(path) as f:
            if stamp in f.read().splitlines():
                return True
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return False


def finish(folder, *stamps):
    with open(folder + "/.stamp", "w") as f:
        f.write("\n".join(stamps))


def build_packages(tested=False):
    """The folder with the packages of this tree; `tested`: their build ran the unit tests.  What was built
    of the same sources serves again."""
    # with the options of this build, so that ccache has all of it
    options = "noautodbgsym" + (" werror" if os.environ.get("werror") else "") + ("" if tested else " nocheck")
    # other releases of Debian are not given another clang for this
    profiles = "" if not SUITE and shutil.which("bpftool", path="/usr/sbin:/usr/bin") else "pkg.murald.noxdp"
    if SUITE:
        in_suite("online", "./quickstart", "install")
        in_suite("offline", "sh", "-euc", "rm -rf /debs; mkdir -p /debs/murald; tar --exclude=./build -cf - . | "
                 "tar -C /debs/murald -xf -; cd /debs/murald; DEB_CFLAGS_STRIP=-g DEB_BUILD_OPTIONS='%s' DEB_BUILD_PROFILES='%s' "
                 "dpkg-buildpackage -us -uc -b -j2" % (options, profiles))
        return "%s/debian-%s/root/debs" % (BUILD, SUITE)
    folder = BUILD + "/debs"
    new = BUILD + "/debs.new"
    shutil.rmtree(new, ignore_errors=True)
    os.mkdir(new)
    run(MAKE, "-s", "-C", BUILD, "distdir", "distdir=" + new + "/murald")
    sources = hash_of(new + "/murald", without=new + "/murald/tests/")
    stamps = [sources, *(["tested " + hash_of(new + "/murald")] if tested else [])]
    if not is_made(folder, stamps[-1]):
        os.rename(new + "/murald", folder + "/murald")
        built = subprocess.run(["dpkg-buildpackage", "-us", "-uc", "-j2"], cwd=folder + "/murald", text=True,
                               env=dict(CLEAN, DEB_BUILD_OPTIONS=options, DEB_BUILD_PROFILES=profiles),
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        need("Unmet build dependencies" not in built.stdout,
             "build dependencies are missing: apt-get build-dep " + g.SOURCE)
        assert built.returncode == 0, built.stdout[-3000:]
        finish(folder, *stamps)
    shutil.rmtree(new)
    return folder


def raise_versions(folder, packages, out, more="+1"):
    """Copies of the packages in `folder` with `more` in their version, and other defaults."""
    for deb in sorted(path for name in packages for path in glob.glob("%s/%s_*.deb" % (folder, name))):
        x = out + "/x"
        run("dpkg-deb", "-R", deb, x)
        run("sed", "-i", "-e", "s/^Version: .*/&%s/" % more, "-e", r"s/(= \([^)]*\))/(= \1%s)/" % more,
            x + "/DEBIAN/control")
        for config in ("/etc", "/usr/share"):
            for file in glob.glob(x + config + "/murald/**/*.conf", recursive=True):
                with open(file, "a") as f:
                    f.write("# a newer default\n")
        name, version, machine = os.path.basename(deb).split("_")
        run("dpkg-deb", "--root-owner-group", "-Znone", "-b", x, "%s/%s_%s%s_%s" % (out, name, version, more, machine))
        shutil.rmtree(x)


# ---------------------------------------------------------------- the Debian

def make_fresh():
    made = subprocess.run(["bash", HERE + "/root.sh", FRESH, SUITE], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    need(made.returncode == 0, "no Debian to install in: %s; it takes a network and %s/root.sh %s"
         % (made.stdout.strip()[-300:], HERE, FRESH))


class Root:
    """A Debian in a folder."""

    def __init__(self, path):
        self.path = path
        run("cp", "-a", "--reflink=auto", FRESH, path)
        os.mkdir(path + "/debs")

    def sh(self, script, *arguments, net=True):
        """Runs a script in it as root; without `net` in a network namespace of its own."""
        inside = ("mount -t proc proc $0/proc && mount -t tmpfs run $0/run && mkdir $0/run/lock && "
                  "%s exec chroot $0 /bin/bash -euc \"$@\"" % ("" if net else "ip link set lo up &&"))
        return run("unshare", "--mount", "--pid", "--fork", "--kill-child", *([] if net else ["--net"]),
                   "sh", "-euc", inside, self.path, script, "bash", *arguments, timeout=300)

    def take(self, deb):
        shutil.copy(deb, self.path + "/debs")

    def install(self, *packages):
        """Installs downloaded packages."""
        return self.sh("cd /debs; apt-get -q update >/dev/null; DEBIAN_FRONTEND=noninteractive "
                       "apt-get -q install -y --no-install-recommends $(printf './%s_*.deb ' \"$@\")", *packages)

    def has(self, path):
        return os.path.lexists(self.path + path)

    def read(self, path):
        with open(self.path + path) as f:
            return f.read()

    def write(self, path, text):
        with open(self.path + path, "w") as f:
            f.write(text)

    def files(self):
        """All files in /etc, /usr and /var, without the state of dpkg, apt and other programs."""
        out = run("find", "etc", "usr", "var", "-path", "var/lib/apt", "-prune", "-o", "-path", "var/cache",
                  "-prune", "-o", "-path", "var/log", "-prune", "-o", "-path", "var/lib/dpkg", "-prune",
                  "-o", "-print", cwd=self.path)
        return set(out.splitlines())
