from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.plan.model import Waiver
from eniplan.rules import BY_ID
from eniplan.rules.base import Hit
from eniplan.rules.wv import WaiverView, wv003, wv004
from tests.judge import TODAY, found, judge, only

if TYPE_CHECKING:
    from eniplan.rules.base import AnyRule

TAINTLESS: dict[str, Any] = {"nodePools[0].taints": []}


def waived(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a waiver
    """Return changes to the example plan: a pool without taint, and a waiver of that."""
    return {**TAINTLESS, "waivers": [{"rule": "NP002", "path": "nodePools[0]", "reason": "agreed", **changes}]}


@pytest.mark.parametrize("path", ["nodePools", "nodePools[0]", "nodePools[0].taints"])
def test_a_path_covers_what_is_below_it(path: str) -> None:
    report = judge(waived(path=path))
    assert only(report, "NP002").waived == "agreed"
    assert report.waived == 1


@pytest.mark.parametrize("path", ["nodePools[1]", "nodePool", "nodePools[0].taint", "nodePools[0].taints[0]", "x"])
def test_any_other_path_covers_nothing(path: str) -> None:
    report = judge(waived(path=path))
    assert only(report, "NP002").waived is None
    assert only(report, "WV003").message == f"no finding of NP002 at {path}"


def test_index_ten_is_not_index_one() -> None:
    pools = {
        f"nodePools[{number}]": {
            "name": f"p{number}", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 1,
            "taints": [],
        }
        for number in range(1, 11)
    }  # fmt: skip
    report = judge({**pools, "waivers": [{"rule": "NP002", "path": "nodePools[1]", "reason": "agreed"}]})
    assert [f.place.path for f in found(report, "NP002") if f.waived] == ["nodePools[1].taints"]


def test_waived_findings_do_not_fail_or_count() -> None:
    changes = {"nodePools[0].instanceTypes": ["ecs.g7.2xlarge"]}
    assert judge(changes).exit_code == 1
    waivers = [{"rule": "ENI001", "path": "nodePools[0]", "reason": "tried it"}]
    report = judge({**changes, "waivers": waivers})
    assert (report.exit_code, report.total("error"), report.waived) == (0, 0, 1)
    assert judge({**changes, "waivers": waivers}, fail_on="info").exit_code == 0


class TestExpiry:
    def test_last_day_still_counts(self) -> None:
        report = judge(waived(expires=TODAY.isoformat()))
        assert only(report, "NP002").waived == "agreed"
        assert found(report, "WV002") == []

    def test_day_after(self) -> None:
        report = judge(waived(expires="2026-11-21"))
        assert only(report, "NP002").waived is None
        assert only(report, "WV002").message == "the waiver of NP002 expired on 2026-11-21"
        assert found(report, "WV003") == []  # one word about it is enough

    def test_no_day_of_any_calendar(self) -> None:
        report = judge(waived(expires="2026-02-30"))
        assert only(report, "NP002").waived is None
        assert only(report, "WV002").message == "'2026-02-30' is not a date"

    def test_without_today(self) -> None:
        assert only(judge(waived(expires="2020-01-01"), today=None), "NP002").waived == "agreed"
        assert only(judge(waived(expires="2026-02-30"), today=None), "NP002").waived is None

    def test_another_today(self) -> None:
        assert only(judge(waived(expires="2020-01-01"), today=date(2019, 12, 31)), "NP002").waived == "agreed"


class TestWV001:
    def test_typing_mistake(self) -> None:
        finding = only(judge(waived(rule="NP02")), "WV001")
        assert finding.message == "there is no rule 'NP02'"
        assert finding.hint.startswith("did you mean 'NP0")
        assert found(judge(waived(rule="NP02")), "WV003") == []

    def test_like_no_rule(self) -> None:
        assert only(judge(waived(rule="zzzz")), "WV001").hint == "`eniplan explain` lists them"

    def test_not_waivable(self) -> None:
        changes = {**waived(rule="PN007"), "podNetworkings": []}
        finding = only(judge(changes), "WV001")
        assert finding.message == "PN007 cannot be waived: a selector that Kubernetes refuses"
        assert finding.hint == "fix the finding, and remove the waiver"
        assert found(judge(changes), "WV003") == []


@pytest.mark.parametrize("section", ["nodePools", "podNetworkings", "workloads"])
def test_wv004_whole_sections(section: str) -> None:
    report = judge(waived(path=section))
    assert only(report, "WV004").hint == f"name the object: {section}[0]"


def test_two_waivers_for_one_finding_are_one_too_many() -> None:
    changes = waived()
    changes["waivers"].append({"rule": "NP002", "path": "nodePools[0].taints", "reason": "also"})
    report = judge(changes)
    assert only(report, "NP002").waived == "agreed"
    assert only(report, "WV003").place.path == "waivers[1]"


class TestWV005:
    @pytest.mark.parametrize("reason", ["", " \n", "<why>", "  <why>"])
    def test_no_reason(self, reason: str) -> None:
        report = judge(waived(reason=reason))
        assert only(report, "WV005").place.path == "waivers[0].reason"
        assert only(report, "NP002").waived is None
        assert found(report, "WV003") == []  # one word about it is enough

    def test_no_key(self) -> None:
        changes = waived()
        del changes["waivers"][0]["reason"]
        report = judge(changes)
        assert only(report, "WV005").message == "the waiver of NP002 has no reason"
        assert only(report, "WV005").place.path == "waivers[0].reason"
        assert report.problems == ()

    def test_any_other_text_is_one(self) -> None:
        assert found(judge(waived(reason="no")), "WV005") == []


def said(rule: AnyRule, waiver: Waiver, *used: str) -> list[tuple[str, str]]:
    """Return what a rule says of one waiver that holds findings in some files."""
    view = WaiverView((waiver,), TODAY, BY_ID, {waiver: used} if used else {}, ())
    return [(hit.message, hit.hint) for hit in rule.check(view) if isinstance(hit, Hit)]


@pytest.mark.parametrize(
    ("target", "file", "message", "hint"),
    [
        ("", "", "no finding of NP002", "its path"),
        ("nodePools[0]", "", "no finding of NP002 at nodePools[0]", "its path"),
        ("", "a.yaml", "no finding of NP002 in a.yaml", "its path or file"),
        ("nodePools[0]", "a.yaml", "no finding of NP002 at nodePools[0] in a.yaml", "its path or file"),
    ],
)
def test_wv003_says_where_nothing_is(target: str, file: str, message: str, hint: str) -> None:
    waiver = Waiver((), "NP002", target, "agreed", file=file)
    assert said(wv003, waiver) == [(message, f"remove the waiver, or correct {hint}")]
    assert said(wv003, waiver, "a.yaml") == []


@pytest.mark.parametrize(("file", "speaks"), [("*.json", True), ("**/*", True), ("-", False), ("prod/*", False)])
def test_wv004_a_glob_that_any_file_fits(file: str, speaks: bool) -> None:  # noqa: FBT001 - a parameter of the test
    told = [(f"the waiver of NP002 covers any file: {file}", "name the file, or its folder")]
    assert said(wv004, Waiver((), "NP002", "nodePools[0]", "agreed", file=file)) == (told if speaks else [])


def test_wv004_a_path_in_several_files() -> None:
    waiver = Waiver((), "NP002", "nodePools[0]", "agreed")
    message = "the waiver of NP002 at nodePools[0] matches in 2 files: a.yaml, b.yaml"
    assert said(wv004, waiver, "b.yaml", "a.yaml") == [(message, "name the file that it covers, with file:")]
    assert said(wv004, waiver, "a.yaml") == []
    assert said(wv004, waiver._replace(file="prod/*"), "b.yaml", "a.yaml") == []
