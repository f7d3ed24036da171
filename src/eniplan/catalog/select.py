"""Selects instance types by criteria. An unknown value matches no criterion; such types are counted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

from eniplan.catalog.limits import capacity, eni_bandwidth
from eniplan.messages import say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from eniplan.catalog.record import InstanceType

Mode: TypeAlias = Literal["exclusive", "shared", "trunk"]
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_RANGE = re.compile(rf"(?P<least>{_NUMBER})?(?:(?P<to>\.\.)(?P<most>{_NUMBER})?)?")


class Range(NamedTuple):
    """An inclusive range of numbers from `least` to `most`; None: no bound."""

    least: float | None
    most: float | None

    def holds(self, value: float | None) -> bool | None:
        """Return whether a number is in the range; None if unknown."""
        if value is None:
            return None
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


def range_from(text: str) -> Range | None:
    """Parse `8`, `8..32`, `8..` or `..32`; None if the text is not a range."""
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    least, most = (None if part is None else float(part) for part in (found["least"], found["most"]))
    if not found["to"]:
        return None if least is None else Range(least, least)
    if (least is None and most is None) or (least is not None and most is not None and least > most):
        return None
    return Range(least, most)


class Wanted(NamedTuple):
    """The criteria for a type; None or empty: any value matches."""

    mode: Mode = "exclusive"
    erdma: bool = False
    """Whether eRDMA uses an exclusive-pod slot."""
    families: tuple[str, ...] = ()
    vcpus: Range | None = None
    memory: Range | None = None
    """GiB."""
    arch: str | None = None
    """x86 or arm."""
    gpus: Range | None = None
    """The number of GPUs; a share of a GPU counts as a fraction."""
    gpu_model: str | None = None
    """Words in the model: `A10`, or `nvidia t4`."""
    min_pods: int | None = None
    on_sale: bool = False
    min_eni_bandwidth: float | None = None
    """Gbit/s of each ENI when all are busy."""


class Selection(NamedTuple):
    """The matching types, in their original order, and the number of types that may match."""

    fitting: tuple[InstanceType, ...]
    unknown: Mapping[str, int]
    """By unknown fact: the number of types that match in all known facts."""


PODS = {
    "exclusive": say("exclusive pods per node"),
    "shared": say("shared pods per node"),
    "trunk": say("trunk pods per node"),
}
"""The names of the pods per node, by mode."""


def pods_in(record: InstanceType, wanted: Wanted) -> int | None:
    """Return the pods per node in the requested mode; None if unknown."""
    pods = capacity(record, erdma=wanted.erdma)
    return {"exclusive": pods.exclusive, "shared": pods.shared, "trunk": pods.trunk}[wanted.mode]


def select(records: Iterable[InstanceType], wanted: Wanted) -> Selection:
    """Return the types that match."""
    fitting = []
    unknown: dict[str, int] = {}
    for record in records:
        missing = None
        for fact, fits in _questions(record, wanted):
            if fits is False:
                break
            if fits is None and missing is None:
                missing = fact
        else:
            if missing is None:
                fitting.append(record)
            else:
                unknown[missing] = unknown.get(missing, 0) + 1
    return Selection(tuple(fitting), unknown)


def _has_words(record: InstanceType, words: str) -> bool | None:
    if record.GPUSpec:
        return set(words.casefold().split()) <= set(re.split(r"[\s*/-]+", record.GPUSpec.casefold()))
    return False if record.gpus == 0 else None


def _questions(record: InstanceType, wanted: Wanted) -> Iterator[tuple[str, bool | None]]:
    """Yield each relevant fact and whether it matches; None if unknown."""
    yield from _of_machine(record, wanted)
    if wanted.on_sale:
        yield "OnSale", record.on_sale
    if wanted.min_eni_bandwidth is not None:
        each = eni_bandwidth(record)
        yield say("bandwidth per ENI"), None if each is None else each >= wanted.min_eni_bandwidth
    pods = pods_in(record, wanted)
    if wanted.min_pods is not None:
        yield PODS[wanted.mode], None if pods is None else pods >= wanted.min_pods
    if wanted.mode != "exclusive":
        # A type without trunk support cannot match a search for trunk pods. Which types exclusive mode
        # rejects is up to the rules.
        yield PODS[wanted.mode], pods != 0


def _of_machine(record: InstanceType, wanted: Wanted) -> Iterator[tuple[str, bool | None]]:
    if wanted.families:
        yield "InstanceTypeFamily", record.InstanceTypeFamily in wanted.families
    if wanted.vcpus:
        yield "CpuCoreCount", wanted.vcpus.holds(record.CpuCoreCount)
    if wanted.memory:
        yield "MemorySize", wanted.memory.holds(record.MemorySize)
    if wanted.arch:
        known = record.CpuArchitecture
        yield "CpuArchitecture", None if known is None else known.lower() == wanted.arch
    if wanted.gpus:
        yield "GPUAmount", wanted.gpus.holds(record.gpus)
    if wanted.gpu_model:
        yield "GPUSpec", _has_words(record, wanted.gpu_model)
