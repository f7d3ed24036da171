"""Instance data + rules -> listing: the types that fit, and what the rules say about them. Prints nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.catalog.limits import capacity
from eniplan.catalog.record import old_days
from eniplan.catalog.select import pods_in, select
from eniplan.catalog.sizing import size
from eniplan.report.listing import Listing, Row
from eniplan.rules.choice import type_judge
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.catalog.order import Key
    from eniplan.catalog.record import InstanceType
    from eniplan.catalog.select import Wanted
    from eniplan.catalog.sizing import Request
    from eniplan.catalog.store import Catalog
    from eniplan.rules.base import Settings
    from eniplan.rules.choice import Word
    from eniplan.rules.types import Demands


class Question(NamedTuple):
    """What is looked for."""

    wanted: Wanted
    demands: Demands
    order: Key
    limit: int | None = None
    """How many of the types that pass are shown, and how many that are rejected; None: all."""
    why: bool = False
    """Whether the types that rules reject are shown as well."""
    request: Request | None = None
    """The pods that pools are sized for."""


def find(catalog: Catalog, question: Question, settings: Settings) -> Listing:
    """Return the types that fit and pass, in the order that is asked for."""
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
    shown = tuple(passed[: question.limit])
    return Listing(
        wanted.mode,
        request,
        shown,
        len(passed) - len(shown),
        tuple(rejected[: question.limit]) if question.why else None,
        len(rejected),
        full,
        unknown,
        catalog.date,
        catalog.own,
        old_days(catalog.date, catalog.own, settings.aged_on),
    )


def _row(catalog: Catalog, record: InstanceType, words: tuple[Word, ...], question: Question) -> Row:
    found = capacity(record, erdma=question.wanted.erdma)
    source = None if record.EniQuantity is None else catalog.source(record.source_of("EniQuantity"))
    sized = None
    if question.request is not None and found.exclusive is not None:
        sized = size(question.request, found.exclusive)
    return Row(record, found, pods_in(record, question.wanted), None if source is None else source.date, words, sized)
