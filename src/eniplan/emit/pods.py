"""What a pod must have to land on an exclusive-ENI node and get an ENI there, and how a pod template gets it.

One function completes a pod template in place, whether it comes from a skeleton or from a user's own manifest: what
is there already is never changed, only what is missing is added.
Source: Terway pkg/controller/webhook/mutating.go at commit 89aadf8b. Its webhook adds the `aliyun/eni` request and
the zones for pods of a PodNetworking; it adds neither tolerations nor affinity, and nothing to other pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE
from eniplan.plan.scheduling import pool_taints, tolerates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.plan.document import Path
    from eniplan.plan.model import NodePool, PodNetworking, Requirement, Selector, Taint

ENI_RESOURCE = "aliyun/eni"

_RULE = {"key": EXCLUSIVE_LABEL, "operator": "In", "values": [EXCLUSIVE_VALUE]}
_TERMS = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")


class PodError(Exception):
    """A pod template has something that contradicts its pool, or is no pod template."""

    def __init__(self, path: Path, message: str, hint: str = "") -> None:
        """Take the key path within the pod template."""
        super().__init__(message)
        self.path = path
        self.message = message
        self.hint = hint


class Wanted(NamedTuple):
    """What the pods of one workload must have."""

    taints: tuple[Taint, ...]
    selector: Selector | None
    """That of their PodNetworking, for the labels."""
    enis: int
    """The `aliyun/eni` request of the first container; 0: none by eniplan."""
    is_lingjun: bool


def wanted(
    pool: NodePool,
    networking: PodNetworking | None = None,
    *,
    host_network: bool = False,
    eni_request: int | None = None,
) -> Wanted:
    """Work out what the pods of a workload on a pool must have.

    Args:
        pool: where they run.
        networking: their PodNetworking; None: they are steered by node affinity alone.
        host_network: pods of the host network take no ENI, whatever else they say.
        eni_request: what the plan states instead of the usual: 1 on ECS without a PodNetworking, else nothing.

    """
    usual = 1 if networking is None else 0
    enis = usual if eni_request is None else eni_request
    if pool.is_lingjun or host_network:
        enis = 0
    selector = None if networking is None or host_network else networking.pod_selector
    return Wanted(pool_taints(pool), selector, enis, pool.is_lingjun)


def complete(template: dict[str, Any], want: Wanted) -> None:
    """Add to a pod template (`metadata`, `spec`) what it lacks.

    Raises:
        PodError: it says something that cannot hold together with its pool.

    """
    spec = _map(template, ("spec",))
    if want.selector is not None:
        metadata = _is_map(template.get("metadata") or {}, ("metadata",))
        missing = missing_labels(want.selector, _is_map(metadata.get("labels") or {}, ("metadata", "labels")))
        if missing:
            _map(template, ("metadata", "labels")).update(missing)
    _tolerate(spec, want.taints)
    _steer(spec)
    _request(spec, want)


def missing_labels(selector: Selector, labels: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels that pods lack to be selected, the first allowed value of each key.

    Raises:
        PodError: a label that they have is in the way, or no label can do it.

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
            message = f"the label {key}={current} keeps its PodNetworking from selecting the pods"
            raise PodError(path, message, "change the label, or the podSelector")
        # `true` is for Exists, which takes any value.
        candidates = [value for r in requirements for value in r.values if r.operator == "In"] or ["true", "yes"]
        value = next((v for v in candidates if all(meets(r, v) for r in requirements)), None)
        if value is None:
            message = f"no value of the label {key} meets all that the podSelector of its PodNetworking asks of it"
            raise PodError(path, message, "correct the podSelector")
        found[key] = value
    return found


def meets(requirement: Requirement, value: object) -> bool:
    """Return whether a label's value meets a requirement on its key; None: there is no such label."""
    if requirement.operator == "In":
        return value in requirement.values
    if requirement.operator == "NotIn":
        return value not in requirement.values
    return (value is not None) == (requirement.operator == "Exists")


def _tolerate(spec: dict[str, Any], taints: tuple[Taint, ...]) -> None:
    present = [t for t in _list(spec, "tolerations") if isinstance(t, dict)]
    for taint in taints:
        if not any(tolerates(toleration, taint) for toleration in present):
            how = {"operator": "Equal", "value": taint.value} if taint.value else {"operator": "Exists"}
            added = {"key": taint.key, **how, "effect": taint.effect}
            present.append(added)
            spec["tolerations"] = [*_list(spec, "tolerations"), added]


def _steer(spec: dict[str, Any]) -> None:
    """Require the exclusive label: each term by itself may place the pod, so each must ask for it."""
    selected = _is_map(spec.get("nodeSelector") or {}, ("spec", "nodeSelector")).get(EXCLUSIVE_LABEL)
    if selected == EXCLUSIVE_VALUE:
        return
    if selected is not None:
        message = f"nodeSelector asks for {EXCLUSIVE_LABEL}={selected}; exclusive nodes have {EXCLUSIVE_VALUE}"
        raise PodError(("spec", "nodeSelector", EXCLUSIVE_LABEL), message, f"write {EXCLUSIVE_VALUE}")
    parent = _map({"spec": spec}, ("spec", *_TERMS[:-1]))
    terms = _list(parent, _TERMS[-1], ("spec", *_TERMS[:-1]))
    if not terms:
        parent[_TERMS[-1]] = [{"matchExpressions": [dict(_RULE)]}]
    for i, term in enumerate(terms):
        path = ("spec", *_TERMS, i)
        rules = _list(_is_map(term, path), "matchExpressions", path)
        if not any(_is_rule(rule) for rule in rules):
            term["matchExpressions"] = [*rules, dict(_RULE)]


def _is_rule(rule: object) -> bool:
    return isinstance(rule, dict) and {key: rule.get(key) for key in _RULE} == _RULE


def _request(spec: dict[str, Any], want: Wanted) -> None:
    containers = _list(spec, "containers")
    if not containers:
        raise PodError(("spec", "containers"), "the pod has no container", "add one")
    requesting = False
    for i, container in enumerate(containers):
        path = ("spec", "containers", i, "resources")
        resources = _is_map(_is_map(container, path[:-1]).get("resources") or {}, path)
        requests, limits = (_is_map(resources.get(key) or {}, (*path, key)) for key in ("requests", "limits"))
        asked = requests.get(ENI_RESOURCE, limits.get(ENI_RESOURCE))
        if asked is None or str(asked) == "0":
            continue
        requesting = True
        if want.is_lingjun:
            message = f"the pod requests {ENI_RESOURCE}, which Lingjun nodes never offer"
            raise PodError(path, message, "remove the request")
        if ENI_RESOURCE not in limits:  # a limit alone is fine: Kubernetes takes it for the request as well
            _map(container, ("resources", "limits"))[ENI_RESOURCE] = asked
    if want.enis and not requesting and not spec.get("hostNetwork"):
        for key in ("requests", "limits"):
            _map(containers[0], ("resources", key))[ENI_RESOURCE] = want.enis


def _map(parent: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Return the map at a path; a key that is missing or null gets an empty one."""
    for i, key in enumerate(path):
        if parent.get(key) is None:
            parent[key] = {}
        parent = _is_map(parent[key], path[: i + 1])
    return parent


def _is_map(value: Any, path: Path) -> dict[str, Any]:  # noqa: ANN401 - a value of a manifest
    if not isinstance(value, dict):
        raise PodError(path, "a map is needed here")
    return value


def _list(parent: Mapping[str, Any], key: str, path: Path = ("spec",)) -> list[Any]:
    value = parent.get(key)
    if value is not None and not isinstance(value, list):
        raise PodError((*path, key), "a list is needed here")
    return value or []
