from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING

import pytest

from eniplan import cli, terminal
from tests.judge import row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.harness import Run


def test_what_passes_and_what_does_not(run: Run) -> None:
    result = run("instances", "--family", "ecs.g8i", "--vcpus", "8..32", "--memory", "..128", "--on-sale", "--why")
    lines = result.out.splitlines()
    assert result.code == 0
    assert lines[0].split() == [
        "type", "vCPU", "GiB", "arch", "exclusive", "shared", "trunk", "ENIs", "IPv4", "IPv6", "Gbit/s", "source",
    ]  # fmt: skip
    assert "ecs.g8i.8xlarge" in result.out
    assert any(line.startswith("ecs.g8i.2xlarge: rejected by ENI001: ") for line in lines)
    assert "types found in specs of 2026-07-16" in result.err


def test_every_filter_at_once(run: Run) -> None:
    options = ("--arch", "arm", "--min-pods", "7", "--dual-stack", "--sort", "pods-per-vcpu", "--limit", "3")
    result = run("instances", *options, "--format", "names")
    assert result.code == 0
    assert len(result.out.splitlines()) == 3
    assert "94 skipped: CpuArchitecture unknown" in result.err
    first = json.loads(run("instances", *options, "-f", "json").out)["types"]
    assert [item["type"] for item in first] == result.out.splitlines()
    assert {item["architecture"] for item in first} == {"ARM"}


def test_nothing_found_is_exit_code_1(run: Run) -> None:
    result = run("instances", "--gpus", "99")
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "0 types found in specs of 2026-07-16; 511 skipped: GPUAmount unknown; "
        "a DescribeInstanceTypes response has more: pass --specs FILE, or run `eniplan specs update`\n"
    )


def test_gpus_of_the_api(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "specs.json"
    file.write_text(json.dumps({"InstanceTypes": {"InstanceType": [row(EniQuantity=9, GPUAmount=9)]}}))
    result = run("instances", "--gpus", "9", "--specs", file, "-f", "csv")
    assert result.code == 0
    assert len(result.out.splitlines()) == 2


def test_nearest_types(run: Run) -> None:
    result = run("instances", "--like", "ecs.g7.2xlarge", "-f", "names")
    assert len(result.out.splitlines()) == 10
    assert "ecs.g7.3xlarge" in result.out.splitlines()[:3]
    assert len(run("instances", "--like", "ecs.g7.2xlarge", "-f", "names", "-n", "2").out.splitlines()) == 2


def test_a_page_for_a_browser(run: Run) -> None:
    result = run("instances", "--family", "ecs.g7", "--format", "html")
    assert result.code == 0
    assert result.out.startswith("<!doctype html>\n")
    assert "ecs.g7.8xlarge" in result.out


def test_a_terminal_gets_the_view(run: Run) -> None:
    result = run("instances", "--family", "ecs.g7", env={"FORCE_COLOR": "1"})
    assert "\x1b[" in result.out
    assert "ecs.g7.8xlarge" in result.out


def test_a_plan_that_check_takes_from_a_pipe(run: Run) -> None:
    sized = ("instances", "--pods", "40", "--daemonsets", "1", "--on-sale", "--family", "ecs.g8i")
    table = run(*sized, "--spread", "2", "-f", "json")
    nodes = json.loads(table.out)["types"][0]["nodes"]
    zones = "cn-hangzhou-j, cn-hangzhou-k"
    result = run(*sized, "--spread", zones, "--terway", "v1.16.4", "--no-erdma", "--emit-plan")
    assert result.code == 0
    assert f"desiredSize: {nodes}\n" in result.out
    as_it_is = run("check", "-", "--format", "json", stdin=result.out.encode())
    assert as_it_is.code == 3
    told = [problem["message"] for problem in json.loads(as_it_is.out)["problems"]]
    assert all("still contains the placeholder <" in message for message in told)
    assert len(told) == result.out.count("<") - 1  # one in the words above the plan
    filled_in = re.sub(r": <app>|<([^>]+)>", lambda found: found[1] or ": app", result.out)
    checked = run("check", "-", "--format", "json", stdin=filled_in.encode())
    assert checked.code == 0
    assert json.loads(checked.out)["summary"]["error"] == 0


def test_what_may_be_lost(run: Run) -> None:
    def nodes(*options: str) -> int:
        out = run("instances", "--pods", "42", "--family", "ecs.g7", "-n", "1", "-f", "json", *options).out
        return int(json.loads(out)["types"][0]["nodes"])

    assert nodes() == 7
    assert nodes("--survive", "nothing") == 6
    assert nodes("--spread", "3") == 9
    assert nodes("--spread", "3", "--survive", "node") == 7


@pytest.fixture
def signals() -> Iterator[None]:
    """Keep the signals of a run in this process from every process that other tests start: it ends by ignoring them."""
    kept = {number: signal.getsignal(number) for number in terminal.INTERRUPTIONS}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("terway", "told"),
    [("v1.10.0", "plan:9:14: error TW001 "), ("<version>", "'version' still contains the placeholder <version>")],
)
def test_a_plan_that_would_not_pass_is_not_written(run: Run, terway: str, told: str) -> None:
    result = run("instances", "--pods", "4", "--spread", "cn-a", "--terway", terway, "--emit-plan")
    assert (result.code, result.out) == (1, "")
    assert told in result.err
    assert result.err.endswith("nothing was written: the plan would not pass\n")


def test_no_type_no_plan(run: Run) -> None:
    options = ("--pods", "4", "--spread", "cn-a", "--terway", "v1.16.4", "--emit-plan")
    result = run("instances", "--vcpus", "1", *options)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("0 types found")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--emit-plan", "--emit-plan requires --pods, for the size of the pool"),
        ("--spread 3", "--daemonsets, --spread and --survive require --pods"),
        ("--daemonsets 0", "--daemonsets, --spread and --survive require --pods"),
        ("--pods 4 --mode trunk", "--pods sizes pools for exclusive pods only"),
        ("--terway v1.16.4", "--terway requires --emit-plan"),
        ("--pods 4 --emit-plan --why", "--emit-plan prints a plan: remove --why and --format"),
        ("--pods 4 --emit-plan -f csv", "--emit-plan prints a plan: remove --why and --format"),
        ("--why -f names", "--format names lists only types that pass: remove --why"),
        ("--like ecs.g7.large --sort pods", "--like sorts by likeness: remove --sort"),
        ("--dual-stack --erdma", "--dual-stack cannot be combined with --erdma (DS003)"),
        ("--pods 4 --emit-plan --spread cn-a", "--emit-plan requires --terway VERSION and --spread with zone ids"),
        ("--pods 4 --emit-plan --spread 2 --terway v1", "--emit-plan requires --terway VERSION and --spread with zone"),
        ("--pods 4 --emit-plan --spread cn-a --terway \udcff", "'\\udcff' is not a Terway version"),
        ("--pods 4 --spread 9", "--spread asks for 9 zones; a pool has 1 to 8 vSwitches"),
        ("--pods 4 --spread 0", "--spread asks for 0 zones; a pool has 1 to 8 vSwitches"),
        ("--pods 4 --spread cn-a,cn-a", "--spread is 'cn-a,cn-a'; it must be a number of zones, or different zone ids"),
        ("--pods 4 --spread cn-a,<x>", "--spread is 'cn-a,<x>'; it must be a number of zones, or different zone ids"),
        ("--pods 4 --survive zone", "--survive zone needs two zones or more\n    such as --spread 3"),
        ("--vcpus many", "--vcpus is 'many'; it must be a number or an ascending range"),
        ("--family ecs.g77", "the specs of 2026-07-16 have no family 'ecs.g77'\n    did you mean 'ecs.g7'?"),
        ("--like ecs.g7.8xlarg", "the specs of 2026-07-16 have no type 'ecs.g7.8xlarg'\n    did you mean 'ecs.g7"),
        ("--like ecs.hpc8i.32xlarge", "the size of ecs.hpc8i.32xlarge is unknown, so no type can be compared"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("signals")
def test_what_cannot_be(capsys: pytest.CaptureFixture[str], options: str, told: str) -> None:
    code = cli.run(["instances", *options.split()])
    streams = capsys.readouterr()
    assert (code, streams.out) == (2, "")
    assert streams.err.startswith(f"command line: error: {told}")
