from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest

from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.rules.base import Fix
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, POD_NETWORKING, TWO_ZONES, VSWITCH_J, WORKLOAD
from tests.judge import found, judge, only, places

POOL = "nodePools[0]"
NETWORKED: dict[str, Any] = {"podNetworkings": [POD_NETWORKING]}


def workload(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a workload
    """Return changes to the example plan: one workload."""
    return {"workloads": [{**WORKLOAD, **changes}]}


class TestWL001:
    def test_hint_is_the_toleration(self) -> None:
        finding = only(judge(workload(tolerations=[])), "WL001")
        assert finding.hint == (
            "add {key: exclusive-eni, operator: Equal, value: 'true', effect: NoSchedule} to its tolerations"
        )
        assert finding.place.path == "workloads[0].tolerations"

    def test_a_taint_without_value(self) -> None:
        changes = {f"{POOL}.taints": [{"key": "a", "effect": "NoExecute"}], **workload(tolerations=[])}
        assert "operator: Exists" in only(judge(changes), "WL001").hint

    def test_prefer_no_schedule_keeps_nobody_away(self) -> None:
        taints = [{"key": "a", "effect": "PreferNoSchedule"}, {"key": "b", "effect": "NoSchedule"}]
        report = judge({f"{POOL}.taints": taints, **workload(tolerations=[])})
        assert only(report, "WL001").facts["taint"] == "b:NoSchedule"

    def test_lingjun_nodes_carry_a_taint_of_their_own(self) -> None:
        changes = {"nodePools[1]": {**LINGJUN_POOL, "taints": []}}
        report = judge({**changes, **workload(nodePool="training", tolerations=[])})
        assert only(report, "WL001").facts["taint"] == "node-role.alibabacloud.com/lingjun:NoSchedule"

    def test_left_out_is_rendered_right(self) -> None:
        assert judge(workload()).findings == ()

    def test_unknown_pool_is_another_rule(self) -> None:
        assert found(judge(workload(nodePool="x", tolerations=[])), "WL001") == []


class TestWL002:
    LINGJUN: ClassVar[dict[str, Any]] = {"nodePools[1]": LINGJUN_POOL}

    @pytest.mark.parametrize(
        ("changes", "level", "words"),
        [
            ({"eniRequest": 0}, "warning", "requests no aliyun/eni: the scheduler places too many of its pods"),
            ({"eniRequest": 1}, None, ""),
            ({"eniRequest": 2}, "warning", "requests 2 aliyun/eni per pod"),
            ({"eniRequest": 0, "podNetworking": "trading-eni"}, None, ""),
            ({"eniRequest": 3, "podNetworking": "trading-eni"}, "warning", "requests 3"),
            ({"eniRequest": 0, "hostNetwork": True}, None, ""),
            (
                {"eniRequest": 2, "hostNetwork": True},
                "warning",
                "uses the host network and requests 2 aliyun/eni per pod",
            ),
            ({"eniRequest": 1, "hostNetwork": True, "nodePool": "training"}, "error", "Lingjun nodes never offer"),
            ({"eniRequest": 1, "nodePool": "training"}, "error", "Lingjun nodes never offer"),
            ({"eniRequest": 0, "nodePool": "training"}, None, ""),
            ({"eniRequest": 2, "nodePool": "none"}, None, ""),
        ],
    )
    def test_requests(self, changes: dict[str, Any], level: str | None, words: str) -> None:
        report = judge({**NETWORKED, **self.LINGJUN, **workload(**changes)})
        findings = found(report, "WL002")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        assert all(words in finding.message for finding in findings)

    def test_what_to_request(self) -> None:
        finding = only(judge(workload(eniRequest=0)), "WL002")
        assert finding.fix == Fix("request", 1, path=("workloads", 0, "eniRequest"))
        finding = only(judge(workload(eniRequest=2)), "WL002")
        assert finding.message.endswith("requests 2 aliyun/eni per pod; a pod gets 1")
        assert (finding.hint, finding.fix and finding.fix.value) == ("request 1", 1)


class TestWL003:
    def test_did_you_mean(self) -> None:
        report = judge({**NETWORKED, **workload(podNetworking="trading-en", nodePool="tradin")})
        assert [finding.hint for finding in found(report, "WL003")] == [
            "did you mean 'trading'?", "did you mean 'trading-eni'?",
        ]  # fmt: skip


class TestWL004:
    def test_namespace(self) -> None:
        assert places(judge(workload(namespace="a.b")), "WL004") == ["workloads[0].namespace"]

    def test_taken(self) -> None:
        one = {**WORKLOAD, "replicas": 1}
        same_name = [one, {**one, "kind": "Job"}, {**one, "namespace": "other"}]
        assert found(judge({"workloads": same_name}), "WL004") == []
        finding = only(judge({"workloads": [*same_name, one]}), "WL004")
        assert finding.message == "two workloads are StatefulSet default/matcher"
        assert finding.place.path == "workloads[3].name"


class TestWL005:
    def test_a_pod_networking_for_no_named_pool_is_for_all(self) -> None:
        changes = {"podNetworkings": [{**POD_NETWORKING, "nodePools": []}], **workload(podNetworking="trading-eni")}
        assert found(judge(changes), "WL005") == []


# --- what templates say ----------------------------------------------------------------------------------------

ENI = "aliyun/eni"
ONE = {"requests": {ENI: "1"}, "limits": {ENI: 1}}
TWO = {"requests": {ENI: 2}, "limits": {ENI: 2}}


def templated(
    metadata: dict[str, Any] | None = None,
    *,
    more: dict[str, Any] | None = None,
    **spec: Any,  # noqa: ANN401 - any field
) -> dict[str, Any]:
    """Return changes to the example plan: one workload with a manifest of its own."""
    tolerations = [{"operator": "Exists"}]
    pod = {"containers": [{"name": "c", "resources": ONE}], "tolerations": tolerations, **spec}
    one = {**WORKLOAD, "kind": "Deployment", "replicas": 2, "template": {"metadata": metadata or {}, "spec": pod}}
    return {"workloads": [{**one, **(more or {})}]}


def affinity(*rules: dict[str, Any]) -> dict[str, Any]:
    required = {"nodeSelectorTerms": [{"matchExpressions": [rule]} for rule in rules]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


LABEL = "k8s.aliyun.com/exclusive-mode-eni-type"
EXCLUSIVE = {"key": LABEL, "operator": "In", "values": ["eniOnly"]}


def rules_of(changes: dict[str, Any]) -> set[str]:
    return {finding.rule.id for finding in judge(changes).findings if finding.level != "info"}


class TestTemplates:
    def test_what_is_right_passes(self) -> None:
        assert rules_of(templated(affinity=affinity(EXCLUSIVE))) == set()

    def test_a_template_says_what_a_plan_would(self) -> None:
        finding = only(judge(templated(tolerations=[])), "WL001")
        assert finding.place.path == "workloads[0].template.spec.tolerations"
        assert rules_of(templated(hostNetwork=True, tolerations=[{"operator": "Exists"}], containers=[])) == set()
        finding = only(judge(templated(containers=[{"name": "c"}])), "WL002")
        assert finding.place.path == "workloads[0].template.spec.containers[0].resources"

    def test_what_is_no_pod_is_a_problem(self) -> None:
        report = judge(templated(tolerations="x"))
        assert [str(problem.place.path) for problem in report.problems] == ["workloads[0].template.spec.tolerations"]
        assert report.exit_code == 3

    @pytest.mark.parametrize("key", ["hostNetwork", "eniRequest", "tolerations"])
    def test_nothing_is_said_twice(self, key: str) -> None:
        value: Any = {"hostNetwork": False, "eniRequest": 1, "tolerations": []}[key]
        assert places(judge(templated(more={key: value})), "WL017") == [f"workloads[0].{key}"]


class TestWL001Eviction:
    @pytest.mark.parametrize(("seconds", "told"), [(60, True), (0, True), (None, False)])
    def test_a_toleration_that_ends(self, seconds: int | None, told: bool) -> None:  # noqa: FBT001 - a parameter
        toleration = {"key": "a", "operator": "Exists", "effect": "NoExecute"}
        limit = {} if seconds is None else {"tolerationSeconds": seconds}
        changes = {
            f"{POOL}.taints": [{"key": "a", "effect": "NoExecute"}],
            **workload(tolerations=[{**toleration, **limit}]),
        }
        findings = found(judge(changes), "WL001")
        assert [finding.facts["tolerationSeconds"] for finding in findings] == ([seconds] if told else [])
        assert all("evicted" in finding.message for finding in findings)


class TestWL004Names:
    @pytest.mark.parametrize(
        ("kind", "name", "words"),
        [
            ("CronJob", "a" * 53, "at most 52 characters, this one 53"), ("StatefulSet", "a.b", "a dot"),
            ("StatefulSet", "a" * 53, "a label"), ("Job", "a" * 64, "at most 63"), ("Deployment", "a" * 253, ""),
            ("Deployment", "A", "lower-case"),
        ],
    )  # fmt: skip
    def test_limits(self, kind: str, name: str, words: str) -> None:
        findings = found(judge(workload(kind=kind, name=name, replicas=1)), "WL004")
        assert [words in finding.message for finding in findings] == ([True] if words else [])

    @pytest.mark.parametrize(("length", "good"), [(47, True), (48, False)])
    def test_names_that_kubernetes_completes(self, length: int, good: bool) -> None:  # noqa: FBT001 - a parameter
        one = {**WORKLOAD, "kind": "CronJob", "replicas": 1, "name": "a" * length, "generateName": True}
        assert (found(judge({"workloads": [one, one]}), "WL004") == []) == good
        assert found(judge(workload(kind="Job", name="a-", generateName=True)), "WL004") == []


class TestWL007Places:
    """The region, zones, instance types and architecture of the example's pool."""

    TYPE = "node.kubernetes.io/instance-type"
    ZONE = "topology.kubernetes.io/zone"
    REGION = "topology.kubernetes.io/region"
    ARCH = "kubernetes.io/arch"

    @pytest.mark.parametrize(
        ("key", "value", "have"),
        [
            (ZONE, "cn-hangzhou-k", "cn-hangzhou-j"),
            ("failure-domain.beta.kubernetes.io/zone", "cn-hangzhou-k", "cn-hangzhou-j"),
            (REGION, "cn-beijing", "cn-hangzhou"),
            (TYPE, "ecs.g7.8xlarge", "ecs.g8i.8xlarge"),
            ("beta.kubernetes.io/instance-type", "ecs.g7.8xlarge", "ecs.g8i.8xlarge"),
            (ARCH, "arm64", "amd64"),
            ("beta.kubernetes.io/arch", "arm64", "amd64"),
        ],
    )
    def test_what_the_nodes_have(self, key: str, value: str, have: str) -> None:
        finding = only(judge(templated(nodeSelector={key: value})), "WL007")
        assert finding.message == (
            f"Deployment 'matcher' selects labels that nodes of pool 'trading' do not have: {key} In ({value})"
        )
        assert finding.hint == f"they have {key}={have}"
        assert finding.place.path.startswith("workloads[0].template.spec.nodeSelector[")
        assert found(judge(templated(nodeSelector={key: have})), "WL007") == []

    def test_only_what_the_nodes_lack_is_told(self) -> None:
        report = judge(templated(nodeSelector={EXCLUSIVE_LABEL: "eniOnly", "a": "b"}))
        assert only(report, "WL007").message.endswith(" do not have: a In (b)")

    def test_a_label_that_the_pool_does_not_set(self) -> None:
        assert (
            only(judge(templated(nodeSelector={"a": "b"})), "WL007").hint == "compare them with the labels of the pool"
        )

    @pytest.mark.parametrize(
        ("changes", "key", "value", "told"),
        [
            ({f"{POOL}.vSwitchIds": ["vsw-j", "vsw-k"]}, ZONE, "cn-hangzhou-k", False),
            ({f"{POOL}.vSwitchIds": ["vsw-j", "vsw-k"]}, ZONE, "cn-hangzhou-i", True),
            ({f"{POOL}.instanceTypes": ["ecs.g8i.8xlarge", "ecs.g7.8xlarge"]}, TYPE, "ecs.g7.8xlarge", False),
            ({f"{POOL}.instanceTypes": [], f"{POOL}.instanceFamilies": ["ecs.g8i"]}, TYPE, "ecs.g7.8xlarge", True),
            ({f"{POOL}.instanceTypes": [], f"{POOL}.instanceFamilies": ["ecs.none"]}, TYPE, "ecs.g7.8xlarge", False),
            ({f"{POOL}.instanceFamilies": ["ecs.g7"]}, TYPE, "ecs.g7.8xlarge", False),
            ({f"{POOL}.instanceFamilies": ["ecs.g7"]}, TYPE, "ecs.g8i.8xlarge", False),
            ({f"{POOL}.instanceTypes": [], f"{POOL}.instanceFamilies": ["ecs.g8y"]}, ARCH, "arm64", False),
            ({f"{POOL}.instanceTypes": [], f"{POOL}.instanceFamilies": ["ecs.g8y"]}, ARCH, "amd64", True),
            ({f"{POOL}.instanceFamilies": ["ecs.g8y"]}, ARCH, "amd64", False),
            ({f"{POOL}.instanceTypes": ["ecs.g8i.8xlarge", "(var.t)"]}, TYPE, "ecs.g7.8xlarge", False),
            ({f"{POOL}.labels": {TYPE: "x"}}, TYPE, "x", False),
        ],
    )
    def test_several(self, changes: dict[str, Any], key: str, value: str, told: bool) -> None:  # noqa: FBT001 - a parameter
        k = {"id": "vsw-k", "zone": "cn-hangzhou-k", "vpcId": "vpc-1", "availableIps": 4000}
        report = judge({"cluster.vSwitches[1]": k, **changes, **templated(nodeSelector={key: value})})
        assert bool(found(report, "WL007")) == told

    @pytest.mark.parametrize(
        ("changes", "key", "fact"),
        [
            ({"cluster.vSwitches": ABSENT}, ZONE, "cluster.vSwitches"),
            ({"cluster.region": ABSENT}, REGION, "cluster.region"),
            ({"cluster.region": ABSENT}, ZONE, None),
            ({"cluster.vSwitches": ABSENT}, REGION, None),
            ({f"{POOL}.vSwitchIds": ABSENT}, ZONE, None),  # NP005 reports it
        ],
    )
    def test_what_is_unknown(self, changes: dict[str, Any], key: str, fact: str | None) -> None:
        value = "cn-hangzhou-j" if key == self.ZONE else "cn-hangzhou"
        report = judge({**changes, **templated(nodeSelector={key: value})})
        assert found(report, "WL007") == []
        assert [item.fact for item in report.undecided if "WL007" in item.rules] == ([] if fact is None else [fact])

    @pytest.mark.parametrize("name", ["ecs.c4.2xlarge", "ecs.none.2xlarge"])
    def test_an_unknown_architecture(self, name: str) -> None:
        report = judge(
            {f"{POOL}.instanceTypes": ["ecs.g8i.8xlarge", name], **templated(nodeSelector={self.ARCH: "amd64"})}
        )
        assert found(report, "WL007") == []
        (item,) = (item for item in report.undecided if "WL007" in item.rules)
        assert (item.fact, item.place.path) == (f"CpuArchitecture of {name}", "nodePools[0].instanceTypes[1]")

    def test_lingjun_nodes_are_not_documented(self) -> None:
        changes = {"cluster.vSwitches": ABSENT, "nodePools": [LINGJUN_POOL]}
        pods = templated(
            more={"nodePool": LINGJUN_POOL["name"]}, nodeSelector={self.ZONE: "x", self.TYPE: "y", self.ARCH: "z"}
        )
        report = judge({**changes, **pods})
        assert found(report, "WL007") == []
        assert [item.fact for item in report.undecided if "WL007" in item.rules] == []

    @pytest.mark.parametrize("terms", [[{}], [{}, {"matchExpressions": []}]])
    def test_an_empty_term(self, terms: list[dict[str, Any]]) -> None:
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        finding = only(judge(templated(affinity={"nodeAffinity": required})), "WL007")
        assert finding.message.endswith("has a node affinity with an empty term, which matches no node")
        assert finding.place.path.endswith("nodeSelectorTerms")

    def test_no_term_is_told_once(self) -> None:
        required: dict[str, Any] = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
        assert rules_of(templated(affinity={"nodeAffinity": required})) == {"WL008"}

    @pytest.mark.parametrize(
        ("field", "path", "message"),
        [
            (
                {"key": "metadata.labels", "operator": "In", "values": ["x"]},
                "key",
                "knows only the field metadata.name",
            ),
            ({"key": "metadata.name", "operator": "Exists"}, "operator", "has no operator 'Exists'"),
            (
                {"key": "metadata.name", "operator": "In", "values": ["a", "b"]},
                "values",
                "In of matchFields takes one value",
            ),
            ({"key": "metadata.name", "operator": "In", "values": ["n" * 70]}, "", ""),
        ],
    )
    def test_fields_of_nodes(self, field: dict[str, Any], path: str, message: str) -> None:
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [field]}]}}
        report = judge(templated(affinity={"nodeAffinity": required}))
        assert found(report, "WL007") == []
        findings = found(report, "WL008")
        assert [f.place.path.endswith(f"matchFields[0].{path}") for f in findings] == ([True] if path else [])
        assert all(message in f.message for f in findings)


class TestWL007:
    @pytest.mark.parametrize(
        ("spec", "path"),
        [
            ({"affinity": affinity({**EXCLUSIVE, "values": ["enionly"]})}, "matchExpressions[0]"),
            ({"affinity": affinity({**EXCLUSIVE, "operator": "NotIn"})}, "matchExpressions[0]"),
            ({"affinity": affinity({"key": LABEL, "operator": "DoesNotExist"})}, "matchExpressions[0]"),
            ({"nodeSelector": {LABEL: "ENIOnly"}}, "nodeSelector"),
            ({"nodeSelector": {"a": "b", "team": "other"}}, "spec.nodeSelector.a"),
            ({"nodeSelector": {"team": "other"}}, "spec.nodeSelector.team"),
            ({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{}]}}}}, "affinity"),
        ],
    )  # fmt: skip
    def test_labels_that_no_node_has(self, spec: dict[str, Any], path: str) -> None:
        finding = only(judge({**templated(**spec), f"{POOL}.labels": {"team": "trading"}}), "WL007")
        assert path in finding.place.path

    @pytest.mark.parametrize(
        ("spec", "asked", "hint", "fixes"),
        [
            ({"nodeSelector": {"a": "b", LABEL: "ENIOnly"}}, [f"{LABEL} In (ENIOnly)"], "write eniOnly", True),
            ({"nodeSelector": {LABEL: "shared"}}, [f"{LABEL} In (shared)"], "write eniOnly", False),
            ({"affinity": affinity({**EXCLUSIVE, "values": ["enionly", "x"]})}, [f"{LABEL} In (enionly, x)"],
             "write eniOnly", False),
            ({"nodeSelector": {LABEL: "eniOnly"}, "affinity": affinity({**EXCLUSIVE, "operator": "NotIn"})},
             [f"{LABEL} NotIn (eniOnly)"], "remove it", False),
            ({"affinity": affinity({**EXCLUSIVE, "operator": "NotIn"})}, [f"{LABEL} NotIn (eniOnly)"],
             "remove it", False),
            ({"nodeSelector": {"kubernetes.io/os": "windows", LABEL: "eniOnly"}}, ["kubernetes.io/os In (windows)"],
             "remove it", False),
            ({"nodeSelector": {"k8s.aliyun.com/exclusive-eni-mode-type": "eniOnly"}},
             ["k8s.aliyun.com/exclusive-eni-mode-type In (eniOnly)"], f"write {LABEL}", False),
            ({"affinity": affinity({"key": "aliyun.com/exclusive-mode-eni-type", "operator": "Exists"})},
             ["aliyun.com/exclusive-mode-eni-type Exists ()"], f"write {LABEL}", False),
        ],
    )  # fmt: skip
    def test_what_is_asked_for_and_what_to_write(
        self,
        spec: dict[str, Any],
        asked: object,
        hint: str,
        fixes: bool,  # noqa: FBT001 - a parameter of the test
    ) -> None:
        finding = only(judge(templated(**spec)), "WL007")
        assert (finding.facts["requirements"], finding.hint) == (asked, hint)
        assert (None if finding.fix is None else finding.fix.value) == ((LABEL, "eniOnly") if fixes else None)

    @pytest.mark.parametrize(
        "spec",
        [
            {}, {"nodeSelector": {LABEL: "eniOnly", "team": "trading"}},
            {"nodeSelector": {"kubernetes.io/os": "linux"}},
            {"affinity": affinity({**EXCLUSIVE, "values": ["enionly"]}, EXCLUSIVE)},
            {"nodeSelector": {"topology.kubernetes.io/zone": "cn-hangzhou-j"}},
        ],
    )  # fmt: skip
    def test_labels_that_nodes_have_or_may_have(self, spec: dict[str, Any]) -> None:
        assert found(judge({**templated(**spec), f"{POOL}.labels": {"team": "trading"}}), "WL007") == []

    def test_a_pool_that_is_not_there(self) -> None:
        assert found(judge(templated(nodeSelector={"a": "b"}, more={"nodePool": "none"})), "WL007") == []

    def test_a_label_of_the_pool_that_looks_like_a_misspelling(self) -> None:
        """NP001 reports it on the pool; its pods do land there."""
        labels = {"k8s.aliyun.com/exclusive-mode-eni": "a"}
        assert found(judge({**templated(nodeSelector=labels), f"{POOL}.labels": labels}), "WL007") == []


class TestWL008:
    @pytest.mark.parametrize(
        ("spec", "words"),
        [
            ({"containers": [{"name": "c", "resources": {"requests": {ENI: 1}}}]}, "no limit"),
            ({"containers": [{"name": "c", "resources": {**ONE, "limits": {ENI: 2}}}]}, "limit of 2"),
            ({"tolerations": [{"operator": "Exists", "value": "x"}]}, "must not have a value"),
        ],
    )
    def test_refused(self, spec: dict[str, Any], words: str) -> None:
        assert words in only(judge(templated(**spec)), "WL008").message

    @pytest.mark.parametrize(
        ("resource", "requests", "limits", "fix"),
        [(ENI, 1, 2, 1), (ENI, 2, 1, 1), (ENI, 1, None, 1), (ENI, 3, 2, None), ("aliyun/member-eni", 1, 2, None)],
    )
    def test_the_fix_is_what_the_pods_get(
        self, resource: str, requests: int, limits: int | None, fix: int | None
    ) -> None:
        given = {"requests": {resource: requests}, "limits": {} if limits is None else {resource: limits}}
        finding = only(judge(templated(containers=[{"name": "c", "resources": given}])), "WL008")
        assert (None if finding.fix is None else (finding.fix.what, finding.fix.value)) == (fix and ("request", fix))

    def test_annotations_that_exclude_one_another(self) -> None:
        notes = {"k8s.aliyun.com/pod-networks": "{}", "k8s.aliyun.com/pod-networking": "a"}
        finding = only(judge(templated({"annotations": notes})), "WL008")
        assert finding.facts["annotations"] == ["k8s.aliyun.com/pod-networking", "k8s.aliyun.com/pod-networks"]
        assert finding.place.path == 'workloads[0].template.metadata.annotations["k8s.aliyun.com/pod-networks"]'

    def test_pods_of_the_host_network_are_left_alone(self) -> None:
        assert (
            found(judge(templated(hostNetwork=True, containers=[{"resources": {"requests": {ENI: 1}}}])), "WL008") == []
        )


class TestSecondRequest:
    @pytest.mark.parametrize(
        ("spec", "at", "hint", "fix"),
        [
            ({"containers": [{"name": "c", "resources": TWO}]}, "containers[0]", "request 1", 1),
            ({"containers": [{"name": "c"}, {"name": "d", "resources": TWO}]}, "containers[1]", "request 1", 1),
            ({"initContainers": [{"name": "s", "restartPolicy": "Always", "resources": ONE}]}, "initContainers[0]",
             "remove the request of container 's'", None),
            ({"initContainers": [{"name": "i", "resources": ONE}, {"name": "j", "resources": TWO}]},
             "initContainers[1]", "remove the request of container 'j'", None),
            ({"containers": [{"name": "c", "resources": TWO}, {"name": "d", "resources": ONE}]}, "containers[0]",
             "request 1", 1),
            ({"initContainers": [{"name": "i", "resources": ONE}]}, None, "", None),
        ],
    )  # fmt: skip
    def test_which_container_asks_for_too_much(
        self, spec: dict[str, Any], at: str | None, hint: str, fix: int | None
    ) -> None:
        findings = found(judge(templated(**spec)), "WL002")
        where = [] if at is None else [f"workloads[0].template.spec.{at}.resources"]
        assert [finding.place.path for finding in findings] == where
        assert [(f.hint, None if f.fix is None else f.fix.value) for f in findings] == (
            [] if at is None else [(hint, fix)]
        )

    @pytest.mark.parametrize(
        ("spec", "total"),
        [
            ({"containers": [{"name": "c"}, {"name": "d", "resources": ONE}]}, 2),
            ({"initContainers": [{"name": "s", "restartPolicy": "Always", "resources": ONE}]}, 2),
            ({"initContainers": [{"name": "s", "resources": ONE}]}, None),
            ({"containers": [{"name": "c", "resources": ONE}, {"name": "d"}]}, None),
        ],
    )
    def test_beside_the_webhook(self, spec: dict[str, Any], total: int | None) -> None:
        report = judge({**NETWORKED, **templated(**spec, more={"podNetworking": "trading-eni"})})
        assert [finding.facts["total"] for finding in found(report, "WL010")] == ([total] if total else [])
        report = judge(templated(**spec))
        assert found(report, "WL010") == []

    @pytest.mark.parametrize(
        ("spec", "rules"),
        [
            ({"initContainers": [{"name": "i", "resources": TWO}]}, ["WL010"]),
            ({"initContainers": [{"name": "h", "resources": ONE}, {"name": "i", "resources": TWO}]}, ["WL010"]),
            ({"containers": [{"name": "c", "resources": TWO}]}, ["WL002"]),
            ({"containers": [{"name": "c", "resources": TWO}, {"name": "i", "resources": ONE}]}, ["WL002", "WL010"]),
            ({"containers": [{"name": "c"}, {"name": "i", "resources": TWO}]}, ["WL010"]),
        ],
    )
    def test_each_container_is_told_once(self, spec: dict[str, Any], rules: list[str]) -> None:
        report = judge({**NETWORKED, **templated(**spec, more={"podNetworking": "trading-eni"})})
        findings = [finding for finding in report.findings if finding.rule.id in {"WL002", "WL010"}]
        assert [finding.rule.id for finding in findings] == rules
        assert [f.facts["container"] for f in findings if f.rule.id == "WL010"] == ["i"] * rules.count("WL010")

    def test_the_other_container_is_named(self) -> None:
        both = [{"name": "c", "resources": ONE}, {"name": "d", "resources": ONE}]
        report = judge({**NETWORKED, **templated(containers=both, more={"podNetworking": "trading-eni"})})
        assert only(report, "WL010").facts["container"] == "d"
        assert places(report, "WL010") == ["workloads[0].template.spec.containers[1].resources"]


class TestNodesLack:
    def test_member_eni(self) -> None:
        asking = {"requests": {"aliyun/member-eni": 1}, "limits": {"aliyun/member-eni": 1}}
        report = judge(templated(containers=[{"name": "c", "resources": asking}]))
        assert places(report, "WL009") == ["workloads[0].template.spec.containers[0].resources"]
        two = [{"name": "b"}, *({"name": name, "resources": asking} for name in "cd")]
        report = judge(templated(containers=two))
        assert places(report, "WL009") == ["workloads[0].template.spec.containers[1].resources"]

    def test_several_beside_the_webhooks_own(self) -> None:
        containers = [{"name": "b"}, *({"name": name, "resources": ONE} for name in "cd")]
        report = judge({**NETWORKED, **templated(containers=containers, more={"podNetworking": "trading-eni"})})
        finding = only(report, "WL010")
        assert finding.message.endswith("the webhook requests 1, and container 'c' its own")
        assert finding.place.path == "workloads[0].template.spec.containers[1].resources"

    def test_several_labels_that_no_exclusive_node_has(self) -> None:
        wrong = {"key": EXCLUSIVE_LABEL, "operator": "In", "values": ["ENI"]}
        also = {"key": "kubernetes.io/os", "operator": "DoesNotExist"}
        report = judge(templated(affinity=affinity(wrong, also)))
        finding = only(report, "WL007")
        assert finding.hint == "write eniOnly"
        assert f"exclusive nodes have {EXCLUSIVE_LABEL}=eniOnly, and" in finding.message
        assert "nodeSelectorTerms[0].matchExpressions[0]" in finding.place.path

    @pytest.mark.parametrize(
        ("metadata", "told"),
        [
            ({"kubernetes.io/ingress-bandwidth": "1M"}, True), ({"k8s.aliyun.com/ingress-bandwidth": "1M"}, True),
            ({"k8s.aliyun.com/network-priority": "guaranteed"}, True),
            ({"kubernetes.io/egress-bandwidth": "1M"}, False),
        ],
    )  # fmt: skip
    def test_quality_of_service(self, metadata: dict[str, str], told: bool) -> None:  # noqa: FBT001 - a parameter
        assert bool(found(judge(templated({"annotations": metadata})), "WL011")) == told

    def test_ports_of_the_node(self) -> None:
        ports = [{"containerPort": 1, "hostPort": 1}, {"containerPort": 2, "hostPort": 2}]
        report = judge(templated(containers=[{"name": "c", "resources": ONE, "ports": ports}]))
        assert places(report, "WL011") == ["workloads[0].template.spec.containers[0].ports[0].hostPort"]

    def test_pods_that_terway_ignores(self) -> None:
        report = judge(templated({"labels": {"k8s.aliyun.com/ignore-by-terway": "true"}}, more={"replicas": 22}))
        assert len(found(report, "WL012")) == 1
        assert len(found(report, "ENI008")) == 1  # their requests are counted all the same
        changes = templated(
            {"labels": {"k8s.aliyun.com/ignore-by-terway": "true"}}, more={"replicas": 22}, containers=[{"name": "c"}]
        )
        assert found(judge(changes), "ENI008") == []


def networks(*names: str) -> dict[str, Any]:
    return {"annotations": {"k8s.aliyun.com/pod-networks-request": "[" + ", ".join(
        f'{{"network": "{name}", "interfaceName": "eth{i}"}}' for i, name in enumerate(names)) + "]"}}  # fmt: skip


BARE = {key: value for key, value in POD_NETWORKING.items() if key != "podSelector"}


FIXED = {"type": "Fixed", "releaseStrategy": "Never"}


class TestSeveralNetworks:
    PODS: ClassVar = {"podNetworkings": [{**BARE, "name": "front"}, {**BARE, "name": "back"}]}

    def test_the_webhook_writes_the_request(self) -> None:
        report = judge({**self.PODS, **templated(networks("front", "back"), containers=[{"name": "c"}])})
        assert {finding.rule.id for finding in report.findings} == set()

    def test_each_network_takes_an_eni(self) -> None:
        for replicas, told in ((9, False), (10, True)):
            changes = templated(networks("front", "back"), more={"replicas": replicas}, containers=[{"name": "c"}])
            assert bool(found(judge({**self.PODS, **changes}), "ENI008")) == told

    def test_the_request_is_known(self) -> None:
        both = {"requests": {ENI: 2}, "limits": {ENI: 2}}
        report = judge({**self.PODS, **templated(networks("front", "back"), containers=[{"resources": both}])})
        assert found(report, "WL002") == []
        more = {"requests": {ENI: 3}, "limits": {ENI: 3}}
        report = judge({**self.PODS, **templated(networks("front", "back"), containers=[{"resources": more}])})
        assert [(f.hint, f.fix and f.fix.value) for f in found(report, "WL002")] == [("request 2", 2)]

    def test_on_a_pool_that_is_not_there(self) -> None:
        changes = templated(networks("front"), containers=[{"name": "c"}], more={"nodePool": "none"})
        assert found(judge({**self.PODS, **changes}), "WL013") == []

    def test_without_selectors_they_are_right_from_terway_1_16_1_on(self) -> None:
        base = {**self.PODS, **templated(networks("front"), containers=[{"name": "c"}])}
        versions: dict[object, list[tuple[str, str]]] = {
            "v1.16.1": [("warning", "podNetworkings[1]")],
            "v1.16.0": [("error", "podNetworkings[0]"), ("error", "podNetworkings[1]")],
            ABSENT: [("warning", "podNetworkings[1]")],
        }
        for version, told in versions.items():
            report = judge({**base, "cluster.terway.version": version})
            findings = found(report, "PN005")
            assert [(finding.level, finding.place.path) for finding in findings] == told
            if version == "v1.16.0":
                assert findings[0].hint == "upgrade Terway to v1.16.1 or later"
                assert findings[1].hint == "add podSelector.matchLabels, and give the pods that label"
            assert ("PN005" in {rule for item in report.undecided for rule in item.rules}) == (version is ABSENT)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"podNetworkings": [{**POD_NETWORKING, "name": "front"}]}, ["no such PodNetworking", "has a selector"]),
            ({"podNetworkings[1].eniType": "Trunk"}, ["eniTypes ENI, Trunk"]),
            (
                {"podNetworkings[1].allocation": FIXED},
                ["requests the Fixed network 'back', which is only for pods that"],
            ),
            ({"podNetworkings[1].allocation": FIXED, "workloads[0].kind": "StatefulSet"}, []),
            ({"nodePools[1]": LINGJUN_POOL, "workloads[0].nodePool": "training"}, ["on the Lingjun pool"]),
        ],
    )
    def test_what_is_denied(self, changes: dict[str, Any], words: list[str]) -> None:
        base = {**self.PODS, **templated(networks("front", "back"), containers=[{"name": "c"}])}
        messages = [finding.message for finding in found(judge({**base, **changes}), "WL013")]
        assert len(messages) == len(words)
        assert all(word in message for word, message in zip(words, messages, strict=True))


class TestPodEni:
    ASKS: ClassVar = {"annotations": {"k8s.aliyun.com/pod-eni": "true"}}

    @pytest.mark.parametrize(
        ("changes", "told"),
        [({}, True), ({"cluster.terway.eniTrunking": True}, True), ({"cluster.terway.eniTrunking": False}, False)],
    )
    def test_without_a_networking(self, changes: dict[str, Any], told: bool) -> None:  # noqa: FBT001 - a parameter
        report = judge({**templated(self.ASKS, containers=[{"name": "c"}]), **changes})
        assert bool(found(report, "WL014")) == told
        assert found(report, "WL002") == []  # the webhook writes a request

    def test_with_one(self) -> None:
        report = judge({**NETWORKED, **templated(self.ASKS, more={"podNetworking": "trading-eni"})})
        assert found(report, "WL014") == []

    def test_a_namespace_without_the_webhook(self) -> None:
        off = {"namespaceLabels": {"k8s.aliyun.com/pod-eni": "false"}}
        report = judge({**NETWORKED, **workload(podNetworking="trading-eni", **off)})
        assert places(report, "WL015") == ["workloads[0].namespaceLabels"]
        assert found(judge(workload(**off)), "WL015") == []  # its pods need no webhook


class TestWL016:
    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"replicas": 21, "kind": "Deployment", "strategy": {"rollingUpdate": {"maxUnavailable": 0}}}, True),
            ({"replicas": 20, "kind": "Deployment", "strategy": {"rollingUpdate": {"maxUnavailable": 0}}}, False),
            ({"replicas": 21, "kind": "Deployment"}, False),  # a quarter may be gone
            ({"replicas": 21, "kind": "Deployment", "strategy": {"type": "Recreate"}}, False),
            ({"replicas": 21, "kind": "StatefulSet"}, False),
            ({"replicas": 0, "kind": "Deployment"}, False),
            ({"replicas": 22, "kind": "Deployment", "strategy": {"rollingUpdate": {"maxUnavailable": 0}}}, False),
            ({"replicas": 7, "kind": "DaemonSet", "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}},
             True),
            ({"replicas": 10, "eniRequest": 2, "kind": "Deployment", "strategy": {"rollingUpdate": {
                "maxUnavailable": 0}}}, False),
        ],
    )  # fmt: skip
    def test_room_for_one_more(self, changes: dict[str, Any], told: bool) -> None:  # noqa: FBT001 - a parameter
        assert bool(found(judge(workload(**changes)), "WL016")) == told

    @pytest.mark.parametrize(
        ("replicas", "surge", "told"), [(15, 1, False), (16, 1, True), (18, 1, True), (18, 0, False), (19, 1, False)]
    )
    def test_a_daemonset_needs_room_on_every_node(self, replicas: int, surge: int, told: bool) -> None:  # noqa: FBT001 - a parameter of the test
        strategy = {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": 1 - surge}}
        agent = {**WORKLOAD, "name": "agent", "kind": "DaemonSet", "replicas": 1, "strategy": strategy}
        findings = found(judge({"workloads": [{**WORKLOAD, "replicas": replicas}, agent]}), "WL016")
        assert len(findings) == told
        for finding in findings:
            assert finding.message == (
                "a rolling update of DaemonSet 'agent' starts each new pod on the node of the old one before it "
                "removes that (maxUnavailable is 0), and the pods of pool 'trading' do not leave 1 ENI free "
                f"on every node: {replicas + 3} of 21 are used"
            )

    def test_three_deployments_on_one_node(self) -> None:
        kind = {**WORKLOAD, "kind": "Deployment"}
        plan = [{**kind, "name": name, "replicas": n} for name, n in (("a", 3), ("b", 3), ("c", 1))]
        report = judge({"workloads": plan, f"{POOL}.desiredSize": 1})
        assert len(found(report, "WL016")) == 3

    def test_a_pool_of_unknown_size(self) -> None:
        report = judge({**workload(kind="Deployment", replicas=1), f"{POOL}.desiredSize": ABSENT})
        assert "WL016" in {rule for item in report.undecided for rule in item.rules}

    @pytest.mark.parametrize("changes", [{f"{POOL}.desiredSize": ABSENT}, workload(kind="Deployment", replicas=1)])
    def test_what_is_decided(self, changes: dict[str, Any]) -> None:
        assert "WL016" not in {rule for item in judge(changes).undecided for rule in item.rules}

    def test_no_pods_are_not_updated(self) -> None:
        strategy = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
        none = {**WORKLOAD, "name": "a", "kind": "Deployment", "replicas": 0, "strategy": strategy}
        assert found(judge({"workloads": [none, {**WORKLOAD, "replicas": 21}]}), "WL016") == []

    @pytest.mark.parametrize("strategy", [{"blueGreen": {}}, {"rollingUpdate": {"maxUnavailable": 0}}])
    def test_updates_with_room_in_front_hide_nothing(self, strategy: dict[str, Any]) -> None:
        first = {**WORKLOAD, "name": "a", "kind": "Rollout", "replicas": 1, "strategy": strategy}
        update = {"rollingUpdate": {"maxUnavailable": 0}}
        last = {**WORKLOAD, "name": "b", "kind": "Deployment", "replicas": 6, "eniRequest": 3, "strategy": update}
        assert only(judge({"workloads": [first, last]}), "WL016").facts["name"] == "b"


HOSTNAME = "kubernetes.io/hostname"


def alone(kind: str, replicas: int, *, more: dict[str, Any] | None = None, **term: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return changes to the example plan: a workload of which no two pods share a node."""
    own = {"labelSelector": {"matchLabels": {"app": "a"}}, "topologyKey": HOSTNAME, **term}
    required = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [own]}}
    about = {"kind": kind, "replicas": replicas, **(more or {})}
    return templated({"labels": {"app": "a"}}, more=about, affinity=required)


def off(name: str, tier: str | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a workload
    """Return a workload of tier `a` that keeps off the pods of a tier, if any, on the nodes or by another key."""
    key, term = more.pop("key", HOSTNAME), more.pop("term", {})
    selector = {"labelSelector": {"matchLabels": {"tier": tier}}, "topologyKey": key, **term}
    required = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [selector]}}
    spec = {"containers": [{"name": "c"}], **({} if tier is None else {"affinity": required})}
    template = {"metadata": {"labels": {"tier": "a", "app": name}}, "spec": spec}
    return {**WORKLOAD, "name": name, "kind": "Deployment", "replicas": 1, "template": template, **more}


def near(
    replicas: int,
    *,
    by_zone: bool = False,
    selector: dict[str, str] | None = None,
    **more: Any,  # noqa: ANN401 - any field of a workload
) -> dict[str, Any]:
    """Return a workload of which each pod must share a node or zone with another pod that has these labels."""
    pods = off("x", "a", replicas=replicas, **more)
    spec = pods["template"]["spec"]
    term = {
        "labelSelector": {"matchLabels": {"app": "x"} if selector is None else selector},
        "topologyKey": "topology.kubernetes.io/zone" if by_zone else HOSTNAME,
    }
    spec["affinity"] = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    return pods


class TestUpdatesOfPodsThatKeepOffOthers:
    """The example's pool has three nodes."""

    @pytest.mark.parametrize(
        ("workloads", "waiting"),
        [
            ([off("x", "a", replicas=2), off("y", None)], ["x"]),
            ([off("y", None), off("x", "a", replicas=2)], ["x"]),
            ([off("x", "a", replicas=1), off("y", None)], []),
            ([off("x", "a"), off("y", "a"), off("z", "a")], ["x", "y", "z"]),
            ([off("x", "a", replicas=3), off("y", None)], ["x"]),
            ([off("x", "b", replicas=2), off("y", None)], []),
            ([off("x", "a", replicas=2, strategy={"type": "Recreate"}), off("y", None)], []),
        ],
    )
    def test_nodes(self, workloads: list[dict[str, Any]], waiting: list[str]) -> None:
        findings = found(judge({"workloads": workloads}), "WL016")
        assert [finding.facts["name"] for finding in findings] == waiting
        assert all("has a pod that may not share a node with the new one" in finding.message for finding in findings)


class TestPodsThatStayTogether:
    """The example's pool has three nodes, of seven ENIs each."""

    @pytest.mark.parametrize(
        ("workloads", "level", "words"),
        [
            ([near(7)], None, ""),
            ([near(8)], "error", "must share a node (podAffinity), and each of pool 'trading' has room for 7 of its 8"),
            ([near(4, eniRequest=2)], None, ""),
            ([near(6, maxReplicas=8)], "warning", "has room for 7 of its maxReplicas of 8"),
            ([near(7), off("y", None, kind="DaemonSet")], "error", "has room for 6 of its 7 pods"),
            ([near(1, kind="DaemonSet")], None, ""),
            ([near(8, selector={"tier": "a"}), off("y", None)], None, ""),  # pods of y may be on every node
            ([near(8, selector={"tier": "b"})], None, ""),
            ([near(8, selector={"tier": "a"}), off("y", None, namespace="other")], "error", "room for 7 of its 8 pods"),
            ([near(8), {**WORKLOAD, "name": "y", "replicas": 1}], "error", "room for 7 of its 8 pods"),
        ],
    )
    def test_nodes(self, workloads: list[dict[str, Any]], level: str | None, words: str) -> None:
        findings = found(judge({"workloads": workloads}), "ENI008")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        for finding in findings:
            assert words in finding.message
            assert ".affinity.podAffinity." in finding.place.path
            assert finding.hint.startswith("prefer the podAffinity")

    @pytest.mark.parametrize(
        ("policy", "replicas", "level"),
        [
            ("BALANCE", 7, None),
            ("BALANCE", 8, "warning"),  # one zone has one node, the other two
            ("BALANCE", 14, "warning"),
            ("BALANCE", 15, "error"),
            ("PRIORITY", 21, None),
        ],
    )
    def test_zones(self, policy: str, replicas: int, level: str | None) -> None:
        workloads = [near(replicas, by_zone=True)]
        findings = found(judge({**TWO_ZONES, f"{POOL}.multiAzPolicy": policy, "workloads": workloads}), "ENI008")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        for finding in findings:
            assert finding.message == (
                "all pods of Deployment 'x' must share a zone (podAffinity), and one of pool 'trading' has room for 7 "
                f"of its {replicas} pods"
            )
            assert finding.hint.startswith("use more nodes")

    def test_one_zone(self) -> None:
        assert found(judge({"workloads": [near(21, by_zone=True)]}), "ENI008") == []


SELF = {"labelSelector": {"matchLabels": {"app": "x"}}}
"""A term that selects only the pods of `x`."""


class TestPodsThatKeepOffOthers:
    """The example's pool has three nodes, of seven ENIs each."""

    @pytest.mark.parametrize(
        ("workloads", "level", "words"),
        [
            ([off("x", "a", replicas=2), off("y", "a", replicas=1)], None, ""),
            ([off("x", "a", replicas=2), off("y", "a", replicas=2)], "error", "x, y may not share a node and"),
            ([off("x", "a", replicas=2), off("y", None, replicas=2)], "warning", "can take 4 nodes,"),
            ([off("y", None, replicas=2), off("x", "a", replicas=2)], "warning", "can take 4 nodes,"),
            ([off("x", "a", replicas=2), off("y", None, replicas=7)], "warning", "can take 5 nodes,"),
            ([off("x", "a", replicas=2), off("y", None, replicas=8)], "error", "need 4 nodes,"),
            ([off("x", "a", replicas=2), off("y", "b", replicas=2)], "warning", "can take 4 nodes,"),
            ([off("x", "a", replicas=1), off("y", None, kind="DaemonSet")], "error", "need 4 nodes,"),
            ([off("x", "a", replicas=1), off("y", None, kind="DaemonSet", replicas=0)], None, ""),
            ([off("x", "a", replicas=1), off("y", None), off("z", None)], None, ""),
            ([off("x", "a", replicas=1), off("y", None, replicas=2), off("z", None)], "warning", "x, y, z"),
            ([off("x", "a", replicas=4), off("y", "a", replicas=4)], "error", "no two pods of Deployment"),
            ([off("x", "a", replicas=2), off("y", None, replicas=2, namespace="other")], None, ""),
            ([off("x", "a", replicas=2, term={"namespaceSelector": {}}), off("y", None, replicas=2, namespace="other")],
             "warning", "can take 4 nodes,"),
            ([off("x", "a", replicas=2, term={"matchLabelKeys": ["v"]}), off("y", None, replicas=2)], None, ""),
            ([off("x", "a", replicas=2, term=SELF), off("y", None, replicas=2)], None, ""),
            ([off("x", "a", replicas=2), {**WORKLOAD, "name": "y", "replicas": 2}], None, ""),
        ],
    )  # fmt: skip
    def test_nodes(self, workloads: list[dict[str, Any]], level: str | None, words: str) -> None:
        findings = found(judge({"workloads": workloads}), "ENI008")
        assert {finding.level for finding in findings} == ({level} - {None})
        for finding in findings[:1]:
            assert words in finding.message
            position = next(i for i, w in enumerate(workloads) if w["template"]["spec"].get("affinity"))
            assert finding.place.path.startswith(f"workloads[{position}].template.spec.affinity.podAntiAffinity.")

    @pytest.mark.parametrize(
        ("workloads", "policy", "level", "hint"),
        [
            ([off("x", "a"), off("y", "a")], "BALANCE", None, ""),
            ([off("x", "a"), off("y", "a")], "PRIORITY", "warning", "set multiAzPolicy to BALANCE"),
            ([off("x", "a"), off("y", "a"), off("z", "a")], "BALANCE", "error", "let the podAntiAffinity select fewer"),
            ([off("x", "a"), off("y", None, replicas=2)], "BALANCE", "warning", "let the podAntiAffinity"),
            ([off("x", "a"), off("y", None, kind="DaemonSet")], "BALANCE", "error", "let the podAntiAffinity"),
            ([off("x", "a", replicas=3), off("y", None)], "BALANCE", "error", "give the pool vSwitches in 3 zones"),
        ],
    )
    def test_zones(self, workloads: list[dict[str, Any]], policy: str, level: str | None, hint: str) -> None:
        by_zone = json.loads(json.dumps(workloads).replace(HOSTNAME, "topology.kubernetes.io/zone"))
        changes = {**TWO_ZONES, f"{POOL}.multiAzPolicy": policy, "workloads": by_zone}
        findings = found(judge(changes), "WL018")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        assert all(finding.hint.startswith(hint) for finding in findings)

    def test_nodes_do_not_count_as_zones(self) -> None:
        changes = {**TWO_ZONES, "workloads": [off("x", "a"), off("y", "a"), off("z", "a")]}
        assert found(judge(changes), "WL018") == found(judge(changes), "ENI008") == []

    def test_unknown_zones(self) -> None:
        zone = "topology.kubernetes.io/zone"
        changes = {**TWO_ZONES, "workloads": [off("x", "a", key=zone), off("y", "a", key=zone, replicas=1)]}
        report = judge({**changes, "cluster.vSwitches": [VSWITCH_J]})
        assert found(report, "WL018") == []
        assert any("WL018" in item.rules for item in report.undecided)


class TestPodsThatShareNoNode:
    """The example's pool has three nodes."""

    @pytest.mark.parametrize(
        ("changes", "level", "pods"),
        [
            (alone("Deployment", 3), None, ""),
            (alone("Deployment", 4), "error", "4 pods"),
            (alone("StatefulSet", 9), "error", "9 pods"),
            (alone("Deployment", 4, namespaces=["default"]), "error", "4 pods"),
            (alone("Deployment", 4, namespaces=["other"]), None, ""),
            (alone("Deployment", 4, topologyKey="topology.kubernetes.io/zone"), "error", "4 pods"),
            (alone("Deployment", 4, topologyKey="topology.kubernetes.io/region"), None, ""),
            (alone("DaemonSet", 1), None, ""),
            (alone("Deployment", 3, more={"maxReplicas": 3}), None, ""),
            (alone("Deployment", 3, more={"maxReplicas": 5}), "warning", "maxReplicas of 5"),
            (alone("Deployment", 4, more={"maxReplicas": 5}), "error", "4 pods"),
        ],
    )
    def test_nodes(self, changes: dict[str, Any], level: str | None, pods: str) -> None:
        report = judge(changes)
        if level is None:
            assert found(report, "ENI008") == []
            return
        finding = only(report, "ENI008")
        assert finding.level == level
        assert finding.message.endswith(
            f"'matcher' may share a node, and pool 'trading' has 3 nodes at its largest size for its {pods}"
        )
        where = "template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"
        assert places(report, "ENI008") == [f"workloads[0].{where}"]
        number = pods.removesuffix(" pods").rpartition(" ")[2]
        assert finding.hint == f"use {number} nodes, or prefer the podAntiAffinity instead of requiring it"
        assert finding.facts["nodes"] == 3

    def test_the_largest_number_of_pods_apart_decides(self) -> None:
        (first,) = alone("Deployment", 9)["workloads"]
        workloads = [{**first, "name": "a", "replicas": 2}, first, {**WORKLOAD, "name": "b", "replicas": 12}]
        hints = [finding.hint for finding in found(judge({"workloads": workloads}), "ENI008")]
        assert hints[0] == "use 9 nodes, or a type with more ENIs"

    def test_other_workloads_in_front_hide_nothing(self) -> None:
        (last,) = alone("Deployment", 4)["workloads"]
        report = judge({"workloads": [{**WORKLOAD, "name": "a", "replicas": 1}, last]})
        assert only(report, "ENI008").facts["pods"] == 4

    def test_one_node_is_singular(self) -> None:
        finding = only(judge({**alone("Deployment", 2), f"{POOL}.desiredSize": 1}), "ENI008")
        assert "has 1 node at" in finding.message

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            (alone("Deployment", 3), True),  # a quarter of three is none that may be gone, and one more pod
            (alone("Deployment", 2), False),
            (alone("Deployment", 4), False),  # ENI008
            (alone("Deployment", 3, matchLabelKeys=["pod-template-hash"]), False),
            (alone("Deployment", 3, more={"strategy": {"rollingUpdate": {"maxUnavailable": 1}}}), False),
            (alone("StatefulSet", 3), False),
        ],
    )
    def test_updates(self, changes: dict[str, Any], told: bool) -> None:  # noqa: FBT001 - a parameter
        findings = found(judge(changes), "WL016")
        assert bool(findings) == told
        if told:
            assert findings[0].message == (
                "a rolling update of Deployment 'matcher' adds 1 pod before it removes one (maxUnavailable is 0 of 3), "
                "and each of the 3 nodes of pool 'trading' has a pod that may not share a node with "
                "the new one"
            )
            assert findings[0].hint == "set maxUnavailable to 1 and maxSurge to 0, or add a node"

    @pytest.mark.parametrize("topology", ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"])
    def test_pods_of_one_zone_share_no_node_either(self, topology: str) -> None:
        report = judge(alone("Deployment", 4, topologyKey=topology))
        assert [f.message.partition(", ")[0] for f in found(report, "ENI008") + found(report, "WL018")] == [
            "no two pods of Deployment 'matcher' may share a node",
            "no two pods of Deployment 'matcher' may share a zone",
        ]

    def test_pods_that_do_not_fit_are_told_once(self) -> None:
        changes = alone("Deployment", 9)
        update = {"rollingUpdate": {"maxUnavailable": 0}}
        changes["workloads"].append({**WORKLOAD, "name": "b", "kind": "Deployment", "replicas": 12, "strategy": update})
        report = judge(changes)
        assert (len(found(report, "ENI008")), found(report, "WL016")) == (1, [])

    @pytest.mark.parametrize(
        "first",
        [
            {"replicas": 8},  # one more fits
            templated({"labels": {"k8s.aliyun.com/ignore-by-terway": "true"}}, containers=[])["workloads"][0],
        ],
    )
    def test_workloads_in_front_hide_nothing(self, first: dict[str, Any]) -> None:
        update = {"kind": "Deployment", "strategy": {"rollingUpdate": {"maxUnavailable": 0}}}
        enis = 2 if "template" not in first else 3
        last = {**WORKLOAD, "name": "b", **update, "replicas": 6, "eniRequest": enis}
        findings = found(judge({"workloads": [{**WORKLOAD, **first, "name": "a", **update}, last]}), "WL016")
        assert [finding.facts["name"] for finding in findings] == ["b"]

    def test_other_workloads_are_told_of_their_enis(self) -> None:
        update = {"rollingUpdate": {"maxUnavailable": 0}}
        changes = alone("Deployment", 3)
        changes["workloads"].append({**WORKLOAD, "name": "b", "kind": "Deployment", "replicas": 18, "strategy": update})
        assert {f.message.partition("'")[2].partition("'")[0] for f in found(judge(changes), "WL016")} == {
            "matcher",
            "b",
        }
