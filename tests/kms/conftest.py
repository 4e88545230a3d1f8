# SPDX-License-Identifier: MIT
"""`boot`: a clean guest for one case, which the next cases use again unless it failed."""
import pytest

import guests as g
from outcome import has_failed, pytest_runtest_makereport  # noqa: F401, the hook


@pytest.fixture(scope="session")
def all_guests(tmp_path_factory):
    kernel = g.fetch_kernel()
    initrd = g.make_initrd(kernel, str(tmp_path_factory.mktemp("kms") / "initrd"))
    every = g.Guests(kernel, initrd, g.states_of(kernel, initrd))
    yield every
    every.close()


@pytest.fixture
def boot(request, all_guests):
    used = []

    def one(gpu, guests=all_guests, **options):
        screen = guests.get(gpu, **options)
        used.append((guests, screen))
        return screen
    yield one
    for guests, screen in used:
        if has_failed(request):
            screen.report()
            guests.drop(screen)
        else:
            screen.clean_up()
