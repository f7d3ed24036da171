"""`specs update` and `specs diff` as users run them, against the loopback cloud."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.catalog.store import Catalog
from eniplan.cloud.policy import COMMANDS
from eniplan.observed import TYPE_INFO, TYPE_LABEL
from eniplan.rules.examples_cluster import CLUSTER
from tests.emit.support import needs
from tests.harness import EXAMPLES
from tests.kube.support import FakeApi
from tests.live.runs import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness import Result, Run
    from tests.live.runs import Live, LiveRun
    from tests.loopback import Cloud

PLAN = EXAMPLES / "trading-ipv4.yaml"
I4 = ("check", "--type", "ecs.i4.8xlarge", "--terway", "v1.16.4", "--ip-stack", "ipv4")


class Machine:
    """One user's machine, with a data folder of its own."""

    def __init__(self, live: Live, data: Path) -> None:
        """Take how eniplan is run, and the folder."""
        self._live = live
        self.data = data
        self.kept = data / "eniplan" / "specs.jsonl"

    def start(self, *args: str | Path, env: dict[str, str | None] | None = None) -> LiveRun:
        return self._live(*args, env={"XDG_DATA_HOME": str(self.data), **(env or {})})

    def __call__(self, *args: str | Path, env: dict[str, str | None] | None = None) -> Result:
        return self.start(*args, env=env).wait()

    def update(self, *args: str | Path) -> Result:
        return self("specs", "update", "--region", "cn-hangzhou", *args)


@pytest.fixture
def machine(live: Live, cloud: Cloud, tmp_path: Path) -> Machine:
    # A few types, one on each page: 1,200 would be told from four by tests about pages and differences only.
    types = cloud.state["instanceTypes"]
    few = {name: types[name] for name in ("ecs.i4.2xlarge", "ecs.i4.8xlarge")}
    cloud.state["instanceTypes"] = {"ecs.g8i.8xlarge": {}, "ecs.g7.xlarge": {}, **few}
    cloud.state["pageSizes"] = {"DescribeInstanceTypes": 1}
    return Machine(live, tmp_path / "data")


def give_all_types(cloud: Cloud) -> None:
    cloud.state["instanceTypes"]["*"] = {}
    cloud.state["pageSizes"] = {}


class TestUpdate:
    def test_every_page_is_kept_for_this_user(self, machine: Machine, cloud: Cloud) -> None:
        give_all_types(cloud)
        cloud.state["instanceTypes"]["ecs.new.8xlarge"] = {"EniQuantity": 12, "MemorySize": 64}
        done = machine.update()
        assert (done.code, done.out) == (0, "")
        assert f"1242 instance types of cn-hangzhou written to {machine.kept}\n" in done.err
        assert "eniplan specs diff\n" in done.err
        assert cloud.actions == ["DescribeInstanceTypes"] * 13
        assert {call.parameters["MaxResults"] for call in cloud.requests} == {"100"}
        assert [call.action for call in COMMANDS["specs update"]] == ["DescribeInstanceTypes"]
        catalog = Catalog(specs=str(machine.kept))
        assert catalog.own is not None
        assert (catalog.own.region, catalog.count()) == ("cn-hangzhou", 1242)
        new = catalog.get("ecs.new.8xlarge")
        assert new is not None
        assert (new.EniQuantity, new.MemorySize, new.InstanceTypeFamily, new.on_sale) == (12, 64, "ecs.new", None)
        # A second run finds nothing else to say, and leaves nothing behind.
        before = machine.kept.read_bytes()
        assert machine.update().code == 0
        assert machine.kept.read_bytes() == before
        assert [file.name for file in machine.kept.parent.iterdir()] == ["specs.jsonl"]

    def test_every_command_uses_it_and_says_so(self, machine: Machine) -> None:
        assert machine(*I4).code == 1
        machine.update()
        done = machine(*I4)
        assert done.code == 0
        assert "1 pool checked with specs of 2026-07-16 and of cn-hangzhou on " in done.err
        report = json.loads(machine(*I4, "--format", "json").out)
        assert report["specs"]["own"]["file"] == str(machine.kept)
        shown = machine("specs", "show", "ecs.i4.8xlarge").out
        assert "EniQuantity: 8  [account-cn-hangzhou-" in shown
        assert "DescribeInstanceTypes, asked in cn-hangzhou, 2" in shown
        assert f"before it: {machine.kept}, cn-hangzhou on 2" in machine("specs").out
        assert json.loads(machine("specs", "--format", "json").out)["own"]["region"] == "cn-hangzhou"

    def test_the_account_is_the_source_of_findings(self, machine: Machine, cloud: Cloud) -> None:
        cloud.state["instanceTypes"]["ecs.g8i.8xlarge"] = {"EniQuantity": 6}
        machine.update()
        report = json.loads(machine("check", PLAN, "--format", "json").out)
        (finding,) = (finding for finding in report["findings"] if finding["rule"] == "ENI001")
        assert finding["facts"]["EniQuantity"] == 6
        assert "DescribeInstanceTypes, asked in cn-hangzhou" in [source["title"] for source in finding["sources"]]

    def test_named_data_lies_over_what_was_kept(self, machine: Machine, tmp_path: Path) -> None:
        machine.update()
        mine = tmp_path / "mine.json"
        mine.write_text('{"InstanceTypeId": "ecs.mine.8xlarge", "EniQuantity": 8}')
        done = machine(*I4, "--specs", mine)
        assert done.code == 0
        assert f" and {mine}: 0 errors" in done.err
        assert " and of cn-hangzhou on " in done.err
        done = machine(*I4, "--specs", "bundled")
        assert done.code == 1
        assert "of 2026-07-16: 1 error" in done.err
        other = tmp_path / "other.jsonl"
        other.write_text(machine.kept.read_text().replace("ecs.i4.8xlarge", "ecs.i4.9xlarge"))
        assert machine(*I4, "--specs", other).code == 1, (
            "another file of `specs update` takes the place of what was kept"
        )

    def test_a_file_to_commit(self, machine: Machine, tmp_path: Path) -> None:
        out = tmp_path / "cn-hangzhou.jsonl"
        done = machine.update("--out", out)
        assert f"written to {out}\nto see what changed: eniplan specs diff --specs {out}\n" in done.err
        assert not machine.data.exists()
        assert machine(*I4).code == 1
        assert machine(*I4, "--specs", out).code == 0

    def test_the_region_of_the_environment(self, machine: Machine) -> None:
        done = machine("specs", "update", env={"REGION_ID": "cn-beijing"})
        assert "of cn-beijing written" in done.err

    def test_without_a_region_nothing_is_asked(self, machine: Machine, cloud: Cloud) -> None:
        done = machine("specs", "update")
        assert (done.code, done.out) == (2, "")
        assert "no region: pass --region, such as cn-hangzhou" in done.err
        assert machine("specs", "update", "--region", "a.b/c").code == 2
        assert cloud.requests == []

    @pytest.mark.parametrize(
        ("kind", "options", "words"),
        [
            ("answer", {"body": {"code": "Forbidden.RAM"}, "status": 403}, "RAM denies ecs:DescribeInstanceTypes"),
            ("answer", {"body": {"InstanceTypes": {"InstanceType": [{}]}}, "status": 200}, "needs an InstanceTypeId"),
            ("answer", {"body": {"NextToken": "x"}, "status": 200}, "InstanceTypes is missing"),
        ],
        ids=["denied", "no id", "no types"],
    )
    def test_a_page_that_cannot_be_had_leaves_what_was_kept(
        self, machine: Machine, cloud: Cloud, kind: str, options: dict[str, Any], words: str
    ) -> None:
        machine.update()
        before = machine.kept.read_bytes()
        cloud.fault("DescribeInstanceTypes", kind, call=3, **options)
        done = machine.update()
        assert (done.code, done.out) == (4, "")
        assert words in done.err
        assert machine.kept.read_bytes() == before

    def test_secrets_that_an_answer_repeats_are_not_told(self, machine: Machine, cloud: Cloud) -> None:
        cloud.fault("*", "echo-secret")
        done = machine.update()
        assert done.code == 4
        assert SECRET not in done.out + done.err

    def test_ctrl_c_leaves_what_was_kept(self, machine: Machine, cloud: Cloud) -> None:
        machine.update()
        before = machine.kept.read_bytes()
        cloud.fault("DescribeInstanceTypes", "hold", call=2)
        run = machine.start("specs", "update", "--region", "cn-hangzhou")
        cloud.wait_for("DescribeInstanceTypes", 6)
        run.interrupt()
        done = run.wait()
        assert done.code == 130
        partial = machine.kept.parent / "specs.jsonl.partial"
        assert f"1 page is kept in {partial}: the same command continues from there\n" in done.err
        assert sorted(file.name for file in machine.kept.parent.iterdir()) == ["specs.jsonl", partial.name]
        assert machine.kept.read_bytes() == before

    def test_an_account_without_types_is_not_believed(self, machine: Machine, cloud: Cloud) -> None:
        cloud.state["instanceTypes"] = {}
        done = machine.update()
        assert done.code == 4
        assert "the account lists no instance type" in done.err
        assert list(machine.kept.parent.iterdir()) == []

    def test_pages_without_end_are_not_believed(self, machine: Machine, cloud: Cloud) -> None:
        for number in range(1, 102):
            body = {"InstanceTypes": {"InstanceType": []}, "NextToken": str(number)}
            cloud.fault("DescribeInstanceTypes", "answer", call=number, status=200, body=body)
        done = machine.update()
        assert done.code == 4
        assert "more than 100 pages" in done.err
        assert len(cloud.requests) == 100
        assert list(machine.kept.parent.iterdir()) == [], "none of it is believed"

    def test_pages_that_go_round_in_a_circle_are_not_believed(self, machine: Machine, cloud: Cloud) -> None:
        row = {"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 8}
        for number, token in enumerate(("a", "b", "a"), 1):
            body = {"InstanceTypes": {"InstanceType": [row]}, "NextToken": token}
            cloud.fault("DescribeInstanceTypes", "answer", call=number, status=200, body=body)
        done = machine.update()
        assert done.code == 4
        assert "the same NextToken comes again" in done.err
        assert len(cloud.requests) == 3
        assert list(machine.kept.parent.iterdir()) == []

    def test_where_no_folder_can_be_made(self, machine: Machine) -> None:
        machine.data.write_text("no folder")
        done = machine.update()
        assert done.code == 3
        assert "cannot create the folder: not a directory" in done.err

    def test_a_relative_data_home_is_ignored_as_its_standard_asks(self, machine: Machine, tmp_path: Path) -> None:
        (tmp_path / "home").mkdir()
        env: dict[str, str | None] = {"XDG_DATA_HOME": "data", "HOME": str(tmp_path / "home")}
        machine("specs", "update", "--region", "cn-hangzhou", env=env)
        assert (tmp_path / "home" / ".local" / "share" / "eniplan" / "specs.jsonl").exists()

    def test_half_a_file_is_told(self, machine: Machine) -> None:
        machine.update()
        whole = machine.kept.read_bytes()
        machine.kept.write_bytes(whole[: len(whole) // 2])
        done = machine(*I4)
        assert (done.code, done.out) == (3, "")
        assert f"{machine.kept}: error: this file of `eniplan specs update` has been modified or truncated" in done.err
        assert "--specs bundled" in done.err
        assert machine(*I4, "--specs", "bundled").code == 1


class TestResumed:
    def test_an_interrupted_run_goes_on_where_it_stopped(self, machine: Machine, cloud: Cloud, tmp_path: Path) -> None:
        whole, out = tmp_path / "whole.jsonl", tmp_path / "specs.jsonl"
        partial = tmp_path / "specs.jsonl.partial"
        machine.update("--out", whole)
        cloud.fault("DescribeInstanceTypes", "answer", call=3, status=403, body={"code": "Forbidden.RAM"})
        done = machine.update("--out", out)
        assert (done.code, out.exists()) == (4, False)
        assert f"2 pages are kept in {partial}: the same command continues from there\n" in done.err
        header, *pages = map(json.loads, partial.read_text().splitlines())
        assert header["asked"]["regions"] == ["cn-hangzhou"]
        assert [page["after"] for page in pages] == [None, "page-1"]
        # Killed in the midst of a line, too.
        with partial.open("a") as file:
            file.write('{"region": "cn-hangzhou", "after": "page-2", "ne')
        asked = len(cloud.requests)
        done = machine.update("--out", out, "--format", "json")
        assert done.code == 0
        assert "continuing after 2 pages of an interrupted run\n" in done.err
        assert json.loads(done.out)["resumedPages"] == 2
        assert [call.parameters.get("NextToken") for call in cloud.requests[asked:]] == ["page-2", "page-3"]
        assert out.read_bytes() == whole.read_bytes()
        assert not partial.exists()

    def test_a_run_that_is_killed_leaves_no_half_file(self, machine: Machine, cloud: Cloud, tmp_path: Path) -> None:
        out = tmp_path / "specs.jsonl"
        out.write_text("of yesterday")
        cloud.fault("DescribeInstanceTypes", "hold", call=3)
        run = machine.start("specs", "update", "--region", "cn-hangzhou", "--out", out)
        cloud.wait_for("DescribeInstanceTypes", 3)
        run.kill()
        run.wait()
        assert out.read_text() == "of yesterday"
        asked = len(cloud.requests)
        assert machine.update("--out", out).code == 0
        assert cloud.requests[asked].parameters.get("NextToken") == "page-2"
        assert '"types": 4' in out.read_text().splitlines()[0]

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.replace('"cn-hangzhou"', '"cn-beijing"', 1),
            lambda text: re.sub(r'"date": "20..', '"date": "2001', text, count=1),
            lambda text: re.sub(r'"date": "20..', '"date": "2099', text, count=1),
            lambda text: text.replace('"date": ', '"day": ', 1),
            lambda text: text.replace('"date": ', '"date" ', 1),
            lambda text: text.replace('"after": null', '"after": 3'),
            lambda text: text.replace('"rows": [{', '"rows": [3, {'),
            lambda text: text.replace('"region": ', '"area": '),
        ],
        ids=["region", "old", "to come", "no date", "no JSON", "odd token", "odd row", "no region"],
    )
    def test_what_is_of_another_run_or_no_page_is_read_again(
        self, machine: Machine, cloud: Cloud, tmp_path: Path, change: Callable[[str], str]
    ) -> None:
        out, partial = tmp_path / "specs.jsonl", tmp_path / "specs.jsonl.partial"
        cloud.fault("DescribeInstanceTypes", "answer", call=3, status=403, body={"code": "Forbidden.RAM"})
        machine.update("--out", out)
        text = partial.read_text()
        assert change(text) != text
        partial.write_text(change(text))
        asked = len(cloud.requests)
        assert machine.update("--out", out).code == 0
        assert [call.parameters.get("NextToken") for call in cloud.requests[asked:]] == [
            None,
            "page-1",
            "page-2",
            "page-3",
        ]
        assert '"types": 4' in out.read_text().splitlines()[0]
        assert not partial.exists()

    def test_a_token_that_the_service_has_forgotten(self, machine: Machine, cloud: Cloud, tmp_path: Path) -> None:
        out, partial = tmp_path / "specs.jsonl", tmp_path / "specs.jsonl.partial"
        cloud.fault("DescribeInstanceTypes", "answer", call=3, status=403, body={"code": "Forbidden.RAM"})
        machine.update("--out", out)
        partial.write_text(partial.read_text().replace('"next": "page-2"', '"next": "forgotten"'))
        asked = len(cloud.requests)
        assert machine.update("--out", out).code == 0
        tokens = [call.parameters.get("NextToken") for call in cloud.requests[asked:]]
        assert tokens == ["forgotten", None, "page-1", "page-2", "page-3"]
        assert '"types": 4' in out.read_text().splitlines()[0]

    def test_a_file_of_somebody_else_is_left_alone(self, machine: Machine, cloud: Cloud, tmp_path: Path) -> None:
        partial = tmp_path / "specs.jsonl.partial"
        partial.write_text("mine")
        done = machine.update("--out", tmp_path / "specs.jsonl")
        assert (done.code, partial.read_text(), cloud.requests) == (3, "mine", [])
        assert "this is not a partial file of `eniplan specs update`" in done.err

    def test_stdout_has_no_file_beside_it(self, machine: Machine) -> None:
        done = machine.update("--out", "/dev/stdout")
        assert done.code == 0
        assert len(done.out.splitlines()) == 5

    def test_pages_are_kept_beside_the_file_that_a_link_names(
        self, machine: Machine, cloud: Cloud, tmp_path: Path
    ) -> None:
        """So it is with /dev/stdout if stdout is a file: /dev is not writable for most users."""
        folder = tmp_path / "real"
        folder.mkdir()
        (folder / "specs.jsonl").write_text("old")
        link = tmp_path / "specs.jsonl"
        link.symlink_to(folder / "specs.jsonl")
        cloud.fault("DescribeInstanceTypes", "answer", call=3, status=403, body={"code": "Forbidden.RAM"})
        assert machine.update("--out", link).code == 4
        assert sorted(path.name for path in folder.iterdir()) == ["specs.jsonl", "specs.jsonl.partial"]
        assert [path.name for path in tmp_path.glob("*.partial")] == []


class TestRegions:
    @pytest.fixture
    def two(self, machine: Machine, cloud: Cloud) -> Machine:
        cloud.state["instanceTypesOf"] = {
            "cn-a": {"ecs.g8i.8xlarge": {}, "ecs.a.large": {"EniQuantity": 3}},
            "cn-b": {"ecs.g8i.8xlarge": {"EniQuantity": 7, "EriQuantity": 1}, "ecs.b.large": {"EniQuantity": 4}},
        }
        return machine

    def test_they_are_merged_and_what_differs_is_told(self, two: Machine, cloud: Cloud, tmp_path: Path) -> None:
        out = tmp_path / "both.jsonl"
        regions = ("--region", "cn-a", "--region", "cn-b", "--region", "cn-a")
        done = two("specs", "update", *regions, "--out", out, "--format", "json")
        assert done.code == 0
        assert [call.parameters["RegionId"] for call in cloud.requests] == ["cn-a", "cn-a", "cn-b", "cn-b"]
        told = json.loads(done.out)
        assert (told["region"], told["types"], told["layer"]) == ("cn-a, cn-b", 3, "refreshed")
        assert told["disagreements"] == [
            {"type": "ecs.g8i.8xlarge", "field": "EniQuantity", "values": {"cn-a": 8, "cn-b": 7}, "kept": 7}
        ]
        assert "ecs.g8i.8xlarge EniQuantity differs: 8 in cn-a, 7 in cn-b; taken: 7\n" in done.err
        assert f"3 instance types of cn-a, cn-b written to {out}\n" in done.err
        record = Catalog(specs=str(out)).get("ecs.g8i.8xlarge")
        assert record is not None
        assert (record.EniQuantity, record.EriQuantity, record.source_of("EniQuantity")) == (
            7, 1, f"account-cn-a-cn-b-{told['date']}",
        )  # fmt: skip
        assert (
            two("specs", "diff", "--specs", out).out.splitlines()[0].startswith("specs of 2026-07-16 and of cn-a, cn-b")
        )

    def test_an_interrupted_run_asks_no_region_again(self, two: Machine, cloud: Cloud, tmp_path: Path) -> None:
        out = tmp_path / "both.jsonl"
        cloud.fault("DescribeInstanceTypes", "answer", call=4, status=403, body={"code": "Forbidden.RAM"})
        regions = ("--region", "cn-a", "--region", "cn-b")
        assert two("specs", "update", *regions, "--out", out).code == 4
        asked = len(cloud.requests)
        assert two("specs", "update", *regions, "--out", out).code == 0
        (again,) = cloud.requests[asked:]
        assert (again.parameters["RegionId"], again.parameters["NextToken"]) == ("cn-b", "page-1")
        assert '"types": 3' in out.read_text().splitlines()[0]

    def test_an_odd_value_is_told(self, two: Machine, cloud: Cloud, tmp_path: Path) -> None:
        cloud.state["instanceTypesOf"]["cn-a"]["ecs.a.large"]["EniQuantity"] = "many"
        done = two("specs", "update", "--region", "cn-a", "--out", tmp_path / "a.jsonl", "--format", "json")
        assert json.loads(done.out)["odd"] == ["ecs.a.large: EniQuantity is 'many'"]


def node(name: str, type_: str | None, told: object = None) -> dict[str, Any]:
    """Return a node of a type, with what its annotation says: a row, a text as it stands there, or nothing."""
    annotations = {} if told is None else {TYPE_INFO: told if isinstance(told, str) else json.dumps(told)}
    labels = {} if type_ is None else {TYPE_LABEL: type_}
    return {"kind": "Node", "metadata": {"name": name, "labels": labels, "annotations": annotations}}


I4_ROW = {
    "InstanceTypeId": "ecs.i4.8xlarge", "EniQuantity": 8, "EniPrivateIpAddressQuantity": 30,
    "EniIpv6AddressQuantity": -1, "CpuCoreCount": 32, "MemorySize": 256.0, "LocalStorageCategory": "x",
}  # fmt: skip
NODES = [
    node("a-1", "ecs.i4.8xlarge", I4_ROW),
    node("a-2", "ecs.i4.8xlarge", I4_ROW),
    node("b", "ecs.new.8xlarge", {"InstanceTypeId": "ecs.new.8xlarge", "EniTotalQuantity": 9, "EniQuantity": "many"}),
    node("bare", "ecs.g7.xlarge"),
    node("cut", "ecs.g7.xlarge", '{"InstanceTypeId": "ecs.g7.xl'),
    node("deep", "ecs.g7.xlarge", "[" * 200_000),
    node("list", "ecs.g7.xlarge", "[]"),
    node("of-other", "ecs.g7.xlarge", {"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 9}),
    node("of-none", None, I4_ROW),
    {"kind": "Pod", "metadata": {"name": "no node"}},
]


class TestFromNodes:
    @pytest.fixture
    def dump(self, tmp_path: Path) -> Path:
        file = tmp_path / "dump.json"
        file.write_text(json.dumps({"kind": "List", "items": NODES}))
        return file

    def test_what_nodes_say_is_kept_and_what_counts_for_nothing_is_named(
        self, run: Run, dump: Path, tmp_path: Path
    ) -> None:
        env = {"XDG_DATA_HOME": str(tmp_path / "data")}
        kept = tmp_path / "data" / "eniplan" / "nodes.jsonl"
        done = run("specs", "update", "--from", dump, env=env)
        assert (done.code, done.out) == (0, "")
        nothing = "annotation was ignored"
        assert done.err.splitlines() == [
            "9 nodes read, 1 of them without the annotation",
            "2 annotations were ignored, because it is not valid JSON: cut, deep",
            f"1 {nothing}, because it is not an entry of DescribeInstanceTypes: list",
            f"1 {nothing}, because it is for ecs.g8i.8xlarge, but the node is ecs.g7.xlarge: of-other",
            f"1 {nothing}, because the node has no label with its type: of-none",
            "1 odd value left out: ecs.new.8xlarge: EniQuantity is 'many'",
            f"2 instance types of nodes written to {kept}",
            "to see what changed: eniplan specs diff",
        ]
        header, i4, new = map(json.loads, kept.read_text().splitlines())
        assert (header["types"], header["region"]) == (2, None)
        assert {field: i4[field] for field in i4 if field != "Sources"} == {
            "InstanceTypeId": "ecs.i4.8xlarge", "InstanceTypeFamily": "ecs.i4", "CpuCoreCount": 32, "MemorySize": 256,
            "EniQuantity": 8, "EniPrivateIpAddressQuantity": 30, "EniIpv6AddressQuantity": 0,
        }  # fmt: skip
        assert "EniQuantity" not in new, "no limit is made up"
        assert run(*I4, env=env).code == 0
        assert run(*I4).code == 1
        asked = ("check", "--type", "ecs.new.8xlarge", "--terway", "v1.16.4", "--ip-stack", "ipv4")
        assert " ENI003 " in run(*asked, env=env).out
        shown = run("specs", "show", "ecs.i4.8xlarge", env=env).out
        assert "  EniQuantity: 8  [nodes-2" in shown
        assert "; nodes]\n" in shown
        assert f"  nodes: {kept}, 2" in shown
        assert f"before it: {kept}, nodes on 2" in run("specs", env=env).out
        # Once more, and nothing else is said.
        before = kept.read_bytes()
        assert run("specs", "update", "--from", dump, env=env).code == 0
        assert kept.read_bytes() == before

    def test_in_json_everything_is_named(self, run: Run, tmp_path: Path) -> None:
        dump, out = tmp_path / "dump.json", tmp_path / "nodes.jsonl"
        one = node("a-3", "ecs.i4.8xlarge", {**I4_ROW, "EniQuantity": 7})
        dump.write_text(json.dumps({"kind": "NodeList", "items": [*NODES, one]}))
        done = run("specs", "update", "--from-cluster", "--from", dump, "--out", out, "--format", "json")
        assert done.code == 0
        told = json.loads(done.out)
        assert told["schema"] == "eniplan.specs-update/v1"
        assert (told["file"], told["layer"], told["region"], told["types"]) == (str(out), "nodes", None, 2)
        assert (told["nodes"]["read"], told["nodes"]["without"]) == (10, 1)
        assert set(told["nodes"]["unreadable"]) == {"cut", "deep", "list", "of-other", "of-none"}
        assert told["odd"] == ["ecs.new.8xlarge: EniQuantity is 'many'"]
        assert told["disagreements"] == [
            {"type": "ecs.i4.8xlarge", "field": "EniQuantity", "values": {"a-1": 8, "a-3": 7}, "kept": 7}
        ]
        assert "ecs.i4.8xlarge EniQuantity differs: 8 in a-1, 7 in a-3; taken: 7\n" in done.err
        # Over the bundled data, as `--specs`, in the order of layers.
        assert "EniQuantity: 7  [nodes-" in run("specs", "show", "ecs.i4.8xlarge", "--specs", out).out

    def test_where_nothing_can_be_learned_what_was_kept_stays(self, run: Run, dump: Path, tmp_path: Path) -> None:
        out = tmp_path / "nodes.jsonl"
        run("specs", "update", "--from", dump, "--out", out)
        before = out.read_bytes()
        for nodes in ([node("bare", "ecs.g7.xlarge")], [node("cut", "ecs.g7.xlarge", "{")]):
            dump.write_text(json.dumps({"kind": "NodeList", "items": nodes}))
            done = run("specs", "update", "--from", dump, "--out", out)
            assert (done.code, done.err.splitlines()[-1]) == (0, "found no limits; nothing was written")
            assert out.read_bytes() == before

    def test_what_is_no_dump(self, run: Run, tmp_path: Path) -> None:
        dump = tmp_path / "dump.json"
        for text, words in (
            ('{"kind": "PodList", "items": []}', "there is no node in this dump"),
            ("[", "not valid JSON"),
            ('{"kind": "NodeList", "items": [{', "it is truncated"),
        ):
            dump.write_text(text)
            done = run("specs", "update", "--from", dump)
            assert (done.code, done.out) == (3, ""), text
            assert words in done.err
        assert run("specs", "update", "--from", tmp_path / "none.json").code == 3

    @pytest.mark.parametrize(
        "args",
        [
            ("--from-cluster", "--region", "cn-hangzhou"),
            ("--from", "-", "--endpoint", "http://127.0.0.1:1"),
            ("--from-cluster", "--ecs-role"),
            ("--from", "-", "--context", "prod"),
            ("--context", "prod"),
        ],
    )
    def test_what_does_not_go_together(self, run: Run, args: tuple[str, ...]) -> None:
        assert run("specs", "update", *args).code == 2

    def test_through_kubectl_page_by_page(self, run: Run, tmp_path: Path) -> None:
        needs("kubectl")
        api = FakeApi()
        try:
            many = [node(f"n-{number}", "ecs.i4.8xlarge", I4_ROW) for number in range(1001)]
            api.states = [{**CLUSTER, "nodes": many}]
            options = ("--kubeconfig", api.kubeconfig(tmp_path), "--context", "fake")
            out = tmp_path / "nodes.jsonl"
            done = run("specs", "update", "--from-cluster", *options, "--out", out)
            assert (done.code, done.err.splitlines()[:2]) == (
                0, ["1001 nodes read, 0 of them without the annotation", f"1 instance type of nodes written to {out}"],
            )  # fmt: skip
            assert [path.partition("?")[0] for path in api.asked] == ["/api/v1/nodes"] * 3
            api.forbidden = {"/api/v1/nodes"}
            done = run("specs", "update", "--from-cluster", *options)
            assert (done.code, done.out) == (4, "")
            assert "cannot list Node objects: " in done.err
        finally:
            api.close()


class TestDiff:
    def test_what_changed_and_who_says_so(self, machine: Machine, cloud: Cloud) -> None:
        give_all_types(cloud)
        cloud.state["instanceTypes"] |= {
            "ecs.g8i.8xlarge": {"EniQuantity": 5},
            "ecs.g7.xlarge": None,
            "ecs.new.8xlarge": {"EniQuantity": 8, "EniPrivateIpAddressQuantity": 30},
        }
        machine.update()
        done = machine("specs", "diff", PLAN, EXAMPLES / "fixed-ip-statefulset.yaml")
        assert (done.code, done.err) == (0, "")
        first, *lines = done.out.splitlines()
        assert first.endswith(", compared with those of 2026-07-16")
        today = first.split(" on ")[1].split(",")[0]
        old, new = "ECS instance families on sale, 2026-06-27", f"DescribeInstanceTypes, asked in cn-hangzhou, {today}"
        assert lines == [
            "added ecs.new.8xlarge: ENIs, IPv4 and IPv6 addresses per ENI: 8, 30, unknown",
            "not in cn-hangzhou: 1 type: ecs.g7.xlarge",
            f"changed ecs.g8i.8xlarge EniQuantity: 8 [{old}], now 5 [{new}]",
            "now known: EniQuantity of 2 types: ecs.i4.2xlarge, ecs.i4.8xlarge",
            "now known: EniPrivateIpAddressQuantity of 2 types: ecs.i4.2xlarge, ecs.i4.8xlarge",
            "now known: EniIpv6AddressQuantity of 2 types: ecs.i4.2xlarge, ecs.i4.8xlarge",
            f"{PLAN}: pool trading: appear ENI001, ENI008",
        ]

    def test_in_json_everything_is_listed(self, machine: Machine, cloud: Cloud) -> None:
        cloud.state["instanceTypes"]["ecs.g8i.8xlarge"] = {"EniQuantity": 5}
        machine.update()
        found = json.loads(machine("specs", "diff", PLAN, "--format", "json").out)
        assert (found["schema"], found["bundled"]) == ("eniplan.specs-diff/v1", {"date": "2026-07-16", "types": 1241})
        assert (found["own"]["file"], found["added"], len(found["removed"])) == (str(machine.kept), [], 1237)
        (changed,) = found["changed"]
        assert (changed["type"], changed["field"]) == ("ecs.g8i.8xlarge", "EniQuantity")
        assert (changed["bundled"]["value"], changed["bundled"]["source"]["date"]) == (8, "2026-06-27")
        assert (changed["own"]["value"], changed["own"]["source"]["url"]) == (5, None)
        assert len(found["learned"]) == 6
        assert found["learned"][0]["bundled"] == {"value": None, "source": None}
        assert found["plans"] == [{"file": str(PLAN), "pool": "trading", "appear": ["ENI001", "ENI008"], "vanish": []}]

    def test_single_rows_remove_nothing_that_is_known(self, machine: Machine, tmp_path: Path) -> None:
        mine = tmp_path / "mine.json"
        mine.write_text('{"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 9}')
        done = machine("specs", "diff", "--specs", mine)
        assert done.out.splitlines()[0] == f"specs of 2026-07-16 and {mine}, compared with those of 2026-07-16"
        (changed,) = done.out.splitlines()[1:]
        assert changed.startswith("changed ecs.g8i.8xlarge EniQuantity: 8 [ECS instance families on sale, 2026-06-27]")

    def test_no_difference(self, machine: Machine, tmp_path: Path) -> None:
        mine = tmp_path / "mine.json"
        mine.write_text(machine("specs", "show", "ecs.g8i.8xlarge", "--format", "json").out)
        done = machine("specs", "diff", PLAN, "--specs", mine)
        assert done.out.splitlines()[1:] == ["no difference", "no plan is judged differently"]

    def test_verdicts_that_vanish_and_those_outside_of_pools(self, machine: Machine, tmp_path: Path) -> None:
        machine.update()
        plan = tmp_path / "plan.json"
        pool = {"name": "logs", "instanceTypes": ["ecs.i4.8xlarge"]}
        plan.write_text(json.dumps({"apiVersion": "eniplan/v1", "nodePools": [pool]}))
        waiver = {"rule": "ENI003", "path": "nodePools[0]", "reason": "soon", "expires": "2099-01-01"}
        waived = tmp_path / "waived.json"
        waived.write_text(json.dumps({"apiVersion": "eniplan/v1", "nodePools": [pool], "waivers": [waiver]}))
        out = machine("specs", "diff", plan, waived).out
        assert f"{plan}: pool logs: vanish ENI003\n" in out
        assert f"{waived}: appear WV003\n" in out

    def test_a_plan_that_cannot_be_read_is_told_and_the_others_are_compared(
        self, machine: Machine, cloud: Cloud, tmp_path: Path
    ) -> None:
        cloud.state["instanceTypes"]["ecs.g8i.8xlarge"] = {"EniQuantity": 5}
        machine.update()
        broken = tmp_path / "broken.yaml"
        broken.write_text("a: [")
        done = machine("specs", "diff", broken, PLAN)
        assert done.code == 3
        assert f"{PLAN}: pool trading: appear" in done.out
        assert done.err.count(f"{broken}:") == 1

    def test_nothing_to_compare(self, machine: Machine) -> None:
        for args in ([], ["--specs", "bundled"]):
            done = machine("specs", "diff", *args)
            assert (done.code, done.out) == (3, "")
            assert "there is nothing to compare with the bundled data" in done.err
            assert "eniplan specs update" in done.err

    def test_long_lists_are_cut_in_text(self, machine: Machine) -> None:
        machine.update()
        out = machine("specs", "diff").out
        assert "not in cn-hangzhou: 1237 types: ecs.c4.xlarge, " in out
        assert " and 1227 more\n" in out
