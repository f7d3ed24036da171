"""Where a pod stops on the way to its ENI, and why: the words of verify and its advice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from eniplan.observed import NODE_POOL_LABEL, ZONE_LABEL
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.rules.examples import ABSENT
from eniplan.rules.examples_cluster import (
    CLUSTER,
    MEMBER_REQUEST,
    NODES,
    SHARED_NODE,
    STEERED,
    daemon_pod,
    event,
    pod,
    pod_eni,
)
from tests.kube.causes import (
    BINDING,
    CONTROLLER,
    OTHER_ZONE,
    PENDING,
    away,
    crashing,
    each,
    label,
    only,
    reported,
    unschedulable,
    waiting,
)
from tests.kube.standstills import gated, phase
from tests.kube.states import LINGJUN, LINGJUN_PLAN, fallback, lingjun
from tests.kube.support import NO_PLAN, judge_cluster

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.report.model import Finding

Plan = dict[str, Any] | None
STAGES = frozenset(f"VER0{number}" for number in (12, 13, 14, 15, 19, 20, 21, 26, 32))
"""The rules that tell where pods stop."""
DESCRIBE = "kubectl -n trading describe pod matcher-1"
TERWAY = "kubectl -n kube-system get pods -l app=terway-eniip -o wide --field-selector spec.nodeName="
RECREATE = "kubectl -n trading delete pod matcher-1"
PODENI = "kubectl -n trading describe podeni matcher-1"
UNDER_WAY = "it may be under way: verify again with --wait 10m; if it stays, "
QUOTA = "request a higher ENI quota in Quota Center, or detach ENIs that were attached to the node by hand"
CREATING = {"phase": "Pending", "containerStatuses": waiting("ContainerCreating")["containerStatuses"]}
NOT_READY = {"phase": "Running", "podIP": "10.0.1.2", "conditions": [{"type": "Ready", "status": "False"}]}


def findings(changes: Mapping[str, Any], plan: Plan = None) -> list[Finding]:
    return [f for f in judge_cluster(changes, plan).findings if f.rule.id in STAGES and f.level != "info"]


def told(changes: Mapping[str, Any], plan: Plan = None) -> list[tuple[str, str, str, str]]:
    """Return rule, level, message without the names of the pods, and hint of the findings about stopped pods."""
    return [(f.rule.id, f.level, str(f.message).rpartition(": ")[0], str(f.hint)) for f in findings(changes, plan)]


def status(value: dict[str, Any], number: int = 1) -> dict[str, Any]:
    return {f"pods[{number}].status": value}


def foreign(value: dict[str, Any] | None = None, on: str = NODES[1], **spec: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a pod that is none of the plan's, has no PodNetworking, and requests an ENI."""
    made = fallback(1, on, **spec)
    return {**made, "status": value} if value else made


def failed(reason: str, number: int = 1, message: str = "QuotaExceeded", at: int = 1, times: int = 3) -> dict[str, Any]:
    found = {**event(reason, "Pod", f"matcher-{number}", message, "trading"), "count": times}
    return {f"events[{at}]": found}


SHARED: dict[str, Any] = {"nodes[3]": SHARED_NODE, "podENIs[2]": ABSENT}


SHOW = f"kubectl get node {NODES[0]} --show-labels"
IN_K = f"it asks for topology.kubernetes.io/zone In (cn-hangzhou-k): {SHOW}"


def in_zone(zone: str) -> dict[str, Any]:
    """Return the affinity to a zone, as Terway's webhook adds it."""
    return {"affinity": terms({"matchExpressions": [{"key": ZONE_LABEL, "operator": "In", "values": [zone]}]})}


def terms(*found: dict[str, Any]) -> dict[str, Any]:
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(found)}}}


def only_term(name: str) -> dict[str, Any]:
    return {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}


class TestElsewhere:
    """Pods on nodes that are not judged."""

    def on_shared(self, value: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
        return {**SHARED, "pods[2]": {**pod(2, "shared"), "status": value}, **more}

    def test_a_pod_of_the_plan_is_told(self) -> None:
        assert told(self.on_shared(CREATING)) == [
            (
                "VER032",
                "error",
                "1 pod not running: ContainerCreating; on shared, which is not judged",
                "kubectl -n trading describe pod matcher-2; what does Terway say there? " + TERWAY + "shared",
            )
        ]

    def test_a_pod_that_is_being_deleted_is_not(self) -> None:
        assert not told(self.on_shared(CREATING, **{"pods[2].metadata.deletionTimestamp": "2026-11-25T00:00:00Z"}))

    def test_a_pod_of_somebody_else_is_not(self) -> None:
        assert not told(self.on_shared(CREATING), NO_PLAN)

    def test_a_pod_of_somebody_else_that_needs_an_eni_is_told_its_failure(self) -> None:
        assert told(self.on_shared(CREATING, **failed("AttachENIFailed", 2)), NO_PLAN) == [
            (
                "VER026",
                "error",
                "1 pod without a network: AttachENIFailed (3 times): QuotaExceeded",
                f"{QUOTA}; kubectl -n trading describe pod matcher-2",
            )
        ]
        assert not told(self.on_shared(NOT_READY, **failed("AttachENIFailed", 2)), NO_PLAN)

    def test_a_pod_of_somebody_else_that_needs_no_eni_is_not(self) -> None:
        made = {"pods[2]": foreign(CREATING, "shared", containers=[{"name": "app"}])}
        assert not told({**SHARED, **made, **failed("AttachENIFailed")}, NO_PLAN)


class TestNode:
    """Faults of the node or of Terway are told there, once, and not of each pod."""

    @pytest.mark.parametrize(
        ("fault", "rule", "words"),
        [
            ({"pods[5]": ABSENT}, "VER033", "; 1 pod waits there"),
            (
                {"pods[7]": {**CONTROLLER, "status": crashing()}, "podENIs[1]": ABSENT},
                "VER034",
                "; 1 pod waits for a PodENI",
            ),
        ],
    )
    def test_terway_is_down(self, fault: dict[str, Any], rule: str, words: str) -> None:
        changes = {**PENDING, **fault}
        assert not told(changes)
        (found,) = (f for f in judge_cluster(changes).findings if f.rule.id == rule)
        assert found.message.endswith(words)

    def test_a_pod_that_runs_does_not_wait_for_terway(self) -> None:
        ((rule, _, message, _),) = told({"pods[5]": ABSENT, **status(crashing())})
        assert (rule, message) == (
            "VER032",
            "1 pod not running: CrashLoopBackOff in container app; the ENI is attached",
        )

    @pytest.mark.parametrize(("value", "rules"), [(CREATING, []), (crashing(), ["VER032"])])
    def test_a_node_is_overfull(self, value: dict[str, Any], rules: list[str]) -> None:
        many = [daemon_pod("agent", NODES[1], name=f"agent-{number}") for number in range(7)]
        enis = [
            {**pod_eni(0, NODES[1]), "metadata": {"name": item["metadata"]["name"], "namespace": "kube-system"}}
            for item in many
        ]
        changes = {"pods": [*CLUSTER["pods"], *many], "podENIs": [*CLUSTER["podENIs"], *enis], **status(value)}
        assert [rule for rule, *_ in told(changes)] == rules
        (found,) = (f for f in judge_cluster(changes).findings if f.rule.id == "VER018")
        assert found.message.endswith("; 1 pod does not start there") == (not rules)


class TestWithoutPodEni:
    WITHOUT = "1 pod on exclusive nodes without a PodENI"
    CONTROL = f"is terway-controlplane running, and can it read the pod? {DESCRIBE}"

    @pytest.mark.parametrize(
        ("changes", "message", "hint"),
        [
            ({}, WITHOUT, CONTROL),
            (PENDING, WITHOUT, CONTROL),
            (failed("CreateENIFailed"), WITHOUT, CONTROL),
            ({**PENDING, **failed("AllocIPFailed", message="x y")}, f"{WITHOUT} (x y)", CONTROL),
            (
                {**PENDING, **failed("FailedCreatePodSandBox", message="Forbidden.RAM")},
                f"{WITHOUT} (Forbidden.RAM)",
                f"grant Terway's RAM role the missing permission; {CONTROL}",
            ),
            ({**PENDING, **failed("FailedMount", message="x y")}, WITHOUT, CONTROL),
        ],
    )
    def test_it_was_not_created(self, changes: dict[str, Any], message: str, hint: str) -> None:
        assert told({**changes, "podENIs[1]": ABSENT}) == [("VER012", "error", message, hint)]

    def test_its_failure_comes_first(self) -> None:
        changes = {**PENDING, "podENIs[1]": ABSENT, **failed("CreateENIFailed"), **failed("AllocIPFailed", at=2)}
        message = "1 pod without a network: CreateENIFailed (3 times): QuotaExceeded"
        assert told(changes) == [("VER026", "error", message, f"{QUOTA}; {DESCRIBE}")]

    @pytest.mark.parametrize(
        "reason",
        ["CreateENIFailed", "AttachENIFailed", "CniCreateENIError", "CniPodCreateError", "PodCreateFailed",
         "DetachENIFailed"],
    )  # fmt: skip
    def test_every_failure_before_an_eni_is_bound(self, reason: str) -> None:
        for changes in ({"podENIs[1]": ABSENT}, BINDING, {}):
            ((rule, _, message, _),) = told({**PENDING, **changes, **failed(reason)})
            assert (rule, message) == ("VER026", f"1 pod without a network: {reason} (3 times): QuotaExceeded")

    @pytest.mark.parametrize("reason", ["AllocIPFailed", "FailedCreatePodSandBox"])
    def test_every_failure_after_an_eni_is_bound(self, reason: str) -> None:
        for changes, rule in (({"podENIs[1]": ABSENT}, "VER012"), (BINDING, "VER013"), ({}, "VER026")):
            assert [item[0] for item in told({**PENDING, **changes, **failed(reason)})] == [rule]

    def test_pods_with_and_without_a_message_are_told_together(self) -> None:
        changes = {"podENIs": [pod_eni(0, NODES[0])], **status(CREATING), **failed("AllocIPFailed")}
        (finding,) = findings(changes)
        assert finding.facts["pods"] == ["trading/matcher-1", "trading/matcher-2"]

    @pytest.mark.parametrize(
        ("changes", "message", "hint"),
        [
            (
                {**PENDING, **failed("AllocIPFailed", message="x y", times=1)},
                "1 pod without a network: AllocIPFailed: x y",
                f"{DESCRIBE}; {TERWAY}{NODES[1]}",
            ),
            (
                {**PENDING, **failed("AllocIPFailed"), **failed("CreateENIFailed", at=2, times=2)},
                "1 pod without a network: CreateENIFailed (2 times): QuotaExceeded",
                f"{QUOTA}; {DESCRIBE}",
            ),
            (
                status(waiting("ErrImagePull")),
                "1 pod not running: ErrImagePull in container app",
                f"its image cannot be pulled: {DESCRIBE}",
            ),
        ],
    )
    def test_podenis_that_were_not_read(self, changes: dict[str, Any], message: str, hint: str) -> None:
        assert [item[2:] for item in told({**changes, "podENIs": []})] == [(message, hint)]

    def test_pods_that_run_are_not_told_if_podenis_were_not_read(self) -> None:
        assert not told({"podENIs": []})


OPEN_API = "create eni with openAPI err, errCode: {}, msg: {}, requestID: AD60191D-4184-45FC-9709-2BA52FA85538"
NETWORKING = "kubectl edit podnetworking trading-eni"
WAIT = "the API rejects requests, and Terway retries: wait, or start fewer pods at once"
FORBIDDEN = (
    'error create cr, podenis.network.alibabacloud.com is forbidden: User "system:serviceaccount:kube-system:terway" '
    'cannot create resource "podenis" in API group "network.alibabacloud.com" in the namespace "trading"'
)


class TestTheCauseThatTerwayNames:
    """Messages as Terway and the ECS API word them."""

    @pytest.mark.parametrize(
        ("message", "fix"),
        [
            (
                (
                    "error parse config, can not found available vSwitch for zone cn-hangzhou-j, no available vSwitch "
                    "for zone cn-hangzhou-j, vswList [vsw-j]"
                ),
                f"add a vSwitch of the node's zone: {NETWORKING}",
            ),
            (
                OPEN_API.format(
                    "InvalidVSwitchId.IpNotEnough", 'The specified VSwitch "vsw-j" has not enough IpAddress.'
                ),
                f"no address is left: add a vSwitch of the zone, and recreate the pods: {NETWORKING}",
            ),
            (
                OPEN_API.format("InvalidVSwitchId.NotFound", "The specified VSwitchId does not exist."),
                f"replace the vSwitch that does not exist, and recreate the pods: {NETWORKING}",
            ),
            (OPEN_API.format("Throttling.User", "Request was denied due to user flow control."), WAIT),
            (OPEN_API.format("Throttling", "Request was denied due to request throttling."), WAIT),
            (OPEN_API.format("Operation.Conflict", "denied due to conflict with a previous request"), WAIT),
            ("client rate limiter Wait returned an error: context deadline exceeded", WAIT),
            (
                OPEN_API.format("InvalidOperation.AvailabilityZoneMismatch", "not in the same availability zone."),
                (
                    "its ENI is in another zone than its node, and cannot move: keep pods with a fixed address in the "
                    "zone of their ENI"
                ),
            ),
            (
                OPEN_API.format("SecurityGroupInstanceLimitExceed", "The maximum number of instances is exceeded."),
                f"its security group is full: use an advanced one, which holds more addresses: {NETWORKING}",
            ),
            (
                "security groups should not be more than 5, current 6",
                f"remove security groups: those of the cluster and of the node-level config add up: {NETWORKING}",
            ),
            (
                OPEN_API.format("InvalidOperation.VpcMismatch", "The VPC of the specified ENI"),
                f"its security groups must exist, be of one type and belong to the VPC: {NETWORKING}",
            ),
            (
                "found previous podENI, but pod is not using fixed ip",
                "the PodENI of an earlier pod is in the way: wait until Terway has removed it, and recreate the pod",
            ),
            (
                'error get podNetworking gone, PodNetworking.network.alibabacloud.com "gone" not found',
                "does its PodNetworking exist? kubectl get podnetworking",
            ),
            (
                'error parse config, configmaps "gpu-net" not found',
                "create the ConfigMap that the node's label terway-config names: kubectl -n kube-system get configmap",
            ),
            (
                OPEN_API.format("InvalidOperation.Ipv6CountExceeded", "The maximum number of IPv6 addresses"),
                (
                    "a dual-stack cluster needs vSwitches with IPv6, and an instance type with IPv6 addresses: "
                    f"{NETWORKING}"
                ),
            ),
            (
                OPEN_API.format("EniPerInstanceLimitExceeded", "The maximum number of ENI in a single instance"),
                (
                    "the node has as many ENIs as its type allows: detach those that were attached by hand, and let "
                    "every pod request aliyun/eni: 1"
                ),
            ),
            (OPEN_API.format("MaxEniCountExceeded", "The maximum number of ENIs is exceeded."), QUOTA),
            (
                OPEN_API.format("InvalidSecurityToken.Expired", "The specified SecurityToken is expired."),
                (
                    "Terway's credentials are not valid: does its Secret exist? kubectl -n kube-system get secret "
                    "addon.network.token"
                ),
            ),
            (
                OPEN_API.format("Forbidden.RAM", "User not authorized to operate on the specified resource"),
                "grant Terway's RAM role the missing permission",
            ),
            (FORBIDDEN, "Kubernetes denies it to Terway's service account: restore the role that came with the add-on"),
            (
                "unable to create new content in namespace trading because it is being terminated",
                "the namespace is being deleted: kubectl get namespace",
            ),
            (
                'failed to get sandbox image "registry/acs/pause:3.9": failed to pull and unpack image',
                "the node cannot pull the image of the sandbox: does it reach the registry?",
            ),
        ],
    )
    def test_it_has_its_own_fix(self, message: str, fix: str) -> None:
        ((rule, _, _, hint),) = told({**PENDING, **failed("CniPodCreateError", message=message)})
        assert (rule, hint) == ("VER026", f"{fix}; {DESCRIBE}")

    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({}, "podnetworking trading-eni"),
            ({"pods[1].metadata.annotations": {}}, "configmap eni-config"),
            ({"pods[1].metadata.annotations": {}, **each("metadata.labels.terway-config", "gpu")}, "configmap gpu"),
        ],
    )
    def test_the_fix_edits_what_names_the_pods_vswitches(self, changes: dict[str, Any], name: str) -> None:
        reported = failed("CreateENIFailed", message="vsw-j <ip not enough>")
        ((*_, hint),) = (item for item in told({**PENDING, **changes, **reported}) if item[0] == "VER026")
        assert f" edit {name}; {DESCRIBE}" in hint


class TestWithPodEni:
    @pytest.mark.parametrize(
        ("changes", "message", "hint"),
        [
            (phase("Binding"), "in phase Binding", f"{UNDER_WAY}read its events: {PODENI}"),
            (phase(""), "in phase (none)", f"{UNDER_WAY}read its events: {PODENI}"),
            (phase("Binding", "no idea"), "in phase Binding (no idea)", f"{UNDER_WAY}read its events: {PODENI}"),
            (
                phase("Binding", "InvalidEniId.NotFound"),
                "in phase Binding (InvalidEniId.NotFound)",
                f"its ENI was deleted outside Terway: recreate the pod; {RECREATE}; {PODENI}",
            ),
            (
                phase("Bind", eniInfos={"e": {"type": "Secondary", "status": "Unbind"}}),
                "in phase Bind, and an interface Unbind",
                f"{UNDER_WAY}read its events: {PODENI}",
            ),
            (
                phase("Binding", eniInfos={"e": {"type": "Secondary"}}),
                "in phase Binding",
                f"{UNDER_WAY}read its events: {PODENI}",
            ),
            (
                {**PENDING, **BINDING, **failed("AllocIPFailed")},
                "in phase Binding",
                f"{UNDER_WAY}read its events: {PODENI}",
            ),
            ({"podENIs[1].status.phase": "Binding"}, "in phase Binding", f"{UNDER_WAY}read its events: {PODENI}"),
        ],
    )
    def test_it_is_not_bound(self, changes: dict[str, Any], message: str, hint: str) -> None:
        (finding,) = findings(changes)
        assert (finding.rule.id, finding.hint) == ("VER013", hint)
        assert finding.message == f"1 pod with a PodENI {message}: trading/matcher-1"
        assert finding.facts["phase"] == message.split()[2].strip(",").replace("(none)", "")

    def test_each_phase_is_told(self) -> None:
        changes = {"podENIs[1].status.phase": "Binding", "podENIs[2].status.phase": "Unbinding"}
        assert [f.facts["pods"] for f in findings(changes)] == [["trading/matcher-1"], ["trading/matcher-2"]]
        (finding,) = findings({**changes, "podENIs[2].status.phase": "Binding"})
        assert finding.facts["pods"] == ["trading/matcher-1", "trading/matcher-2"]

    def test_the_failure_to_attach_it_comes_first(self) -> None:
        changes = {**PENDING, **BINDING, **failed("AllocIPFailed"), **failed("AttachENIFailed", at=2)}
        message = "1 pod without a network: AttachENIFailed (3 times): QuotaExceeded"
        assert told(changes) == [("VER026", "error", message, f"{QUOTA}; {DESCRIBE}")]

    @pytest.mark.parametrize("changes", [{}, PENDING])
    def test_it_is_of_an_earlier_pod(self, changes: dict[str, Any]) -> None:
        stale = {'podENIs[1].metadata.annotations["k8s.aliyun.com/pod-uid"]': "old", **changes}
        message = "1 pod with the PodENI of an earlier pod of the same name"
        assert told(stale) == [("VER015", "error", message, f"wait for Terway; if it stays like this: {RECREATE}")]

    def test_it_has_another_address(self) -> None:
        message = "1 pod with an address that is not the one in the PodENI"
        hint = f"recreate the pod: {RECREATE}"
        assert told({"podENIs[1].spec.allocations[0].ipv4": "10.9.9.9"}) == [("VER015", "error", message, hint)]

    @pytest.mark.parametrize(
        "changes",
        [
            {"pods[1].metadata.uid": ABSENT},
            {"podENIs[1].metadata.annotations": {}},
            {"pods[1].status.podIP": ABSENT},
            {"podENIs[1].spec.allocations[0].ipv4": ABSENT},
            {"podENIs[1].status.eniInfos": {}, "podENIs[1].status.trunkENIID": "eni-trunk"},
        ],
    )
    def test_what_is_not_known_is_no_fault(self, changes: dict[str, Any]) -> None:
        assert not told(changes)

    @pytest.mark.parametrize(
        ("changes", "types", "words"),
        [
            ({"podENIs[1].status.trunkENIID": "eni-t"}, ["Secondary"], "Secondary on trunk ENI eni-t"),
            (
                {"podENIs[1].status.eniInfos.b": {"type": "Member", "status": "Bind"}},
                ["Secondary", "Member"],
                "Secondary, Member",
            ),
        ],
    )
    def test_it_is_no_exclusive_eni(self, changes: dict[str, Any], types: list[str], words: str) -> None:
        (finding,) = findings(changes)
        assert (
            finding.message == f"1 pod with an ENI of type {words}, where exclusive means Secondary: trading/matcher-1"
        )
        assert finding.hint == f"was the node exclusive when it started? Recreate the pod: {RECREATE}"
        assert (finding.rule.id, finding.facts["types"]) == ("VER014", types)

    @pytest.mark.parametrize(
        ("info", "on_lingjun", "on_ecs"),
        [({"type": "Member", "vfID": 3}, [], ["VER014"]), ({"type": "Member"}, ["VER014"], ["VER014"])],
    )
    def test_a_high_density_eni_of_lingjun_may_be_exclusive(
        self, info: dict[str, Any], on_lingjun: list[str], on_ecs: list[str]
    ) -> None:
        changes = {"podENIs[0].status.eniInfos.eni-0": {"status": "Bind", **info}}
        assert [rule for rule, *_ in told(changes)] == on_ecs
        assert [rule for rule, *_ in told({**LINGJUN, **changes}, LINGJUN_PLAN)] == on_lingjun


def loose(made: dict[str, Any], networking: str = "") -> dict[str, Any]:
    """Return a pod that is none of the plan's, with this PodNetworking."""
    made["metadata"]["ownerReferences"] = []
    made["metadata"]["annotations"] = {"k8s.aliyun.com/pod-networking": networking} if networking else {}
    return made


def unmatched(made: dict[str, Any]) -> dict[str, Any]:
    """Return a pod without its PodNetworking."""
    made["metadata"]["annotations"] = {}
    return made


class TestMemberEni:
    EDIT = "set eniType of the PodNetworking to ENI: kubectl edit podnetworking {}; then recreate the pods"

    @pytest.mark.parametrize(
        ("made", "plan", "level", "networking"),
        [
            (pod(2, "", containers=MEMBER_REQUEST), None, "error", "trading-eni"),
            (fallback(2, "", containers=MEMBER_REQUEST), None, "warning", ""),
            (fallback(2, "", containers=MEMBER_REQUEST, affinity=STEERED), None, "error", ""),
            (loose(pod(2, "", containers=MEMBER_REQUEST), "trading-eni"), None, "error", "trading-eni"),
            (loose(pod(2, "", containers=MEMBER_REQUEST), "other"), None, "warning", "other"),
            (loose(pod(2, "", containers=MEMBER_REQUEST), "trading-eni"), NO_PLAN, "warning", "trading-eni"),
            (unmatched(pod(2, "", containers=MEMBER_REQUEST)), None, "error", ""),
        ],
    )
    def test_it_is_an_error_for_pods_meant_for_exclusive_nodes(
        self, made: dict[str, Any], plan: Plan, level: str, networking: str
    ) -> None:
        by = f" (PodNetworking {networking})" if networking else ""
        message = f"1 pod pending, requesting aliyun/member-eni{by}, which no exclusive node offers"
        assert told(away(made), plan) == [("VER019", level, message, self.EDIT.format(networking or "NAME"))]
        (finding,) = findings(away(made), plan)
        assert finding.facts["podNetworking"] == networking


class TestUnscheduled:
    DESCRIBE = "kubectl -n trading describe pod matcher-2"
    SELECTED = {"nodeSelector": {"disk": "ssd"}}  # noqa: RUF012 - never changed

    @pytest.mark.parametrize(
        ("made", "level"),
        [
            (pod(2, "", nodeSelector={"disk": "ssd"}), "error"),
            (unmatched(pod(2, "", containers=[{"name": "a"}], nodeSelector={"disk": "ssd"})), "error"),
            (fallback(2, "", nodeSelector={"disk": "ssd"}), "error"),
            (
                fallback(2, "", containers=[{"name": "a"}], affinity=STEERED, nodeSelector={"disk": "ssd"}),
                "error",
            ),
            (loose(pod(2, "", containers=[{"name": "a"}], nodeSelector={"disk": "ssd"}), "trading-eni"), "error"),
            (
                fallback(2, "", containers=[{"name": "a"}], affinity=only(NODES[0]), nodeSelector={"disk": "ssd"}),
                "warning",
            ),
        ],
        ids=["all", "workload", "request", "affinity", "PodNetworking", "nothing"],
    )
    def test_it_is_an_error_for_pods_meant_for_exclusive_nodes(self, made: dict[str, Any], level: str) -> None:
        ((rule, said, message, hint),) = told(away(made))
        assert (rule, said) == ("VER021", level)
        assert message.startswith("1 pod pending: ")
        assert message.endswith(": the pod's node selector or affinity does not match the node's labels")
        asked = ["disk In (ssd)"]
        assert hint == f"it asks for {', '.join(asked)}: kubectl get node {NODES[0]} --show-labels"

    @pytest.mark.parametrize(
        ("allocation", "spec", "hint"),
        [
            (
                "Fixed",
                in_zone("cn-hangzhou-k"),
                f"{IN_K}; a fixed address ties it to the zone of its ENI, so add nodes there",
            ),
            ("Elastic", in_zone("cn-hangzhou-k"), IN_K),
            ("Fixed", {"nodeSelector": {"disk": "ssd"}}, f"it asks for disk In (ssd): {SHOW}"),
            ("Fixed", {"affinity": terms(*(only_term(name) for name in ("x", "y")))}, f"compare both: {SHOW}"),
        ],
    )
    def test_what_a_pod_asks_of_its_nodes(self, allocation: str, spec: dict[str, Any], hint: str) -> None:
        changes = {"podNetworkings[0].spec.allocationType": {"type": allocation}}
        plan = {"podNetworkings[0].allocation": {"type": allocation}}
        assert told({**changes, **away(pod(2, "", **spec))}, plan)[-1][3] == hint

    def test_what_the_scheduler_said_is_a_fact(self) -> None:
        (finding,) = findings(away(unschedulable("none", nodeSelector={"disk": "ssd"})))
        assert finding.facts["scheduler"] == "0/3 nodes: none"
        (finding,) = findings(away(pod(2, "", nodeSelector={"disk": "ssd"})))
        assert "scheduler" not in finding.facts

    def test_a_pod_that_runs_is_scheduled_though_its_node_is_not_told(self) -> None:
        assert not told({"pods[2].spec.nodeName": ABSENT})

    def test_no_vswitch_in_the_zones(self) -> None:
        ((rule, level, message, _),) = told({"podNetworkings[0]": OTHER_ZONE, **away(pod(2, "", tolerations=[]))})
        assert (rule, level) == ("VER020", "error")
        assert message.startswith("1 pod pending: PodNetworking trading-eni has vSwitches in cn-hangzhou-k; ")

    SCHEDULER = "1 pod pending; the scheduler reports: 0/3 nodes: 3 Insufficient aliyun/eni."
    FULL = "scale the pool out: kubectl describe nodes | grep aliyun/eni; kubectl -n trading describe pod matcher-2"

    @pytest.mark.parametrize("reason", ["TriggeredScaleUp", "ProvisionNode"])
    def test_an_autoscaler_adds_a_node(self, reason: str) -> None:
        changes = {
            **away(unschedulable("3 Insufficient aliyun/eni.")),
            **failed(reason, 2, "pod triggered scale-up: [asg 3->4]"),
        }
        fix = f"an autoscaler adds a node: verify again with --wait 10m; if it stays, {self.FULL}"
        assert told(changes) == [("VER021", "error", self.SCHEDULER, fix)]
        # An earlier refusal is over.
        assert told({**changes, **failed("NotTriggerScaleUp", 2, "max node group size reached", at=2)})[0][3] == fix

    @pytest.mark.parametrize("reason", ["NotTriggerScaleUp", "FailedScaleUp", "ProvisionNodeFailed"])
    def test_an_autoscaler_adds_no_node(self, reason: str) -> None:
        message = "pod didn't trigger scale-up: 1 max node group size reached"
        changes = {**away(unschedulable("3 Insufficient aliyun/eni.")), **failed(reason, 2, message)}
        said = f"{self.SCHEDULER}; the autoscaler reports: {message}"
        assert told(changes) == [("VER021", "error", said, self.FULL)]
        if reason != "NotTriggerScaleUp":  # what it tried before has failed
            assert told({**changes, **failed("TriggeredScaleUp", 2, "up", at=2)})[0][2] == said

    def test_pods_are_told_apart_by_what_the_autoscaler_reports(self) -> None:
        pods = {f"pods[{n}]": unschedulable("3 Insufficient aliyun/eni.", n) for n in (1, 2)}
        enis = {"podENIs": [pod_eni(0, NODES[0])]}
        said = [failed("NotTriggerScaleUp", n, message, at=n) for n, message in ((1, "no pool"), (2, "no stock"))]
        assert len(told({**pods, **enis, **said[0], **said[1]})) == 2

    def test_a_gate(self) -> None:
        weak = {**gated(), "spec": foreign(None, "", containers=[{"name": "a"}], affinity=only(NODES[0]))["spec"]}
        message = "1 pod held back by a scheduling gate"
        hint = "what removes the gate? kubectl -n trading get pod matcher-2 -o jsonpath='{.spec.schedulingGates}'"
        assert told(away(gated())) == [("VER021", "error", message, hint)]
        assert told(away(loose(weak))) == [("VER021", "warning", message, hint)]
        weak["metadata"] |= {"name": "matcher-9"}
        assert [f.level for f in findings({**away(gated()), "pods[7]": weak})] == ["error", "warning"]

    @pytest.mark.parametrize(
        ("changes", "message", "hint"),
        [
            (
                away(pod(2, "")),
                "1 pod pending, although ENIs, pods, CPU, memory and taints leave room",
                f"is the scheduler running? {DESCRIBE}",
            ),
            (
                {**away(pod(2, "")), **failed("CreateENIFailed", 2)},
                "1 pod pending, although ENIs, pods, CPU, memory and taints leave room",
                f"is the scheduler running? {DESCRIBE}",
            ),
            (
                {**away(pod(2, "")), **failed("FailedScheduling", 2, "3 Insufficient cpu")},
                "1 pod pending; the scheduler reports: 3 Insufficient cpu",
                f"use a larger instance type, lower the request, or scale out; {DESCRIBE}",
            ),
            (
                {**away(unschedulable("no idea")), **failed("FailedScheduling", 2, "3 Insufficient cpu")},
                "1 pod pending; the scheduler reports: 0/3 nodes: no idea",
                DESCRIBE,
            ),
            (
                away(pod(2, "", schedulerName="volcano")),
                "1 pod pending, not processed by scheduler volcano",
                f"is schedulerName right, and is that scheduler running? {DESCRIBE}",
            ),
            (
                away(unschedulable("no idea", schedulerName="volcano")),
                "1 pod pending; the scheduler reports: 0/3 nodes: no idea",
                DESCRIBE,
            ),
            (
                away(pod(2, "", affinity=only(NODES[0]))),
                "1 pod pending, although ENIs, pods, CPU, memory and taints leave room",
                f"is the scheduler running? {DESCRIBE}",
            ),
            (
                away(pod(2, "", affinity=only("nowhere"))),
                "1 pod pending, only allowed on nowhere, which is no exclusive node in its zones",
                f"does it exist? kubectl get node nowhere; {DESCRIBE}",
            ),
            (
                {**away(pod(2, "", affinity=only("shared"))), "nodes": [SHARED_NODE]},
                "1 pod pending, only allowed on shared, which is no exclusive node in its zones",
                f"does it exist? kubectl get node shared; {DESCRIBE}",
            ),
            (
                away(unschedulable("no idea", affinity=only("nowhere"))),
                "1 pod pending; the scheduler reports: 0/3 nodes: no idea",
                DESCRIBE,
            ),
        ],
    )
    def test_no_obstacle_is_known(self, changes: dict[str, Any], message: str, hint: str) -> None:
        assert told(changes) == [("VER021", "error", message, hint)]

    def test_a_pod_of_one_node_is_compared_with_that_node(self) -> None:
        changes = {"nodes[1].spec.unschedulable": True, **away(pod(2, "", affinity=only(NODES[1])))}
        message = f"1 pod pending: 1 node ({NODES[1]}): cordoned"
        assert told(changes) == [("VER021", "error", message, f"kubectl uncordon {NODES[1]}")]

    def test_messages_of_the_scheduler_that_differ_in_numbers_are_told_together(self) -> None:
        changes = {**away(unschedulable("1 Insufficient cpu")), "pods[7]": unschedulable("2 Insufficient cpu", 7)}
        (finding,) = findings(changes)
        assert finding.facts["pods"] == ["trading/matcher-2", "trading/matcher-7"]
        changes["pods[7]"] = unschedulable("2 Insufficient memory", 7)
        assert [f.facts["pods"] for f in findings(changes)] == [["trading/matcher-2"], ["trading/matcher-7"]]

    def test_warnings_and_errors_are_told_apart(self) -> None:
        weak = fallback(7, "", containers=[{"name": "a"}], affinity=only(NODES[0]))
        weak["status"] = unschedulable("no idea")["status"]
        changes = {**away(unschedulable("no idea")), "pods[7]": weak}
        assert [(f.level, f.facts["pods"]) for f in findings(changes)] == [
            ("error", ["trading/matcher-2"]),
            ("warning", ["trading/matcher-7"]),
        ]

    @pytest.mark.parametrize("key", ["eni", "networking", "wants"])
    def test_pods_that_differ_in_what_they_need_are_judged_each(self, key: str) -> None:
        """Pods that are alike share the search for obstacles; these are not."""
        held = pod(2, "", nodeSelector={"disk": "ssd"})
        other = {
            "eni": pod(7, "", nodeSelector={"disk": "ssd"}, containers=[{"name": "a", "resources": {}}]),
            "networking": loose(pod(7, "", nodeSelector={"disk": "ssd"}), "other"),
            "wants": pod(7, "", tolerations=[]),
        }[key]
        assert sorted(name for f in findings({**away(held), "pods[7]": other}) for name in f.facts["pods"]) == [  # type: ignore[attr-defined]
            "trading/matcher-2",
            "trading/matcher-7",
        ]


class TestNoNode:
    KEY = "kubectl get nodes -L k8s.aliyun.com/exclusive-mode-eni-type"

    def test_no_node_is_exclusive(self) -> None:
        hint = f"is the pool scaled out, with the label k8s.aliyun.com/exclusive-mode-eni-type=eniOnly? {self.KEY}"
        changes = {"nodes": [SHARED_NODE], **away(pod(2, ""))}
        assert told(changes) == [("VER021", "error", "1 pod pending, and no node is exclusive", hint)]

    @pytest.mark.parametrize(
        ("changes", "key"),
        [
            (label(EXCLUSIVE_LABEL, "eni", alone=False), f"{EXCLUSIVE_LABEL}=eni"),
            (
                label("k8s.aliyun.com/exclusive-mode-eni-typ", "eniOnly"),
                "k8s.aliyun.com/exclusive-mode-eni-typ=eniOnly",
            ),
        ],
    )
    def test_nodes_that_were_meant_to_be_exclusive(self, changes: dict[str, Any], key: str) -> None:
        message = f"1 pod pending, and no node is exclusive: {', '.join(NODES)} have {key}"
        hint = (
            "correct the label of node pool np0123456789abcdef0123456789abcdef: kubectl get nodes -L "
            f"{key.partition('=')[0]}"
        )
        assert told({**changes, **away(pod(2, ""))}) == [("VER021", "error", message, hint)]

    def test_the_first_of_several_labels_is_told(self) -> None:
        changes = {f'nodes[{n}].metadata.labels["{EXCLUSIVE_LABEL}"]': f"eni{n}" for n in range(3)}
        for n in range(3):
            changes[f'nodes[{n}].metadata.labels["{NODE_POOL_LABEL}"]'] = f"np{n}"
        ((_, _, message, hint),) = told({**changes, **away(pod(2, ""))}, NO_PLAN)
        assert message == f"1 pod pending, and no node is exclusive: {', '.join(NODES)} have {EXCLUSIVE_LABEL}=eni0"
        assert hint.startswith("correct the label of node pool np0: ")

    def test_exclusive_nodes_without_a_zone(self) -> None:
        changes = {**each(f'metadata.labels["{ZONE_LABEL}"]', ABSENT), **away(pod(2, ""))}
        message = "1 pod pending, and no exclusive node has a label with a zone of PodNetworking trading-eni"
        hint = f"compare: kubectl get podnetworking trading-eni -o yaml; kubectl get nodes -L {ZONE_LABEL}"
        assert told(changes) == [("VER021", "error", message, hint)]


class TestNotStarted:
    LOGS = "its network is up; find out why the container exits: kubectl -n trading logs matcher-1 -c {} --previous"
    TERWAY = f"{DESCRIBE}; what does Terway say there? {TERWAY}{NODES[1]}"

    @pytest.mark.parametrize(
        ("value", "state", "hint"),
        [
            (crashing(), "CrashLoopBackOff in container app", LOGS.format("app")),
            (
                waiting("CrashLoopBackOff", "initContainerStatuses", "setup"),
                "CrashLoopBackOff in init container setup",
                LOGS.format("setup"),
            ),
            (waiting("CrashLoopBackOff", "initContainerStatuses", ""), "CrashLoopBackOff", TERWAY),
            (waiting("ErrImagePull"), "ErrImagePull in container app", f"its image cannot be pulled: {DESCRIBE}"),
            ({"phase": "Pending", "reason": "ErrImagePull"}, "ErrImagePull", TERWAY),
            (waiting("CreateContainerConfigError"), "CreateContainerConfigError in container app", DESCRIBE),
            (waiting("RunContainerError"), "RunContainerError in container app", LOGS.format("app")),
            ({"phase": "Running", "reason": "NodeLost", "podIP": "10.0.1.2"}, "NodeLost", DESCRIBE),
            ({"phase": "Unknown", "reason": "NodeLost"}, "NodeLost", TERWAY),
            ({"phase": "Pending"}, "Pending", TERWAY),
            ({}, "no phase", TERWAY),
            (
                {
                    "phase": "Pending",
                    "containerStatuses": [
                        {
                            "name": "app",
                            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                            "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
                        }
                    ],
                },
                "CrashLoopBackOff in container app",
                f"it uses more memory than its limit: raise limits.memory; {DESCRIBE}",
            ),
        ],
    )
    def test_why(self, value: dict[str, Any], state: str, hint: str) -> None:
        message = f"1 pod not running: {state}; the ENI is attached"
        assert told(status(value)) == [("VER032", "error", message, hint)]
        (finding,) = findings(status(value))
        assert finding.facts["phase"] == value.get("phase", "")

    @pytest.mark.parametrize(
        "reason",
        ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
         "RegistryUnavailable", "SignatureValidationFailed"],
    )  # fmt: skip
    def test_an_image_that_cannot_be_used(self, reason: str) -> None:
        assert told(status(waiting(reason)))[0][3] == f"its image cannot be pulled: {DESCRIBE}"

    @pytest.mark.parametrize(
        ("value", "planned", "alone"),
        [
            (crashing(), "error", "warning"),
            (NOT_READY, "warning", None),
            (CREATING, "error", "error"),
            ({"phase": "Running", "podIP": "10.0.1.2"}, None, None),
        ],
    )
    def test_the_level_for_pods_of_the_plan_and_for_others(
        self, value: dict[str, Any], planned: str | None, alone: str | None
    ) -> None:
        assert [item[:2] for item in told(status(value))] == ([("VER032", planned)] if planned else [])
        assert [item[:2] for item in told({"pods[1]": foreign(value)})] == ([("VER032", alone)] if alone else [])

    def test_not_ready(self) -> None:
        assert told(status(NOT_READY)) == [
            ("VER032", "warning", "1 pod running and not Ready; the ENI is attached", DESCRIBE)
        ]

    @pytest.mark.parametrize(("address", "hint"), [("", TERWAY), ("10.0.1.2", DESCRIBE)])
    def test_terway_is_not_asked_about_a_pod_that_has_its_address(self, address: str, hint: str) -> None:
        value = {**waiting("PodInitializing"), **({"podIP": address} if address else {})}
        assert told(status(value)) == [
            ("VER032", "error", "1 pod not running: PodInitializing; the ENI is attached", hint)
        ]

    @pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing", ""])
    def test_events_say_why_a_pod_is_being_created(self, reason: str) -> None:
        value = waiting(reason) if reason else {"phase": "Pending"}
        network = "1 pod without a network: AllocIPFailed (3 times): x y"
        volumes = "1 pod without volumes: FailedMount: volume v1 not found"
        hint = (
            f"does each volume exist, and is it free? {DESCRIBE}; kubectl -n trading get pvc,configmap"
        )  # fmt: skip
        mount = failed("FailedMount", message="volume v1 not found", at=2)
        alloc = failed("AllocIPFailed", message="x y")
        before = failed("AttachENIFailed", at=2)
        changes = status(value)
        assert told({**changes, **alloc}) == [("VER026", "error", network, f"{DESCRIBE}; {TERWAY}{NODES[1]}")]
        assert told({**changes, **alloc, **before})[0][2] == network
        assert told({**changes, **alloc, **mount})[0][2] == network
        mounting = {**changes, "events[1]": mount["events[2]"]}
        assert told(mounting) == [("VER032", "error", volumes, hint)]
        assert [f.facts["reason"] for f in findings(mounting)] == ["FailedMount"]

    @pytest.mark.parametrize("reason", ["ErrImagePull", "CreateContainerConfigError", "CrashLoopBackOff"])
    @pytest.mark.parametrize("told_by", ["FailedMount", "AllocIPFailed"])
    def test_a_reason_of_the_container_comes_before_events(self, reason: str, told_by: str) -> None:
        ((rule, _, message, _),) = told({**status(waiting(reason)), **failed(told_by)})
        assert (rule, message) == ("VER032", f"1 pod not running: {reason} in container app; the ENI is attached")

    def test_events_before_it_was_placed_are_over(self) -> None:
        ((rule, _, message, _),) = told({**status(CREATING), **failed("FailedScheduling")})
        assert (rule, message) == ("VER032", "1 pod not running: ContainerCreating; the ENI is attached")

    def test_events_of_pods_that_run_are_over(self) -> None:
        assert not told(failed("FailedMount"))
        assert not told(failed("AllocIPFailed"))

    @pytest.mark.parametrize("reason", ["FailedMount", "FailedAttachVolume", "AllocIPFailed"])
    @pytest.mark.parametrize(
        ("first", "second", "alike"),
        [
            ("eni-1f of i-1 is gone", "eni-2f of i-2 is gone", True),
            ("no address", "no right", False),
            ("x" * 199 + "ab", "x" * 199 + "ac", True),
            ("x" * 199 + "a", "x" * 199 + "b", False),
        ],
    )
    def test_events_that_differ_in_numbers_are_told_together(
        self,
        reason: str,
        first: str,
        second: str,
        alike: bool,  # noqa: FBT001 - a parameter of the test
    ) -> None:
        changes = {
            **status(CREATING), **status(CREATING, 2),
            **failed(reason, 1, first), **failed(reason, 2, second, at=2),
        }  # fmt: skip
        names = ["trading/matcher-1", "trading/matcher-2"]
        assert [f.facts["pods"] for f in findings(changes)] == ([names] if alike else [[name] for name in names])

    def test_events_of_different_reasons_are_told_apart(self) -> None:
        changes = {
            **status(CREATING), **status(CREATING, 2),
            **failed("AllocIPFailed"), **failed("FailedCreatePodSandBox", 2, at=2),
        }  # fmt: skip
        assert [f.facts["reason"] for f in findings(changes)] == ["AllocIPFailed", "FailedCreatePodSandBox"]
        assert [f.facts["count"] for f in findings(changes)] == [3, 3]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("<ip not enough>", "no address is left"),
        ("InvalidVSwitchId.IpNotEnough", "no address is left"),
        ("PrivateIPAddress", "no address is left"),
        ("can not found available vSwitch", "add a vSwitch of the node's zone"),
        ("trunk eni is not allowed", "place the pod on exclusive nodes"),
        ("InvalidSecurityGroupId", "its security groups must exist"),
        ("security group of another VPC", "its security groups must exist"),
        ("InvalidEniId.NotFound", "its ENI was deleted outside Terway"),
        ("NetworkInterface.NotFound", "its ENI was deleted outside Terway"),
        ("NetworkInterfaceId.NotFound", "its ENI was deleted outside Terway"),
        ("QuotaExceeded", "request a higher ENI quota"),
        ("EniCountExceeded", "request a higher ENI quota"),
        ("OperationLimit", "request a higher ENI quota"),
        ("Forbidden", "grant Terway's RAM role"),
        ("NoPermission", "grant Terway's RAM role"),
        ("not authorized", "grant Terway's RAM role"),
        ("by RAM", "grant Terway's RAM role"),
        ("the program broke", DESCRIBE),
    ],
)
def test_known_failures_have_a_cure(message: str, words: str) -> None:
    ((rule, _, _, hint),) = told(reported("AllocIPFailed", message))
    assert rule == "VER026"
    assert hint.startswith(words)


def test_lingjun_nodes_in_another_zone_are_not_missing() -> None:
    node = lingjun("e01-a")
    node["metadata"]["labels"][ZONE_LABEL] = "cn-hangzhou-k"
    ((_, _, message, _),) = told({"nodes": [node], "podENIs": [], "pods": [pod(2, ""), *CLUSTER["pods"][4:]]}, NO_PLAN)
    assert message == "1 pod pending, and no exclusive node has a label with a zone of PodNetworking trading-eni"
