"""VER031: the pods of the plan's workloads, and why some are missing."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from eniplan.observed import NODE_POOL_LABEL
from eniplan.rules.examples import ABSENT
from eniplan.rules.examples_cluster import CLUSTER, NODES, SHARED_NODE, event, node, pod, pod_eni
from tests.kube.causes import copies, owned
from tests.kube.standstills import condition, controller
from tests.kube.support import judge_cluster

WEB = owned("Deployment", "web", "", "")["plan"]
PROBE = owned("DaemonSet", "probe", "", "", replicas=1)["plan"]
DESCRIBE = "kubectl -n trading describe deployment web"
RUNNING, FAILED, SUCCEEDED, PENDING = "Running", "Failed", "Succeeded", "Pending"
FIND_OUT = "find out why: {}; kubectl -n trading get pods --field-selector status.phase=Failed"
RAISE = "raise the quota of the namespace, or remove pods there: kubectl -n trading describe quota"
AUTOSCALER = "has an autoscaler set it? kubectl -n trading get hpa"
NOT_READY: dict[str, Any] = {"nodes[2].status.conditions[0].status": "Unknown"}
HELD: dict[str, Any] = {"suspend": True}


def told(changes: dict[str, Any], plan: dict[str, Any]) -> list[tuple[str, str]]:
    """Return message and hint of the findings about workloads; all are errors at the workload."""
    found = [f for f in judge_cluster(changes, plan).findings if f.rule.id == "VER031"]
    assert {(f.level, f.place.path.partition("[")[0]) for f in found} <= {("error", "workloads")}
    return [(str(f.message), str(f.hint)) for f in found]


def pods(owner: str, *phases: str, on: tuple[str, ...] = NODES, host: bool = False) -> dict[str, Any]:
    """Return the change that replaces the workload's pods by others, one per phase; owner is `DaemonSet probe`."""
    made = []
    for number, phase in enumerate(phases):
        found = pod(number, on[number % len(on)], **({"hostNetwork": True} if host else {}))
        kind, _, name = owner.partition(" ")
        found["metadata"]["ownerReferences"] = [{"kind": kind, "name": name, "controller": True}]
        made.append(found if phase == RUNNING else {**found, "status": {"phase": phase}})
    return {"pods": copies(made), "podENIs": [pod_eni(number, on) for number, on in enumerate(NODES)]}


def web(*phases: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as of `pods`
    return pods("ReplicaSet web-7d5f9c4b6d", *phases, **more)


def probes(*phases: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as of `pods`
    return pods("DaemonSet probe", *phases, **more)


def on_host(plan: dict[str, Any]) -> dict[str, Any]:
    """Return the plan with its workload on the host network."""
    return {**plan, "workloads[0].hostNetwork": True, "workloads[0].podNetworking": ABSENT}


class TestReplicas:
    @pytest.mark.parametrize("number", [3, 4])
    def test_enough_pods(self, number: int) -> None:
        assert told(web(*[RUNNING] * number), WEB) == []

    @pytest.mark.parametrize(
        ("phases", "words", "hint"),
        [
            ([RUNNING] * 2, "2 pods; the plan has 3", DESCRIBE),
            ([RUNNING], "1 pod; the plan has 3", DESCRIBE),
            ([SUCCEEDED], "0 pods; the plan has 3; 1 has ended", DESCRIBE),
            ([SUCCEEDED] * 3, "0 pods; the plan has 3; 3 have ended", DESCRIBE),
            ([FAILED, RUNNING], "1 pod; the plan has 3; 1 has failed", FIND_OUT.format(DESCRIBE)),
            ([FAILED] * 3, "0 pods; the plan has 3; 3 have failed", FIND_OUT.format(DESCRIBE)),
            (
                [FAILED, SUCCEEDED, RUNNING],
                "1 pod; the plan has 3; 1 has ended; 1 has failed",
                FIND_OUT.format(DESCRIBE),
            ),
            (
                [],
                "0 pods; the plan has 3",
                (
                    "does it exist? kubectl -n trading get deployment web; if not, apply it: `eniplan render-manifests "
                    "--workloads` prints it"
                ),
            ),
        ],
    )
    def test_too_few_pods(self, phases: list[str], words: str, hint: str) -> None:
        assert told(web(*phases), WEB) == [(f"Deployment trading/web has {words}", hint)]

    def test_a_workload_that_exists_need_not_be_applied(self) -> None:
        changes = {**web(), "controllers": [controller("Deployment", "web", {"replicas": 3})]}
        assert told(changes, WEB) == [("Deployment trading/web has 0 pods; the plan has 3", DESCRIBE)]

    GONE = "if matcher-2 does not go: has it a finalizer, or a long terminationGracePeriodSeconds? "
    BACK = "matcher-2 ends when its node is Ready again, or is removed from the cluster: kubectl get node {}; "
    POD = "kubectl -n trading describe pod matcher-2"

    @pytest.mark.parametrize(
        ("node", "hint"),
        [
            ({}, GONE + POD),
            (NOT_READY, BACK.format(NODES[2]) + POD),
            ({"nodes[2]": ABSENT}, BACK.format(NODES[2]) + POD),
        ],
    )
    def test_a_pod_that_is_being_deleted(self, node: dict[str, Any], hint: str) -> None:
        changes = {"pods[2].metadata.deletionTimestamp": "2026-11-27T18:00:00Z", **node}
        message = "StatefulSet trading/matcher has 2 pods; the plan has 3; 1 is being deleted"
        assert told(changes, {}) == [(message, hint)]

    def test_of_pods_that_are_being_deleted_the_one_whose_node_is_gone_is_told(self) -> None:
        deleted = {f"pods[{n}].metadata.deletionTimestamp": "2026-11-27T18:00:00Z" for n in (0, 2)}
        failed = event("FailedKillPod", "Pod", "matcher-0", "failed to teardown: no eni.socket", "trading")
        ((message, hint),) = told({**deleted, **NOT_READY, "events[1]": failed}, {})
        assert message.endswith("; 2 are being deleted")
        assert hint == self.BACK.format(NODES[2]) + self.POD

    def test_of_pods_that_are_being_deleted_the_one_that_kubelet_cannot_end_is_told(self) -> None:
        deleted = {f"pods[{n}].metadata.deletionTimestamp": "2026-11-27T18:00:00Z" for n in (0, 2)}
        failed = event("FailedKillPod", "Pod", "matcher-2", "failed to teardown: no eni.socket", "trading")
        ((_, hint),) = told({**deleted, "events[1]": failed}, {})
        assert hint.startswith("kubelet cannot end matcher-2: failed to teardown: no eni.socket; ")
        assert hint.endswith(f"spec.nodeName={NODES[2]}")

    def test_a_pod_that_was_never_placed_is_held_by_no_node(self) -> None:
        leaving = pod(2, "")
        leaving["metadata"]["deletionTimestamp"] = "2026-11-27T18:00:00Z"
        ((_, hint),) = told({"pods[2]": leaving, "podENIs[2]": ABSENT}, {})
        assert hint == self.GONE + self.POD

    def test_why_a_pod_has_failed(self) -> None:
        changes = web(RUNNING, FAILED)
        changes["pods"][1]["status"] |= {"reason": "Evicted", "message": "The node was low on resource: memory"}
        ((message, _),) = told(changes, WEB)
        assert message.endswith("; 1 has failed (Evicted: The node was low on resource: memory)")

    def test_why_a_pod_of_no_controller_has_failed(self) -> None:
        evicted = {"phase": FAILED, "reason": "Evicted"}
        changes = {"pods[0].metadata.ownerReferences": [], "pods[0].status": evicted}
        ((message, _),) = told(changes, owned("Pod", "matcher-0", "", "", replicas=1)["plan"])
        assert message == "Pod trading/matcher-0 has 0 pods; the plan has 1; 1 has failed (Evicted)"

    @pytest.mark.parametrize("order", list(permutations(("", "Evicted", "Preempting"))))
    def test_why_several_have_failed(self, order: tuple[str, ...]) -> None:
        """The order of the pods changes nothing, and one without a reason hides no other."""
        changes = web(*[FAILED] * 3)
        for one, reason in zip(changes["pods"], order, strict=False):
            one["status"] |= {"reason": reason} if reason else {}
        ((message, _),) = told(changes, WEB)
        assert message.endswith("; 3 have failed (Evicted)")

    def test_facts_for_machines(self) -> None:
        (finding,) = judge_cluster(web(RUNNING, FAILED, SUCCEEDED), WEB).findings
        assert {key: finding.facts[key] for key in ("pods", "planned", "failed")} == {
            "pods": 1, "planned": 3, "failed": 1,
        }  # fmt: skip
        changes = {**web(RUNNING), "controllers": [controller("Deployment", "web", {"replicas": 1})]}
        (finding,) = judge_cluster(changes, WEB).findings
        assert (finding.facts["pods"], finding.facts["planned"]) == (1, 3)

    def test_every_workload_is_judged_by_its_own_pods(self) -> None:
        plan = {"workloads": [*WEB["workloads"], *PROBE["workloads"]]}
        assert [" ".join(message.split()[:2]) for message, _ in told(web(), plan)] == [
            "Deployment trading/web", "DaemonSet trading/probe",
        ]  # fmt: skip
        assert [" ".join(message.split()[:2]) for message, _ in told(web(*[RUNNING] * 3), plan)] == [
            "DaemonSet trading/probe",
        ]  # fmt: skip


class TestUnread:
    def test_pods_that_were_not_read_are_not_missing(self) -> None:
        report = judge_cluster({"pods": []}, WEB)
        assert not report.findings
        assert "VER031" in report.undecided[0].rules
        report = judge_cluster({"pods": []}, {"workloads": []})
        assert "VER031" not in report.undecided[0].rules

    def test_a_pool_without_nodes_is_told_instead(self) -> None:
        gone = {"nodes": [SHARED_NODE], "pods": CLUSTER["pods"][3:4], "podENIs": []}
        assert told(gone, WEB) == []
        may_be_empty = {"nodePools[0].desiredSize": ABSENT, "nodePools[0].autoScaling": {"min": 0, "max": 3}}
        assert len(told(gone, {**WEB, **may_be_empty})) == 1


class TestHostNetwork:
    BARE = "of Deployment trading/web without an ENI: hostNetwork, or the label k8s.aliyun.com/ignore-by-terway"
    REMOVE = f"remove that from the pod template: {DESCRIBE}"

    @pytest.mark.parametrize(
        ("phases", "words"),
        [([RUNNING] * 3, "3 pods"), ([RUNNING, PENDING, RUNNING, FAILED, SUCCEEDED], "3 pods")],
    )
    def test_pods_that_should_have_an_eni(self, phases: list[str], words: str) -> None:
        assert told(web(*phases, host=True), WEB) == [(f"{words} {self.BARE}", self.REMOVE)]

    def test_they_still_count_as_its_pods(self) -> None:
        assert told(web(RUNNING, host=True), WEB) == [
            (f"1 pod {self.BARE}", self.REMOVE),
            ("Deployment trading/web has 1 pod; the plan has 3", DESCRIBE),
        ]

    def test_as_planned(self) -> None:
        assert told(web(*[RUNNING] * 3, host=True), on_host(WEB)) == []

    @pytest.mark.parametrize(
        ("phases", "words"),
        [
            ([RUNNING, RUNNING, PENDING], ["1 pod of Deployment trading/web not running: Pending"]),
            (
                ["Unknown", PENDING, PENDING, FAILED, SUCCEEDED],
                [
                    "1 pod of Deployment trading/web not running: Unknown",
                    "2 pods of Deployment trading/web not running: Pending",
                ],
            ),
            ([RUNNING, RUNNING, ""], ["1 pod of Deployment trading/web not running: no phase"]),
        ],
    )
    def test_planned_and_not_running(self, phases: list[str], words: list[str]) -> None:
        assert sorted(told(web(*phases, host=True), on_host(WEB))) == [(message, DESCRIBE) for message in words]


class TestDaemonSet:
    DOES_IT = (
        "does it tolerate the nodes' taints, and does its node selector match them? "
        "kubectl -n trading describe daemonset probe"
    )

    @pytest.mark.parametrize(
        ("number", "replicas", "lacking"),
        [(3, 1, ()), (2, 1, NODES[2:]), (0, 1, NODES), (4, 2, NODES[1:]), (6, 2, ())],
    )
    def test_every_node_of_its_pool_has_its_pod(self, number: int, replicas: int, lacking: tuple[str, ...]) -> None:
        plan = owned("DaemonSet", "probe", "", "", replicas=replicas)["plan"]
        words = f"DaemonSet trading/probe lacks pods on {len(lacking)} of 3 nodes: {', '.join(lacking)}"
        assert told(probes(*[RUNNING] * number), plan) == ([(words, self.DOES_IT)] if lacking else [])
        report = judge_cluster(probes(*[RUNNING] * number), plan)
        assert [f.facts["nodes"] for f in report.findings if f.rule.id == "VER031"] == [list(lacking)] * bool(lacking)

    @pytest.mark.parametrize(("unscheduled", "told_too"), [(1, True), (2, False), (3, False)])
    def test_pods_that_wait_for_a_node_are_told_elsewhere(self, unscheduled: int, told_too: bool) -> None:  # noqa: FBT001 - a parameter of the test
        changes = probes(*[RUNNING] * (1 + unscheduled))
        for item in changes["pods"][1 : 1 + unscheduled]:
            del item["spec"]["nodeName"]
            item["status"] = {"phase": PENDING}
        assert bool(told(changes, PROBE)) == told_too

    def test_on_the_host_network_its_pods_count_by_node_too(self) -> None:
        plan = on_host(PROBE)
        assert told(probes(*[RUNNING] * 3, host=True), plan) == []
        ((message, _),) = told(probes(RUNNING, RUNNING, FAILED, host=True), plan)
        assert message == f"DaemonSet trading/probe lacks pods on 1 of 3 nodes: {NODES[2]}"

    def test_nodes_of_other_pools_do_not_count(self) -> None:
        own = {NODE_POOL_LABEL: "np3", "team": "second"}
        changes = {**probes(*[RUNNING] * 3), "nodes[3]": node("second", **own), "nodes[4]": SHARED_NODE}
        pool = {"name": "second", "instanceTypes": ["ecs.g8i.8xlarge"], "labels": {"team": "second"}, "desiredSize": 1}
        assert told(changes, {**PROBE, "nodePools[1]": pool}) == []
        moved = {**PROBE, "nodePools[1]": pool, "workloads[0].nodePool": "second"}
        assert told(changes, moved) == [("DaemonSet trading/probe lacks pods on 1 of 1 node: second", self.DOES_IT)]

    @pytest.mark.parametrize("number", [0, 3])
    def test_of_which_pool_it_should_have_a_pod_on_each_node_may_be_unknown(self, number: int) -> None:
        plan = {**PROBE, "workloads[0].nodePool": "tradin"}
        assert told(probes(*[RUNNING] * number), plan) == []
        (asked,) = judge_cluster(probes(*[RUNNING] * number), plan).undecided
        assert (asked.fact, asked.rules) == ("the node pool of DaemonSet trading/probe", ("VER029", "VER031"))
        assert asked.hint == "did you mean 'trading'?"

    @pytest.mark.parametrize(("times", "words"), [(1, ""), (2, " (2 times)")])
    def test_its_pods_are_refused(self, times: int, words: str) -> None:
        refused = {**event("FailedCreate", "DaemonSet", "probe", "exceeded quota", "trading"), "count": times}
        ((message, hint),) = told({**probes(RUNNING, RUNNING), "events[1]": refused}, PROBE)
        assert message == (
            f"DaemonSet trading/probe lacks pods on 1 of 3 nodes: {NODES[2]}; its pods are refused{words}: "
            "exceeded quota"
        )
        assert hint == f"{RAISE}; kubectl -n trading describe daemonset probe"


class TestCause:
    QUOTA = event("FailedCreate", "ReplicaSet", "web-7d5f9c4b6d", "exceeded quota: team", "trading")

    @pytest.mark.parametrize(
        ("spec", "status", "words", "hint"),
        [
            (
                {"replicas": 2, "paused": True}, {}, "it is paused", "kubectl -n trading rollout resume deployment web",
            ),
            (
                {"replicas": 2}, {}, "its spec.replicas is 2",
                f"kubectl -n trading scale deployment web --replicas=3; {AUTOSCALER}",
            ),
            (
                {"replicas": 3}, condition("ReplicaFailure", "no such thing"),
                "its pods are refused (3 times): exceeded quota: team",
                f"{RAISE}; {DESCRIBE}",
            ),
        ],
        ids=["paused", "scaled", "refused"],
    )  # fmt: skip
    def test_the_first_cause_is_told(self, spec: dict[str, Any], status: dict[str, Any], words: str, hint: str) -> None:
        changes = {
            **web(RUNNING),
            "events[1]": self.QUOTA,
            "controllers": [controller("Deployment", "web", spec, status)],
        }
        assert told(changes, WEB) == [(f"Deployment trading/web has 1 pod; the plan has 3; {words}", hint)]

    @pytest.mark.parametrize("spec", [{"replicas": 3}, {"replicas": 4}, {}])
    def test_what_the_workload_reports_comes_last(self, spec: dict[str, Any]) -> None:
        self._reports(spec, condition("ReplicaFailure", "no such thing"))

    @pytest.mark.parametrize("first", ["ReplicaFailure", "FailureTarget", "Failed"])
    def test_what_has_failed_is_told_before_what_is_late(self, first: str) -> None:
        late = {"type": "Progressing", "status": "False", "message": "no such thing"}
        self._reports({}, {"conditions": [late]})
        self._reports(
            {}, {"conditions": [{**late, "message": "late"}, *condition(first, "no such thing")["conditions"]]}
        )

    def _reports(self, spec: dict[str, Any], status: dict[str, Any]) -> None:
        changes = {**web(RUNNING), "controllers": [controller("Deployment", "web", spec, status)]}
        message = "Deployment trading/web has 1 pod; the plan has 3; it reports: no such thing"
        assert told(changes, WEB) == [(message, DESCRIBE)]

    def test_a_daemonset_that_reports_a_cause(self) -> None:
        status = condition("Failed", 'violates PodSecurity "restricted:latest"')
        changes = {**probes(RUNNING, RUNNING), "controllers": [controller("DaemonSet", "probe", {}, status)]}
        ((message, hint),) = told(changes, PROBE)
        assert message.endswith('; it reports: violates PodSecurity "restricted:latest"')
        assert hint.startswith("make its pods meet Pod Security")


TOO_FEW = "{} trading/load has {}; the plan has 3{}"
RESUME = """kubectl -n trading patch {} load -p '{{"spec":{{"suspend":false}}}}'; a queue may have suspended it"""
COMPLETE: dict[str, Any] = {"conditions": [{"type": "Complete", "status": "True"}]}
LIMIT: dict[str, Any] = {"conditions": [{"type": "Failed", "status": "True", "message": "limit"}]}


def load(
    kind: str, phases: list[str], spec: dict[str, Any] | None = None, status: dict[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a cluster with a Job, or with a CronJob that has one, and its plan. Without `spec` it does not exist."""
    changes = pods("Job load" if kind == "Job" else "Job load-29384756", *phases)
    if spec is not None:
        changes["controllers"] = [controller(kind, "load", spec, status)]
    return changes, owned(kind, "load", "", "")["plan"]


class TestJobs:
    @pytest.mark.parametrize(
        ("phases", "spec", "status"),
        [
            ([RUNNING] * 3, None, None),
            ([RUNNING] * 3, {}, {}),
            ([RUNNING] * 3, HELD, {}),
            ([RUNNING], {}, COMPLETE),
            ([FAILED], {}, COMPLETE),
            ([], {}, COMPLETE),
            ([], HELD, COMPLETE),
            ([SUCCEEDED], None, None),
            ([SUCCEEDED], {}, {}),
            ([SUCCEEDED], HELD, {}),
            ([SUCCEEDED, FAILED, RUNNING], {}, {}),
        ],
    )
    def test_a_job_that_runs_or_has_run(
        self, phases: list[str], spec: dict[str, Any] | None, status: dict[str, Any] | None
    ) -> None:
        changes, plan = load("Job", phases, spec, status)
        assert told(changes, plan) == []
        assert not judge_cluster(changes, plan).undecided

    @pytest.mark.parametrize(
        ("phases", "spec", "status", "number", "words", "hint"),
        [
            ([RUNNING], None, None, "1 pod", "", "kubectl -n trading describe job load"),
            ([RUNNING], {}, {}, "1 pod", "", "kubectl -n trading describe job load"),
            ([], {}, {}, "0 pods", "", "kubectl -n trading describe job load"),
            ([FAILED], None, None, "0 pods", "; 1 has failed", FIND_OUT.format("kubectl -n trading describe job load")),
            ([], HELD, {}, "0 pods", "; it is suspended", RESUME.format("job")),
            ([FAILED], HELD, {}, "0 pods", "; 1 has failed; it is suspended", RESUME.format("job")),
            ([RUNNING], HELD, {}, "1 pod", "; it is suspended", RESUME.format("job")),
            ([], {}, LIMIT, "0 pods", "; it reports: limit", "kubectl -n trading describe job load"),
            (
                [SUCCEEDED, FAILED], {}, LIMIT, "0 pods", "; 1 has ended; 1 has failed; it reports: limit",
                "kubectl -n trading describe job load",
            ),
        ],
    )  # fmt: skip
    def test_a_job_with_too_few_pods(  # noqa: PLR0913, PLR0917 - a case
        self, phases: list[str], spec: dict[str, Any] | None, status: dict[str, Any], number: str, words: str, hint: str
    ) -> None:
        assert told(*load("Job", phases, spec, status)) == [(TOO_FEW.format("Job", number, words), hint)]

    @pytest.mark.parametrize(
        ("phases", "spec", "status"),
        [([RUNNING], None, None), ([RUNNING], {}, {}), ([SUCCEEDED], {}, {}), ([FAILED, RUNNING], {}, {})],
    )
    def test_a_cronjob_that_runs_or_has_run(
        self, phases: list[str], spec: dict[str, Any] | None, status: dict[str, Any] | None
    ) -> None:
        changes, plan = load("CronJob", phases, spec, status)
        assert told(changes, plan) == []
        assert not judge_cluster(changes, plan).undecided

    @pytest.mark.parametrize(
        ("phases", "spec", "number", "words"),
        [
            ([], HELD, "0 pods", "; it is suspended"),
            ([RUNNING], HELD, "1 pod", "; it is suspended"),
            ([SUCCEEDED], HELD, "0 pods", "; 1 has ended; it is suspended"),
            ([FAILED], None, "0 pods", "; 1 has failed"),
            ([FAILED], {}, "0 pods", "; 1 has failed"),
        ],
    )
    def test_a_cronjob_with_too_few_pods(
        self, phases: list[str], spec: dict[str, Any] | None, number: str, words: str
    ) -> None:
        describe = FIND_OUT.format("kubectl -n trading describe cronjob load")
        hint = RESUME.format("cronjob") if spec is HELD else describe
        assert told(*load("CronJob", phases, spec)) == [(TOO_FEW.format("CronJob", number, words), hint)]

    @pytest.mark.parametrize("spec", [None, {}])
    def test_a_cronjob_without_pods_may_run_later(self, spec: dict[str, Any] | None) -> None:
        (asked,) = judge_cluster(*load("CronJob", [], spec)).undecided
        assert (asked.fact, asked.rules) == ("whether the pods of CronJob trading/load start", ("VER031",))
        assert asked.hint.endswith("kubectl -n trading create job --from=cronjob/load load-test")

    def test_a_job_that_does_not_exist_may_have_run(self) -> None:
        (asked,) = judge_cluster(*load("Job", [])).undecided
        assert (asked.fact, asked.rules) == ("whether the pods of Job trading/load have run", ("VER031",))
        assert asked.hint == (
            "it was not found: it ended and was removed (ttlSecondsAfterFinished), was never applied, or you may "
            "not read it: kubectl -n trading get job load; kubectl -n trading get events --field-selector "
            "involvedObject.name=load"
        )

    @pytest.mark.parametrize(("kind", "owner"), [("Job", "load"), ("CronJob", "load-29384756")])
    def test_pods_that_are_refused_will_not_run(self, kind: str, owner: str) -> None:
        changes, plan = load(kind, [])
        changes["events[1]"] = event("FailedCreate", "Job", owner, "exceeded quota", "trading")
        ((message, _),) = told(changes, plan)
        assert message == TOO_FEW.format(kind, "0 pods", "; its pods are refused (3 times): exceeded quota")


@pytest.mark.parametrize(
    ("kind", "owner"), [("Rollout", "ReplicaSet web-7d5f9c4b6d"), ("GameServerSet", "StatefulSet web")]
)
def test_pods_that_a_kind_has_made_by_another(kind: str, owner: str) -> None:
    plan = owned(kind, "web", "", "")["plan"]
    assert told(pods(owner, *[RUNNING] * 3), plan) == []
    ((message, _),) = told(pods(owner, *[RUNNING] * 2), plan)
    assert message == f"{kind} trading/web has 2 pods; the plan has 3"


@pytest.mark.parametrize("phases", [[SUCCEEDED] * 3, [SUCCEEDED]])
def test_training_that_has_ended(phases: list[str]) -> None:
    plan = owned("PyTorchJob", "web", "", "")["plan"]
    assert told(pods("PyTorchJob web", *phases), plan) == []


def test_training_that_has_failed() -> None:
    plan = owned("PyTorchJob", "web", "", "")["plan"]
    ((message, _),) = told(pods("PyTorchJob web", FAILED, RUNNING), plan)
    assert message == "PyTorchJob trading/web has 1 pod; the plan has 3; 1 has failed"


def test_the_pods_of_each_role() -> None:
    """A plan may have a role as check calls it, or the whole job."""
    found = pods("MPIJob web", *[RUNNING] * 3)
    job = {"training.kubeflow.org/job-name": "web"}
    for role, each in zip(("launcher", "worker", "worker"), found["pods"][:3], strict=True):
        each["metadata"]["labels"] = {**job, "training.kubeflow.org/job-role": role}
        if role == "launcher":
            each["metadata"]["ownerReferences"][0] |= {"kind": "Job", "name": "web-launcher"}
    whole = owned("MPIJob", "web", "", "")["plan"]
    assert told(found, whole) == []
    worker = owned("MPIJob", "web-worker", "", "")["plan"]
    ((message, _),) = told(found, worker)
    assert message == "MPIJob trading/web-worker has 2 pods; the plan has 3"
    assert told(found, worker | {"workloads[0].replicas": 2}) == []


@pytest.mark.parametrize("owner", ["RayCluster web", "SparkApplication web"])
def test_pods_of_kinds_that_plans_do_not_know(owner: str) -> None:
    """The plan has them as a workload of another kind, as the hint of check says."""
    assert told(pods(owner, *[RUNNING] * 3), owned("StatefulSet", "web", "", "")["plan"]) == []
    ((message, _),) = told(pods(owner, *[RUNNING] * 3), owned("StatefulSet", "other", "", "")["plan"])
    assert message.startswith("StatefulSet trading/other has 0 pods")
    ((message, _),) = told(pods("DaemonSet web", *[RUNNING] * 3), owned("StatefulSet", "web", "", "")["plan"])
    assert message.startswith("StatefulSet trading/web has 0 pods")
