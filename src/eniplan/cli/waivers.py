"""The waivers of a run that stand in no plan."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eniplan.errors import Problem
    from eniplan.plan.waivers import WaiverFile

DEFAULT_FILE = os.path.join(".eniplan", "waivers.yaml")
"""In the current folder and not above it: a run means the same wherever the checkout lies."""


def waivers(path: str | None) -> Iterable[WaiverFile | Problem]:
    """Return the waivers of a file; without a name those of `.eniplan/waivers.yaml`, if there is one."""
    if path is None:
        if not os.path.exists(DEFAULT_FILE):
            return ()
        path = DEFAULT_FILE
    from eniplan.plan.waivers import load_waivers  # noqa: PLC0415 - compiles a schema of its own

    return load_waivers(path)
