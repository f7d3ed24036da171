"""Instance data files in the form of `specs update`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.catalog.refresh import merged, refreshed
from eniplan.catalog.store import Catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from eniplan.catalog.refresh import Asked


def updated(rows: Iterable[Mapping[str, Any]], asked: Asked) -> str:
    """Return the text of a file with rows of one region, or of one node."""
    return refreshed(Catalog(), merged(("here", row) for row in rows).rows, asked)
