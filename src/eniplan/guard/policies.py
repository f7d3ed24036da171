"""The rules that an API server can check at admission, in CEL (ValidatingAdmissionPolicy, Kubernetes 1.30 and later).

An expression is true for valid objects, and uses only functions of Kubernetes 1.30. The API server limits the cost of
an expression, so `_FITS` limits the length of the lists that it reads. Longer lists are admitted: policies fail open.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from eniplan.k8s.terway import ENI, IGNORE_LABEL, MEMBER_ENI, NETWORKS, NETWORKS_REQUEST, POD_ENI
from eniplan.messages import say
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, OTHERS_LABELS
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.messages import Message


class Resource(NamedTuple):
    """The resources of one API group, and the operations on them, that a policy matches."""

    group: str
    versions: tuple[str, ...]
    names: tuple[str, ...]
    operations: tuple[str, ...] = ("CREATE", "UPDATE")


class Variable(NamedTuple):
    """A named CEL expression: a variable or a match condition."""

    name: str
    text: str


class Policy(NamedTuple):
    """One rule as an admission policy."""

    rule: str
    says: Message
    """The message when the expression is false, shown after the rule's id."""
    resources: tuple[Resource, ...]
    right: str
    """A CEL expression that is true for valid objects."""
    variables: tuple[Variable, ...] = ()
    """Each may use the ones before it."""
    conditions: tuple[Variable, ...] = ()
    """Match conditions: the policy ignores objects for which one is false."""
    is_namespaced: bool = True
    """Whether its resources are namespaced. Such a policy ignores kube-system."""


NETWORKINGS = (Resource("network.alibabacloud.com", ("v1beta1",), ("podnetworkings",)),)
PODS = (
    Resource("", ("v1",), ("pods",), ("CREATE",)),
    Resource("apps", ("v1",), ("deployments", "statefulsets", "daemonsets")),
    Resource("batch", ("v1",), ("jobs", "cronjobs")),
)
NODES = (Resource("", ("v1",), ("nodes",), ("UPDATE",)),)
CONFIG_MAPS = (Resource("", ("v1",), ("configmaps",), ("UPDATE",)),)

MOST_POOLS = 32
"""Maximum distinct node pools in the parameters."""
_MOST = 64
_TERMS, _EXPRESSIONS, _VALUES, _TOLERATIONS = 8, 8, 16, 32
"""Maximum items of each list that a policy reads. Pods rarely have more."""
_TERMS_BY_POOLS = 64
"""Maximum of terms times pools: each term is compared with each pool, and Kubernetes limits the cost of an expression
to 1,000,000."""


def _lines(key: str) -> str:
    return f"has(params.data) && '{key}' in params.data ? params.data['{key}'].split('\\n').filter(l, l != '') : []"


# --- PodNetworkings ----------------------------------------------------------------------------------------------

_SPEC = Variable("spec", "has(object.spec) ? dyn(object.spec) : {}")
_ALLOCATION = Variable("allocation", "has(variables.spec.allocationType) ? variables.spec.allocationType : {}")
_SELECTORS = Variable(
    "selectors",
    "!has(variables.spec.selector) ? [] : "
    "(has(variables.spec.selector.podSelector) ? [variables.spec.selector.podSelector] : [])"
    " + (has(variables.spec.selector.namespaceSelector) ? [variables.spec.selector.namespaceSelector] : [])",
)
_NAME = "^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$"
_KEY = "^([a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*/)?" + _NAME.removeprefix("^")


def _of_networking(rule: str, says: Message, right: str, *variables: Variable) -> Policy:
    return Policy(rule, says, NETWORKINGS, right, (_SPEC, *variables), is_namespaced=False)


_PN001 = _of_networking(
    "PN001",
    say(
        "pods for exclusive nodes get this PodNetworking, but its eniType is not ENI: they request "
        "{resource}, which exclusive nodes never offer",
        resource=MEMBER_ENI,
    ),
    "!variables.isMeant || (has(variables.spec.eniOptions) && has(variables.spec.eniOptions.eniType)"
    " && variables.spec.eniOptions.eniType == 'ENI')",
    _SELECTORS,
    Variable("podLabels", _lines("podLabels")),
    Variable("networkings", _lines("podNetworkings")),
    Variable(
        "labels",
        "has(variables.spec.selector) && has(variables.spec.selector.podSelector)"
        " && has(variables.spec.selector.podSelector.matchLabels)"
        " ? variables.spec.selector.podSelector.matchLabels : {}",
    ),
    Variable(
        "isMeant",
        # The plan names it, or it selects pods of the plan by labels alone.
        "object.metadata.name in variables.networkings"
        f" || (size(variables.labels) > 0 && size(variables.labels) <= {_MOST} && size(variables.selectors) == 1"
        " && !has(variables.selectors[0].matchExpressions)"
        " && variables.podLabels.exists(p,"
        " variables.labels.all(k, (k + '=' + variables.labels[k]) in p.split(','))))",
    ),
)
_PN002 = _of_networking(
    "PN002",
    say("Fixed without a releaseStrategy: the ENIs of deleted pods are never released"),
    "!has(variables.allocation.type) || variables.allocation.type != 'Fixed'"
    " || has(variables.allocation.releaseStrategy)",
    _ALLOCATION,
)
_PN004 = _of_networking(
    "PN004",
    say("releaseStrategy Never together with a releaseAfter"),
    "!has(variables.allocation.releaseStrategy) || variables.allocation.releaseStrategy != 'Never'"
    " || !has(variables.allocation.releaseAfter) || variables.allocation.releaseAfter == ''",
    _ALLOCATION,
)
_PN006 = _of_networking(
    "PN006",
    say("an empty selector takes every pod in every namespace"),
    "size(variables.selectors) == 0 || variables.selectors.exists(s,"
    " (has(s.matchLabels) && size(s.matchLabels) > 0) || (has(s.matchExpressions) && size(s.matchExpressions) > 0))",
    _SELECTORS,
)
_PN007 = _of_networking(
    "PN007",
    say("Kubernetes rejects its selector, and Terway's webhook then rejects pods in the whole cluster"),
    "variables.selectors.all(s,"
    f" (!has(s.matchLabels) || size(s.matchLabels) > {_MOST} || s.matchLabels.all(k,"
    f" k.matches('{_KEY}') && (s.matchLabels[k] == '' || s.matchLabels[k].matches('{_NAME}'))))"
    f" && (!has(s.matchExpressions) || size(s.matchExpressions) > {_MOST} || s.matchExpressions.all(e,"
    f" e.key.matches('{_KEY}')"
    " && (e.operator in ['In', 'NotIn'] ? has(e.values) && size(e.values) > 0"
    " : e.operator in ['Exists', 'DoesNotExist'] && (!has(e.values) || size(e.values) == 0))"
    f" && (!has(e.values) || size(e.values) > {_MOST} || e.values.all(v, v == '' || v.matches('{_NAME}'))))))",
    _SELECTORS,
)


def _net003(most: int) -> Policy:
    return _of_networking(
        "NET003",
        say("more than {most} security groups", most=most),
        f"!has(variables.spec.securityGroupIDs) || size(variables.spec.securityGroupIDs) <= {most}",
    )


# --- pods and what makes them ------------------------------------------------------------------------------------

_TEMPLATE = Variable(
    "template",
    "object.kind == 'Pod' ? dyn(object) : object.kind == 'CronJob' ? dyn(object.spec).jobTemplate.spec.template"
    " : dyn(object.spec).template",
)
_POD = (
    _TEMPLATE,
    Variable("spec", "has(variables.template.spec) ? variables.template.spec : {}"),
    Variable("metadata", "has(variables.template.metadata) ? variables.template.metadata : {}"),
    Variable("labels", "has(variables.metadata.labels) ? variables.metadata.labels : {}"),
    Variable("annotations", "has(variables.metadata.annotations) ? variables.metadata.annotations : {}"),
    Variable(
        "containers",
        "(has(variables.spec.containers) ? variables.spec.containers : [])"
        " + (has(variables.spec.initContainers) ? variables.spec.initContainers : [])",
    ),
    Variable("hostNetwork", "has(variables.spec.hostNetwork) && variables.spec.hostNetwork"),
    Variable("selector", "has(variables.spec.nodeSelector) ? variables.spec.nodeSelector : {}"),
    Variable("tolerations", "has(variables.spec.tolerations) ? variables.spec.tolerations : []"),
    Variable(
        "terms",
        "has(variables.spec.affinity) && has(variables.spec.affinity.nodeAffinity)"
        " && has(variables.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution)"
        " && has(variables.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms)"
        " ? variables.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
        " : []",
    ),
    Variable("pools", _lines("pools")),
    Variable("selecting", _lines("podSelectors")),
)
"""A line of `pools` is `kind|labels|taints`; a line of `podSelectors` is `name|pod labels|namespace labels` or
`name|?`."""

_FITS = Variable(
    "fits",
    f"size(variables.terms) <= {_TERMS} && size(variables.tolerations) <= {_TOLERATIONS}"
    f" && size(variables.terms) * size(variables.pools) <= {_TERMS_BY_POOLS}"
    f" && size(variables.containers) <= {_MOST} && size(variables.selector) <= {_EXPRESSIONS}"
    f" && variables.terms.all(t, !has(t.matchExpressions) || (size(t.matchExpressions) <= {_EXPRESSIONS}"
    f" && t.matchExpressions.all(e, !has(e.values) || size(e.values) <= {_VALUES})))",
)
_OTHERS = " || ".join(f"{{0}}.split('/')[0].endsWith('{domain}')" for domain in OTHERS_LABELS)
"""CEL that is true for label keys that nodes do not get from their pool: such a label may have any value."""


def _others(key: str) -> str:
    return f"({_OTHERS.format(key)})"


_KNOWN = "p.split('|')[1].split(',').exists(l, l.startsWith({0} + '='))"


def _met(key: str, values: str) -> str:
    """Return CEL for whether a node of the pool `p` meets, or may meet, an `In` requirement."""
    return (
        f"({_KNOWN.format(key)} ? {values}.exists(v, ({key} + '=' + v) in p.split('|')[1].split(',')) : {_others(key)})"
    )


_EXPRESSION_MET = (
    f"(e.operator == 'In' ? {_met('e.key', 'e.values')}"
    f" : e.operator == 'NotIn' ? !({_KNOWN.format('e.key')}"
    " && e.values.exists(v, (e.key + '=' + v) in p.split('|')[1].split(',')))"
    f" : e.operator == 'DoesNotExist' ? !{_KNOWN.format('e.key')}"
    f" : ({_KNOWN.format('e.key')} || {_others('e.key')}))"
)
_NOT_EMPTY = (
    "((has(t.matchExpressions) && size(t.matchExpressions) > 0) || (has(t.matchFields) && size(t.matchFields) > 0))"
)
_ABLE = Variable(
    "able",
    "!variables.fits ? [] : variables.pools.filter(p,"
    f" variables.selector.all(k, {_met('k', '[variables.selector[k]]')})"
    f" && (size(variables.terms) == 0 || variables.terms.exists(t, {_NOT_EMPTY}"
    f" && (!has(t.matchExpressions) || t.matchExpressions.all(e, {_EXPRESSION_MET})))))",
)


def _asks(resource: str) -> str:
    def given(key: str) -> str:
        return (
            f"(has(c.resources.{key}) && '{resource}' in c.resources.{key}"
            f" && string(c.resources.{key}['{resource}']) != '0')"
        )

    return f"variables.containers.exists(c, has(c.resources) && ({given('requests')} || {given('limits')}))"


def _have(labels: str, column: int) -> str:
    """Return CEL for whether labels have all pairs of a column of the selector `s`."""
    return (
        f"s.split('|')[{column}].split(',').all(l, l == '' || (l.split('=')[0] in {labels}"
        f" && {labels}[l.split('=')[0]] == l.split('=')[1]))"
    )


_LEADING = (
    "({0} == '"
    + EXCLUSIVE_LABEL
    + "' || variables.able.exists(p, p.split('|')[1].split(',').exists(l, l.startsWith({0} + '='))))"
)
_HAS_EXPRESSION = f"has(t.matchExpressions) && t.matchExpressions.exists(e, e.key == '{EXCLUSIVE_LABEL}'"
_PLACED = (
    Variable(
        "isFine",
        f"(!('{EXCLUSIVE_LABEL}' in variables.selector)"
        f" || variables.selector['{EXCLUSIVE_LABEL}'] == '{EXCLUSIVE_VALUE}')"
        f" && (size(variables.terms) == 0 || variables.terms.exists(t, {_NOT_EMPTY} && !({_HAS_EXPRESSION}"
        f" && (e.operator == 'In' ? !('{EXCLUSIVE_VALUE}' in e.values)"
        f" : e.operator == 'NotIn' ? '{EXCLUSIVE_VALUE}' in e.values : e.operator != 'Exists')))))",
    ),
    Variable(
        "isMisled",
        f"('{EXCLUSIVE_LABEL}' in variables.selector && variables.selector['{EXCLUSIVE_LABEL}'] != 'default')"
        f" || variables.terms.exists(t, {_HAS_EXPRESSION} && e.operator == 'In'"
        " && e.values.exists(v, v != 'default')))",
    ),
)
"""CEL for whether the pods' selectors allow a node with the exclusive label."""
_TAINT_KEY, _TAINT_VALUE, _TAINT_EFFECT = (
    "t.split(':')[0].split('=')[0]",
    "t.split(':')[0].split('=')[1]",
    "t.split(':')[1]",
)
_TOLERATED = (
    f"variables.tolerations.exists(o, (!has(o.effect) || o.effect == '' || o.effect == {_TAINT_EFFECT})"
    f" && ({_TAINT_EFFECT} != 'NoExecute' || !has(o.tolerationSeconds))"
    " && (has(o.operator) && o.operator == 'Exists'"
    f" ? !has(o.key) || o.key == '' || o.key == {_TAINT_KEY}"
    f" : has(o.key) && o.key == {_TAINT_KEY}"
    f" && (has(o.value) ? o.value : '') == {_TAINT_VALUE}))"
)
_LED = (
    _FITS,
    _ABLE,
    Variable("eni", _asks(ENI)),
    Variable("namespaceLabels", "has(namespaceObject.metadata.labels) ? namespaceObject.metadata.labels : {}"),
    Variable(
        "selected",
        "!variables.hostNetwork && variables.selecting.exists(s, s.split('|')[1] != '?'"
        f" && {_have('variables.labels', 1)} && {_have('variables.namespaceLabels', 2)})",
    ),
    Variable(
        "isUnseen",  # the namespace opts out of Terway's webhook
        f"'{POD_ENI}' in variables.namespaceLabels && variables.namespaceLabels['{POD_ENI}'] == 'false'",
    ),
    Variable(
        "asksByHand",
        f"!variables.hostNetwork && '{POD_ENI}' in variables.annotations"
        f" && variables.annotations['{POD_ENI}'] == 'true'",
    ),
    Variable(
        "isBarred",  # the webhook would ask for an ENI if the namespace let it, and the pods tolerate a pool's taints
        "variables.isUnseen && object.kind != 'DaemonSet' && !variables.hostNetwork"
        " && variables.selecting.exists(s, !(s.split('|')[1] in ['?', ''])"
        f" && {_have('variables.labels', 1)} && {_have('variables.namespaceLabels', 2)})"
        " && variables.able.exists(p, p.split('|')[2] != ''"
        f" && p.split('|')[2].split(',').all(t, {_TOLERATED}))",
    ),
    Variable("takesEni", "variables.eni || (variables.selected && !variables.isUnseen) || variables.isBarred"),
    Variable("mayMatch", "!variables.hostNetwork && variables.selecting.exists(s, s.split('|')[1] == '?')"),
    Variable(
        "asked",  # the pods select a label that only pods for these nodes select
        f"variables.selector.exists(k, {_LEADING.format('k')})"
        f" || (size(variables.terms) > 0 && variables.terms.all(t, !{_NOT_EMPTY}"
        " || (has(t.matchExpressions) && t.matchExpressions.exists(e,"
        f" e.operator in ['In', 'Exists', 'Gt', 'Lt'] && {_LEADING.format('e.key')}))))",
    ),
    Variable(
        "candidates",  # Lingjun nodes never satisfy an ENI request
        "variables.takesEni && variables.able.exists(p, p.split('|')[0] == 'ecs')"
        " ? variables.able.filter(p, p.split('|')[0] == 'ecs') : variables.able",
    ),
    *_PLACED,
    Variable(
        "isMeant",  # for exclusive nodes, whether or not such a node can run the pod
        "variables.fits && (variables.takesEni || variables.asked)"
        " && (variables.isFine || variables.takesEni || variables.isMisled)",
    ),
)


def _of_pods(rule: str, says: Message, right: str, *variables: Variable) -> Policy:
    return Policy(rule, says, PODS, right, (*_POD, *_LED, *variables))


_WL001 = _of_pods(
    "WL001",
    say("the pods are for exclusive nodes, but do not tolerate their taint"),
    "!variables.isMeant || !variables.isFine || size(variables.able) == 0"
    " || variables.candidates.exists(p, p.split('|')[2] == ''"
    f" || p.split('|')[2].split(',').all(t, {_TOLERATED}))",
)
_WL002 = _of_pods(
    "WL002",
    say(
        "the pods are for exclusive nodes, where each requests exactly one ENI, and none on the host network or on "
        "Lingjun nodes: set {resource}: 1 in requests and limits, or remove it",
        resource=ENI,
    ),
    "!variables.isMeant || !variables.isFine || size(variables.able) == 0"
    " || (variables.able.exists(p, p.split('|')[0] != 'ecs')"
    " && (!variables.eni || variables.able.exists(p, p.split('|')[0] == 'ecs')))"
    " || (variables.able.exists(p, p.split('|')[0] == 'ecs')"
    " && (variables.hostNetwork ? !variables.eni : variables.eni ? size(variables.asking) < 2"
    " && variables.asking.all(n, n in ['0', '1'])"
    " : variables.takesEni || variables.selected || variables.mayMatch || variables.asksByHand))"
    f" || '{NETWORKS_REQUEST}' in variables.annotations || '{NETWORKS}' in variables.annotations",
    Variable(
        "asking",
        "variables.spec.containers.filter(c, has(c.resources) && has(c.resources.limits)"
        f" && '{ENI}' in c.resources.limits && string(c.resources.limits['{ENI}']) != '0')"
        f".map(c, string(c.resources.limits['{ENI}']))",
    ),
)


_WL007 = _of_pods(
    "WL007",
    say(
        "the pods select nodes that cannot be exclusive: {label} must be exactly {value}",
        label=EXCLUSIVE_LABEL,
        value=EXCLUSIVE_VALUE,
    ),
    "!variables.isMeant || variables.isFine",
)
_WL009 = _of_pods(
    "WL009",
    say("the pods request {resource}, which no exclusive node offers", resource=MEMBER_ENI),
    f"!variables.isMeant || variables.hostNetwork || !({_asks(MEMBER_ENI)})",
)
_WL011 = _of_pods(
    "WL011",
    say("on exclusive nodes hostPort, ingress bandwidth limits and network priority have no effect"),
    "!variables.isMeant || variables.hostNetwork || (!variables.containers.exists(c, has(c.ports)"
    f" && size(c.ports) <= {_MOST} && c.ports.exists(p, has(p.hostPort) && p.hostPort != 0))"
    " && !variables.annotations.exists(k, k.endsWith('/ingress-bandwidth') || k.endsWith('/network-priority')))",
)
_WL012 = _of_pods(
    "WL012",
    say("the pods have the label {label}=true: Terway gives them no ENI and no address", label=IGNORE_LABEL),
    f"!variables.isMeant || variables.hostNetwork || !('{IGNORE_LABEL}' in variables.labels"
    f" && variables.labels['{IGNORE_LABEL}'] == 'true')",
)
_WL015 = _of_pods(
    "WL015",
    say(
        "the namespace has the label {label}=false, so Terway's webhook ignores it: the pods get no PodNetworking",
        label=POD_ENI,
    ),
    "!variables.isMeant || !(variables.selected || variables.asksByHand) || !variables.isUnseen",
)

# --- nodes and Terway's configuration ----------------------------------------------------------------------------

_LAST = "k.split('/')[size(k.split('/')) - 1].lowerAscii().replace('_', '-').replace('.', '-')"
_OWN = EXCLUSIVE_LABEL.partition("/")[2]
_NP001 = Policy(
    "NP001",
    say(
        "a label of the node is almost {label}={value}: the node stays shared",
        label=EXCLUSIVE_LABEL,
        value=EXCLUSIVE_VALUE,
    ),
    NODES,
    f"(!('{EXCLUSIVE_LABEL}' in variables.labels) || variables.labels['{EXCLUSIVE_LABEL}']"
    f" in ['{EXCLUSIVE_VALUE}', 'default'])"
    f" && !variables.labels.exists(k, k != '{EXCLUSIVE_LABEL}' && ({_LAST}.startsWith('exclusive-mode')"
    f" || {_LAST}.contains('{_OWN}')))",
    (Variable("labels", "has(object.metadata.labels) ? object.metadata.labels : {}"),),
    # kubelet updates nodes all the time: check only changes of labels.
    conditions=(
        Variable(
            "labels-change",
            "(has(object.metadata.labels) ? object.metadata.labels : {})"
            " != (has(oldObject.metadata.labels) ? oldObject.metadata.labels : {})",
        ),
    ),
    is_namespaced=False,
)
_NP010 = Policy(
    "NP010",
    say("the label {label}=true keeps Terway away from an exclusive node: its pods get no network", label=IGNORE_LABEL),
    NODES,
    f"!('{IGNORE_LABEL}' in variables.labels && variables.labels['{IGNORE_LABEL}'] == 'true'"
    f" && '{EXCLUSIVE_LABEL}' in variables.labels && variables.labels['{EXCLUSIVE_LABEL}'] == '{EXCLUSIVE_VALUE}')",
    _NP001.variables,
    conditions=_NP001.conditions,
    is_namespaced=False,
)
_KEPT = ("vswitches", "security_group", "ipam_type")
_VER035 = Policy(
    "VER035",
    say("the change removes a key of eni-config: Terway cannot give pods a network without it"),
    CONFIG_MAPS,
    "!has(oldObject.data) || (has(object.data) && oldObject.data.all(k, k in object.data)"
    " && (!('eni_conf' in oldObject.data) || ["
    + ", ".join(f"'\"{key}'" for key in _KEPT)
    + "].all(w, !oldObject.data['eni_conf'].contains(w) || object.data['eni_conf'].contains(w))))",
    conditions=(
        Variable("eni-config", "object.metadata.namespace == 'kube-system' && object.metadata.name == 'eni-config'"),
    ),
    is_namespaced=False,  # eni-config is in kube-system, which namespaced policies ignore
)


@cache
def needed(policy: Policy) -> tuple[Variable, ...]:
    """Return the variables of a policy's expression, each after the ones it depends on."""
    out: list[Variable] = []
    used = policy.right
    for name, text in reversed(policy.variables):
        if re.search(rf"variables\.{name}\b", used):
            out.insert(0, Variable(name, text))
            used += text
    return tuple(out)


def policies(*, is_trunking: bool, most_groups: int) -> tuple[Policy, ...]:
    """Return the policies for a cluster, in the order of the rules.

    Args:
        is_trunking: whether trunking is on; without it every eniType gives exclusive ENIs.
        most_groups: maximum security groups of a PodNetworking in the cluster's Terway version.

    """
    return (
        _NP001,
        _NP010,
        _net003(most_groups),
        *((_PN001,) if is_trunking else ()),
        _PN002,
        _PN004,
        _PN006,
        _PN007,
        _WL001,
        _WL002,
        _WL007,
        _WL009,
        _WL011,
        _WL012,
        _WL015,
        _VER035,
    )


LEFT_OUT = (
    ("PN003", say("Terway's own webhook rejects a duration that it cannot read")),
    ("PN005", say("Terway's own webhook rejects it before 1.16.1; later it only matches nothing")),
    ("PN008", say("a policy sees one PodNetworking, not the others that match the same pods")),
    ("PN009", say("a policy sees one object, not the workloads of a Fixed PodNetworking")),
    ("WL008", say("the API server itself rejects these")),
    ("WL010", say("an expression of limited cost cannot add up the requests of native sidecars")),
    ("WL013", say("a policy sees one object, not the PodNetworkings that a pod names")),
    ("WL014", say("Terway's webhook turns it into a request for aliyun/member-eni, which WL009 reports")),
)
"""Rules about the same resources that no policy can check, and why."""
