"""What a pod needs to run on an exclusive-ENI node with its own ENI, and how to add it to a pod template.

`complete` changes a pod template in place, from a skeleton or from a user's own manifest. It only adds what is missing,
and never changes existing values.
Source: Terway pkg/controller/webhook/mutating.go at commit 89aadf8b. Its webhook adds the `aliyun/eni` request and
the zones for pods of a PodNetworking; it adds neither tolerations nor affinity, and nothing to other pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.k8s.labels import meets
from eniplan.k8s.nodes import Taint, stays, toleration_of
from eniplan.k8s.pods import AFFINITY, TERMS, read_pod
from eniplan.k8s.terway import ENI, IGNORE_LABEL, MEMBER_ENI
from eniplan.messages import NOTHING, Message, say
from eniplan.plan.document import value_at
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from eniplan.k8s.labels import Requirement, Selector
    from eniplan.k8s.nodes import NodeLabels
    from eniplan.k8s.pods import Pod
    from eniplan.plan.document import Path
    from eniplan.plan.model import NodePool, Plan, PodNetworking


def exclusive_only() -> dict[str, Any]:
    """Return the node selector requirement that only exclusive nodes match."""
    return _expression(EXCLUSIVE_LABEL, EXCLUSIVE_VALUE)


def _expression(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": [value]}


class PodError(Exception):
    """A pod template contradicts its pool, or is not a pod template."""

    def __init__(self, path: Path, message: Message, hint: Message = NOTHING) -> None:
        """Store the key path within the pod template, the message and the hint."""
        super().__init__(message)
        self.path = path
        self.message = message
        self.hint = hint


class Wanted(NamedTuple):
    """What the pods of one workload must have."""

    taints: tuple[Taint, ...]
    nodes: NodeLabels
    """The known labels of their nodes."""
    steering: Mapping[str, str]
    """The labels by which their nodes are chosen."""
    selector: Selector | None
    """The podSelector of their PodNetworking, which their labels must match."""
    enis: int
    """The `aliyun/eni` request of the first container; 0: add none."""
    is_lingjun: bool
    is_injected: bool
    """Whether Terway's webhook adds the request to the first container."""


def wanted(
    plan: Plan,
    pool: NodePool,
    networking: PodNetworking | None = None,
    *,
    host_network: bool = False,
    eni_request: int | None = None,
) -> Wanted:
    """Return what the pods of a workload on a pool must have.

    Args:
        plan: the plan of the pool.
        pool: the pool they run on.
        networking: their PodNetworking; None: only node affinity steers them.
        host_network: whether they use the host network; such pods take no ENI.
        eni_request: the request stated in the plan. Default: 1 on ECS without a PodNetworking, otherwise none.

    """
    if host_network:
        networking = None
    is_injected = networking is not None
    enis = eni_request if eni_request is not None else 0 if is_injected else 1
    if pool.is_lingjun or host_network:
        enis = 0
    selector = None if networking is None else networking.pod_selector
    nodes = pool.node_labels(plan.cluster.region, plan.cluster.zones)
    steering = {EXCLUSIVE_LABEL: EXCLUSIVE_VALUE, **plan.apart(pool)}
    return Wanted(pool.node_taints, nodes, steering, selector, enis, pool.is_lingjun, is_injected)


def complete(template: dict[str, Any], want: Wanted, *, is_bare: bool = False) -> None:
    """Add to a pod template (`metadata`, `spec`) what it lacks.

    Args:
        template: the template of a manifest or a skeleton; changed in place.
        want: what its pods must have.
        is_bare: whether it is a Pod itself. Terway's webhook adds zones to the node affinity of a pod, and Kubernetes
            then refuses to apply the original affinity again; so a bare Pod gets a nodeSelector instead.

    Raises:
        PodError: the template contradicts its pool.

    """
    pod = read_pod(template)
    for flaw in pod.misread:
        raise PodError(flaw.path, flaw.message, flaw.hint)
    if not pod.containers:
        raise PodError(("spec", "containers"), say("the pod has no container"), say("add one"))
    if pod.is_ignored and not pod.host_network:
        message = say("with this label Terway gives the pods no ENI")
        raise PodError(("metadata", "labels", IGNORE_LABEL), message, say("remove the label"))
    if pod.host_network:  # neither Terway nor its webhook touches them
        want = want._replace(selector=None, enis=0, is_injected=False)
    if want.selector is not None:
        for key, value in missing_labels(want.selector, pod.labels).items():
            map_at(template, ("metadata", "labels"))[key] = value
    _tolerate(template, pod, want.taints)
    _steer(template, pod, want.steering, is_bare=is_bare)
    _request(template, pod, want)
    done = read_pod(template)
    for flaw in done.refused:
        raise PodError(flaw.path, flaw.message, flaw.hint)
    if done.placement.allows(want.nodes) is False:
        asked = [r for r in done.placement.requirements() if want.nodes.meets(r) is False]
        message = say(
            "its node selector and node affinity match no node of the pool: {requirements}",
            requirements=tuple(map(str, asked)),
        )
        raise PodError(asked[0].path, message, say("compare them with the labels of the pool"))


def missing_labels(selector: Selector, labels: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels that pods lack to be selected, with the first allowed value of each key.

    Raises:
        PodError: an existing label prevents the selection, or no value satisfies the selector.

    """
    by_key: dict[str, list[Requirement]] = {}
    for requirement in selector.requirements:
        by_key.setdefault(requirement.key, []).append(requirement)
    found = {}
    for key, requirements in by_key.items():
        current = labels.get(key)
        if all(meets(r, current) for r in requirements):
            continue
        path = ("metadata", "labels", key)
        if current is not None:
            message = say(
                "with its label {key}={current}, its PodNetworking cannot select the pods", key=key, current=current
            )
            raise PodError(path, message, say("change the label, or the podSelector"))
        # `true` and `yes` are for Exists and NotIn, which accept any other value.
        candidates = [value for r in requirements for value in r.values if r.operator == "In"] or ["true", "yes"]
        value = next((v for v in candidates if all(meets(r, v) for r in requirements)), None)
        if value is None:
            message = say("no value of the label {key} satisfies the whole podSelector of its PodNetworking", key=key)
            raise PodError(path, message, say("correct the podSelector"))
        found[key] = value
    return found


def _tolerate(template: dict[str, Any], pod: Pod, taints: tuple[Taint, ...]) -> None:
    for taint in taints:
        seconds = stays(taint, pod.tolerations)
        if seconds is not None:
            message = say(
                "it tolerates {taint} for {seconds} s, and is evicted after that", taint=taint, seconds=seconds
            )
            raise PodError(("spec", "tolerations"), message, say("remove tolerationSeconds"))
        # Also tolerate PreferNoSchedule: it does not repel pods, but these belong there.
        if not any(toleration.tolerates(taint) for toleration in pod.tolerations):
            spec = template["spec"]
            spec["tolerations"] = [*(spec.get("tolerations") or ()), toleration_of(taint).written()]


def _steer(template: dict[str, Any], pod: Pod, labels: Mapping[str, str], *, is_bare: bool) -> None:
    """Require the labels of its nodes in every term, because each term alone may place the pod."""
    for requirement in pod.placement.requirements():
        if requirement.key == EXCLUSIVE_LABEL and not meets(requirement, EXCLUSIVE_VALUE):
            message = say(
                "this keeps the pods away from exclusive nodes, which have {label}={value}",
                label=EXCLUSIVE_LABEL, value=EXCLUSIVE_VALUE,
            )  # fmt: skip
            raise PodError(requirement.path, message, say("remove it"))
    terms = pod.placement.terms or ()
    if terms and not any(term.expressions or term.fields for term in terms):
        message = say("a term without a requirement matches no node")
        raise PodError(("spec", *AFFINITY, TERMS), message, say("remove the term, or add its requirements"))
    lacking = _lacking(labels, pod.placement.selector)
    if terms:
        lacking = {key: labels[key] for term in terms for key in _lacking(lacking, term.expressions)}
    if not lacking:
        return
    if is_bare:
        map_at(template, ("spec", "nodeSelector")).update(lacking)
        return
    parent = map_at(template, ("spec", *AFFINITY))
    if not terms:
        parent[TERMS] = [{"matchExpressions": [_expression(*label) for label in lacking.items()]}]
    for term, value in zip(terms, parent[TERMS] if terms else (), strict=True):
        # An empty term matches no node; adding a requirement would make it match some.
        more = _lacking(lacking, term.expressions) if term.expressions or term.fields else {}
        if more:
            wishes = value.get("matchExpressions") or ()
            value["matchExpressions"] = [*wishes, *(_expression(*label) for label in more.items())]


def _lacking(labels: Mapping[str, str], requirements: Iterable[Requirement]) -> dict[str, str]:
    """Return the labels that no requirement asks for."""
    asked = {(item.key, item.operator, item.values) for item in requirements}
    return {key: value for key, value in labels.items() if (key, "In", (value,)) not in asked}


def _request(template: dict[str, Any], pod: Pod, want: Wanted) -> None:
    if pod.request(MEMBER_ENI):
        message = say("the pod requests {resource}, which exclusive nodes never offer", resource=MEMBER_ENI)
        raise PodError((*pod.asking(MEMBER_ENI)[0].path, "resources"), message, say("remove the request"))
    containers = (*pod.containers, *pod.init_containers)
    written = [container for container in containers if ENI in container.requests]
    asking = pod.asking(ENI)
    # An init container that has ended before the others start doubles nothing.
    is_doubled = want.is_injected and pod.request(ENI, first=1) > 1
    for container in asking:
        path = (*container.path, "resources")
        if want.is_lingjun:
            message = say("the pod requests {resource}, which Lingjun nodes never offer", resource=ENI)
            raise PodError(path, message, say("remove the request"))
        if is_doubled and container is not pod.containers[0]:
            message = say(
                "container {name!r} requests {resource}, and Terway's webhook adds another to the first container: "
                "the pod would use two",
                name=container.name, resource=ENI,
            )  # fmt: skip
            raise PodError(path, message, say("remove the request; the webhook adds it"))
        value = value_at(template, container.path)
        # A limit alone is fine: Kubernetes copies it to the request.
        map_at(value, ("resources", "limits")).setdefault(ENI, (value["resources"].get("requests") or {}).get(ENI))
    if not want.enis or asking:
        return
    if written:
        message = say("the pod requests 0 {resource}, but needs {needed}", resource=ENI, needed=want.enis)
        path = (*written[0].path, "resources")
        raise PodError(path, message, say("write {needed} as request and limit, or remove it", needed=want.enis))
    for key in ("requests", "limits"):
        found = map_at(value_at(template, pod.containers[0].path), ("resources", key))
        if found.get(ENI) is None:  # a value that is no whole number is refused, not replaced
            found[ENI] = want.enis


def map_at(parent: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Return the map at a path; replace a missing or null value with an empty map."""
    for key in path:
        if parent.get(key) is None:
            parent[key] = {}
        parent = parent[key]
    return parent
