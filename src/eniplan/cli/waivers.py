"""The waivers of a run from files other than plans."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eniplan.errors import Problem
    from eniplan.plan.waivers import WaiverFile

DEFAULT_FILE = os.path.join(".eniplan", "waivers.yaml")
"""Only in the current folder, not above it: a run must not depend on where the checkout is."""


def waivers(path: str | None) -> Iterable[WaiverFile | Problem]:
    """Return the waivers of a file; without a path, those of `.eniplan/waivers.yaml`, if it exists."""
    if path is None:
        if not os.path.exists(DEFAULT_FILE):
            return ()
        path = DEFAULT_FILE
    from eniplan.plan.waivers import load_waivers  # noqa: PLC0415 - compiles another schema

    return load_waivers(path)
