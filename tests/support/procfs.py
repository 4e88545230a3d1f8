# SPDX-License-Identifier: MIT
"""What /proc says of a process: memory, CPU time, context switches."""
import contextlib
import os
import re


def fields(text):
    return dict(re.findall(r"^(\w+):\s*(.*)$", text, re.M))


def status(pid):
    """{"Uid": "0\\t0\\t0\\t0", "VmRSS": "1234 kB", ...} of a process."""
    with open("/proc/%d/status" % pid) as f:
        return fields(f.read())


def of_threads(pid, name):
    """What that file of each thread has, but of those that end meanwhile."""
    found = []
    for thread in os.listdir("/proc/%d/task" % pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), \
                open("/proc/%d/task/%s/%s" % (pid, thread, name)) as f:
            found.append(f.read())
    return found


def threads(pid):
    """The status of each thread."""
    return [fields(text) for text in of_threads(pid, "status")]


def nice_values(pid):
    """Of each thread."""
    return [int(text.rsplit(")", 1)[1].split()[16]) for text in of_threads(pid, "stat")]


def memory_kib(pid, key="VmRSS"):
    return int(status(pid)[key].split()[0])


def cpu_seconds(pid):
    """CPU time used so far by all threads."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def threads_seconds(pid):
    """CPU time used so far by the threads that there are; finer than the hundredths of cpu_seconds()."""
    return sum(int(text.split()[0]) for text in of_threads(pid, "schedstat")) / 1e9


def loop_seconds(pid):
    """CPU time that the main thread, which runs the loop, used so far.  What others see of a long
    phase, without what else the machine does."""
    with open("/proc/%d/task/%d/schedstat" % (pid, pid)) as f:
        return int(f.read().split()[0]) / 1e9


def wake_ups(pid):
    """How often its threads have waited and gone on so far."""
    return sum(int(thread["voluntary_ctxt_switches"]) for thread in threads(pid))


def times_slept(pid):
    """How often the main thread went to sleep: others on its processor change nothing."""
    with open("/proc/%d/task/%d/status" % (pid, pid)) as f:
        return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", f.read(), re.M).group(1))
