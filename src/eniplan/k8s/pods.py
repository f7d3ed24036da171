"""Reads a pod template once. Parts that Kubernetes would reject are recorded and left out."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from eniplan.bounds import parse_json
from eniplan.k8s.labels import NODE_OPERATORS, Flaw, Requirement, read_selector, requirement_flaw, selects
from eniplan.k8s.names import LONGEST_LABEL, label_value_problem
from eniplan.k8s.nodes import EFFECTS, NO_EXECUTE, NODE_NAME, ZONE_LABELS, Placement, Term, Toleration, requirement
from eniplan.k8s.numbers import parts, quantity, whole
from eniplan.k8s.terway import ENI, IGNORE_LABEL, MEMBER_ENI, NETWORKS, NETWORKS_REQUEST
from eniplan.k8s.values import listing, mapping, texts
from eniplan.messages import NOTHING, Message, say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from eniplan.k8s.labels import Path, Selector

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
AFFINITY = ("affinity", "nodeAffinity", _REQUIRED)
POD_AFFINITY = ("affinity", "podAffinity", _REQUIRED)
ANTI_AFFINITY = ("affinity", "podAntiAffinity", _REQUIRED)
TERMS = "nodeSelectorTerms"
_ON_NODES = ("kubernetes.io/hostname", *ZONE_LABELS)
"""The topology keys by which pods share no node: those that share one share its zone."""
CPU = "cpu"
MEMORY = "memory"
COUNTED = (ENI, MEMBER_ENI)
"""The extended resources that are read: whole numbers, with equal requests and limits."""
_FIRST_INTERFACE = "eth0"
"""The interface of a network that names none."""
_LONGEST_INTERFACE = 5
_HUGE = 10**LONGEST_LABEL
"""Python refuses to print integers with thousands of digits; no text that Kubernetes takes has as many."""
MEASURED = {CPU: 1000, MEMORY: 1}
"""The resources that a pod can also request as a whole, by units per 1: thousandths of a CPU, and bytes."""


class Container(NamedTuple):
    """A container, and its requests."""

    path: Path
    name: str
    requests: Mapping[str, int]
    """Requests as Kubernetes defaults them: a limit alone is also the request. CPU in thousandths, memory in bytes."""
    is_sidecar: bool
    """Whether it is an init container that keeps running beside the others (restartPolicy: Always)."""
    host_ports: tuple[Path, ...]
    """The paths of its hostPorts."""


class Apart(NamedTuple):
    """Whether a required podAntiAffinity lets no two pods of a workload share a node, or a zone."""

    always: bool
    in_updates: bool
    """Whether old and new pods may not share one either; `matchLabelKeys` can tell them apart."""


NOT_APART = Apart(always=False, in_updates=False)


class PodTerm(NamedTuple):
    """A term of a required podAffinity or podAntiAffinity: which pods must, or may not, share a node or zone."""

    selector: Selector
    namespaces: frozenset[str] | None
    """None: all."""
    by_zone: bool
    is_of_one_version: bool
    """Whether it selects only pods of the same version of its owner, by `matchLabelKeys`."""

    def selects(self, labels: Mapping[str, str], namespace: str) -> bool:
        """Return whether it certainly selects a pod."""
        return (self.namespaces is None or namespace in self.namespaces) and selects(self.selector, labels)


class Spread(NamedTuple):
    """A topologySpreadConstraint that the scheduler must keep for the pods of a workload."""

    path: Path
    by_zone: bool
    """Whether it spreads them over zones; else over nodes."""
    max_skew: int
    min_domains: int
    counts_all_nodes: bool
    """Whether nodes count that do not match the pods' node selector and affinity."""


class Pod(NamedTuple):
    """A pod template (`metadata`, `spec`), or a pod."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    host_network: bool
    tolerations: tuple[Toleration, ...]
    placement: Placement
    containers: tuple[Container, ...]
    init_containers: tuple[Container, ...]
    own: Mapping[str, int]
    """The pod-level requests for CPU and memory, which override those of the containers."""
    overhead: Mapping[str, int]
    """The overhead of its runtime."""
    unmeasured: frozenset[str]
    """The resources in `MEASURED` that it requests in amounts that are no quantities: they are unknown."""
    apart: Apart
    """On nodes."""
    zones_apart: Apart
    separations: tuple[PodTerm, ...]
    """The terms of its required podAntiAffinity."""
    attractions: tuple[PodTerm, ...]
    """The terms of its required podAffinity."""
    spreads: tuple[Spread, ...]
    networks: tuple[str, ...] | None
    """The PodNetworkings that a pod with several networks names; None if it names none."""
    own_networks: tuple[str, ...]
    """The eniTypes of the networks that the pod defines itself, which come before those of PodNetworkings."""
    misread: tuple[Flaw, ...]
    """Values of the wrong type. They count as absent; `true`, `false` and whole numbers count as the text they lack."""
    refused: tuple[Flaw, ...]
    """Values of the right type that Kubernetes or Terway's webhook rejects."""

    def request(self, resource: str, *, first: int | None = None) -> int:
        """Return the pod's request for a resource, as the scheduler computes it.

        Init containers run in sequence; sidecars among them keep running beside all later containers.

        Args:
            resource: the name of the resource.
            first: replaces the request of the first container.

        """
        beside = peak = 0
        for container in self.init_containers:
            asked = container.requests.get(resource, 0)
            beside += asked if container.is_sidecar else 0
            peak = max(peak, beside if container.is_sidecar else beside + asked)
        counts = [container.requests.get(resource, 0) for container in self.containers]
        if first is not None:
            counts[:1] = [first]
        together = beside + sum(counts)
        return self.own.get(resource, max(peak, together)) + self.overhead.get(resource, 0)

    def asking(self, resource: str) -> tuple[Container, ...]:
        """Return the containers that request a resource."""
        return tuple(c for c in (*self.containers, *self.init_containers) if c.requests.get(resource))

    @property
    def is_misread(self) -> bool:
        """Whether it requests ENIs in a way that Kubernetes refuses, such as half of one; that counts as no request."""
        return any(flaw.path[-1:] == (ENI,) for flaw in (*self.refused, *self.misread))

    @property
    def is_ignored(self) -> bool:
        """Whether Terway ignores the pod."""
        return self.labels.get(IGNORE_LABEL) == "true"


def read_pod(template: object, namespace: str = "") -> Pod:
    """Read a pod template, which may be invalid, for a namespace; empty: unknown."""
    return _Reader().pod(template, namespace)


def _pod_terms(spec: Mapping[str, Any], path: tuple[str, ...], namespace: str) -> Iterator[PodTerm]:
    found: Any = spec
    for step in path:
        found = mapping(found).get(step)
    for term in map(mapping, listing(found)):
        selector, key = read_selector(term.get("labelSelector")), term.get("topologyKey")
        # Without a selector, a term selects no pod.
        if key in _ON_NODES and selector is not None and not term.get("mismatchLabelKeys"):
            spaces = _namespaces(term, namespace)
            yield PodTerm(selector, spaces, key in ZONE_LABELS, bool(term.get("matchLabelKeys")))


def _namespaces(term: Mapping[str, Any], namespace: str) -> frozenset[str] | None:
    """Return the namespaces that a term is certainly about; None: all."""
    named, among = texts(term.get("namespaces")), term.get("namespaceSelector")
    if among == {}:
        return None
    # Without both, a term is about the pod's own namespace; an empty selector selects all namespaces.
    return frozenset(named if named or among else (namespace,))


def _apart(labels: Mapping[str, str], namespace: str, found: Iterable[PodTerm]) -> Apart:
    own = [each for each in found if each.selects(labels, namespace)]
    return Apart(bool(own), any(not each.is_of_one_version for each in own))


def _spreads(labels: Mapping[str, str], spec: Mapping[str, Any]) -> Iterator[Spread]:
    for i, item in enumerate(map(mapping, listing(spec.get("topologySpreadConstraints")))):
        selector, key = read_selector(item.get("labelSelector")), item.get("topologyKey")
        # Kubernetes rejects numbers below 1.
        most, least = whole(item.get("maxSkew")) or 0, whole(item.get("minDomains")) or 1
        is_kept = item.get("whenUnsatisfiable") == "DoNotSchedule" and key in _ON_NODES and most > 0
        if is_kept and selector is not None and selects(selector, labels):
            path = ("spec", "topologySpreadConstraints", i)
            counts_all = item.get("nodeAffinityPolicy") == "Ignore"
            yield Spread(path, key in ZONE_LABELS, most, least, counts_all)


class _Reader:
    """Reads one pod and collects what is wrong with it."""

    def __init__(self) -> None:
        self.misread: list[Flaw] = []
        self.refused: list[Flaw] = []
        self.unmeasured: set[str] = set()

    def pod(self, template: object, namespace: str) -> Pod:
        value = self._map((), template)
        metadata = self._map(("metadata",), value.get("metadata"))
        annotations = self._texts(("metadata", "annotations"), metadata.get("annotations"))
        spec = self._map(("spec",), value.get("spec"))
        selector = self._texts(("spec", "nodeSelector"), spec.get("nodeSelector"))
        asked = tuple(requirement(("spec", "nodeSelector", key), key, text) for key, text in selector.items())
        whole_pod = self._map(("spec", "resources"), spec.get("resources"))
        self._no_counted(whole_pod)
        labels = self._texts(("metadata", "labels"), metadata.get("labels"))
        separations = tuple(_pod_terms(spec, ANTI_AFFINITY, namespace))
        containers, init_containers = (tuple(self._containers(kind, spec)) for kind in ("containers", "initContainers"))
        own = self._measured(("spec", "resources"), whole_pod)
        self.unmeasured.difference_update(own)  # those of the containers do not count
        return Pod(
            labels,
            annotations,
            self._flag(("spec", "hostNetwork"), spec.get("hostNetwork")),
            tuple(self._tolerations(spec.get("tolerations"))),
            Placement(asked, self._terms(spec)),
            containers,
            init_containers,
            own,
            self._measured((), {"requests": self._map(("spec", "overhead"), spec.get("overhead"))}),
            frozenset(self.unmeasured),
            _apart(labels, namespace, separations),
            _apart(labels, namespace, (each for each in separations if each.by_zone)),
            separations,
            tuple(_pod_terms(spec, POD_AFFINITY, namespace)),
            tuple(_spreads(labels, spec)),
            self._networks(annotations.get(NETWORKS_REQUEST)),
            self._own_networks(annotations.get(NETWORKS)),
            tuple(self.misread),
            tuple(self.refused),
        )

    def _networks(self, text: str | None) -> tuple[str, ...] | None:
        if text is None:
            return None
        items = [item if isinstance(item, dict) else {} for item in listing(_json(text))]
        names = tuple(name for item in items if isinstance(name := item.get("network"), str) and name)
        interfaces = [item.get("interfaceName") or _FIRST_INTERFACE for item in items]
        path = ("metadata", "annotations", NETWORKS_REQUEST)
        if not names or len(names) < len(items) or not all(isinstance(each, str) for each in interfaces):
            wrong = say("{annotation} is not a JSON list of networks", annotation=NETWORKS_REQUEST)
            hint = say('write [{{"network": "NAME", "interfaceName": "eth0"}}]')
            self.refused.append(Flaw(path, wrong, hint))
            return None
        self._interfaces(path, interfaces, "interfaceName")
        return names

    def _own_networks(self, text: str | None) -> tuple[str, ...]:
        """Read the networks that a pod defines itself; the webhook takes an empty list as none."""
        if text is None:
            return ()
        path = ("metadata", "annotations", NETWORKS)
        found = _json(text)
        items = mapping(found).get("podNetworks") or []
        if not (isinstance(found, dict) and isinstance(items, list) and all(isinstance(item, dict) for item in items)):
            wrong = say("{annotation} is not a JSON map with the list podNetworks", annotation=NETWORKS)
            hint = say("remove it, and let a PodNetworking select the pods")
            self.refused.append(Flaw(path, wrong, hint))
            return ()
        self._interfaces(path, [str(item.get("interface") or "") for item in items], "interface")
        return tuple(str(mapping(item.get("eniOptions")).get("eniType") or "Default") for item in items)

    def _interfaces(self, path: Path, names: list[str], key: str) -> None:
        """Record the interfaces of networks that the webhook refuses."""
        for each, times in Counter(names).items():
            if not each:
                self.refused.append(
                    Flaw(path, say("a network has no {key}", key=key), say("write a name such as eth0"))
                )
            elif len(each) > _LONGEST_INTERFACE:
                wrong = say("the {key} {interface!r} has more than 5 characters", key=key, interface=each)
                self.refused.append(Flaw(path, wrong, say("write a name such as eth1")))
            elif times > 1:
                wrong = say("several networks have the interface {interface}", interface=each)
                self.refused.append(Flaw(path, wrong, say("give each its own {key}: eth0, eth1", key=key)))

    def _misread(self, path: Path, what: str, hint: Message = NOTHING) -> None:
        key = next((step for step in reversed(path) if isinstance(step, str)), "")
        if not path:
            message = say("a pod must be {what}", what=what)
        elif path[-1] == key:
            message = say("{key!r} must be {what}", key=key, what=what)
        else:
            message = say("an item of {key!r} must be {what}", key=key, what=what)
        self.misread.append(Flaw(path, message, hint))

    def _map(self, path: Path, value: object) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        if value is not None:
            self._misread(path, "a map")
        return {}

    def _list(self, path: Path, value: object) -> Iterator[tuple[Path, Any]]:
        if isinstance(value, list):
            return (((*path, i), item) for i, item in enumerate(value))
        if value is not None:
            self._misread(path, "a list")
        return iter(())

    def _text(self, path: Path, value: object) -> str:
        if isinstance(value, str):
            return value
        if value is None:
            return ""
        unquoted = _without_quotes(value)
        self._misread(path, "text", say("write it in quotes") if unquoted else NOTHING)
        return unquoted

    def _texts(self, path: Path, value: object) -> dict[str, str]:
        given: Mapping[Any, object] = self._map(path, value)
        found = {}
        for key, item in given.items():
            if not isinstance(key, str) or item is None:
                self._misread((*path, str(key)), "text")
                continue
            text = self._text((*path, key), item)
            if text or item == "":
                found[key] = text
        return found

    def _flag(self, path: Path, value: object) -> bool:
        if value is not None and not isinstance(value, bool):
            self._misread(path, "true or false")
        return value is True

    def _tolerations(self, value: object) -> Iterator[Toleration]:
        for path, item in self._list(("spec", "tolerations"), value):
            found = self._map(path, item)
            key, operator, text, effect = (
                self._text((*path, name), found.get(name)) for name in ("key", "operator", "value", "effect")
            )
            seconds = found.get("tolerationSeconds")
            if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int)):
                self._misread((*path, "tolerationSeconds"), "a whole number")
                seconds = None
            toleration = Toleration(key, operator, text, effect, seconds)
            self.refused += (Flaw((*path, *flaw.path), *flaw[1:]) for flaw in toleration_flaws(toleration))
            yield toleration

    def _terms(self, spec: dict[str, Any]) -> tuple[Term, ...] | None:
        if spec.get("affinity") is None:
            return None
        value: object = spec
        path: Path = ("spec",)
        for step in AFFINITY:
            found = self._map(path, value)
            value, path = found.get(step), (*path, step)
        if value is None:
            return None
        terms = []
        for at, item in self._list((*path, TERMS), self._map(path, value).get(TERMS)):
            term = self._map(at, item)
            expressions, fields = (
                tuple(self._requirements((*at, key), term.get(key), flaw_of))
                for key, flaw_of in (("matchExpressions", _expression_flaw), ("matchFields", field_flaw))
            )
            terms.append(Term(expressions, fields))
        if not terms:
            self.refused.append(Flaw((*path, TERMS), say("a required node affinity needs at least one term")))
        return tuple(terms)

    def _requirements(
        self, path: Path, value: object, flaw_of: Callable[[Requirement], Flaw | None]
    ) -> Iterator[Requirement]:
        for at, item in self._list(path, value):
            found = self._map(at, item)
            values = (self._text(where, v) for where, v in self._list((*at, "values"), found.get("values")))
            key, operator = (self._text((*at, name), found.get(name)) for name in ("key", "operator"))
            asked = Requirement(at, key, operator, tuple(values))
            flaw = flaw_of(asked)
            if flaw is not None:
                self.refused.append(flaw._replace(path=(*at, *flaw.path)))
            yield asked

    def _containers(self, kind: str, spec: dict[str, Any]) -> Iterator[Container]:
        for path, item in self._list(("spec", kind), spec.get(kind)):
            found = self._map(path, "" if item is None else item)  # a container cannot be left out
            at = (*path, "resources")
            resources = self._map(at, found.get("resources"))
            # Many have none.
            requests = {**self._measured(at, resources), **self._counted(at, resources)} if resources else {}
            restart = self._text((*path, "restartPolicy"), found.get("restartPolicy"))
            yield Container(
                path,
                self._text((*path, "name"), found.get("name")),
                requests,
                kind == "initContainers" and restart == "Always",
                tuple(self._host_ports((*path, "ports"), found["ports"])) if found.get("ports") is not None else (),
            )

    def _host_ports(self, path: Path, ports: object) -> Iterator[Path]:
        return ((*at, "hostPort") for at, port in self._list(path, ports) if self._map(at, port).get("hostPort"))

    def _measured(self, path: Path, resources: dict[str, Any]) -> dict[str, int]:
        asked = {
            **self._map((*path, "limits"), resources.get("limits")),
            **self._map((*path, "requests"), resources.get("requests")),
        }
        found = {name: parts(asked[name], scale) for name, scale in MEASURED.items() if asked.get(name) is not None}
        self.unmeasured.update(name for name, number in found.items() if number is None)
        return {name: number for name, number in found.items() if number is not None}

    def _counted(self, path: Path, resources: dict[str, Any]) -> dict[str, int]:
        """Read a container's extended resources, for which Kubernetes requires equal requests and limits."""
        requests, limits = (self._map((*path, key), resources.get(key)) for key in ("requests", "limits"))
        out: dict[str, int] = {}
        for name in COUNTED:
            asked, limit = (
                self._count((*path, "requests"), requests, name),
                self._count((*path, "limits"), limits, name),
            )
            if asked is not None or limit is not None:
                out[name] = (limit or 0) if asked is None else asked
            if asked is not None and asked != limit:
                wrong = (
                    say("{resource} has a request of {request} and no limit", resource=name, request=asked)
                    if limit is None
                    else say("{resource} has a request of {request} and a limit of {limit}",
                             resource=name, request=asked, limit=limit)
                )  # fmt: skip
                hint = say("write the same number in requests and limits: Kubernetes requires it for this resource")
                self.refused.append(Flaw((*path, "requests", name), wrong, hint))
        return out

    def _count(self, path: Path, resources: dict[str, Any], name: str) -> int | None:
        value = resources.get(name)
        if value is None:
            return None
        number = whole(value)
        if number is None:
            if quantity(value) is None:
                self._misread((*path, name), "a quantity")
            else:
                wrong = say("{resource} must be a whole number, not {quantity}", resource=name, quantity=value)
                self.refused.append(Flaw((*path, name), wrong, say("write a whole number")))
        return number

    def _no_counted(self, resources: dict[str, Any]) -> None:
        """Record extended resources at pod level, where Kubernetes does not allow them."""
        for key in ("requests", "limits"):
            for name in self._map(("spec", "resources", key), resources.get(key)):
                if name in COUNTED:
                    wrong = say(
                        "the resources of a whole pod cannot include {resource}: only CPU, memory and huge pages",
                        resource=name,
                    )
                    self.refused.append(Flaw(("spec", "resources", key, name), wrong, say("request it in a container")))


def _json(text: str) -> object:
    try:
        return parse_json(text)
    except ValueError:
        return None


def _without_quotes(value: object) -> str:
    """Return the text of a value that YAML does not read as text, because it has no quotes; empty if it is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) and abs(value) < _HUGE else ""


_expression_flaw = partial(requirement_flaw, operators=NODE_OPERATORS)


def field_flaw(asked: Requirement) -> Flaw | None:
    """Return why Kubernetes rejects a requirement on the fields of nodes; None if it is valid."""
    if asked.key != NODE_NAME:
        wrong = say("matchFields knows only the field {field}, not {key!r}", field=NODE_NAME, key=asked.key)
        return Flaw(("key",), wrong, say("use matchExpressions for labels"))
    if asked.operator not in {"In", "NotIn"}:
        wrong = say("matchFields has no operator {operator!r}", operator=asked.operator)
        return Flaw(("operator",), wrong, say("write In or NotIn"))
    if len(asked.values) != 1:
        wrong = say("{operator} of matchFields takes one value", operator=asked.operator)
        return Flaw(("values",), wrong, say("write one term for each node"))
    return None


def toleration_flaws(toleration: Toleration) -> Iterator[Flaw]:
    """Yield why Kubernetes rejects a toleration; paths are relative to it."""
    key, operator, value, effect, seconds = toleration
    if operator not in {"", "Equal", "Exists"}:
        yield Flaw(("operator",), say("Kubernetes has no operator {operator!r} for tolerations", operator=operator),
                   say("write Equal or Exists"))  # fmt: skip
    if operator == "Exists" and value:
        yield Flaw(("value",), say("a toleration with operator Exists must not have a value"), say("remove the value"))
    if not key and operator != "Exists":
        yield Flaw((), say("a toleration without a key needs operator Exists"), say("write operator: Exists"))
    if effect and effect not in EFFECTS:
        yield Flaw(("effect",), say("Kubernetes has no effect {effect!r}", effect=effect),
                   say("one of {effects}", effects=EFFECTS))  # fmt: skip
    if seconds is not None and effect != NO_EXECUTE:
        yield Flaw(("tolerationSeconds",), say("tolerationSeconds is only valid with effect NoExecute"),
                   say("write effect: NoExecute, or remove it"))  # fmt: skip
    if operator != "Exists" and label_value_problem(value):
        yield Flaw(("value",), label_value_problem(value))
