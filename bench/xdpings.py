# SPDX-License-Identifier: MIT
"""Chapter xdp: pings decoded in the kernel, beside a program that does nothing and beside libpcap."""
import contextlib
import os
import re
import statistics
import subprocess
import tempfile

from procfs import threads_seconds

SIZE = 640, 360
GOALS = {"IPv4": 60, "IPv6": 60}  # ns a ping, net
COMMANDS_A_FRAME = 80  # of text, in 1500 bytes


def obstacle(program):
    if not os.path.exists(program("xdpgen")):
        return "built without XDP: apt-get install clang bpftool libbpf-dev, configure again"
    from xdp import need_xdp
    try:
        need_xdp()
    except BaseException as skipped:  # pytest's is none of Exception
        return str(skipped)
    return None


def cost(program, module, name, ends, spread, show):
    """Of a run, less one of a program that does nothing."""
    out = subprocess.run([program("xdpgen"), "cost", module, *ends], check=True, stdout=subprocess.PIPE, text=True)
    takes = [tuple(map(int, line.split())) for line in out.stdout.splitlines()]
    net = spread([ours - nothing for ours, nothing, _ in takes])
    row = {"name": name + ", cost", "unit": "ns a ping, net of nothing", "murald": net,
           "least": spread([nothing for _, nothing, _ in takes]),
           "passes": spread([other - nothing for _, nothing, other in takes]), "ok": net["median"] <= GOALS[name]}
    print("  %-6s %s ns a ping, net of the %s ns of nothing; %s ns where it is none%s" % (
        name, show(net, 0), show(row["least"], 0), show(row["passes"], 0), "" if row["ok"] else "\n  MISSED: at most %d" % GOALS[name]))
    return row


@contextlib.contextmanager
def attached(program, pair, kind):
    """A program that does nothing runs over what the server's end receives."""
    with subprocess.Popen(["ip", "netns", "exec", pair.server.name, program("xdpgen"), kind, "wire0"],
                          stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            process.kill()


class Rate:
    def __init__(self, program, pair, sender, receiver, seconds, colours):
        self.program, self.pair, self.sender, self.receiver = program, pair, sender, receiver
        self.seconds, self.colours = seconds, colours

    def flood(self, ends):
        out = subprocess.run(["ip", "netns", "exec", self.pair.client.name, *self.sender, self.program("xdpgen"),
                              "flood", "wire0", self.pair.server.mac, *ends, "%dx%d" % SIZE, self.seconds],
                             check=True, stdout=subprocess.PIPE, text=True)
        sent, seconds = out.stdout.split()
        return int(sent), float(seconds)

    def delivered(self):
        """Pings that a program at the server's end has taken; it passes on what else comes, as a router solicitation."""
        out = self.pair.server.run("ethtool", "-S", "wire0")
        return sum(int(n) for n in re.findall(r"rx_queue_\d+_xdp_drops: (\d+)", out))

    def nothing(self, ends):
        with attached(self.program, self.pair, "drop"):
            before = self.delivered()
            _, seconds = self.flood(ends)
            taken = self.delivered() - before
        return {"rate": taken / seconds, "right": True}

    def murald(self, ends, accelerate):
        from wall import Wall
        options = "interface = wire0\nkernel-replies = suppress\naccelerate = %s\n" % accelerate
        with tempfile.TemporaryDirectory() as folder, Wall(
                folder, "[plugin icmp]\n" + options, size="%dx%d" % SIZE, netns=self.pair.server.name,
                prefix=self.receiver) as wall:
            before = self.delivered()
            _, seconds = self.flood(ends)
            delivered = self.delivered() - before
            wall.wait_idle()  # it has read all that waits in the log
            picture = wall.last_picture().tobytes()
            line = re.search(r"icmp: painted (\d+) pixels, discarded nothing, kernel drops (\d+)", wall.log())
            assert line, wall.log()
            painted, drops = map(int, line.groups())
        right = all(ours in (sent, b"\0\0\0") for ours, sent in zip(triples(picture), triples(self.colours())))
        if accelerate == "xdp":
            right = right and painted + drops == delivered
        return {"rate": painted / seconds, "right": right, "painted": painted, "drops": drops,
                "delivered": delivered}


def triples(picture):
    return (picture[i:i + 3] for i in range(0, len(picture), 3))


def ratio(taken, kind):
    return statistics.median(ours["rate"] / other["rate"] for ours, other in zip(taken["xdp"], taken[kind]))


def goal(taken):
    """Times libpcap's rate; less where the pings come too slowly for it, as even the program that does nothing tells."""
    nothing = statistics.median(none["rate"] / other["rate"] for none, other in zip(taken["nothing"], taken["libpcap"]))
    return min(4, 0.65 * nothing)


def rates(rate, name, ends, runs, spread, show):
    kinds = {"nothing": lambda: rate.nothing(ends), "xdp": lambda: rate.murald(ends, "xdp"),
             "libpcap": lambda: rate.murald(ends, "off")}
    taken = {kind: [] for kind in kinds}
    for i in range(runs):
        for kind in list(kinds)[::1 if i % 2 else -1]:  # in turns, so that a disturbance hits all
            taken[kind].append(kinds[kind]())
    row = {"name": name + ", rate", "unit": "pings a second", "runs": taken,
           "murald": spread([r["rate"] for r in taken["xdp"]]),
           "of_nothing": ratio(taken, "nothing"), "of_libpcap": ratio(taken, "libpcap"), "goal": goal(taken),
           "right": all(r["right"] for kind in taken.values() for r in kind)}
    fast = row["of_nothing"] >= 0.65 and row["of_libpcap"] >= row["goal"]
    row["ok"] = row["right"] and fast
    print("  %-6s %s k/s   %.2f of nothing's   %.1f times libpcap's   lost by the log %d   %s" % (
        name, show(row["murald"], 0, 1e-3), row["of_nothing"], row["of_libpcap"],
        sum(r["drops"] for r in taken["xdp"]), "all counted, picture right" if row["right"] else "WRONG"))
    if not fast:
        print("  MISSED: at least 0.65 of nothing's, %.1f times libpcap's" % row["goal"])
    return row


class Pixelflut:
    """Its own rate through a card that has the program, beside one that has an empty one, and none; and what part of
    murald's time for a frame the program takes to pass it on."""

    def __init__(self, program, pair, sender, receiver, seconds, passes_ns):
        self.program, self.pair, self.sender, self.receiver = program, pair, sender, receiver
        self.seconds, self.passes_ns = seconds, passes_ns

    def flood(self, accelerate):
        from wall import Wall
        options = "interface = wire0\nkernel-replies = suppress\naccelerate = %s\n" % accelerate
        with tempfile.TemporaryDirectory() as folder, Wall(
                folder, "[plugin icmp]\n%s\n[plugin pixelflut]\nlisten = [::]:1234\n" % options,
                size="%dx%d" % SIZE, netns=self.pair.server.name, prefix=self.receiver) as wall:
            assert ("XDP, generic" in wall.log()) == (accelerate == "auto"), wall.log()
            with subprocess.Popen(
                    ["ip", "netns", "exec", self.pair.client.name, *self.sender, self.program("pixelflut-flood"), "text",
                     self.pair.server.ip4, "1234", "4", "%dx%d" % SIZE, self.seconds],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as flood:
                commands, seconds, _ = map(float, flood.stdout.readline().split())
                used = threads_seconds(wall.pid)
                wrong = int(flood.communicate("look\n")[0])
        assert flood.returncode == 0
        return {"rate": commands / seconds, "cpu_ns": used / commands * 1e9, "right": wrong == 0}

    def passed(self):
        with attached(self.program, self.pair, "pass"):
            return self.flood("off")

    def row(self, runs, spread, show):
        kinds = {"xdp": lambda: self.flood("auto"), "nothing": self.passed, "off": lambda: self.flood("off")}
        taken = {kind: [] for kind in kinds}
        for i in range(runs):
            for kind in list(kinds)[::1 if i % 2 else -1]:
                taken[kind].append(kinds[kind]())

        row = {"name": "Pixelflut beside", "unit": "commands a second", "runs": taken,
               "murald": spread([r["rate"] for r in taken["xdp"]]),
               "of_nothing": ratio(taken, "nothing"), "of_off": ratio(taken, "off"),
               "part": self.passes_ns / (COMMANDS_A_FRAME * statistics.median(r["cpu_ns"] for r in taken["xdp"])),
               "right": all(r["right"] for kind in taken.values() for r in kind)}
        fast = row["of_nothing"] >= 0.95 or row["part"] <= 0.05
        row["ok"] = row["right"] and fast
        print("  Pixelflut through the same card %s M/s   %.2f of the same with nothing, %.2f without a program   "
              "%.3f of murald's time for a frame   picture %s%s" % (
                  show(row["murald"], 1, 1e-6), row["of_nothing"], row["of_off"], row["part"],
                  "right" if row["right"] else "WRONG",
                  "" if fast else "\n  MISSED: at least 0.95 of nothing's, or at most 0.05 of the time"))
        return row


def measure(program, build, runs, seconds, spread, show, sender, receiver, colours):
    from hosts import Pair
    module = os.path.join(build, ".libs", "xdp.module")
    rows = []
    with Pair() as pair:
        pair.server.run("ethtool", "-K", "wire0", "gro", "on")  # libpcap's frames come by NAPI, too
        for switch in "net.ipv4.icmp_echo_ignore_all", "net.ipv6.icmp.echo_ignore_all":
            pair.server.sysctl(switch, 1)
        ends = {"IPv4": (pair.client.ip4, pair.server.ip4), "IPv6": (pair.client.ip6, pair.server.ip6)}
        rate = Rate(program, pair, sender, receiver, seconds, colours)
        for name, two in ends.items():
            rows.append(cost(program, module, name, two, spread, show))
        for name, two in ends.items():
            rows.append(rates(rate, name, two, runs, spread, show))
        passes_ns = rows[0]["passes"]["median"]
        rows.append(Pixelflut(program, pair, sender, receiver, seconds, passes_ns).row(runs, spread, show))
    return rows
