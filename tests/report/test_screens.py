"""What people see: screens of the examples on a real terminal, and the same numbers in every format."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text

from eniplan import terminal
from eniplan.errors import Place, Problem
from eniplan.messages import say
from eniplan.report import html_format, json_format, markdown, plain, terminal_view, words
from eniplan.report.html_nodes import MOST_NODES
from eniplan.report.model import Account, Detail
from eniplan.report.terminal_view import Screen
from eniplan.rules.examples import POD_NETWORKING, TWO_ZONES, VSWITCH_J, VSWITCH_K, WORKLOAD, example
from eniplan.rules.remedies import remedy_of
from eniplan.text import columns
from tests.harness import EXAMPLES, REPO, TIMEOUT, clean_env, eniplan_command
from tests.judge import judge
from tests.kube.states import LINGJUN, LINGJUN_PLAN
from tests.kube.support import judge_cluster
from tests.report.reports import reports

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

    from eniplan.report.model import Report

ESCAPES = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\")


def screen(home: Path, size: tuple[int, int], *args: str, cwd: Path = REPO, **env: str) -> str:
    """Return what eniplan shows on a terminal of so many rows and columns."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    changes: dict[str, str | None] = {"TERM": "xterm-256color", "COLUMNS": None, **env}
    with subprocess.Popen(
        eniplan_command(*args), stdin=subprocess.DEVNULL, stdout=writer, stderr=writer, cwd=cwd,
        env=clean_env(home, changes),
    ) as process:  # fmt: skip
        os.close(writer)
        data = b""
        while True:
            try:
                part = os.read(reader, 65536)
            except OSError:  # Linux: nobody has the terminal open any more
                break
            if not part:
                break
            data += part
        process.wait(TIMEOUT)
    os.close(reader)
    return data.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [(24, 80), (50, 160)], ids=["80x24", "160x50"])
@pytest.mark.parametrize("name", sorted(file.name for file in EXAMPLES.iterdir()))
def test_examples(tmp_path: Path, name: str, size: tuple[int, int], language: str, snapshot: SnapshotAssertion) -> None:
    text = ESCAPES.sub("", screen(tmp_path, size, "check", f"examples/{name}", ENIPLAN_LANG=language))
    lines = text.splitlines()
    assert max(map(columns, lines)) <= size[1]
    assert not [line for line in lines if line.lstrip()[:1] in set("\uff0c\u3002\u3001\uff1b\uff1a\uff09")]
    assert text == snapshot


THREE = {"nodePools[0].instanceTypes": ["ecs.g7.2xlarge"], "nodePools[0].taints": [],
         "workloads": [{**WORKLOAD, "replicas": 22}]}  # fmt: skip


def shown(report: Report, width: int = 80, detail: Detail | None = None, lines: Sequence[str] = ()) -> str:
    return terminal_view.write(report, Screen(width, colour=False), detail or Detail(), lambda _: lines)


def lines_of_example(changes: dict[str, Any]) -> list[str]:
    return json.dumps(example(changes), indent=1).splitlines()


def test_three_findings_fit_a_screen() -> None:
    report = judge(THREE)
    assert len(report.findings) == 3
    text = shown(report, lines=lines_of_example(THREE))
    assert len(text.splitlines()) <= 24, text
    assert all(columns(line) <= 80 for line in text.splitlines())
    assert '"ecs.g7.2xlarge"' in text
    assert text.count("^") > 3


@pytest.mark.parametrize("language", ["en", "zh"])
def test_three_findings_fit_a_screen_when_little_of_the_cluster_is_known(tmp_path: Path, language: str) -> None:
    (tmp_path / "plan.yaml").write_text(
        "apiVersion: eniplan/v1\ncluster:\n  terway: {version: v1.16.4}\nnodePools:\n  - name: trading\n"
        "    instanceTypes: [ecs.g8i.xlarge]\n    vSwitchIds: [vsw-j]\n    desiredSize: 3\n"
        "    labels: {k8s.aliyun.com/exclusive-mode-eni-type: enionly}\n"
        "workloads:\n  - {name: matcher, kind: Deployment, replicas: 30, nodePool: trading}\n"
    )
    text = ESCAPES.sub("", screen(tmp_path, (24, 80), "check", "plan.yaml", cwd=tmp_path, ENIPLAN_LANG=language))
    assert text.count("[ENI001]") == text.count("[ENI008]") == text.count("[NP001]") == 1
    assert len(text.splitlines()) <= 24, text
    assert max(map(columns, text.splitlines())) <= 80


BARE = {
    "plan.yaml": """\
apiVersion: eniplan/v1
nodePools:
  - name: trading
    instanceTypes: [ecs.g7.2xlarge]
    vSwitchIds: [vsw-j]
    desiredSize: 3
    labels: {k8s.aliyun.com/exclusive-mode-eni-type: enionly}
""",
    "body.json": """\
{
  "nodepool_info": {"name": "trading"},
  "kubernetes_config": {
    "labels": [{"key": "k8s.aliyun.com/exclusive-mode-eni-type", "value": "enionly"}]
  },
  "scaling_group": {"instance_types": ["ecs.g7.2xlarge"], "vswitch_ids": ["vsw-j"], "desired_size": 3}
}
""",
    "pool.tf": """\
resource "alicloud_cs_kubernetes_node_pool" "trading" {
  cluster_id     = var.cluster
  node_pool_name = "trading"
  vswitch_ids    = ["vsw-j"]
  instance_types = ["ecs.g7.2xlarge"]
  desired_size   = 3
  labels {
    key   = "k8s.aliyun.com/exclusive-mode-eni-type"
    value = "enionly"
  }
}
variable "cluster" {}
""",
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", BARE)
def test_three_findings_fit_a_screen_when_nothing_of_the_cluster_is_known(
    tmp_path: Path, name: str, language: str
) -> None:
    (tmp_path / name).write_text(BARE[name])
    text = ESCAPES.sub("", screen(tmp_path, (24, 80), "check", name, cwd=tmp_path, ENIPLAN_LANG=language))
    assert len(re.findall(r"^(?:error|warning)\[", text, re.MULTILINE)) == 3
    assert len(text.splitlines()) <= 24, text
    assert max(map(columns, text.splitlines())) <= 80


def test_pools_of_one_name_are_told_apart_by_their_files() -> None:
    report = judge()
    (pool,) = report.pools
    assert "plan.json" not in shown(report)
    both = report._replace(pools=(pool, pool._replace(file="b.yaml"), pool._replace(name="other", file="c.yaml")))
    text = shown(both)
    assert text.count(" plan.json\n") == text.count(" b.yaml\n") == 1
    assert "c.yaml" not in text


def test_facts_wait_beside_findings() -> None:
    changes: dict[str, Any] = {"cluster": {"terway": {"version": "v1.16.4"}}}
    alone, beside = judge(changes), judge({**changes, "nodePools[0].taints": []})
    assert len(alone.undecided) == len(beside.undecided) > 6
    listed = shown(alone)
    assert "? Not decided, because a fact is not known\n  cluster." in listed
    assert f"  and {len(alone.undecided) - 6} more: --explain shows all\n" in listed
    first, second, *more = (item.fact for item in beside.undecided)
    assert f"? undecided: {first}, {second} and {len(more)} more\n" in shown(beside)
    assert f"  {more[-1]}  " in shown(beside, detail=Detail(explain=True))


def test_nothing_breaks_within_a_word() -> None:
    report = reports()["many"]
    whole = {word for line in shown(report, 400, Detail(explain=True)).splitlines() for word in line.split()}
    for width in (80, 100, 160):
        text = shown(report, width, Detail(explain=True))
        assert {word for line in text.splitlines() for word in line.split()} <= whole


def test_many_alike_are_folded() -> None:
    pools = [{"name": f"p{i}", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 1,
              "taints": []} for i in range(12)]  # fmt: skip
    report = judge({"nodePools": pools, "podNetworkings": []})
    assert [finding.rule.id for finding in report.findings] == ["NP002"] * 12
    text = shown(report)
    assert text.count("NP002]") == 1
    assert "and 11 more alike: " in text
    assert shown(report, detail=Detail(explain=True)).count("NP002]") == 12
    concise = shown(report, detail=Detail(concise=True)).splitlines()
    assert sum(line.startswith("plan.json:") for line in concise) == 12
    assert "Capacity" not in "".join(concise)
    assert plain.write(report, Detail(concise=True)).count("\n") == 12


def test_explain_tells_effect_and_sources_once() -> None:
    report = judge({"nodePools[0].instanceTypes": ["ecs.g7.2xlarge", "ecs.g7.xlarge"]})
    rule = next(finding.rule for finding in report.findings if finding.rule.id == "ENI001")
    for text in (plain.write(report, Detail(explain=True)), shown(report, 400, Detail(explain=True))):
        assert text.count(rule.effect) == 1
        assert all(source.title in text for source in rule.sources)
        assert text.count(f"remedy: {remedy_of(rule).do}\n") == 1
        assert text.count("Terraform: instance_types = [") == 1
    assert rule.effect not in shown(report, 400)
    assert "remedy" not in shown(report, 400)
    assert json.loads(json_format.write(report))["remedies"]["ENI001"] == remedy_of(rule).as_map()
    assert "everything with --explain" in shown(report)


def test_what_can_be_fixed_is_marked() -> None:
    both = judge(THREE)
    assert [words.is_marked(finding) for finding in both.findings] == [False, False, True]
    told = "[*] 1 fixable with `eniplan check --fix`; 1 more with --unsafe-fixes"
    assert words.fixable(both) == told
    assert f"\n{told}\n" in shown(both)
    assert "warning[NP002] [*]: pool" in shown(both)
    assert " warning NP002 [*] pool" in shown(both, detail=Detail(concise=True))
    assert " warning NP002 [*] pool" in plain.write(both)
    page = html_format.write(both)
    assert told in page
    assert "<code>NP002</code> [*] " in page
    (taint,) = judge({"nodePools[0].taints": []}).findings
    only = both._replace(findings=(taint,))
    assert words.fixable(only) == "[*] 1 fixable with `eniplan check --fix`"
    # Nobody can write to stdin, and a type that costs more is asked for by an option of its own.
    assert words.fixable(only._replace(findings=(taint._replace(place=Place("-", 1, 1)),))) == ""
    unsafe = both._replace(findings=tuple(f for f in both.findings if f.rule.id == "ENI001"))
    assert words.fixable(unsafe).startswith("1 fixable with `eniplan check --fix --unsafe-fixes`")
    assert "[*]" not in shown(unsafe)


WRAPPED = {
    "words end lines": ("pool a has no taint", 11, ["pool a has", "no taint"]),
    "a word that no line holds": ("a vsw-1234567890 b", 6, ["a", "vsw-12", "345678", "90 b"]),
    "Chinese ends anywhere": ("\u8282\u70b9\u6c60\u6ca1\u6709", 6, ["\u8282\u70b9\u6c60", "\u6ca1\u6709"]),
    "no line begins with a comma": ("\u8282\u70b9\u6c60\uff0c\u6ca1", 6, ["\u8282\u70b9", "\u6c60\uff0c\u6ca1"]),
    "or ends with a bracket": ("\u8282\u70b9\uff08vsw\uff09", 6, ["\u8282\u70b9", "\uff08vsw", "\uff09"]),
    "a name stays whole": ("\u8282\u70b9 vsw-j \u6c60", 8, ["\u8282\u70b9", "vsw-j \u6c60"]),
    "nothing": ("", 8, [""]),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_lines_end_where_they_may(name: str) -> None:
    text, width, lines = WRAPPED[name]
    assert [line.plain for line in terminal_view.wrapped(Text(text), width)] == lines


def test_links_are_only_for_terminals_that_take_them(tmp_path: Path) -> None:
    args = ("check", "examples/many-mistakes.yaml")
    plain_text = screen(tmp_path, (24, 80), *args)
    linked = screen(tmp_path, (24, 80), *args, TERM_PROGRAM="vscode")
    assert "\x1b]8;" not in plain_text
    target = (REPO / "examples" / "many-mistakes.yaml").as_uri()
    assert f"\x1b]8;;{target}#L10\x1b\\ 10 \x1b]8;;\x1b\\" in re.sub(r"\x1b\[[0-9;]*m", "", linked)
    assert ESCAPES.sub("", linked) == ESCAPES.sub("", plain_text)
    assert "\x1b]8;" not in screen(tmp_path, (24, 80), *args, TERM_PROGRAM="vscode", CI="1")


@pytest.mark.parametrize("path", ["plans/of a team/pool.yaml", terminal.STDIN])
def test_the_place_of_a_concise_finding_is_a_link(path: str) -> None:
    report = judge({"nodePools[0].instanceTypes": ["ecs.g7.2xlarge"]})
    finding = report.findings[0]._replace(place=Place(path, 7, 5))
    told = terminal_view.write(report._replace(findings=(finding,)), Screen(80, links=True), Detail(concise=True))
    address = f"{REPO.as_uri()}/plans/of%20a%20team/pool.yaml#L7"
    links = re.findall(r"\x1b\]8;[^;]*;([^\x1b]+)\x1b\\", told)
    assert links == ([] if path == terminal.STDIN else [address])


def test_an_input_that_is_not_the_same_any_more_is_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("a: 1\n")
    path = str(file)
    assert terminal.read_again(path) is None
    assert terminal.read_input(path) == b"a: 1\n"
    assert terminal.read_again(path) == b"a: 1\n"
    file.write_text("b: 23\n")
    assert terminal.read_again(path) is None
    file.unlink()
    assert terminal.read_again(path) is None


def test_stdin_is_quoted() -> None:
    result = subprocess.run(
        eniplan_command("check", "-"), input=json.dumps({"apiVersion": "eniplan/v1", "nodePools": [
            {"name": "a", "instanceTypes": ["ecs.g7.2xlarge"]}]}, indent=1).encode(),
        env={**os.environ, "FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "100"}, capture_output=True, check=False,
        timeout=TIMEOUT,
    )  # fmt: skip
    assert '|     "ecs.g7.2xlarge"\n' in result.stdout.decode()


SIZES = st.fixed_dictionaries(
    {
        "replicas": st.integers(0, 60),
        "daemons": st.integers(0, 3),
        "free": st.one_of(st.none(), st.integers(0, 90)),
        "sizes": st.tuples(st.integers(0, 6), st.integers(0, 6)),
        "balance": st.booleans(),
    }
)


def report_of(numbers: dict[str, Any]) -> Report:
    low, high = sorted(numbers["sizes"])
    free = {} if numbers["free"] is None else {"availableIps": numbers["free"]}
    pool: dict[str, Any] = {
        "name": "trading", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j", "vsw-k"],
        "systemPodsPerNode": numbers["daemons"], "autoScaling": {"min": low, "max": max(high, 1)},
    }  # fmt: skip
    if numbers["balance"]:
        pool["multiAzPolicy"] = "BALANCE"
    return judge(
        {
            "cluster.vSwitches": [{**VSWITCH_J, **free}, {**VSWITCH_K, **free}],
            "cluster.podDefaults.vSwitchIds": ["vsw-j", "vsw-k"],
            "nodePools": [pool],
            "podNetworkings": [{**POD_NETWORKING, "vSwitchIds": ["vsw-j", "vsw-k"]}],
            "workloads": [{**WORKLOAD, "replicas": numbers["replicas"]}],
        }
    )


@given(SIZES)
@settings(max_examples=40, deadline=None)
def test_text_json_and_html_have_the_same_numbers(numbers: dict[str, Any]) -> None:
    report = report_of(numbers)
    document = json.loads(json_format.write(report))
    (sheet,) = document["pools"]
    page, text, table = html_format.write(report), shown(report, 300), markdown.write(report)
    room = sheet["exclusivePods"]["max"]
    used = sheet["used"]["max"] if "used" in sheet else None
    spoken = {finding["rule"] for finding in document["findings"]}

    # Demand against room: as the rule judges it.
    if used is not None:
        assert used == numbers["replicas"] + numbers["daemons"] * sheet["nodes"]["max"]
        assert sheet["free"]["max"] == room - used
        assert ("ENI008" in spoken) == (used > room)
        told = (
            f"{used} exclusive ENIs needed, {room} available"
            if used > room
            else f"{used} of {room} exclusive pods used"
        )
        assert all(told in written for written in (page, text, plain.write(report), table))
        assert page.count('class="fixed"') + page.count('class="now" x=') == min(used, room)
        assert page.count('class="slot"') == max(room - used, 0)
    spare = sheet.get("spareNodes", {}).get("max")
    assert (" may be lost" in text) == (spare is not None)
    if spare:
        lost = report_of({**numbers, "sizes": (0, sheet["nodes"]["max"] - spare)})
        assert not [finding for finding in lost.findings if finding.rule.id == "ENI008"]

    # Bars against findings.
    assert ('class="over"' in page) == ("NET002" in spoken)
    for zone in document["zones"]:
        needed = sorted({zone["needed"]["desired"], zone["needed"]["max"]})
        free = "unknown" if zone["available"] is None else zone["available"]
        said = f"{' to '.join(map(str, needed))} needed, {free} free"
        assert said in page
        assert said in table
    # The same errors and warnings everywhere.
    summary = document["summary"]
    for count, word in ((summary["error"], "error"), (summary["warning"], "warning")):
        told = f"{count} {word}{'' if count == 1 else 's'}"
        assert all(told in written for written in (page, text, table))


@pytest.mark.parametrize(("nodes", "drawn"), [(MOST_NODES, True), (MOST_NODES + 1, False)], ids=["each", "too many"])
def test_a_large_pool_is_a_bar(nodes: int, drawn: bool) -> None:  # noqa: FBT001 - a parameter of the test
    report = judge({"nodePools[0].desiredSize": nodes, "workloads": [{**WORKLOAD, "replicas": 9}]})
    page = html_format.write(report)
    assert (page.count('<svg class="node"') == nodes) == drawn
    assert (f'aria-label="9 of {nodes * 7} exclusive pods used"' in page) != drawn


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "several ENIs": ({"workloads": [{**WORKLOAD, "replicas": 3, "eniRequest": 2}]}, "6 of 21 exclusive ENIs used"),
    "nodes unknown": (
        {"nodePools[0].desiredSize": None, "nodePools[0].systemPodsPerNode": 2}, "system pods 2 per node",
    ),
    "two a node": ({"nodePools[0].systemPodsPerNode": 2}, "6 of 21 exclusive pods used: system pods 6 (2 per node)"),
    "nothing to spare": ({"workloads": [{**WORKLOAD, "replicas": 21}]}, "0 free; no node may be lost"),
    "a zone to spare": (
        {
            **TWO_ZONES, "nodePools[0].desiredSize": 4, "nodePools[0].multiAzPolicy": "BALANCE",
            "workloads": [{**WORKLOAD, "replicas": 14}],
        },
        "14 free; 2 nodes, or a zone, may be lost",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_words_of_the_sheet(name: str) -> None:
    changes, told = CASES[name]
    assert told in shown(judge(changes), 200)


def every(report: Report) -> dict[str, Callable[[], str]]:
    return {
        "text": lambda: shown(report),
        "html": lambda: html_format.write(report),
        "md": lambda: markdown.write(report),
    }


def test_a_pool_of_unknown_need_is_not_counted_as_none() -> None:
    pools = [
        {"name": "one", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 8},
        {"name": "two", "instanceTypes": ["ecs.i4.8xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 1},
    ]
    report = judge({"nodePools": pools, "cluster.vSwitches": [{**VSWITCH_J, "availableIps": 60}]})
    (finding,) = (finding for finding in report.findings if finding.rule.id == "NET002")
    assert finding.facts["needed"] == 65
    for write in every(report).values():
        text = " ".join(write().split())
        assert "at least 65 needed, 60 free" in text
        assert "two (unknown)" in text


def test_many_pools_are_counted() -> None:
    pools = [{"name": f"p{i}", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 1}
             for i in range(15)]  # fmt: skip
    report = judge({"nodePools": pools, "podNetworkings": []})
    text = shown(report)
    assert text.count("room for 7 exclusive pods") == 12
    assert "and 3 more pools: --explain shows all" in text
    assert shown(report, detail=Detail(explain=True)).count("room for 7 exclusive pods") == 15


def test_facts_of_an_account_are_told_in_the_summary() -> None:
    report = judge()._replace(
        accounts=(Account("c1", "cn-hangzhou", "2026-11-22"), Account("c2", "cn-x", "2026-11-22"))
    )
    assert words.summary(report).startswith(
        "1 pool checked with specs of 2026-07-16 and the account in cn-hangzhou on 2026-11-22, cn-x on 2026-11-22: "
    )


def test_why_a_run_fails() -> None:
    warned = judge({"nodePools[0].taints": []})
    failed = warned._replace(fail_on="warning", exit_code=1)
    assert words.summary(failed).endswith("1 warning: fails by --fail-on warning")
    assert words.summary(judge({"nodePools[0].taints": []}, strict=True)).endswith("1 warning")
    assert words.summary(reports()["strict"]).endswith("fails by --strict, which allows no unknown facts")
    problem = Problem(say("cannot read {what}", what="x"), Place("plan.json"))
    assert warned._replace(problems=(problem,), failures=(problem,)).judged().exit_code == 4
    assert json.loads(json_format.write(warned))["summary"]["failedBy"] is None


def test_lingjun_nodes_lack_nothing_that_they_never_offer() -> None:
    assert "| training | 3 of 3 | n/a | 3 of 3 |" in markdown.write(judge_cluster(LINGJUN, LINGJUN_PLAN))


def test_addresses_that_nobody_states() -> None:
    report = judge({"cluster.vSwitches": [{"id": "vsw-j", "zone": "cn-hangzhou-j", "vpcId": "vpc-1"}]})
    assert "cn-hangzhou-j needs 24 addresses, unknown how many are free" in shown(report, 200, Detail(explain=True))


@pytest.mark.parametrize("is_report", [True, False])
def test_a_failure_as_a_document(is_report: bool) -> None:  # noqa: FBT001 - a parameter of the test
    problem = Problem(say("no such option: {option}", option="--x"), Place("command line"), say("look"))
    document = json.loads(json_format.failure([problem], 2, is_report=is_report))
    assert (document["exitCode"], "summary" in document) == (2, is_report)
    place = {"file": "command line", "line": 0, "column": 0, "path": ""}
    assert document["problems"] == [{**place, "message": "no such option: --x", "hint": "look"}]


def test_a_finding_of_a_whole_file() -> None:
    report = judge({"nodePools[0].taints": []})
    (finding,) = report.findings
    report = report._replace(findings=(finding._replace(place=Place("plan.json")),))
    assert plain.write(report).startswith("plan.json: warning NP002 [*] pool 'trading' has no taint: other")
    assert "| plan.json\n" in shown(report)
