"""Searches instance types: instance data + rules -> listing of types with their findings. Prints nothing."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from eniplan.catalog.limits import capacity
from eniplan.catalog.select import pods_in, select
from eniplan.catalog.sizing import price_per_pod, size
from eniplan.report.listing import Listing, Row
from eniplan.rules.choice import type_judge
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.catalog.order import Key
    from eniplan.catalog.record import InstanceType
    from eniplan.catalog.select import Wanted
    from eniplan.catalog.sizing import Request
    from eniplan.catalog.store import Catalog
    from eniplan.rules.base import Settings
    from eniplan.rules.by_type import Demands
    from eniplan.rules.choice import Word


class Question(NamedTuple):
    """The criteria of a search."""

    wanted: Wanted
    demands: Demands
    order: Key
    limit: int | None = None
    """The maximum number of passing types, and of rejected types, to show; None: all."""
    why: bool = False
    """Whether to show rejected types too."""
    request: Request | None = None
    """The pods to size a pool for."""
    prices: Mapping[str, float] | None = None
    """The user's hourly price of each type; None without prices."""
    by_price: bool = False
    """Whether to sort by price per pod before `order`. Types without a price come last."""


def find(catalog: Catalog, question: Question, settings: Settings) -> Listing:
    """Return the types that match and pass in the requested order, with the rejected ones if requested."""
    wanted, request = question.wanted, question.request
    fitting, unknown = select(catalog.all(), wanted)
    fitting = tuple(sorted(fitting, key=lambda record: question.order(record, pods_in(record, wanted))))
    judge = type_judge(catalog, settings)
    passed: list[Row] = []
    rejected: list[Row] = []
    full = 0
    for record in fitting:
        row = _row(catalog, record, judge.words(record, question.demands), question)
        if any(word.level == "error" for word in row.words):
            rejected.append(row)
        elif request is not None and row.size is None:
            full += 1
        else:
            passed.append(row)
    if question.by_price:
        passed.sort(key=lambda row: inf if row.pod_price is None else row.pod_price)
    shown = _with_layers(catalog, passed[: question.limit])
    return Listing(
        wanted.mode,
        request,
        shown,
        len(passed) - len(shown),
        _with_layers(catalog, rejected[: question.limit]) if question.why else None,
        len(rejected),
        full,
        unknown,
        catalog.specs(settings.aged_on),
        wanted.erdma,
        wanted.min_eni_bandwidth is not None,
        None if question.prices is None else sum(row.price is None for row in passed),
    )


def _with_layers(catalog: Catalog, rows: list[Row]) -> tuple[Row, ...]:
    """Return rows with the layers that their numbers come from."""
    return tuple(row._replace(over=catalog.layers_over(row.record.InstanceTypeId)) for row in rows)


def _row(catalog: Catalog, record: InstanceType, words: tuple[Word, ...], question: Question) -> Row:
    found = capacity(record, erdma=question.wanted.erdma)
    source = None if record.EniQuantity is None else catalog.source_for(record, "EniQuantity")
    sized = None
    if question.request is not None and found.exclusive is not None:
        sized = size(question.request, found.exclusive)
    price = None if question.prices is None else question.prices.get(record.InstanceTypeId)
    pod_price = None
    if price is not None and found.exclusive is not None:
        pod_price = price_per_pod(price, found.exclusive, question.request, sized)
    return Row(
        record,
        found,
        pods_in(record, question.wanted),
        None if source is None else source.date,
        words,
        sized,
        price,
        pod_price,
    )
