# SPDX-License-Identifier: MIT
"""How tests wait: for a claim, never for a time."""
import time


def wait_for(what, claim, seconds=10):
    """The first true answer of claim(), within a limit."""
    end = time.monotonic() + seconds
    while True:
        answer = claim()
        if answer:
            return answer
        assert time.monotonic() < end, "waited %d s for %s" % (seconds, what)
        time.sleep(0.01)
