"""Turns rule results into findings and undecided facts, each with its place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from eniplan import facts
from eniplan.judging.gaps import fact_at, owner, seeks_pool, waiting
from eniplan.messages import NOTHING, Key, facts_of, in_words, named, say, together
from eniplan.plan.document import path_text
from eniplan.report.model import Finding, Undecided
from eniplan.rules.base import LEVELS, Hit
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from eniplan.errors import Place
    from eniplan.messages import Message
    from eniplan.plan.document import Path
    from eniplan.plan.live import Unread
    from eniplan.plan.load import Gap
    from eniplan.rules.base import AnyRule, Fix, Unknown


class _Open(NamedTuple):
    """An unknown fact, and the rules that wait for it."""

    paths: dict[Path, None]
    """The key paths that need the fact: an instance type may be in several pools."""
    hint: Message
    rules: dict[str, None]


class Judge:
    """Collects the results of rules for one subject."""

    def __init__(  # noqa: PLR0913, PLR0917 - one callback per use of a key path
        self,
        place: Callable[[Path], Place],
        left_out: Collection[Path] = (),
        unread: Callable[[Path], Unread | None] = lambda _: None,
        note: Callable[[Path], Message] = lambda _: NOTHING,
        word: Callable[[Path, str], str] = lambda _, key: key,
        written: Callable[[Path, Fix], Fix | None] = lambda _path, _fix: None,
    ) -> None:
        """Take the callbacks that map key paths of the subject to the user's input.

        Args:
            place: returns the place of a key path in the user's input.
            left_out: the paths of invalid values that are already reported.
            unread: returns why the account did not provide the value at a key path.
            note: returns the origin of the value at a key path, if it is not written there.
            word: returns the name of a key in the user's format, for the object that contains a key path.
            written: returns a fix with its place in the user's file; None if fixes have no place.

        """
        self._place = place
        self._left_out = left_out
        self._unread = unread
        self._note = note
        self._word = word
        self._written = written
        self._unknown: dict[str, _Open] = {}
        self._gaps: dict[Path, dict[str, None]] = {}
        """The rules that wait for the value at a key path."""
        self._doubtful: dict[str, None] | None = None
        """The rules that would report something if a pool of unknown mode were exclusive."""
        self.findings: list[Finding] = []

    def leave_open(self, gaps: Iterable[Gap], value: Any, rules: Iterable[AnyRule]) -> None:  # noqa: ANN401 - of a plan
        """Record the values that an input lacks, and the rules that wait for them."""
        doubt, gaps = "", tuple(gaps)
        seeks = bool(gaps) and seeks_pool(value, {*self._left_out, *(gap.path for gap in gaps)})
        for gap in sorted(gaps, key=lambda gap: len(gap.path)):  # reported for the whole, not for each part
            fact = fact_at(gap.path)
            if fact is None:
                self._gaps[gap.path] = {}
                continue
            if self._doubtful is not None and gap.why and gap.why in doubt:  # nothing of the pool is known
                self._doubtful.update(dict.fromkeys(waiting(rules, gap.path, seeks_pool=seeks)))
                self._gaps[gap.path] = self._doubtful
                continue
            called = fact.called(owner(value, gap.path)) if fact.words else say("{key}", key=Key(path_text(gap.path)))
            words = in_words(called, partial(self._word, gap.path))
            ids = self._unknown.setdefault(words, _Open({gap.path: None}, say("{why}", why=gap.why), {})).rules
            ids.update(dict.fromkeys(waiting(rules, gap.path, seeks_pool=seeks)))
            self._gaps[gap.path] = ids
            if fact is facts.POOL:
                self._doubtful, doubt = ids, gap.why

    def ask(self, rule: AnyRule, subject: object) -> None:
        """Apply a rule to a subject and record its results."""
        for outcome in rule.check(subject):
            self.take(rule, outcome)

    def take(self, rule: AnyRule, outcome: Hit | Unknown, at: Path = ()) -> None:
        """Record a result of a rule. Its own path takes precedence over `at`, the path of the subject."""
        said = outcome if outcome.path else outcome._replace(path=at)
        if isinstance(said, Hit):
            self._hit(rule, said)
        else:
            self._lack(rule, said)

    def _hit(self, rule: AnyRule, hit: Hit) -> None:
        waiting = self._gaps.get(hit.path, self._doubtful)
        if waiting is not None:
            waiting[rule.id] = None
        elif hit.path not in self._left_out:
            note = self._note(hit.path)
            message, hint = (in_words(said, partial(self._word, hit.path)) for said in (hit.message, hit.hint))
            hint = say("{hint}; {note}", hint=hint, note=note) if hint and note else note or hint
            told = hit._replace(message=message, hint=hint, fix=hit.fix and self._written(hit.path, hit.fix))
            self.findings.append(finding(rule, told, self._place(hit.path)))

    def _lack(self, rule: AnyRule, unknown: Unknown) -> None:
        waiting = self._gaps.get(unknown.behind) or self._gaps.get(unknown.path, self._doubtful)
        if waiting is None and unknown.path in self._left_out:
            return
        if waiting is None:
            words = in_words(unknown.words, partial(self._word, unknown.path))
            found = self._unknown.get(words)
            if found is None:
                found = self._unknown[words] = _Open({}, self._find(unknown), {})
            found.paths[unknown.path] = None
            waiting = found.rules
        waiting[rule.id] = None

    def _find(self, unknown: Unknown) -> Message:
        """Return how to find out a fact and, if an account was queried, why it did not provide the fact."""
        unread = self._unread(unknown.path)
        if unread is None or unread.reason in unknown.find:
            return unknown.find
        return together((say("{reason}", reason=unread.reason), unknown.find), "; or ")

    def undecided(self) -> list[Undecided]:
        """Return the unknown facts that rules wait for."""
        return [
            Undecided(words, min(map(self._place, found.paths), key=_by_path), tuple(sorted(found.rules)), found.hint)
            for words, found in self._unknown.items()
            if found.rules
        ]


def _by_path(place: Place) -> tuple[str, str]:
    """Return a sort key for the places of a fact, independent of the order of pools."""
    return place.file, place.path


def finding(rule: AnyRule, hit: Hit, place: Place) -> Finding:
    """Return a rule's hit as a finding at a place."""
    return Finding(
        rule,
        hit.level or rule.level,
        place,
        hit.message,
        hit.hint,
        {**facts_of(hit.message), **hit.facts},
        tuple(dict.fromkeys(source for source in (*hit.sources, *rule.sources) if source is not None)),
        fix=hit.fix,
    )


def each_once(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings without duplicates: an object may be checked together with several others."""
    out: dict[tuple[Place, str, str], Finding] = {}
    for found in findings:
        key = found.place, found.rule.id, found.message
        out[key] = min(out.get(key, found), found, key=_severity)
    return list(out.values())


def _severity(item: Finding) -> tuple[bool, int, str]:
    return item.waived is not None, LEVELS.index(item.level), item.hint


def in_order(undecided: Iterable[Undecided]) -> tuple[Undecided, ...]:
    """Merge equal facts at the same place, with all rules that wait for them, in order."""
    out: dict[tuple[Place, str], Undecided] = {}
    for found in undecided:
        key = found.place, found.fact
        same = out.get(key, found)
        out[key] = found._replace(
            rules=tuple(sorted({*same.rules, *found.rules})), hint=min(same.hint, found.hint)
        )  # fmt: skip
    return tuple(_folded(sorted(out.values(), key=lambda item: (item.place[:3], item.fact))))


def _folded(undecided: Iterable[Undecided]) -> Iterator[Undecided]:
    """Merge a fact that several inputs lack: who knows it for one input can state it for all."""
    alike: dict[tuple[str, str, tuple[str, ...]], list[Undecided]] = {}
    for found in undecided:
        alike.setdefault((found.fact, found.hint, found.rules), []).append(found)
    for first, *more in alike.values():
        others = tuple(item.place for item in more)
        files = tuple(dict.fromkeys(place.file for place in others if place.file != first.place.file))
        also = say("the same for {files}", files=named(files)) if files else NOTHING
        yield first._replace(hint=together((first.hint, also)) if also else first.hint, others=others)
