from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.plan.model import EXCLUSIVE_LABEL
from tests.inputs.support import ADDRESS, AFTER, LABEL, RESOURCE, judge_files, terraform_plan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run
    from tests.inputs.support import Judged

SHARED = [{"key": "team", "value": "trading"}]


def judge(here: Path, after: dict[str, Any] | None, **change: Any) -> Judged:  # noqa: ANN401 - parts of a change
    return judge_files(here, {"plan.json": terraform_plan(after, **change)})


def without(*keys: str, **more: object) -> dict[str, Any]:
    return {key: value for key, value in AFTER.items() if key not in keys} | more


def test_a_plan_that_will_work(here: Path) -> None:
    judged = judge(here, AFTER)
    assert (judged.rules, judged.problems, judged.facts) == (set(), [], {})
    (pool,) = judged.report.pools
    assert (pool.name, pool.nodes, pool.pods, pool.file) == ("trading", (3, 3), (21, 21), "plan.json")


def test_a_public_module_with_the_label_no_taint_and_too_small_a_type(run: Run, here: Path) -> None:
    after = without("taints", "desired_size", instance_types=["ecs.g7.2xlarge"], labels=[LABEL], taints=None)
    unknown = {"id": True, "cluster_id": True, "vswitch_ids": True, "labels": [{}], "scaling_group_id": True}
    plan = terraform_plan(without(*after) | after | {"vswitch_ids": None}, after_unknown=unknown)
    (here / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    result = run("check", "plan.json", "--format", "json", cwd=here)
    report = json.loads(result.out)
    assert result.code == 1
    assert {finding["rule"] for finding in report["findings"]} == {"NP002", "ENI001"}
    assert {finding["path"] for finding in report["findings"]} == {f"{ADDRESS}.taints", f"{ADDRESS}.instance_types[0]"}
    assert "--cluster FILE" in result.err


@pytest.mark.parametrize(
    ("changes", "rules", "nodes"),
    [
        # desired_size is text
        ({"desired_size": "900"}, {"NET002"}, (900, 900)),
        ({"desired_size": ""}, set(), (None, None)),
        # blocks of one are lists of none or one
        ({"scaling_config": [], "eflo_node_group": [], "management": []}, set(), (3, 3)),
        (
            {
                "type": "lingjun",
                "eflo_node_group": [{"cluster_id": "i1", "group_id": "ng-1"}],
                "instance_types": None,
                "desired_size": None,
            },
            set(),
            (None, None),
        ),
        (
            {"type": "lingjun", "eflo_node_group": [], "instance_types": None, "desired_size": None},
            {"LJ002"},
            (None, None),
        ),
        # scaling_config.enable defaults to true
        ({"desired_size": None, "scaling_config": [{"min_size": 1, "max_size": 5}]}, set(), (1, 5)),
        ({"scaling_config": [{"min_size": 1, "max_size": 5}]}, {"NP004"}, (1, 5)),
        ({"scaling_config": [{"enable": None, "min_size": 1, "max_size": 5}]}, {"NP004"}, (1, 5)),
        ({"scaling_config": [{"enable": False, "min_size": 1, "max_size": 5}]}, set(), (3, 3)),
        # other names
        ({"node_pool_name": None, "name": "old"}, set(), (3, 3)),
        ({"security_group_id": "sg-x"}, {"NP007"}, (3, 3)),
        ({"instances": ["i-1"]}, {"NP009"}, (3, 3)),
        ({"password": "Secret-1"}, {"NP012"}, (3, 3)),
        ({"instance_patterns": [{"cores": 4}]}, {"NP011"}, (3, 3)),
        ({"instance_patterns": [{"cores": 4}], "instance_types": None}, {"NP011"}, (3, 3)),
        ({"desired_size": None, "node_count": 2}, set(), (2, 2)),
        ({"tags": {"a": "b"}, "kubelet_configuration": [{"max_pods": "9"}]}, {"NP016"}, (3, 3)),
    ],
)
def test_what_the_provider_says_in_its_own_way(
    here: Path, changes: dict[str, Any], rules: set[str], nodes: tuple[int | None, int | None]
) -> None:
    judged = judge(here, AFTER | changes)
    assert (judged.rules - {"LJ004"}, judged.problems) == (rules, [])
    assert judged.report.pools[0].nodes == nodes
    assert "Secret-1" not in repr(judged)


def test_a_resource_of_which_nothing_is_known_is_open(here: Path) -> None:
    judged = judge(here, {}, after_unknown=True)
    assert list(judged.facts) == [f"whether pool {ADDRESS!r} is an exclusive node pool"]


@pytest.mark.parametrize(
    ("unknown", "facts"),
    [
        ({"instance_types": True}, {"instance_types of pool 'trading'": "instance_types"}),
        ({"instance_types": [True]}, {"instance_types of pool 'trading'": "instance_types"}),
        ({"vswitch_ids": [True]}, {"vswitch_ids of pool 'trading'": "vswitch_ids"}),
        ({"taints": True}, {"taints of pool 'trading'": "taints"}),
        ({"taints": [{"key": True}]}, {"taints of pool 'trading'": "taints"}),
        ({"desired_size": True}, {"the size of pool 'trading'": "desired_size"}),
        ({"scaling_config": True}, {"scaling_config of pool 'trading'": "scaling_config"}),
        ({"scaling_config": [{"max_size": True}]}, {"scaling_config of pool 'trading'": "scaling_config[0]"}),
        ({"scaling_config": [{"enable": True}]}, {"scaling_config of pool 'trading'": "scaling_config[0]"}),
        ({"node_pool_name": True}, {f"node_pool_name of pool '{ADDRESS}'": "node_pool_name"}),
        ({"labels": [{"value": True}]}, {f"the label {EXCLUSIVE_LABEL} of pool 'trading'": "labels[0]"}),
        (
            {"image_type": True, "key_name": True, "system_disk_size": True},
            {"image_type of pool 'trading'": "image_type"},
        ),
        ({"labels": True}, {"whether pool 'trading' is an exclusive node pool": ""}),
    ],
)
def test_what_is_known_only_after_apply_is_open_and_not_missing(
    here: Path, unknown: dict[str, Any], facts: dict[str, str]
) -> None:
    after = {key: ([{}] if key in ("scaling_config", "taints") else value) for key, value in AFTER.items()}
    for key, value in unknown.items():
        if value is True or value == [True]:
            after.pop(key, None)
    after["taints"] = AFTER["taints"] if "taints" not in unknown else [{"effect": "NoSchedule"}]
    judged = judge(here, after, after_unknown=unknown)
    assert (judged.rules, judged.problems) == (set(), [])
    told = {fact: path for fact, path in judged.facts.items() if path.startswith(ADDRESS)}
    assert told.items() >= {fact: f"{ADDRESS}.{path}".rstrip(".") for fact, path in facts.items()}.items()
    assert all(item.rules for item in judged.report.undecided)


def test_one_of_several_types_that_is_not_known_leaves_the_capacity_open(here: Path) -> None:
    judged = judge(
        here, AFTER | {"instance_types": ["ecs.g8i.8xlarge", None]}, after_unknown={"instance_types": [False, True]}
    )
    assert judged.rules == set()
    assert {name: c.exclusive for name, c in judged.report.pools[0].capacity.items()} == {
        "ecs.g8i.8xlarge": 7,
        "(known only after apply)": None,
    }
    assert judged.report.pools[0].pods == (None, None)


def test_a_lingjun_group_that_is_not_known_is_not_missing(here: Path) -> None:
    judged = judge(
        here,
        without("instance_types", "desired_size", type="lingjun", eflo_node_group=[{"cluster_id": "i1"}]),
        after_unknown={"eflo_node_group": [{"group_id": True}]},
    )
    assert judged.rules == set()
    assert judged.facts["eflo_node_group of pool 'trading'"] == f"{ADDRESS}.eflo_node_group[0]"
    judged = judge(
        here, without("instance_types", "desired_size", type="lingjun"), after_unknown={"eflo_node_group": True}
    )
    assert judged.rules == set()


def configured(*names: str, address: str = f"{RESOURCE}.eni") -> dict[str, Any]:
    resource = {"address": address, "expressions": {name: {} for name in names}}
    return {"root_module": {"module_calls": {"ack": {"module": {"resources": [resource]}}}}}


def test_values_that_the_provider_makes_are_nobodys_business(here: Path) -> None:
    plan = terraform_plan(AFTER, after_unknown={"image_type": True, "scaling_config": True, "security_group_ids": True})
    assert len(judge_files(here, {"plan.json": plan}).facts) == 4
    plan["configuration"] = configured(*AFTER)
    assert judge_files(here, {"plan.json": plan}).facts == {}
    plan["configuration"] = configured(*AFTER, address="other")
    assert len(judge_files(here, {"plan.json": plan}).facts) == 4


def test_dynamic_blocks_are_no_part_of_the_configuration_and_yet_not_known(here: Path) -> None:
    """Terraform prints no expression for them: without it, unknown labels and taints would look left out."""
    plan = terraform_plan(AFTER | {"taints": []}, after_unknown={"taints": True})
    plan["configuration"] = configured("instance_types", "labels")
    judged = judge_files(here, {"plan.json": plan})
    assert (judged.rules, set(judged.facts)) == (set(), {"taints of pool 'trading'"})
    for change in ({}, {"actions": ["update"], "before": AFTER}):
        plan = terraform_plan(without("labels"), after_unknown={"labels": True}, **change)
        plan["configuration"] = configured("instance_types")
        report = judge_files(here, {"plan.json": plan}).report
        (item,) = report.undecided
        assert {"NP001", "NP003"} <= set(item.rules)


def test_old_and_secret_arguments_are_told_by_their_own_names(here: Path) -> None:
    after = without("node_pool_name", "desired_size") | {
        "name": "UPPER_", "node_count": 3, "desired_size": None, "security_group_id": "sg-x", "password": "p",
        "scaling_config": [{"min_size": 1, "max_size": 2}],
    }  # fmt: skip
    judged = judge_files(here, {"plan.json": terraform_plan(after)})
    places = {rule: place.removeprefix("plan.json:").partition(" ")[2] for rule, place in judged.places.items()}
    assert places["NP004"] == f"{ADDRESS}.node_count"
    assert places["NP007"] == f"{ADDRESS}.security_group_id"
    assert places["NP012"] == f"{ADDRESS}.password"


def test_a_plan_that_has_failed_is_no_plan(here: Path) -> None:
    judged = judge_files(here, {"plan.json": terraform_plan(AFTER) | {"errored": True}})
    assert judged.problems[0].endswith("this Terraform plan failed: node pools may be missing from it [errored]")
    assert judged.report.exit_code == 3
    assert len(judged.report.pools) == 1


def test_what_is_deferred_is_judged_too(here: Path) -> None:
    plan = terraform_plan(AFTER | {"instance_types": ["ecs.g7.2xlarge"]})
    changes = plan.pop("resource_changes")
    plan["deferred_changes"] = [None, *({"reason": "absent_prereq", "resource_change": change} for change in changes)]
    judged = judge_files(here, {"plan.json": plan | {"planned_values": {}}})
    assert judged.places["ENI001"].endswith(f" {ADDRESS}.instance_types[0]")


def test_a_type_that_is_no_text_is_none_of_ours(here: Path) -> None:
    plan = terraform_plan(AFTER)
    plan["resource_changes"][0]["type"] = {"a": 1}
    assert judge_files(here, {"plan.json": plan}).rules == set()


def test_the_size_that_automatic_scaling_has_come_to_is_not_a_wish(here: Path) -> None:
    after = AFTER | {"scaling_config": [{"enable": True, "min_size": 1, "max_size": 9}]}
    plan = terraform_plan(after, actions=["update"], before=AFTER)
    assert judge_files(here, {"plan.json": plan}).rules == {"NP004"}
    plan["configuration"] = configured(*(key for key in after if key != "desired_size"))
    assert judge_files(here, {"plan.json": plan}).rules == set()


@pytest.mark.parametrize(
    ("actions", "before", "after", "rules"),
    [
        (["update"], AFTER, AFTER, set()),
        (["update"], AFTER | {"labels": SHARED}, AFTER, {"NP003"}),
        (["update"], AFTER | {"labels": None}, AFTER | {"instance_types": ["ecs.g7.2xlarge"]}, {"NP003", "ENI001"}),
        (["update"], AFTER, AFTER | {"labels": SHARED, "instance_types": ["ecs.g7.2xlarge"]}, {"NP003"}),
        (["update"], AFTER, AFTER | {"labels": [{**LABEL, "value": "ENI"}]}, {"NP003", "NP001"}),
        (["update"], AFTER | {"labels": SHARED}, AFTER | {"labels": SHARED}, set()),
        (["delete", "create"], AFTER | {"labels": SHARED}, AFTER, set()),
        (["create", "delete"], AFTER | {"labels": SHARED}, AFTER | {"taints": []}, {"NP002"}),
    ],
)
def test_the_mode_of_a_live_pool_cannot_change(
    here: Path, actions: list[str], before: dict[str, Any], after: dict[str, Any], rules: set[str]
) -> None:
    judged = judge(here, after, actions=actions, before=before)
    assert (judged.rules, judged.problems) == (rules, [])
    assert judged.report.exit_code == int(bool(rules - {"NP002"}))
    if "NP003" in rules:
        assert judged.places["NP003"].endswith(f" {ADDRESS}.labels")


@pytest.mark.parametrize("actions", [["no-op"], ["read"], ["delete"], ["forget"]])
def test_pools_that_do_not_change_are_left_alone(here: Path, actions: list[str]) -> None:
    judged = judge(here, None if "delete" in actions else AFTER | {"taints": []}, actions=actions)
    assert (judged.rules, judged.report.exit_code) == (set(), 0)
    assert judged.skipped == [(f"plan.json: {ADDRESS}", f"Terraform does not change it ({actions[0]})")]


def test_pools_without_the_label_are_counted_and_not_judged(here: Path) -> None:
    judged = judge(here, AFTER | {"labels": SHARED, "taints": []})
    assert (judged.rules, judged.report.pools, judged.report.exit_code) == (set(), (), 0)
    assert judged.skipped == [(f"plan.json: {ADDRESS}", "it has no exclusive label")]
    assert judged.report.inputs == ("plan.json",)


def test_a_label_that_is_spelled_almost_right_is_one_of_ours(here: Path) -> None:
    judged = judge(here, AFTER | {"labels": [{"key": EXCLUSIVE_LABEL.replace("k8s.", "k8s"), "value": "eniOnly"}]})
    assert judged.rules == {"NP001"}


def test_pools_of_two_clusters_may_share_a_name(here: Path) -> None:
    plan = terraform_plan(AFTER | {"cluster_id": "c1"})
    other = terraform_plan(AFTER | {"cluster_id": "c2"})["resource_changes"][1]
    plan["resource_changes"].append(other)
    assert judge_files(here, {"plan.json": plan}).rules == set()
    other["change"]["after"]["cluster_id"] = "c1"
    assert judge_files(here, {"plan.json": plan}).rules == {"NP006"}


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        ({"format_version": "2.0", "resource_changes": []}, "format_version '2.0'; eniplan reads 1.x [format_version]"),
        ({"resource_changes": []}, "format_version ''; eniplan reads 1.x [format_version]"),
        ({"format_version": "1.2", "resource_changes": {}}, "resource_changes must be a list [resource_changes]"),
        ({"format_version": "1.2", "values": {}}, "this is a Terraform state, not a plan []"),
        (
            {"format_version": "1.2", "planned_values": {"root_module": {"resources": [{"type": RESOURCE}]}}},
            "has no resource_changes, which tell the node pools that it creates [planned_values]",
        ),
        (
            {"version": 4, "terraform_version": "1.9.8", "serial": 1, "lineage": "a", "resources": []},
            "this is a Terraform state, not a plan []",
        ),
        (terraform_plan(None), f"{ADDRESS} has no map of values in change.after [resource_changes[1].change.after]"),
        (
            terraform_plan(AFTER, actions="create"),
            "a resource change needs change.actions [resource_changes[1].change]",
        ),
        (
            terraform_plan(AFTER | {"instance_types": {"a": "b"}}),
            f"""'instance_types' must be a list, not {{"a": "b"}} [{ADDRESS}.instance_types]""",
        ),
    ],
)
def test_plans_of_the_wrong_form(here: Path, plan: dict[str, Any], problem: str) -> None:
    judged = judge_files(here, {"plan.json": plan})
    assert judged.report.exit_code == 3
    assert [found for found in judged.problems if found.endswith(problem)] == judged.problems != []
    assert all(found.place.line for found in judged.report.problems)


def test_a_state_in_a_folder_is_left_alone(here: Path) -> None:
    state = {"format_version": "1.0", "values": {"resources": [{"type": RESOURCE}]}}
    judged = judge_files(here, {"infra/state.json": state, "infra/plan.json": terraform_plan(AFTER)}, "infra")
    assert (judged.problems, judged.skipped) == ([], [("infra/state.json", "this is a Terraform state, not a plan")])


def test_a_cluster_that_is_named_is_that_of_the_plan(here: Path) -> None:
    judged = judge_files(here, {"plan.json": terraform_plan(AFTER | {"cluster_id": 3})})
    assert judged.problems == []
    lost = terraform_plan(AFTER | {"labels": [], "cluster_id": "c1"}, actions=["update"], before=AFTER)
    assert judge_files(here, {"plan.json": lost}, cluster=None).rules == {"NP003"}
    judged = judge_files(here, {"plan.json": lost})
    assert (judged.rules, list(judged.report.undecided)) == ({"NP003"}, [])


def test_a_pool_that_may_be_exclusive_says_what_it_would_say(here: Path) -> None:
    plan = terraform_plan(
        without("labels") | {"instance_types": ["ecs.g7.2xlarge"], "taints": []}, after_unknown={"labels": True}
    )
    judged = judge_files(here, {"plan.json": plan})
    assert (judged.rules, judged.report.pools) == (set(), ())
    (waiting,) = [item.rules for item in judged.report.undecided if "NP001" in item.rules]
    assert {"NP001", "ENI001", "NP002"} <= set(waiting)


def test_each_label_is_a_fact_of_its_own(here: Path) -> None:
    labels = [LABEL, {"key": "team"}, {"key": "type"}]
    plan = terraform_plan(AFTER | {"labels": labels}, after_unknown={"labels": [{}, {"value": True}, {"value": True}]})
    report = judge_files(here, {"plan.json": plan}).report
    waiting = {item.fact: set(item.rules) for item in report.undecided}
    assert waiting == {
        "labels of pool 'trading'": {"NP005", "WL007", "WL019", "WL020"},
        "the label type of pool 'trading'": {"NP005", "NP010", "WL007", "WL019", "WL020"},
    }


def test_manifests_that_a_plan_applies(here: Path) -> None:
    spec = {"eniOptions": {"eniType": "ENI"}, "selector": {"podSelector": {"matchLabels": {"a": "b"}}}}
    name = {"apiVersion": "network.alibabacloud.com/v1beta1", "kind": "PodNetworking", "metadata": {"name": "pn"}}
    fixed = {"allocationType": {"type": "Fixed", "releaseStrategy": "TTL"}}
    plan = terraform_plan(AFTER)
    for i, (kind, argument, value, unknown) in enumerate(
        (
            ("kubernetes_manifest", "manifest", {**name, "spec": {**spec, **fixed}}, {}),
            ("kubectl_manifest", "yaml_body", json.dumps({**name, "metadata": {"name": "p2"}, "spec": spec}), {}),
            ("kubernetes_manifest", "manifest", {**name, "metadata": {}}, {"metadata": {"annotations": True}}),
        )
    ):
        change = {
            "actions": ["create"],
            "before": None,
            "after": {argument: value},
            "after_unknown": {argument: unknown},
        }
        plan["resource_changes"].append({"address": f"{kind}.m{i}", "type": kind, "mode": "managed", "change": change})
    judged = judge_files(here, {"plan.json": plan})
    assert "PN003" in judged.rules
    assert judged.places["PN003"].startswith("plan.json:")
    assert ("plan.json: kubernetes_manifest.m2", "parts of it are known only after apply") in judged.skipped


def test_what_is_left_out_is_told_where_it_changes_what_was_checked(run: Run, tmp_path: Path) -> None:
    """An autoscaler of an unknown workload; no workload of nobody's, and no pool that does not change."""
    plan = terraform_plan(AFTER)
    scaler = {"spec": [{"max_replicas": 9, "scale_target_ref": [{"api_version": "apps/v1", "kind": "Deployment"}]}]}
    unknown = {"spec": [{"scale_target_ref": [{"name": True}]}]}
    for kind, actions, after, after_unknown in (
        ("kubernetes_horizontal_pod_autoscaler_v2", ["create"], scaler, unknown),
        ("kubernetes_deployment_v1", ["create"], {"spec": [{}]}, {"spec": [{"template": True}]}),
        (RESOURCE, ["no-op"], AFTER, {}),
    ):
        change: dict[str, Any] = {"actions": actions, "after": after, "after_unknown": after_unknown}
        plan["resource_changes"].append({"address": f"{kind}.web", "type": kind, "mode": "managed", "change": change})
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    told = [line for line in run("check", "plan.json", cwd=tmp_path).err.splitlines() if line.startswith("skipped")]
    address = "kubernetes_horizontal_pod_autoscaler_v2.web"
    assert told == [f"skipped plan.json: {address}: parts of it are known only after apply"]


@pytest.mark.parametrize(
    ("actions", "before", "after", "told"),
    [
        (["create", "delete"], {}, {}, True),
        (["create", "delete"], {"name": "trading", "node_pool_name": None}, {}, True),
        (["delete", "create"], {}, {}, False),
        (["update"], {}, {}, False),
        (["create", "delete"], {"node_pool_name": "old"}, {}, False),
        (["create", "delete"], {"cluster_id": "c2"}, {}, False),
        (["create", "delete"], {}, {"cluster_id": None}, False),
    ],
)
def test_a_pool_and_its_replacement_of_one_name(
    here: Path,
    actions: list[str],
    before: dict[str, Any],
    after: dict[str, Any],
    told: bool,  # noqa: FBT001 - a parameter
) -> None:
    """ACK refuses a second pool of the name while the old one is there."""
    pool = AFTER | {"cluster_id": "c1"}
    plan = terraform_plan(pool | after, actions=actions, before=pool | {"instance_types": ["ecs.g7.8xlarge"]} | before)
    judged = judge_files(here, {"plan.json": plan})
    found = [finding for finding in judged.report.findings if finding.rule.id == "NP006"]
    assert [(finding.message, finding.place.path.rpartition(".")[2]) for finding in found] == [
        ("the node pool 'trading' is created before the old one of its name is deleted", "node_pool_name")
    ] * told
    assert [pool.name for pool in judged.report.pools] == ["trading"]


def test_a_replacement_that_is_invalid_is_told_once(here: Path) -> None:
    pool = AFTER | {"cluster_id": "c1", "node_pool_name": 3, "instance_types": "x"}
    judged = judge_files(here, {"plan.json": terraform_plan(pool, actions=["create", "delete"], before=pool)})
    assert len(judged.problems) == len(set(judged.problems)) > 0
