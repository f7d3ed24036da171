"""The subject of the rules about a single instance type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from eniplan.catalog.record import InstanceType, Source
    from eniplan.catalog.store import Catalog
    from eniplan.messages import Message
    from eniplan.rules.base import Settings

MIN_VCPUS = 4
MIN_MEMORY = 8
"""GiB: ACK's minimum for a worker node."""


class Demands(NamedTuple):
    """The requirements on a type. `dual` and `erdma` are None if unknown for the cluster."""

    dual: bool | None
    strict: bool
    erdma: bool | None = None
    exclusive: bool = True
    """Whether pods need exclusive ENIs: nodes in other modes need fewer."""


class TypeView(NamedTuple):
    """One instance type."""

    name: str
    record: InstanceType | None
    """None: the instance data lacks the type."""
    demands: Demands
    catalog: Catalog
    settings: Settings
    others: Callable[[], Message]
    """Returns the nearest types that pass, in words."""
    is_family: bool = False
    """Whether the name is a family without types in the instance data."""

    def source(self, field: str) -> Source | None:
        """Return the source of a number of the type."""
        return None if self.record is None else self.catalog.source(self.record.source_of(field))


def too_small(record: InstanceType) -> bool | None:
    """Return whether a type is below ACK's minimum for worker nodes; None if its size is unknown."""
    vcpus, memory = record.CpuCoreCount, record.MemorySize
    if (vcpus is not None and vcpus < MIN_VCPUS) or (memory is not None and memory < MIN_MEMORY):
        return True
    return None if vcpus is None or memory is None else False
