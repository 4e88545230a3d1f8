# SPDX-License-Identifier: MIT
"""Whether a case failed, for fixtures that say more about one that did.  A conftest.py imports the hook."""
import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if call.when == "call":
        item.failed = report.failed


def has_failed(request):
    """Also where the case was never reached."""
    return getattr(request.node, "failed", True)
