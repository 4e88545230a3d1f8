# SPDX-License-Identifier: MIT
"""What a build with sanitizers does differently, and LeakSanitizer's own crash told from a leak."""
import os

SANITIZED = bool(os.environ.get("sanitizer"))
# Memory that a sanitizer keeps of what was freed.
SLACK_KIB = 256 << 10 if SANITIZED else 0


def skip_if_the_tracer_crashed(log):
    """LeakSanitizer stops the process with a thread of its own, which sometimes crashes on a busy
    machine.  Then it has found out nothing: neither a pass nor a failure."""
    if "Tracer caught signal" in log and "ERROR: AddressSanitizer" not in log and \
            "detected memory leaks" not in log and "runtime error" not in log:
        import pytest  # not needed by the programs that are no tests
        pytest.skip("LeakSanitizer's own tracer crashed, so leaks were not looked for: run this test again")
