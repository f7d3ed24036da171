from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eniplan.emit.body import pool_body
from eniplan.inputs.body import HIDDEN, read_pool
from eniplan.plan import fields
from eniplan.plan.model import EXCLUSIVE_LABEL, plan_from
from tests.emit.support import FULL_POOL
from tests.inputs.support import BODY, LABEL, TAINT, judge_files
from tests.plans import KEYS, WORDS

if TYPE_CHECKING:
    from pathlib import Path

OVERRIDES = st.fixed_dictionaries(
    {},
    optional={
        "scaling_group": st.dictionaries(
            WORDS.filter(lambda key: ("scaling_group", key) not in fields.KEYS),
            st.integers() | st.booleans() | st.lists(WORDS, max_size=2),
            max_size=2,
        ),
        "management": st.fixed_dictionaries({"enable": st.booleans()}),
        "kubernetes_config": st.fixed_dictionaries({"cms_enabled": st.booleans()}),
    },
)
POOLS = st.fixed_dictionaries(
    {"name": WORDS},
    optional={
        "instanceTypes": st.lists(WORDS, min_size=1, max_size=3),
        "vSwitchIds": st.lists(WORDS, min_size=1, max_size=2),
        "securityGroupIds": st.lists(WORDS, min_size=1, max_size=2),
        "desiredSize": st.integers(0, 9),
        "multiAzPolicy": st.sampled_from(["BALANCE", "PRIORITY"]),
        "chargeType": st.sampled_from(["PrePaid", "PostPaid"]),
        "terwayConfig": WORDS,
        "labels": st.dictionaries(KEYS.filter(lambda key: key != EXCLUSIVE_LABEL), WORDS, max_size=2),
        "taints": st.lists(st.just(TAINT) | st.just({"key": "a", "value": "", "effect": "NoExecute"}), max_size=2),
        "systemDisk": st.fixed_dictionaries({}, optional={"category": WORDS, "size": st.integers(1, 99)}),
        "keyPair": WORDS,
        "imageType": WORDS,
        "runtime": WORDS,
        "overrides": OVERRIDES.filter(lambda rest: {} not in rest.values()),  # says nothing, and goes
    },
)
SIZES = st.sampled_from(
    [{}, {"autoScaling": {"min": 0, "max": 4}}, {"autoScaling": {"min": 1, "max": 1, "type": "gpu"}}]
)
LINGJUN = st.sampled_from([{}, {"kind": "lingjun", "lingjun": {"clusterId": "i1", "groupId": "ng-1"}}])


def body_of(pool: dict[str, Any]) -> dict[str, Any]:
    (found,) = plan_from({"nodePools": [pool]}).node_pools
    return pool_body(found, pool.get("instanceTypes", ()))


@given(POOLS, SIZES, LINGJUN)
@settings(max_examples=80)
def test_a_body_that_was_read_makes_the_same_body(
    pool: dict[str, Any], sizes: dict[str, Any], kind: dict[str, Any]
) -> None:
    body = body_of({**pool, **sizes, **kind})
    before = copy.deepcopy(body)
    found = read_pool(body)
    assert (found.misread, found.unknown) == ((), {})
    assert body_of({"name": "", **found.value}) == body == before


def test_a_body_with_everything_makes_the_same_body() -> None:
    body = body_of({key: value for key, value in FULL_POOL.items() if key != "instanceFamilies"})
    assert body_of(read_pool(body).value) == body


def changed(path: str, value: object) -> dict[str, Any]:
    body = copy.deepcopy(BODY)
    *parents, last = path.split(".")
    inner = body
    for step in parents:
        inner = inner.setdefault(step, {})
    inner[last] = value
    return body


@pytest.mark.parametrize(
    ("path", "value", "key", "wanted"),
    [
        ("nodepool_info.type", "ess", "kind", None),
        ("nodepool_info.type", "lingjun", "kind", "lingjun"),
        ("nodepool_info.type", "lingjun", "lingjun", {}),
        ("scaling_group.security_group_id", "sg-1", "securityGroupIds", ["sg-1"]),
        ("scaling_group.desired_size", None, "desiredSize", None),
        ("scaling_group.instance_patterns", [], "overrides", None),
        ("scaling_group.login_password", "Secret-1", "overrides", {"scaling_group": {"login_password": HIDDEN}}),
        ("kubernetes_config.taints", None, "taints", []),
        ("kubernetes_config.taints", [{"key": "a"}, None], "taints", [{"key": "a", "effect": "NoSchedule"}]),
        ("kubernetes_config.labels", [LABEL, {"key": "a", "value": None}], "labels", {"a": ""}),
        ("auto_scaling", {"enable": False, "min_instances": 1, "max_instances": 2, "type": "cpu"}, "autoScaling", None),
        ("auto_scaling", {"enable": True}, "autoScaling", {"min": 0, "max": 0}),
        ("auto_scaling", {"enable": True, "eip_bandwidth": 5}, "overrides", {"auto_scaling": {"eip_bandwidth": 5}}),
        ("auto_scaling", {"enable": "yes"}, "overrides", None),
        ("auto_scaling", "on", "overrides", {"auto_scaling": "on"}),
        ("count", 7, "desiredSize", 3),
    ],
)
def test_what_a_body_says_in_its_own_way(path: str, value: object, key: str, wanted: object) -> None:
    assert read_pool(changed(path, value)).value.get(key) == wanted


def test_the_list_of_security_groups_outweighs_the_old_one() -> None:
    body = changed("scaling_group.security_group_ids", ["sg-1"])
    body["scaling_group"]["security_group_id"] = "sg-2"
    assert read_pool(body).value["securityGroupIds"] == ["sg-1"]


def test_the_old_count_is_a_size() -> None:
    body = changed("count", 7)
    del body["scaling_group"]["desired_size"]
    assert read_pool(body).value["desiredSize"] == 7


def test_findings_point_at_the_way_that_was_used(here: Path) -> None:
    body = changed("auto_scaling", {"enable": True, "min_instances": 2, "max_instances": 5})
    del body["scaling_group"]["desired_size"]
    body["count"] = 2
    body["scaling_group"]["security_group_id"] = "sg-none"
    judged = judge_files(here, {"body.json": body})
    assert judged.places["NP004"].endswith(" count")
    (both,) = [finding.message for finding in judged.report.findings if finding.rule.id == "NP004"]
    assert both == "pool 'trading' has both count and auto_scaling"
    assert judged.places["NP007"].endswith(" scaling_group.security_group_id")


def test_a_label_among_the_tags_is_told(here: Path) -> None:
    body = changed("kubernetes_config.labels", [{"key": "a", "value": "b"}])
    body["scaling_group"]["tags"] = [{"key": "x", "value": "y"}, LABEL]
    judged = judge_files(here, {"body.json": body})
    assert judged.rules == {"NP001"}
    assert judged.places["NP001"].endswith(" scaling_group.tags[1]")
    (finding,) = judged.report.findings
    assert finding.hint == "move it to kubernetes_config.labels"
    body["kubernetes_config"]["labels"].append(LABEL)
    assert judge_files(here, {"body.json": body}).rules == set()


def test_findings_point_into_the_body(here: Path) -> None:
    body = changed("scaling_group.instance_types", ["ecs.g8i.8xlarge", "ecs.g7.2xlarge"])
    body["kubernetes_config"]["taints"] = []
    body["scaling_group"]["instance_patterns"] = [{"cores": 4}]
    judged = judge_files(here, {"body.json": body})
    assert judged.places["ENI001"] == "body.json:8:4 scaling_group.instance_types[1]"
    assert judged.places["NP002"] == "body.json:27:13 kubernetes_config.taints"
    assert judged.places["NP011"] == "body.json:14:24 scaling_group.instance_patterns"
    assert [pool.file for pool in judged.report.pools] == ["body.json"]


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (
            "nodepool_info.type",
            "edge",
            "eniplan checks node pools of type ess or lingjun, not 'edge' [nodepool_info.type]",
        ),
        (
            "scaling_group.desired_size",
            "2",
            """'desired_size' must be a whole number, not "2" [scaling_group.desired_size]""",
        ),
        ("kubernetes_config.taints", "x", """'taints' must be a list, not "x" [kubernetes_config.taints]"""),
        ("kubernetes_config.labels", {EXCLUSIVE_LABEL: "eniOnly"}, "labels must be a list [kubernetes_config.labels]"),
        ("nodepool_info", {}, "'nodepool_info.name' is missing []"),
        (
            "kubernetes_config.labels",
            [LABEL, {"key": "a", "value": True}],
            "a label must be {key, value}, both text [kubernetes_config.labels[1]]",
        ),
        (
            "kubernetes_config.labels",
            [LABEL, LABEL],
            f"the label '{EXCLUSIVE_LABEL}' is given twice [kubernetes_config.labels[1]]",
        ),
    ],
)
def test_a_body_of_the_wrong_form(here: Path, path: str, value: object, problem: str) -> None:
    judged = judge_files(here, {"body.json": changed(path, value)})
    assert [found.partition(": ")[2] for found in judged.problems] == [problem]
    assert judged.report.exit_code == 3


def test_a_password_is_found_and_not_shown(here: Path) -> None:
    judged = judge_files(here, {"body.json": changed("scaling_group.login_password", "Secret-1")})
    assert judged.rules == {"NP012"}
    assert "Secret-1" not in repr(judged)


def test_other_pools_are_not_judged(here: Path) -> None:
    judged = judge_files(here, {"body.json": changed("kubernetes_config", {"labels": [{"key": "a", "value": "b"}]})})
    assert (judged.rules, judged.report.exit_code, judged.report.inputs) == (set(), 0, ("body.json",))
    assert judged.skipped == [("body.json", "a node pool without the exclusive label")]
    assert judge_files(here, {"body.json": changed("kubernetes_config", "x")}).skipped == judged.skipped


def test_bodies_of_one_folder_are_one_plan(here: Path) -> None:
    judged = judge_files(here, {"a/1.json": BODY, "a/2.json": BODY, "b/1.json": BODY})
    assert judged.places == {"NP006": "a/2.json:3:11 nodepool_info.name"}
    assert judged.report.inputs == ("a/1.json", "a/2.json", "b/1.json", "facts/cluster.json")


@pytest.mark.parametrize(
    "word",
    [
        *("${TYPE}", "$TYPE", "{{ instance_type }}", "ecs.${FAMILY:-g7}.2xlarge", "ecs.{{ a }}", "__INSTANCE_TYPE__"),
        *("ecs.__TYPE__", "@INSTANCE_TYPE@", "<instance-type>", "<%= type %>"),
    ],
)
def test_what_another_program_fills_in_is_open(here: Path, word: str) -> None:
    group = {**BODY["scaling_group"], "instance_types": [word], "login_password": word}
    judged = judge_files(here, {"body.json": BODY | {"scaling_group": group}})
    assert (judged.problems, judged.rules) == ([], set())
    assert {item.fact: item.hint for item in judged.report.undecided} == {
        "scaling_group.instance_types of pool 'trading'": word
    }
    cluster = {"cluster_type": "ManagedKubernetes", "nodepools": [BODY | {"scaling_group": group}]}
    judged = judge_files(here, {"cluster.json": cluster})
    assert (judged.problems, judged.rules) == ([], set())


@pytest.mark.parametrize("word", ["ecs.$2xlarge", "ecs.{a}.b", "${}", "a__B__", "__init__", "a@B.c", "a<b>"])
def test_what_nobody_fills_in_is_a_mistake(here: Path, word: str) -> None:
    group = {**BODY["scaling_group"], "instance_types": [word]}
    assert judge_files(here, {"body.json": BODY | {"scaling_group": group}}).rules == {"ENI003"}


def test_a_live_pool_saved_by_itself(here: Path) -> None:
    live = BODY | {
        "nodepool_info": {**BODY["nodepool_info"], "nodepool_id": "np1", "is_default": False, "created": "x"},
        "scaling_group": {**BODY["scaling_group"], "scaling_group_id": "asg-1"},
        "status": {"state": "active"},
    }
    assert judge_files(here, {"live.json": live}).rules == set()
    live["nodepool_info"].pop("nodepool_id")
    assert judge_files(here, {"live.json": live}).rules == {"NP018"}


@pytest.mark.parametrize(
    "label", [{"Key": LABEL["key"], "Value": "eniOnly"}, {"name": LABEL["key"], "value": "eniOnly"}]
)
def test_the_key_of_a_label_under_another_name(here: Path, label: dict[str, str]) -> None:
    (problem,) = judge_files(here, {"body.json": changed("kubernetes_config.labels", [label])}).problems
    assert problem.endswith("a label must be {key, value}, both text [kubernetes_config.labels[0]]")
    words = " ".join(f'{key} = "{value}"\n' for key, value in label.items())
    hcl = f'resource "alicloud_cs_kubernetes_node_pool" "a" {{\n labels {{\n {words} }}\n}}\n'
    (problem,) = judge_files(here, {"main.tf": hcl}).problems
    assert problem.endswith("a label must be {key, value}, both text [alicloud_cs_kubernetes_node_pool.a.labels[0]]")


@pytest.mark.parametrize("labels", [[{"team": LABEL["key"]}], [{"key": "team", "value": LABEL["key"]}], {"a": "b"}])
def test_labels_that_only_mention_the_exclusive_one(here: Path, labels: object) -> None:
    judged = judge_files(here, {"body.json": changed("kubernetes_config.labels", labels)})
    assert (judged.problems, judged.report.pools) == ([], ())


@pytest.mark.parametrize(("enable", "nodes"), [("true", (0, 9)), ("false", (3, 3)), (1, (3, 3))])
def test_a_switch_that_is_text(here: Path, enable: object, nodes: tuple[int, int]) -> None:
    body = BODY | {"auto_scaling": {"enable": enable, "min_instances": 0, "max_instances": 9}}
    if enable == "true":
        body["scaling_group"] = {key: item for key, item in body["scaling_group"].items() if key != "desired_size"}
    judged = judge_files(here, {"body.json": body})
    (problem,) = judged.problems
    assert "'enable' must be true or false [auto_scaling.enable]" in problem
    assert (judged.rules, judged.report.pools[0].nodes) == (set() if nodes[0] else {"NP019"}, nodes)


@pytest.mark.parametrize("key", ["<label>", "<%= label %>", "${LABEL}"])
def test_a_label_that_is_still_to_fill_in_may_be_the_exclusive_one(here: Path, key: str) -> None:
    config = {"kubernetes_config": {"labels": [{"key": key, "value": "eniOnly"}], "taints": [TAINT]}}
    judged = judge_files(here, {"p.json": BODY | config})
    assert (judged.rules, judged.skipped) == (set(), [])
    (waiting,) = judged.report.undecided
    assert "NP001" in waiting.rules
    assert waiting.hint == f"its labels are not known: {key}"
