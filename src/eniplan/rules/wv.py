"""WV rules: waivers that do not do what their author expects."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from eniplan import facts
from eniplan.messages import say
from eniplan.rules.base import Hit, Outcome, waiver_rule
from eniplan.suggest import did_you_mean
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from eniplan.plan.model import Waiver
    from eniplan.rules.base import AnyRule

_TAINTLESS: dict[str, Any] = {"nodePools[0].taints": []}
_WAIVER = {"rule": "NP002", "path": "nodePools[0]", "reason": "the cluster has no other pods"}


class WaiverView(NamedTuple):
    """The waivers of a document, once all findings are known."""

    waivers: tuple[Waiver, ...]
    today: date | None
    rules: Mapping[str, AnyRule]
    """All rules, by id."""
    used: Mapping[Waiver, Collection[str]]
    """The waivers that match a finding, with the files of those findings."""
    idle: Collection[Waiver]
    """Waivers of files or rules outside this run, which may still be needed."""


def _day(text: str) -> date | None:
    """Return the day that a text names; None if no calendar has it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def is_expired(waiver: Waiver, today: date | None) -> bool:
    """Return whether the last day of a waiver has passed or is invalid, so that it waives nothing."""
    if waiver.until is None:
        return False
    last = _day(waiver.until)
    return last is None or (today is not None and last < today)


def has_reason(waiver: Waiver) -> bool:
    """Return whether a waiver has a reason that is not a placeholder."""
    return not waiver.reason.strip().startswith("<") and bool(waiver.reason.strip())


def holds(waiver: Waiver, today: date | None) -> bool:
    """Return whether a waiver is in effect on a day."""
    return has_reason(waiver) and not is_expired(waiver, today)


def _names_something(file: str) -> bool:
    """Return whether a glob contains a name other than the file extension; `-` is stdin."""
    return file == "-" or re.search(r"\w", re.sub(r"\.\w+$", "", file)) is not None


@waiver_rule(
    "WV001",
    "error",
    "A waiver names a rule that does not exist, or that cannot be waived",
    needs=(facts.WAIVER_RULE,),
    effect="The waiver has no effect.",
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
            hint = did_you_mean(waiver.rule, view.rules) or say("`eniplan explain` lists them")
            yield Hit(path, say("there is no rule {rule!r}", rule=waiver.rule), hint)
        elif not known.waivable:
            title = known.title[0].lower() + known.title[1:]
            message = say("{rule} cannot be waived: {title}", rule=waiver.rule, title=title)
            yield Hit(path, message, say("fix the finding, and remove the waiver"))


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
    """Expiry dates that have passed or do not exist."""
    for waiver in view.waivers:
        if waiver.until is not None and is_expired(waiver, view.today):
            message = say("the waiver of {rule} expired on {expires}", rule=waiver.rule, expires=waiver.until)
            if _day(waiver.until) is None:
                message = say("{expires!r} is not a date", expires=waiver.until)
            yield Hit((*waiver.path, "expires"), message, say("fix the finding, or decide again"))


@waiver_rule(
    "WV003",
    "warning",
    "A waiver matches no finding",
    needs=(facts.WAIVER_RULE, facts.WAIVER_PATH, facts.WAIVER_FILE),
    effect="The finding is gone, or its path has changed: a later finding there would be waived unseen.",
    sources=(),
    passes={**_TAINTLESS, "waivers": [_WAIVER]},
    fails={"waivers": [_WAIVER]},
    waivable=False,
)
def wv003(view: WaiverView) -> Outcome:
    """Waivers that match no finding, except those of rules and files outside this run."""
    for waiver in view.waivers:
        known = view.rules.get(waiver.rule)
        if waiver in view.used or waiver in view.idle or known is None or not known.waivable:
            continue
        if holds(waiver, view.today):
            message = say("no finding of {rule}", rule=waiver.rule)
            if waiver.target:
                message = say("{nothing} at {path}", nothing=message, path=waiver.target)
            hint = say("remove the waiver, or correct its path")
            if waiver.file:
                message = say("{nothing} in {file}", nothing=message, file=waiver.file)
                hint = say("remove the waiver, or correct its path or file")
            yield Hit(waiver.path, message, hint)


@waiver_rule(
    "WV004",
    "warning",
    "A waiver covers more than one object",
    needs=(facts.WAIVER_PATH, facts.WAIVER_FILE),
    effect="Findings that nobody has reviewed are waived, now and later.",
    sources=(),
    passes={**_TAINTLESS, "waivers": [_WAIVER]},
    fails={**_TAINTLESS, "waivers": [{**_WAIVER, "path": "nodePools"}]},
    waivable=False,
)
def wv004(view: WaiverView) -> Outcome:
    """Paths of a whole section, globs that match any file, and paths that match in several files."""
    for waiver in view.waivers:
        files = view.used.get(waiver, ())
        if waiver.target in ("nodePools", "podNetworkings", "workloads"):
            message = say("the waiver of {rule} covers all of {path}", rule=waiver.rule, path=waiver.target)
            yield Hit((*waiver.path, "path"), message, say("name the object: {path}[0]", path=waiver.target))
        if waiver.file and not _names_something(waiver.file):
            message = say("the waiver of {rule} covers any file: {file}", rule=waiver.rule, file=waiver.file)
            yield Hit((*waiver.path, "file"), message, say("name the file, or its folder"))
        elif not waiver.file and len(files) > 1:
            message = say(
                "the waiver of {rule} at {path} matches in {count} files: {files}",
                rule=waiver.rule,
                path=waiver.target,
                count=len(files),
                files=tuple(sorted(files)),
            )
            yield Hit((*waiver.path, "path"), message, say("name the file that it covers, with file:"))


@waiver_rule(
    "WV005",
    "error",
    "A waiver has no reason",
    needs=(facts.WAIVER_REASON,),
    effect="The waiver has no effect: later nobody could tell whether it is still right.",
    sources=(),
    passes={**_TAINTLESS, "waivers": [_WAIVER]},
    fails={**_TAINTLESS, "waivers": [{**_WAIVER, "reason": ""}]},
    waivable=False,
)
def wv005(view: WaiverView) -> Outcome:
    """Reasons that are missing, empty or a placeholder."""
    for waiver in view.waivers:
        if not has_reason(waiver):
            message = say("the waiver of {rule} has no reason", rule=waiver.rule)
            yield Hit((*waiver.path, "reason"), message, say("say why it is accepted"))
