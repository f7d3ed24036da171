"""Renders policies as manifests: a ConfigMap with facts of the plan, and a policy and a binding for each rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from eniplan._version import __version__
from eniplan.emit.refusal import RefusalError
from eniplan.emit.yaml_text import dump
from eniplan.guard.policies import LEFT_OUT, MOST_POOLS, Policy, Variable, needed, policies
from eniplan.k8s.terway import SYSTEM_NAMESPACE
from eniplan.messages import say
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE
from eniplan.rules import BY_ID
from eniplan.rules.net import most_groups
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from eniplan.k8s.labels import Selector
    from eniplan.plan.model import NodePool, PodNetworking
    from eniplan.rules.view import PlanView

Object = dict[str, Any]
Action: TypeAlias = Literal["warn", "deny"]
PARAMETERS = "eniplan-guard"
"""The name of the ConfigMap with the parameters."""
_TERWAY = f"system:serviceaccount:{SYSTEM_NAMESPACE}:terway"
"""The prefix of Terway's service accounts."""
_MANAGED = {"app.kubernetes.io/managed-by": "eniplan"}


class Guard(NamedTuple):
    """The policies for a cluster, and their parameters."""

    parameters: dict[str, str]
    policies: tuple[Policy, ...]


def guard(views: Sequence[PlanView]) -> Guard:
    """Return the policies for a cluster, and their parameters.

    Args:
        views: the plans of one cluster.

    Raises:
        RefusalError: there are more than `MOST_POOLS` distinct node pools.

    """
    pools = dict.fromkeys(_pool(pool.pool) for view in views for pool in view.pools)
    if len(pools) > MOST_POOLS:
        message = say("{count} node pools differ in labels or taints; policies cover at most {most}",
                      count=len(pools), most=MOST_POOLS)  # fmt: skip
        raise RefusalError(("nodePools",), message, say("give similar pools the same labels and taints"))
    meant = {
        pn.name: pn
        for view in views
        for pool in view.ecs_pools
        for pn in view.pod_networkings_by_pool.get(pool.pool.name, ())
    }
    asking = [
        pn for view in views for pn in view.plan.pod_networkings if pn.selectors and pn.asks_for_eni(view.cluster)
    ]
    templates = (w.pod.labels for view in views for w in view.plan.workloads if w.pod is not None)
    labels = filter(None, map(_pairs, filter(None, (*(_labels(pn.pod_selector) for pn in meant.values()), *templates))))
    parameters = {
        "pools": _text(pools),
        "podNetworkings": _text(meant),
        "podLabels": _text(labels),
        "podSelectors": _text(map(_line, asking)),
    }
    trunking = any(view.cluster.terway.eni_trunking is not False for view in views)
    return Guard(parameters, policies(is_trunking=trunking, most_groups=min(most_groups(v.terway) for v in views)))


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in dict.fromkeys(lines))


def _pool(pool: NodePool) -> str:
    """Return the line of a pool. Pools that are equal for pods have the same line."""
    labels = _pairs({**(pool.labels or {}), EXCLUSIVE_LABEL: EXCLUSIVE_VALUE})
    taints = ",".join(f"{t.key}={t.value}:{t.effect}" for t in pool.node_taints if t.repels)
    return f"{pool.kind}|{labels}|{taints}"


def _pairs(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _line(pn: PodNetworking) -> str:
    """Return the line of a PodNetworking's selectors: `?` if they use more than labels."""
    columns = [_labels(selector) for selector in (pn.pod_selector, pn.namespace_selector)]
    if pn.is_fixed or None in columns:
        return f"{pn.name}|?"
    return "|".join((pn.name, *(_pairs(labels or {}) for labels in columns)))


def _labels(selector: Selector | None) -> dict[str, str] | None:
    """Return the labels of a selector; None if it uses more than labels."""
    requirements = () if selector is None else selector.requirements
    if any("matchLabels" not in r.path for r in requirements):
        return None
    return {r.key: r.values[0] for r in requirements}


# --- manifests -----------------------------------------------------------------------------------------------------


def objects(found: Guard, action: Action) -> Iterator[Object]:
    """Yield the manifests in the order to apply them.

    Args:
        found: the policies and their parameters.
        action: `warn` warns and audits; `deny` denies violations of rules of level error, and warns of the others.

    """
    metadata = {"name": PARAMETERS, "namespace": SYSTEM_NAMESPACE, "labels": _MANAGED}
    yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": found.parameters}
    for policy in found.policies:
        yield _policy(policy)
        yield _binding(policy, action)


def name_of(policy: Policy) -> str:
    """Return the name of a policy and its binding."""
    return f"eniplan-{policy.rule.lower()}"


def message_of(policy: Policy) -> str:
    """Return the message of the API server when an object violates a policy."""
    return str(say("{rule}: {says} (eniplan explain {rule})", rule=policy.rule, says=policy.says))


def uses_parameters(policy: Policy) -> bool:
    """Return whether a policy reads the ConfigMap with the parameters."""
    return any("params" in text for _, text in needed(policy))


def _object(kind: str, policy: Policy, spec: Object) -> Object:
    metadata = {"name": name_of(policy), "labels": _MANAGED, "annotations": {"eniplan.dev/rule": policy.rule}}
    return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": metadata, "spec": spec}


def _policy(policy: Policy) -> Object:
    rules = [
        {
            "apiGroups": [resource.group],
            "apiVersions": list(resource.versions),
            "operations": list(resource.operations),
            "resources": list(resource.names),
        }
        for resource in policy.resources
    ]
    constraints: Object = {"resourceRules": rules}
    if policy.is_namespaced:
        own = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": [SYSTEM_NAMESPACE]}
        constraints["namespaceSelector"] = {"matchExpressions": [own]}
    conditions = (Variable("not-terway", f"!request.userInfo.username.startsWith('{_TERWAY}')"), *policy.conditions)
    spec: Object = {"failurePolicy": "Ignore"}
    if uses_parameters(policy):
        spec["paramKind"] = {"apiVersion": "v1", "kind": "ConfigMap"}
    spec["matchConstraints"] = constraints
    spec["matchConditions"] = [{"name": name, "expression": text} for name, text in conditions]
    variables = [{"name": name, "expression": text} for name, text in needed(policy)]
    if variables:
        spec["variables"] = variables
    spec["validations"] = [{"expression": policy.right, "message": message_of(policy), "reason": "Invalid"}]
    return _object("ValidatingAdmissionPolicy", policy, spec)


def _binding(policy: Policy, action: Action) -> Object:
    refuses = action == "deny" and BY_ID[policy.rule].level == "error"
    spec: Object = {"policyName": name_of(policy), "validationActions": ["Deny" if refuses else "Warn", "Audit"]}
    if uses_parameters(policy):
        reference = {"name": PARAMETERS, "namespace": SYSTEM_NAMESPACE, "parameterNotFoundAction": "Allow"}
        spec["paramRef"] = reference
    return _object("ValidatingAdmissionPolicyBinding", policy, spec)


def text(found: Guard, action: Action, plan_file: str) -> str:
    """Return all manifests as one YAML stream, with a comment that lists the rules without a policy."""
    rendered = say("Rendered by eniplan {version} from {plan}. Kubernetes 1.30 or later.", version=__version__,
                   plan=plan_file)  # fmt: skip
    notes = [rendered, say("No policy covers:"), *(f"  {rule}: {why}" for rule, why in LEFT_OUT)]
    return "".join(f"# {note}\n" for note in notes) + "---\n".join(dump(item) for item in objects(found, action))
