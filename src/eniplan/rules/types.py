"""What rules of one instance type look at."""

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
"""GiB. ACK's floor for a worker node."""


class Demands(NamedTuple):
    """What a type is judged against. `dual` and `erdma` are None when the cluster's are not known."""

    dual: bool | None
    strict: bool
    erdma: bool | None = None
    exclusive: bool = True
    """Whether pods are to own a whole ENI: nodes in another mode need not have so many."""


class TypeView(NamedTuple):
    """One instance type."""

    name: str
    record: InstanceType | None
    """None: the instance data does not know it."""
    demands: Demands
    catalog: Catalog
    settings: Settings
    others: Callable[[], Message]
    """Names the nearest types that pass."""
    is_family: bool = False
    """Whether it is no type, but a family of which the instance data knows no type."""

    def source(self, field: str) -> Source | None:
        """Return where a number of the type comes from."""
        return None if self.record is None else self.catalog.source(self.record.source_of(field))


def too_small(record: InstanceType) -> bool | None:
    """Return whether a type is below ACK's floor for workers; None when its size is not known."""
    vcpus, memory = record.CpuCoreCount, record.MemorySize
    if (vcpus is not None and vcpus < MIN_VCPUS) or (memory is not None and memory < MIN_MEMORY):
        return True
    return None if vcpus is None or memory is None else False
