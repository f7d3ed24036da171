"""WV rules: waivers that do not do what their author thinks."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from eniplan import facts
from eniplan.rules.base import Hit, Outcome, waiver_rule
from eniplan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from eniplan.plan.model import Waiver
    from eniplan.rules.base import AnyRule

_TAINTLESS: dict[str, Any] = {"nodePools[0].taints": []}
_WAIVER = {"rule": "NP002", "path": "nodePools[0]", "reason": "the cluster has no other pods"}


class WaiverView(NamedTuple):
    """The waivers of one document, when all findings are known."""

    waivers: tuple[Waiver, ...]
    today: date | None
    rules: Mapping[str, AnyRule]
    """All that there are, by id."""
    used: Mapping[Waiver, Collection[str]]
    """The waivers that hold a finding, and the files of those findings."""
    idle: Collection[Waiver]
    """Waivers about files or rules that are no part of this run: whether they are needed is not known."""


def expiry(waiver: Waiver) -> date | None:
    """Return the last day of a waiver; None when it has none, or none that can be read."""
    try:
        return None if waiver.until is None else date.fromisoformat(waiver.until)
    except ValueError:
        return None


def is_expired(waiver: Waiver, today: date | None) -> bool:
    """Return whether the last day of a waiver has passed, or cannot be read: then it waives nothing."""
    if waiver.until is None:
        return False
    last = expiry(waiver)
    return last is None or (today is not None and last < today)


def has_reason(waiver: Waiver) -> bool:
    """Return whether a waiver says why: text that is no placeholder."""
    return not waiver.reason.strip().startswith("<") and bool(waiver.reason.strip())


def holds(waiver: Waiver, today: date | None) -> bool:
    """Return whether a waiver waives anything at all on a day."""
    return has_reason(waiver) and not is_expired(waiver, today)


def _names_something(file: str) -> bool:
    """Return whether a glob has a part that is a name, besides the ending; `-` is stdin."""
    return file == "-" or re.search(r"\w", re.sub(r"\.\w+$", "", file)) is not None


def _where(waiver: Waiver) -> str:
    at = f" at {waiver.target}" if waiver.target else ""
    return f"{at} in {waiver.file}" if waiver.file else at


@waiver_rule(
    "WV001",
    "error",
    "A waiver names a rule that does not exist, or that cannot be waived",
    needs=(facts.WAIVER_RULE,),
    effect="The waiver does nothing.",
    sources=(),
    passes={**_TAINTLESS, "waivers": [_WAIVER]},
    fails={"waivers": [{**_WAIVER, "rule": "NP001"}]},
    waivable=False,
)
def wv001(view: WaiverView) -> Outcome:
    """Rule ids."""
    for waiver in view.waivers:
        known = view.rules.get(waiver.rule)
        path = (*waiver.path, "rule")
        if known is None:
            yield Hit(
                path,
                f"there is no rule {waiver.rule!r}",
                did_you_mean(waiver.rule, view.rules) or "`eniplan explain` lists them",
            )
        elif not known.waivable:
            title = known.title[0].lower() + known.title[1:]
            yield Hit(path, f"{waiver.rule} cannot be waived: {title}", "fix the finding, and remove the waiver")


@waiver_rule(
    "WV002",
    "warning",
    "A waiver has expired",
    needs=(facts.WAIVER_EXPIRY,),
    effect="The finding counts again.",
    sources=(),
    passes={**_TAINTLESS, "waivers": [{**_WAIVER, "expires": "9999-12-31"}]},
    fails={**_TAINTLESS, "waivers": [{**_WAIVER, "expires": "2026-01-31"}]},
    waivable=False,
)
def wv002(view: WaiverView) -> Outcome:
    """Expiry dates that have passed, or that no calendar has."""
    for waiver in view.waivers:
        if is_expired(waiver, view.today):
            readable = expiry(waiver) is not None
            message = (
                f"the waiver of {waiver.rule} expired on {waiver.until}" if readable else f"{waiver.until!r} is no date"
            )
            yield Hit((*waiver.path, "expires"), message, "fix the finding, or decide again")


@waiver_rule(
    "WV003",
    "warning",
    "A waiver waives nothing",
    needs=(facts.WAIVER_RULE, facts.WAIVER_PATH, facts.WAIVER_FILE),
    effect="The finding is gone, or the path is another: a later finding there would be waived unseen.",
    sources=(),
    passes={**_TAINTLESS, "waivers": [_WAIVER]},
    fails={"waivers": [_WAIVER]},
    waivable=False,
)
def wv003(view: WaiverView) -> Outcome:
    """Waivers that no finding has used; those of rules and files of other runs aside."""
    for waiver in view.waivers:
        known = view.rules.get(waiver.rule)
        if waiver in view.used or waiver in view.idle or known is None or not known.waivable:
            continue
        if holds(waiver, view.today):
            hint = "remove the waiver, or correct its path" + (" or file" if waiver.file else "")
            yield Hit(waiver.path, f"no finding of {waiver.rule}{_where(waiver)}", hint)


@waiver_rule(
    "WV004",
    "warning",
    "A waiver covers more than one object",
    needs=(facts.WAIVER_PATH, facts.WAIVER_FILE),
    effect="Findings that nobody has looked at are waived, now and later.",
    sources=(),
    passes={**_TAINTLESS, "waivers": [_WAIVER]},
    fails={**_TAINTLESS, "waivers": [{**_WAIVER, "path": "nodePools"}]},
    waivable=False,
)
def wv004(view: WaiverView) -> Outcome:
    """Paths that stop at a whole section, globs that match any file, and paths that hold in several files."""
    for waiver in view.waivers:
        files = view.used.get(waiver, ())
        if waiver.target in ("nodePools", "podNetworkings", "workloads"):
            hint = f"name the object: {waiver.target}[0]"
            yield Hit((*waiver.path, "path"), f"the waiver of {waiver.rule} covers all of {waiver.target}", hint)
        if waiver.file and not _names_something(waiver.file):
            message = f"the waiver of {waiver.rule} covers any file: {waiver.file}"
            yield Hit((*waiver.path, "file"), message, "name the file, or its folder")
        elif not waiver.file and len(files) > 1:
            listed = ", ".join(sorted(files))
            message = f"the waiver of {waiver.rule} at {waiver.target} holds in {len(files)} files: {listed}"
            yield Hit((*waiver.path, "path"), message, "name the file that it is about, with file:")


@waiver_rule(
    "WV005",
    "error",
    "A waiver has no reason",
    needs=(facts.WAIVER_REASON,),
    effect="The waiver does nothing: nobody could tell later whether it is still right.",
    sources=(),
    passes={**_TAINTLESS, "waivers": [_WAIVER]},
    fails={**_TAINTLESS, "waivers": [{**_WAIVER, "reason": ""}]},
    waivable=False,
)
def wv005(view: WaiverView) -> Outcome:
    """Reasons that are missing, empty, or a placeholder that was left to be filled in."""
    for waiver in view.waivers:
        if not has_reason(waiver):
            yield Hit((*waiver.path, "reason"), f"the waiver of {waiver.rule} has no reason", "say why it is accepted")
