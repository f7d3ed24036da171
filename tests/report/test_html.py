"""The HTML pages: well formed, complete, and inert whatever a name holds. What they look like: test_in_browser.py."""

from __future__ import annotations

import re
from functools import cached_property
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.catalog.order import ORDERS
from eniplan.catalog.select import Wanted
from eniplan.catalog.sizing import Request
from eniplan.judging.find import Question, find
from eniplan.report import html_format, listing_html
from eniplan.report.html_page import bar, link, text
from eniplan.report.listing import brief_columns, shown
from eniplan.rules import BY_ID
from eniplan.rules.base import Settings
from eniplan.rules.by_type import Demands
from eniplan.rules.examples import VSWITCH_J
from eniplan.rules.examples_cluster import NODES, daemon_pod
from eniplan.text import printable
from tests.judge import catalog, judge, judge_plan, own, row
from tests.kube.support import judge_cluster
from tests.report.reports import MANY, NASTY, reports

if TYPE_CHECKING:
    from pathlib import Path

    from eniplan.report.listing import Listing

EMPTY = {"meta", "link", "br", "rect"}
"""Elements without an end."""
ATTRIBUTES = {
    "aria-label", "charset", "class", "content", "data-label", "height", "href", "http-equiv", "id", "lang", "name",
    "preserveaspectratio", "rel", "role", "scope", "viewbox", "width", "x", "y", "rx",
}  # fmt: skip
"""All that a page has: none of them can act."""
ADDRESSES = {"href", "src", "action", "data", "poster", "srcset", "formaction", "xlink:href"}


class Page(HTMLParser):
    """A page read by Python's own parser: its elements in order, its links and its text."""

    def __init__(self, source: str) -> None:
        """Read it to its end; every element that was opened must have been closed."""
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.labels: list[str] = []
        self._open: list[str] = []
        self.feed(source.replace("<wbr>", ""))  # a line may end there: no reader sees it
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ADDRESSES]
        self.labels += [value or "" for name, value in attrs if name == "aria-label"]
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        assert tag in EMPTY

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.words.append(data)

    @cached_property
    def text(self) -> str:
        """What a reader sees, on one line."""
        return " ".join(" ".join(self.words).split())


def seen(value: str) -> str:
    return " ".join(printable(value).split())


def assert_self_contained(page: Page) -> None:
    assert {"script", "iframe", "img", "object", "embed", "form", "base"} & set(page.tags) == set()
    assert page.attributes <= ATTRIBUTES
    assert all(address.startswith(("https://", "http://", "#", "data:,")) for address in page.links)


@pytest.mark.parametrize("name", reports())
def test_a_report_is_one_page_with_everything_in_it(name: str) -> None:
    report = reports()[name]
    source = html_format.write(report)
    page = Page(source)
    assert_self_contained(page)
    assert "@import" not in source
    assert "url(" not in source
    for finding in report.findings[:50]:
        for words in (finding.rule.id, finding.message, finding.hint, finding.waived or "", str(finding.place)):
            assert seen(words) in page.text
        assert all(seen(source.title) in page.text for source in finding.sources)
    for item in report.undecided:
        assert seen(item.fact) in page.text
    for problem in report.problems:
        assert seen(problem.message) in page.text
    for pool in report.pools[:50]:
        assert seen(pool.name) in page.text
        assert all(seen(kind) in page.text for kind in pool.capacity)


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("clean", "The plan passes"), ("one", "The plan passes"), ("many", "The plan fails"), ("strict", "The plan fails"),
     ("misfit", "The plan cannot be judged")],
)  # fmt: skip
def test_the_verdict_comes_first(name: str, verdict: str) -> None:
    assert verdict in Page(html_format.write(reports()[name])).text[:100]


def test_a_thousand_findings_hide_nothing_else() -> None:
    source = html_format.write(reports()["thousands"])
    # Of 1,000 pools and as many errors; of 500 warnings, and as many that are waived.
    assert sorted(re.findall(r"<summary>(.*?)</summary>", source)) == ["480 more", "480 more", "980 more", "981 more"]
    shut = re.sub(r"<details>.*?</details>", "", source, flags=re.DOTALL)
    assert shut.count("<article") == 60
    rule = reports()["thousands"].findings[0].rule
    assert source.count(text(rule.effect)) <= 2


def test_long_lists_of_names_are_cut() -> None:
    pods = [daemon_pod("agent", NODES[0], name=f"agent-{number}") for number in range(50)]
    page = Page(html_format.write(judge_cluster({"pods": pods})))
    assert "kube-system/agent-10 and 47 more" in page.text
    assert "agent-49" not in page.text
    assert "nodes cn-hangzhou.10.0.0.1" in Page(html_format.write(judge_cluster(BY_ID["VER006"].fails))).text


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [({}, "The cluster passes 1 pool"), ({"pods": []}, "The cluster passes as far as known"),
     (BY_ID["VER006"].fails, "The cluster fails")],
)  # fmt: skip
def test_the_verdict_on_a_cluster(changes: dict[str, Any], verdict: str) -> None:
    assert verdict in Page(html_format.write(judge_cluster(changes))).text[:100]


def test_several_plans() -> None:
    report = reports()["many"]._replace(inputs=("a.yaml", "b.yaml"))
    assert "The plans fail " in Page(html_format.write(report)).text[:100]
    assert "The plans cannot be judged " in Page(html_format.write(report._replace(inputs=(), exit_code=3))).text[:100]


def test_errors_stand_before_warnings_and_waived_last() -> None:
    levels = re.findall(r'class="tag (error|warning|info|soft)">[a-z]+</span> <code>', html_format.write(judge(MANY)))
    assert levels == sorted(levels, key=["error", "warning", "info", "soft"].index)
    assert {"error", "warning", "info", "soft"} == set(levels)


@pytest.mark.parametrize("where", ["nodePools[0].name", "nodePools[0].terwayConfig"])
def test_a_hostile_name_stays_inert(where: str) -> None:
    for hostile in (
        NASTY,
        "x</style><script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "'--><svg onload=a>",
    ):
        page = Page(html_format.write(judge({where: hostile, "nodePools[0].taints": []})))
        assert_self_contained(page)
        assert all(character.isprintable() for character in page.text)
        assert seen(hostile) in page.text


@given(st.text(min_size=1))
def test_text_is_nothing_but_text(value: str) -> None:
    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs)["title"]))

        def handle_data(self, data: str) -> None:
            words.append(data)

    found: list[tuple[str, str | None]] = []
    words: list[str] = []
    reader = Reader()
    reader.feed(f'<b title="{text(value)}">{text(value)}')
    reader.close()
    assert found == [("b", printable(value))]
    assert "".join(words) == printable(value)


@pytest.mark.parametrize(
    ("url", "html"),
    [
        (
            "https://a.example/?q=1&r=2",
            '<a href="https://a.example/?q=1&amp;r=2" rel="noopener noreferrer">a &lt; b</a>',
        ),
        ("http://a.example", '<a href="http://a.example" rel="noopener noreferrer">a &lt; b</a>'),
        (None, "a &lt; b"),
        ("javascript:alert(1)", "a &lt; b (javascript:alert(1))"),
        ("data:text/html,x", "a &lt; b (data:text/html,x)"),
        (" https://a.example", "a &lt; b ( https://a.example)"),
        ("//a.example", "a &lt; b (//a.example)"),
        ('https://a"onclick="x', '<a href="https://a&quot;onclick=&quot;x" rel="noopener noreferrer">a &lt; b</a>'),
    ],
)
def test_only_addresses_of_the_web_become_links(url: str | None, html: str) -> None:
    assert link("a < b", url) == html


def parts_of(picture: str) -> dict[str, tuple[float, float]]:
    """Return where each part of a bar begins and ends, in percent."""
    found = re.findall(r'<rect class="(\w+)"(?: x="([\d.e-]+)")? width="([\d.e-]+)" height="10"/>', picture)
    assert len(found) == picture.count("<rect")
    return {name: (float(x or 0), float(x or 0) + float(width)) for name, x, width in found}


AMOUNTS = st.none() | st.integers(0, 10**9)


@given(AMOUNTS, AMOUNTS, AMOUNTS, st.integers(0, 10**9))
def test_a_bar_is_as_long_as_its_numbers(now: int | None, largest: int | None, free: int | None, scale: int) -> None:
    parts = parts_of(bar("x", now, largest, free, scale=scale))
    whole = max(now or 0, largest or 0, free or 0, scale, 1)
    most = max(now or 0, largest or 0)
    assert parts["track"] == (0.0, 100.0)
    assert all(0 <= begin <= end <= 100.01 for begin, end in parts.values())
    for name, amount in (("now", now), ("largest", largest)):
        assert (name in parts) == bool(amount)
        if amount:
            begin, end = parts[name]
            assert begin == 0
            assert end == pytest.approx(100 * amount / whole, abs=0.006)
    assert ("free" in parts) == (free is not None)
    assert ("over" in parts) == (free is not None and most > free)
    if free is not None and most > free:
        begin, end = parts["over"]
        assert begin == pytest.approx(100 * free / whole, abs=0.006)
        assert end == pytest.approx(100 * most / whole, abs=0.02)


def test_addresses_of_a_vswitch_add_up_over_pools() -> None:
    pools = [
        {"name": "one", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 2},
        {"name": "two", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"],
         "autoScaling": {"min": 1, "max": 4}},
    ]  # fmt: skip
    report = judge({"nodePools": pools, "cluster.vSwitches": [{**VSWITCH_J, "availableIps": 30}]})
    page = Page(html_format.write(report))
    # Each node takes an address for itself and seven for pods: 2 + 1 nodes now, 2 + 4 at most.
    assert "vsw-j 24 to 48 needed, 30 free one, two" in page.text
    assert "cn-hangzhou-j: 24 to 48 needed, 30 free" in page.labels
    assert html_format.write(report).count('class="over"') == 1


def test_a_waived_finding_says_why_and_where() -> None:
    page = Page(html_format.write(reports()["waived"]))
    (finding,) = (finding for finding in reports()["waived"].findings if finding.waived is not None)
    assert f"waived nobody else runs here {finding.waived_at} effect" in page.text
    assert "Findings" not in page.text


def test_what_is_not_known_is_not_drawn() -> None:
    page = Page(html_format.write(reports()["unknown"]))
    assert "exclusive pods: unknown" not in page.labels
    report = judge({"nodePools[0].instanceTypes": ["ecs.i4.8xlarge"]})
    page = Page(html_format.write(report))
    assert "room for exclusive pods unknown 3 nodes" in page.text
    assert not [label for label in page.labels if label.startswith("node ")]
    assert "vsw-j need unknown, 4000 free" in page.text


def test_a_pool_without_types() -> None:
    pools = [{"name": "none", "vSwitchIds": ["vsw-j"], "desiredSize": 1}]
    page = Page(html_format.write(judge_plan({"apiVersion": "eniplan/v1", "nodePools": pools})))
    assert "room for exclusive pods unknown 1 node Not decided" in page.text


def listings(tmp_path: Path) -> dict[str, Listing]:
    ask = Question(Wanted(families=("ecs.g7",)), Demands(dual=False, strict=False), ORDERS["vcpu"])
    specs = own(tmp_path, row(InstanceTypeId=NASTY, InstanceTypeFamily="ecs.mine", EniQuantity=9, GPUAmount=1))
    return {
        "why": find(catalog(), ask._replace(why=True), Settings()),
        "sized": find(catalog(), ask._replace(request=Request(40, 1, 3, "zone")), Settings()),
        "small": find(catalog(), ask._replace(request=Request(1, 0, 1, "node")), Settings()),
        "nasty": find(specs, ask._replace(wanted=Wanted(families=("ecs.mine",))), Settings()),
        "none": find(catalog(), ask._replace(wanted=Wanted(families=("ecs.g7",), min_pods=99)), Settings()),
    }


@pytest.mark.parametrize("name", ["why", "sized", "small", "nasty", "none"])
def test_found_types_are_one_page_with_everything_in_it(tmp_path: Path, name: str) -> None:
    listing = listings(tmp_path)[name]
    page = Page(listing_html.write(listing))
    assert_self_contained(page)
    for found in listing.rows:
        cells = " ".join(seen(shown(column.value(found))) for column in brief_columns(listing)).strip()
        assert cells in page.text
    for found in listing.rejected or ():
        assert seen(found.record.InstanceTypeId) in page.text
        assert all(seen(word.message) in page.text for word in found.words)
    assert ("Rejected" in page.text) == (name == "why")
    assert len([label for label in page.labels if label.endswith("pods per node")]) == len(listing.rows)


def test_what_pools_are_sized_for(tmp_path: Path) -> None:
    found = listings(tmp_path)
    head = Page(listing_html.write(found["sized"])).text
    assert "Nodes for 40 exclusive pods spread over 3 zones, beside 1 DaemonSet pod on each node, " in head
    assert "a whole zone may be lost" in head
    assert "Nodes for 1 exclusive pod one node may be lost" in Page(listing_html.write(found["small"])).text


def test_a_phrase_of_the_message_is_no_number() -> None:
    page = html_format.write(judge({"cluster.terway.version": "v1.13.7"}))
    assert "<dt>numbers</dt><dd>version <code>v1.13.7</code>, required <code>" in page
    assert ", why <code>" not in page
