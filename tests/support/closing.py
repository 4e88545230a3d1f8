# SPDX-License-Identifier: MIT
"""`with` for whatever has a close()."""


class Closing:
    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.close()
