"""What the rules about Terway in a running cluster say, word by word, and of which objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.observed import NODE_POOL_LABEL, TYPE_LABEL, ZONE_LABEL
from eniplan.plan.model import TERWAY_CONFIG_LABEL
from eniplan.rules.examples import ABSENT, VSWITCH_J, VSWITCH_K
from eniplan.rules.examples_cluster import CLUSTER, IMAGE, NODES, SHARED_NODE, config_map, event, node, system_pod
from tests.judge import facts_missing, found, only, places, unknown
from tests.kube.causes import waiting
from tests.kube.states import CONFIG, LINGJUN, LINGJUN_PLAN, SYSTEM_DAEMON, conf, lingjun
from tests.kube.support import NO_PLAN, judge_cluster

if TYPE_CHECKING:
    from eniplan.report.model import Report

ONE, TWO, THREE = NODES
J, K = "cn-hangzhou-j", "cn-hangzhou-k"
ENI_CONFIG = f"{CONFIG}/eni-config"
DAEMON_SET_IMAGE = "daemonSets[0].spec.template.spec.initContainers[0].image"
RESTATE = (
    "put the cluster's value into the plan, and check it again: kubectl -n kube-system get configmap eni-config -o yaml"
)
PODS, PODENIS = CLUSTER["pods"], CLUSTER["podENIs"]
STARTING = waiting("ContainerCreating")


def told(report: Report, rule: str) -> list[tuple[str, str, str, str]]:
    """Return the level, place, message and hint of each finding of a rule."""
    return [(f.level, f.place.path, f.message, f.hint) for f in found(report, rule)]


def messages(report: Report, rule: str) -> list[str]:
    return [finding.message for finding in found(report, rule)]


def image(tag: str) -> str:
    return IMAGE.replace("v1.16.4", tag)


def everywhere(tag: str) -> dict[str, Any]:
    """Return the change that gives the DaemonSet and its pods this version."""
    pods = {f"pods[{n}].spec.initContainers[0].image": image(tag) for n in (4, 5, 6)}
    return {DAEMON_SET_IMAGE: image(tag), **pods}


def in_zone(number: int, zone: object) -> dict[str, Any]:
    return {f'nodes[{number}].metadata.labels["{ZONE_LABEL}"]': zone}


def upgrade(version: str) -> str:
    return (
        f"upgrade the add-on terway-eniip to {version} or later, in the console or with: aliyun cs "
        "UpgradeClusterAddons; then: kubectl -n kube-system rollout status ds terway-eniip"
    )


class TestVER022:
    @pytest.mark.parametrize(
        ("version", "level", "message", "hint"),
        [
            ("v1.16.3", "error", "Terway is v1.16.3, older than the plan's v1.16.4", upgrade("v1.16.4")),
            (
                "v1.16.5",
                "warning",
                "Terway is v1.16.5, newer than the plan's v1.16.4",
                "put it into the plan as cluster.terway.version, and check again: eniplan check PLAN",
            ),
            ("v1.11.0", "error", "Terway is v1.11.0, older than the plan's v1.16.4", upgrade("v1.16.4")),
            ("v1.10.9", "error", "Terway is v1.10.9; exclusive ENI on ECS nodes needs v1.11.0", upgrade("v1.11.0")),
        ],
    )
    def test_another_version_than_planned(self, version: str, level: str, message: str, hint: str) -> None:
        report = judge_cluster(everywhere(version))
        assert told(report, "VER022") == [(level, SYSTEM_DAEMON, message, hint)]
        facts = only(report, "VER022").facts
        assert (facts["image"], facts["version"]) == (image(version), version)

    def test_lingjun_nodes_need_a_newer_one_than_ecs_nodes(self) -> None:
        alone = judge_cluster({**LINGJUN, DAEMON_SET_IMAGE: image("v1.14.2"), "pods": []}, LINGJUN_PLAN)
        both = judge_cluster({**everywhere("v1.10.0"), "nodes[3]": lingjun("e01")}, NO_PLAN)
        assert messages(alone, "VER022") == ["Terway is v1.14.2; exclusive ENI on Lingjun nodes needs v1.14.3"]
        assert messages(both, "VER022") == ["Terway is v1.10.0; exclusive ENI on Lingjun nodes needs v1.14.3"]
        assert not found(judge_cluster(everywhere("v1.14.2"), NO_PLAN), "VER022")

    def test_without_exclusive_nodes_only_the_plan_counts(self) -> None:
        report = judge_cluster({**everywhere("v1.10.0"), "nodes": [SHARED_NODE]})
        assert messages(report, "VER022") == ["Terway is v1.10.0, older than the plan's v1.16.4"]

    def test_an_image_without_a_version_does_not_hide_another(self) -> None:
        report = judge_cluster({**everywhere("v1.10.0"), DAEMON_SET_IMAGE: image("0a1b2c3d")})
        assert messages(report, "VER022") == ["Terway is v1.10.0; exclusive ENI on ECS nodes needs v1.11.0"]
        assert facts_missing(report, "VER022") == [f"the version of Terway's image {image('0a1b2c3d')}"]


class TestVER023:
    NONE = {"daemonSets[0].metadata.name": "terway-eni", "pods": PODS[:4]}  # noqa: RUF012 - never changed

    def test_no_terway_at_all(self) -> None:
        assert told(judge_cluster(self.NONE), "VER023") == [
            (
                "error",
                SYSTEM_DAEMON,
                "DaemonSet kube-system/terway-eniip does not exist",
                (
                    "a network add-on cannot be replaced: use a cluster that was created with terway-eniip; "
                    "kubectl -n kube-system get ds"
                ),
            )
        ]

    @pytest.mark.parametrize(
        ("changes", "missing"),
        [
            ({"daemonSets": [], "pods": PODS[:4]}, ["the list of DaemonSets"]),
            ({"daemonSets[0].metadata.name": "terway-eni"}, []),
            ({"daemonSets[0].spec": {}, "pods": PODS[:4]}, ["the version of Terway's image (none)"]),
        ],
    )
    def test_what_is_undecided_if_a_part_is_missing(self, changes: dict[str, Any], missing: list[str]) -> None:
        report = judge_cluster(changes)
        assert not found(report, "VER023")
        assert facts_missing(report, "VER023") == missing


class TestVER024:
    def test_each_value_that_differs(self) -> None:
        changes = conf(
            enable_erdma=True, ipam_type=None, ip_stack="dual", vswitches={J: ["vsw-x"]}, security_groups=["b", "a"]
        )
        report = judge_cluster(changes)
        assert told(report, "VER024") == [
            ("warning", ENI_CONFIG, message, RESTATE)
            for message in (
                "enable_erdma is True; the plan states False",
                "ip_stack is 'dual'; the plan states 'ipv4'",
                "ipam_type is 'default'; the plan states 'crd'",
                "security groups are a, b; the plan has sg-pods",
                f"vswitches of {J} are vsw-x; the plan has vsw-j",
            )
        ]
        fields = [finding.facts["field"] for finding in found(report, "VER024")]
        assert fields == ["enable_erdma", "ip_stack", "ipam_type", "security_groups", "vswitches"]

    def test_values_that_eni_config_leaves_out_are_terways_defaults(self) -> None:
        empty = {"configMaps[0].data.eni_conf": "{}"}
        assert not found(judge_cluster(empty, {"cluster.terway.ipamType": "default"}), "VER024")
        other = {"cluster.terway.erdma": True, "cluster.ipStack": "dual"}
        assert messages(judge_cluster(empty, other), "VER024") == [
            "enable_erdma is False; the plan states True",
            "ip_stack is 'ipv4'; the plan states 'dual'",
            "ipam_type is 'default'; the plan states 'crd'",
        ]

    def test_what_the_plan_does_not_state_differs_from_nothing(self) -> None:
        unstated = ("cluster.terway.ipamType", "cluster.terway.erdma", "cluster.ipStack", "cluster.podDefaults")
        changes = conf(enable_erdma=True, ip_stack="dual", vswitches={J: ["vsw-x"]}, security_groups=["sg-x"])
        assert not found(judge_cluster(changes, dict.fromkeys(unstated, ABSENT)), "VER024")

    @pytest.mark.parametrize("plan", [{}, NO_PLAN])
    def test_an_eni_config_that_cannot_be_read(self, plan: dict[str, Any]) -> None:
        report = judge_cluster({"configMaps[0].data.eni_conf": "{"}, plan)
        assert told(report, "VER024") == [
            (
                "error",
                ENI_CONFIG,
                (
                    "Terway cannot read eni_conf of ConfigMap kube-system/eni-config: it must be a JSON object with "
                    "vswitches by zone"
                ),
                "correct it: kubectl -n kube-system edit configmap eni-config",
            )
        ]

    @pytest.mark.parametrize(
        ("changes", "plan", "missing"),
        [
            ({"configMaps": []}, {}, ["the list of ConfigMaps"]),
            ({"configMaps": []}, NO_PLAN, []),
            ({"configMaps[0].metadata.name": "x"}, {}, ["ConfigMap kube-system/eni-config"]),
            ({"configMaps[0].metadata.name": "x"}, NO_PLAN, ["ConfigMap kube-system/eni-config"]),
        ],
    )
    def test_what_is_undecided_without_an_eni_config(
        self, changes: dict[str, Any], plan: dict[str, Any], missing: list[str]
    ) -> None:
        report = judge_cluster(changes, plan)
        assert not found(report, "VER024")
        assert facts_missing(report, "VER024") == missing

    @pytest.mark.parametrize(
        ("planned", "zones", "said"),
        [
            (["vsw-j2", "vsw-j", "vsw-k"], {J: ["vsw-j", "vsw-j2"]}, []),
            (["vsw-j2", "vsw-j"], {J: ["vsw-j"]}, [f"vswitches of {J} are vsw-j; the plan has vsw-j2, vsw-j"]),
            (["vsw-j"], {J: ["vsw-j", "vsw-j2"]}, [f"vswitches of {J} are vsw-j, vsw-j2; the plan has vsw-j"]),
            (["vsw-k"], {J: ["vsw-j"]}, []),
            (["vsw-j"], {K: ["vsw-k"]}, []),
        ],
    )
    def test_the_vswitches_of_the_zones_of_nodes(
        self, planned: list[str], zones: dict[str, list[str]], said: list[str]
    ) -> None:
        more = {"id": "vsw-j2", "zone": J, "vpcId": "vpc-1"}
        plan = {"cluster.vSwitches": [VSWITCH_J, VSWITCH_K, more], "cluster.podDefaults": {"vSwitchIds": planned}}
        assert messages(judge_cluster(conf(vswitches=zones), plan), "VER024") == said

    @pytest.mark.parametrize("known", [[], [{"id": "vsw-u"}]])
    @pytest.mark.parametrize(
        ("planned", "seen", "said"),
        [
            (["vsw-j", "vsw-u"], ["vsw-j"], []),
            (["vsw-j", "vsw-u"], ["vsw-u", "vsw-j"], []),
            (["vsw-j", "vsw-u"], ["vsw-u"], [f"vswitches of {J} are vsw-u; the plan has vsw-j, vsw-u"]),
            (["vsw-u"], ["vsw-j"], [f"vswitches of {J} are vsw-j; the plan has vsw-u"]),
        ],
    )
    def test_a_vswitch_whose_zone_is_not_known_may_be_in_any(
        self, planned: list[str], seen: list[str], said: list[str], known: list[dict[str, str]]
    ) -> None:
        plan = {"cluster.vSwitches": [VSWITCH_J, *known], "cluster.podDefaults": {"vSwitchIds": planned}}
        assert messages(judge_cluster(conf(vswitches={J: seen}), plan), "VER024") == said

    def test_zones_are_those_of_nodes_that_use_eni_config(self) -> None:
        own = {f'nodes[1].metadata.labels["{TERWAY_CONFIG_LABEL}"]': "x", "configMaps[1]": config_map("x")}
        changes = {**conf(vswitches={J: ["vsw-y"], K: ["vsw-x"]}), **in_zone(1, K), **in_zone(2, ABSENT), **own}
        plan = {"cluster.vSwitches": [VSWITCH_J, VSWITCH_K], "cluster.podDefaults": {"vSwitchIds": ["vsw-j", "vsw-k"]}}
        assert messages(judge_cluster(changes, plan), "VER024") == [
            f"vswitches of {J} are vsw-y; the plan has vsw-j",
        ]
        in_both = {**conf(vswitches={K: ["vsw-x"], J: ["vsw-y"]}), **in_zone(0, K)}
        assert messages(judge_cluster(in_both, plan), "VER024") == [
            f"vswitches of {J} are vsw-y; the plan has vsw-j",
            f"vswitches of {K} are vsw-x; the plan has vsw-k",
        ]

    @pytest.mark.parametrize(
        ("groups", "said"),
        [
            (["sg-b", "sg-pods"], []),
            (["sg-b"], ["security groups are sg-b; the plan has sg-pods, sg-b"]),
            ([], []),
        ],
    )
    def test_security_groups_in_any_order(self, groups: list[str], said: list[str]) -> None:
        plan = {"cluster.podDefaults": {"vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg-pods", "sg-b"]}}
        assert messages(judge_cluster(conf(security_groups=groups), plan), "VER024") == said
        assert not found(judge_cluster(conf(security_groups=groups), {"cluster.podDefaults.securityGroupIds": ABSENT}),
                         "VER024")  # fmt: skip


class TestVER025:
    def test_only_config_errors_of_judged_nodes(self) -> None:
        theirs = node("theirs", **{NODE_POOL_LABEL: "np2", TYPE_LABEL: "ecs.g7.8xlarge"})
        events = [
            event("ConfigError", "Node", ONE, "node exclusive mode changed"),
            event("ConfigError", "Node", "theirs", "theirs"),
            event("ConfigError", "Ingress", ONE, "of another program", "web"),
            event("FailedMount", "Node", ONE, "of another reason"),
            {**event("ConfigError", "Node", TWO, "once", "default"), "count": 1},
            {**event("ConfigError", "Node", THREE, "again"), "count": 2},
        ]
        report = judge_cluster({"events": events, "nodes[3]": theirs})
        hint = "replace the node if it says so; a mode cannot be switched: kubectl describe node "
        assert told(report, "VER025") == [
            (
                "error",
                f"Node/{ONE}",
                f"ConfigError on Node/{ONE} (3 times): node exclusive mode changed",
                f"{hint}{ONE}",
            ),
            ("error", f"Node/{TWO}", f"ConfigError on Node/{TWO}: once", f"{hint}{TWO}"),
            ("error", f"Node/{THREE}", f"ConfigError on Node/{THREE} (2 times): again", f"{hint}{THREE}"),
        ]
        assert [(f.facts["reason"], f.facts["count"]) for f in found(report, "VER025")] == [
            ("ConfigError", 3), ("ConfigError", 1), ("ConfigError", 2),
        ]  # fmt: skip

    def test_without_events(self) -> None:
        assert facts_missing(judge_cluster({"events": ABSENT}), "VER025") == ["the list of events"]


def test_an_event_that_is_over_is_told_so() -> None:
    late = event("CreateENIFailed", "PodENI", "matcher-0", "IpNotEnough", "trading")
    finding = only(judge_cluster({"events[1]": late}), "VER026")
    assert (finding.level, finding.place.path) == ("info", "PodENI/trading/matcher-0")
    assert finding.message == (
        "CreateENIFailed on PodENI/trading/matcher-0 (3 times), since recovered: IpNotEnough"
    )  # fmt: skip


CRASHING = waiting("CrashLoopBackOff", name="terway", message="boom")
IN_INIT = waiting("CrashLoopBackOff", key="initContainerStatuses", name="terway-init")
CHANGED = waiting(
    "CrashLoopBackOff", key="initContainerStatuses", name="terway-init", message="exclusive eni mode changed"
)


class TestVER033:
    def test_nodes_without_a_pod_of_terway(self) -> None:
        leaving = {**PODS[4], "metadata": {**PODS[4]["metadata"], "deletionTimestamp": "2026-11-22T00:00:00Z"}}
        leaving["status"] = CRASHING
        report = judge_cluster({"pods": [*PODS[:4], leaving, PODS[6]]})
        assert told(report, "VER033") == [
            (
                "error",
                f"Node/{ONE}",
                f"2 nodes of pool 'trading' without a pod of terway-eniip: {ONE}, {TWO}",
                (
                    "does the DaemonSet select the node and tolerate its taints? kubectl -n kube-system describe ds "
                    f"terway-eniip; kubectl describe node {ONE}"
                ),
            )
        ]
        facts = only(report, "VER033").facts
        assert (facts["nodes"], facts["waiting"]) == ([ONE, TWO], 0)

    def test_nodes_are_told_apart_by_what_terway_says_there(self) -> None:
        changes = {
            "pods[4].status": CRASHING, "pods[5].status": CRASHING, "pods[6].status": IN_INIT,
            "pods[0].status": STARTING, "podENIs": PODENIS[1:],
        }  # fmt: skip
        report = judge_cluster(changes)
        assert told(report, "VER033") == [
            (
                "error",
                f"Node/{ONE}",
                (
                    "2 nodes of pool 'trading' where terway-eniip does not run: CrashLoopBackOff in container terway: "
                    f"boom: {ONE}, {TWO}; 1 pod waits there"
                ),
                (
                    "find out why: kubectl -n kube-system logs terway-eniip-1 --all-containers; kubectl -n kube-system "
                    "describe pod terway-eniip-1"
                ),
            ),
            (
                "error",
                f"Node/{THREE}",
                (
                    "1 node of pool 'trading' where terway-eniip does not run: CrashLoopBackOff in init container "
                    f"terway-init: {THREE}"
                ),
                (
                    "find out why; if it says `exclusive eni mode changed`, the node's label was changed later: "
                    "replace the node. kubectl -n kube-system logs terway-eniip-3 -c terway-init"
                ),
            ),
        ]
        assert [finding.facts["waiting"] for finding in found(report, "VER033")] == [1, 0]

    @pytest.mark.parametrize(
        ("other", "count"),
        [
            (CRASHING, 2),
            (waiting("ImagePullBackOff", name="terway", message="boom"), 1),
            (waiting("CrashLoopBackOff", name="policy", message="boom"), 1),
            (waiting("CrashLoopBackOff", name="terway", message="bang"), 1),
        ],
    )
    def test_reason_container_and_message_tell_nodes_apart(self, other: dict[str, Any], count: int) -> None:
        report = judge_cluster({"pods[4].status": CRASHING, "pods[5].status": other})
        assert len(found(report, "VER033")) == 3 - count
        assert len(found(report, "VER033")[0].facts["nodes"]) == count  # type: ignore[arg-type]  # a list

    @pytest.mark.parametrize(
        ("reason", "message", "starting"),
        [("PodInitializing", "", True), ("ContainerCreating", "", True), ("ImagePullBackOff", "", False),
         ("ContainerCreating", "no space left on device", False)],
    )  # fmt: skip
    def test_on_a_node_that_has_just_joined_it_may_be_starting(
        self, reason: str, message: str, *, starting: bool
    ) -> None:
        status = waiting(reason, name="terway", **({"message": message} if message else {}))
        (finding,) = found(judge_cluster({"pods[4].status": status}), "VER033")
        assert (
            finding.hint.startswith("it may still be starting: verify again with --wait 10m; if it stays, ") == starting
        )

    def test_a_changed_mode_needs_a_new_node(self) -> None:
        changes = {
            **{f"pods[{n}].status": CHANGED for n in (5, 6)}, **{f"pods[{n}].status": STARTING for n in (1, 2)},
            "podENIs": PODENIS[:1],
        }  # fmt: skip
        assert told(judge_cluster(changes), "VER033") == [
            (
                "error",
                f"Node/{TWO}",
                (
                    "2 nodes of pool 'trading' where terway-eniip does not run: CrashLoopBackOff in init container "
                    f"terway-init: exclusive eni mode changed: {TWO}, {THREE}; 2 pods wait there"
                ),
                (
                    "the label was changed after Terway first saw the node, which cannot be undone: replace it; "
                    f"kubectl drain {TWO}"
                ),
            )
        ]

    def test_a_pod_that_has_only_a_phase(self) -> None:
        assert messages(judge_cluster({"pods[4].status": {"phase": "Pending"}}), "VER033") == [
            f"1 node of pool 'trading' where terway-eniip does not run: Pending: {ONE}"
        ]

    @pytest.mark.parametrize(
        ("status", "on", "missing"),
        [
            ({"phase": "Running"}, ONE, ["whether the pods of terway-eniip are Ready"]),
            ({"phase": "Running"}, "elsewhere", []),
            ({"phase": "Pending"}, ONE, []),
        ],
    )
    def test_whether_terway_is_ready_is_undecided_if_no_condition_says_so(
        self, status: dict[str, str], on: str, missing: list[str]
    ) -> None:
        report = judge_cluster({"pods[7]": {**system_pod("DaemonSet", "terway-eniip", on), "status": status}})
        assert facts_missing(report, "VER033") == missing

    @pytest.mark.parametrize(("pods", "level"), [({}, "warning"), ({"pods": ABSENT}, "error")])
    def test_a_daemon_set_that_is_not_ready(self, pods: dict[str, Any], level: str) -> None:
        status = {"daemonSets[0].status": {"desiredNumberScheduled": 4, "numberReady": 3}}
        report = judge_cluster({**status, **pods})
        assert told(report, "VER033") == [
            (
                level,
                SYSTEM_DAEMON,
                "3 of 4 pods of DaemonSet kube-system/terway-eniip are ready",
                "kubectl -n kube-system get pods -l app=terway-eniip -o wide",
            )
        ]
        assert facts_missing(report, "VER033") == (["the list of pods"] if pods else [])

    @pytest.mark.parametrize(
        "status",
        [
            {"desiredNumberScheduled": 4},
            {"numberReady": 3},
            {"desiredNumberScheduled": 3, "numberReady": 3},
            {"desiredNumberScheduled": 3, "numberReady": 4},
        ],
    )
    def test_a_daemon_set_that_is_ready_or_does_not_say(self, status: dict[str, int]) -> None:
        assert not found(judge_cluster({"daemonSets[0].status": status}), "VER033")
        assert not found(judge_cluster({"daemonSets[0].metadata.name": "terway-eni"}), "VER033")

    def test_nodes_without_terway_say_it_all(self) -> None:
        status = {"daemonSets[0].status": {"desiredNumberScheduled": 3, "numberReady": 2}}
        assert places(judge_cluster({"pods[4].status": CRASHING, **status}), "VER033") == [f"Node/{ONE}"]


class TestVER034:
    @staticmethod
    def control_plane(on: str, status: dict[str, Any]) -> dict[str, Any]:
        return {**system_pod("ReplicaSet", "terway-controlplane-7d5f9c4b6d", on), "status": status}

    def test_no_pod_of_it_runs(self) -> None:
        changes = {
            "pods[7]": self.control_plane(TWO, IN_INIT), "pods[8]": self.control_plane(ONE, CRASHING),
            **{f"pods[{n}].status": STARTING for n in (0, 1)}, "podENIs": PODENIS[2:],
        }  # fmt: skip
        name = "terway-controlplane-7d5f9c4b6d-1"
        report = judge_cluster(changes)
        assert told(report, "VER034") == [
            (
                "error",
                f"Pod/kube-system/{name}",
                "no pod of terway-controlplane runs (CrashLoopBackOff in container terway); 2 pods wait for a PodENI",
                f"kubectl -n kube-system describe pod {name}; kubectl -n kube-system logs {name} --previous",
            )
        ]
        assert only(report, "VER034").facts["waiting"] == 2

    def test_one_pod_waits(self) -> None:
        changes = {"pods[7]": self.control_plane(TWO, CRASHING), "pods[0].status": STARTING, "podENIs": PODENIS[1:]}
        (message,) = messages(judge_cluster(changes), "VER034")
        assert message.endswith("; 1 pod waits for a PodENI")

    def test_it_runs_or_cannot_be_seen(self) -> None:
        running = self.control_plane(ONE, PODS[0]["status"])
        both = {"pods[7]": running, "pods[8]": self.control_plane(TWO, CRASHING)}
        assert not found(judge_cluster(both), "VER034")
        assert facts_missing(judge_cluster({"pods": ABSENT}), "VER034") == ["the list of pods"]


def test_several_versions_at_once() -> None:
    other = IMAGE.replace("v1.16.4", "v1.16.5")
    report = judge_cluster({"pods[4].spec.initContainers[0].image": other})
    assert told(report, "VER038") == [
        (
            "warning",
            SYSTEM_DAEMON,
            f"2 images of terway-eniip are in use: {IMAGE}, {other}",
            (
                "kubectl -n kube-system rollout status ds terway-eniip; kubectl -n kube-system get pods "
                "-l app=terway-eniip -o wide"
            ),
        )
    ]
    assert only(report, "VER038").facts["images"] == [IMAGE, other]
    assert not found(judge_cluster(everywhere("v1.16.5")), "VER038")


class TestVER035:
    PLAN = {  # noqa: RUF012 - never changed
        "nodePools[0].terwayConfig": "gpu-net",
        "cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg-pods"]}},
    }
    EDIT = "kubectl -n kube-system edit configmap gpu-net"

    @staticmethod
    def own(text: object, nodes: tuple[int, ...] = (0, 1, 2)) -> dict[str, Any]:
        """Return the change that gives nodes a configuration of their own."""
        data = {"eni_conf": text if isinstance(text, str) else json.dumps(text)}
        labels = {f'nodes[{n}].metadata.labels["{TERWAY_CONFIG_LABEL}"]': "gpu-net" for n in nodes}
        return {**labels, "configMaps[1]": {**config_map("gpu-net"), "data": data}}

    @pytest.mark.parametrize("base", [{}, {"configMaps[0].data.eni_conf": "{"}])
    def test_one_that_cannot_be_read(self, base: dict[str, Any]) -> None:
        report = judge_cluster({**self.own("{", (0, 1)), **base}, self.PLAN)
        assert told(report, "VER035") == [
            (
                "error",
                f"{CONFIG}/gpu-net",
                (
                    "Terway cannot read eni_conf of ConfigMap kube-system/gpu-net: it must be a JSON object with "
                    "vswitches by zone"
                ),
                f"correct it: {self.EDIT}",
            )
        ]
        assert only(report, "VER035").facts["nodes"] == [ONE, TWO]

    @pytest.mark.parametrize("own", [{}, {"vswitches": {J: ["vsw-x"]}}])
    def test_other_rules_report_eni_config_and_what_is_missing(self, own: dict[str, Any]) -> None:
        assert not found(judge_cluster({**self.own(own), "configMaps[0].data.eni_conf": "{"}, self.PLAN), "VER035")
        assert not found(judge_cluster({"configMaps[0].data.eni_conf": "{"}), "VER035")
        labelled = {f'nodes[0].metadata.labels["{TERWAY_CONFIG_LABEL}"]': "gpu-net"}
        assert not found(judge_cluster(labelled, self.PLAN), "VER035")

    def test_each_zone_without_a_vswitch(self) -> None:
        zones = {**in_zone(1, K), **in_zone(2, "cn-hangzhou-h")}
        report = judge_cluster({**self.own({"vswitches": {K: ["vsw-k"], J: None}}), **zones}, self.PLAN)
        assert told(report, "VER035") == [
            (
                "error",
                f"{CONFIG}/gpu-net",
                f"ConfigMap gpu-net leaves {zone} without a vSwitch, where pool 'trading' has nodes",
                f"add a vSwitch of {zone}: {self.EDIT}",
            )
            for zone in ("cn-hangzhou-h", J)
        ]
        assert [finding.facts["zone"] for finding in found(report, "VER035")] == ["cn-hangzhou-h", J]

    def test_no_vswitch_at_all(self) -> None:
        report = judge_cluster(self.own({"vswitches": None}), self.PLAN)
        assert [(f.message, f.hint) for f in found(report, "VER035")] == [
            (
                "ConfigMap gpu-net leaves the nodes of pool 'trading' without any vSwitch",
                f"add a vSwitch of {J}: {self.EDIT}",
            )
        ]

    def test_the_first_node_whose_zone_is_not_known_is_named(self) -> None:
        report = judge_cluster({**in_zone(1, ABSENT), **in_zone(2, ABSENT)})
        assert not found(report, "VER035")
        assert [(item.fact, item.place.path) for item in unknown(report, "VER035")] == [
            ("in which zone some nodes are", f"Node/{TWO}")
        ]

    OTHER = {"vswitches": {J: ["vsw-x"]}, "security_groups": ["sg-x"]}  # noqa: RUF012 - never changed

    @pytest.mark.parametrize("plan", [{}, {"podNetworkings": [], "workloads": []}])
    def test_other_lists_than_planned(self, plan: dict[str, Any]) -> None:
        report = judge_cluster(self.own(self.OTHER), {**self.PLAN, **plan})
        hint = f"apply the plan's: eniplan render-manifests PLAN | kubectl apply -f -; or correct it: {self.EDIT}"
        assert told(report, "VER035") == [
            ("error", f"{CONFIG}/gpu-net", "security groups are sg-x; the plan has sg-pods", hint),
            ("error", f"{CONFIG}/gpu-net", f"vswitches of {J} are vsw-x; the plan has vsw-j", hint),
        ]
        assert [f.facts["field"] for f in found(report, "VER035")] == ["security_groups", "vswitches"]

    def test_lists_are_compared_with_those_for_pods_without_a_pod_networking(self) -> None:
        plan = {**self.PLAN, "podNetworkings[0].vSwitchIds": ["vsw-x"], "podNetworkings[0].securityGroupIds": ["sg-x"]}
        planned = {"vswitches": {J: ["vsw-j"]}, "security_groups": ["sg-pods"]}
        assert not found(judge_cluster(self.own(planned), plan), "VER035")
        assert len(found(judge_cluster(self.own(self.OTHER), plan), "VER035")) == 2

    def test_lists_are_compared_only_with_a_plan_and_for_configurations_of_nodes(self) -> None:
        assert not found(judge_cluster(self.own(self.OTHER), NO_PLAN), "VER035")
        assert not found(judge_cluster(conf(**self.OTHER)), "VER035")

    def test_a_configuration_that_the_plan_does_not_state_differs_from_nothing(self) -> None:
        assert not found(judge_cluster(self.own(self.OTHER), {"nodePools[0].terwayConfig": "gpu-net"}), "VER035")
