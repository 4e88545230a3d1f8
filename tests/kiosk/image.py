# SPDX-License-Identifier: MIT
"""The disk, kernel and initramfs of a kiosk: Debian with the wall's packages, installed by apt.

    image = make_image()        # image.disk, image.kernel, image.initrd; kept in the build folder

As root; no loop device, and no mount outside a namespace of its own.  Nothing of murald's own is
configured: /repo holds the same packages again with a higher version and changed defaults.
"""
import collections
import glob
import os
import shutil

import debs
import guests as g
import mkinitrd

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = g.BUILD + "/kiosk" + debs.SUFFIX
# What udev loads in such a machine, and what cases ask for.
MODULES = """virtio_pci virtio_blk virtio_net virtio_console virtio_gpu virtio_input virtio_rng ext4
    crc32c_generic evdev psmouse dummy autofs4 configfs overlay loop nf_tables efi_pstore""".split()
# What a kiosk's vendor switches off as well: it would run at any time, in the middle of a case.
MASKED = """serial-getty@ttyS0.service systemd-networkd-wait-online.service apt-daily.timer
    apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
    systemd-pstore.service""".split()
NETWORK = "[Match]\nName=en* eth*\n[Network]\nDHCP=yes\nLinkLocalAddressing=ipv6\n[DHCPv4]\nClientIdentifier=mac\n"

Image = collections.namedtuple("Image", "disk kernel initrd state")


def copy_modules(kernel, root):
    tree = kernel + "/lib/modules"
    version = os.listdir(tree)[0]
    have = mkinitrd.Modules(tree, [])
    for name in MODULES:
        have.want(name, optional=True)
    names = [os.path.relpath(have.paths[name], tree) for name in have.order]
    for name in [*names, *(version + "/modules." + kind for kind in ("builtin", "builtin.modinfo", "order"))]:
        os.makedirs(os.path.dirname(root.path + "/lib/modules/" + name), exist_ok=True)
        shutil.copy(tree + "/" + name, root.path + "/lib/modules/" + name)
    root.sh("depmod " + version, net=False)


def configure(root):
    shutil.copy(g.HERE + "/serve", root.path + "/serve")
    shutil.copy(HERE + "/rig.service", root.path + "/etc/systemd/system/rig.service")
    root.write("/etc/systemd/network/10-kiosk.network", NETWORK)
    root.write("/etc/hostname", "kiosk\n")
    root.write("/etc/hosts", "127.0.0.1 localhost kiosk\n::1 localhost\n")
    root.write("/etc/fstab", "/dev/vda / ext4 errors=remount-ro 0 1\n")
    os.makedirs(root.path + "/var/log/journal", exist_ok=True)  # it outlives a reboot
    root.sh("systemctl enable rig.service systemd-networkd.service; systemctl mask %s; "
            "systemd-machine-id-setup; passwd -d root; rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin "
            "/usr/share/doc/* /usr/share/locale/*" % " ".join(MASKED), net=False)


def make_disk(packages, kernel, scratch):
    os.mkdir(scratch)
    root = debs.Root(scratch + "/root")
    for deb in glob.glob(packages + "/mural*.deb"):
        root.take(deb)
    copy_modules(kernel, root)
    root.install("murald", "murald-http", "muralctl")
    root.sh("apt-get -q install -y --no-install-recommends libbpf1")  # for murald-xdp, which a case installs
    os.mkdir(root.path + "/repo")
    debs.raise_versions(packages, ["murald", "murald-http"], root.path + "/repo")
    configure(root)
    debs.run("mke2fs", "-q", "-t", "ext4", "-L", "kiosk", "-d", root.path, FOLDER + "/disk", "900M")
    shutil.rmtree(scratch)


def make_image():
    debs.need_tools(("mke2fs", "e2fsprogs"))
    debs.make_fresh()
    kernel = g.fetch_kernel()
    packages = debs.build_packages()
    stamp = debs.hash_of(*sorted(glob.glob(packages + "/mural*.deb")), HERE + "/image.py", HERE + "/init",
                           HERE + "/rig.service", g.HERE + "/serve", debs.HERE + "/debs.py",
                           debs.HERE + "/root.sh", debs.FRESH + "/var/lib/dpkg/status", g.rig.kernel_image(kernel))
    if not debs.is_made(FOLDER, stamp):
        make_disk(packages, kernel, FOLDER + "/scratch")
        modules = ["--module=" + name for name in ("virtio_blk", "crc32c_generic", "ext4")]
        debs.run("python3", g.HERE + "/mkinitrd.py", "--kernel", kernel, "--busybox", kernel + "/busybox",
                   "--gpu", "", "--init", HERE + "/init", *modules, "-o", FOLDER + "/initrd")
        debs.finish(FOLDER, stamp)
    return Image(FOLDER + "/disk", kernel, FOLDER + "/initrd", FOLDER + "/state")
