"""Where pods may run, by the scheduler's rules: taints and tolerations, node selectors, required node affinity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.k8s.labels import Requirement, meets
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from eniplan.k8s.labels import Path

NO_SCHEDULE = "NoSchedule"
NO_EXECUTE = "NoExecute"
EFFECTS = (NO_SCHEDULE, NO_EXECUTE, "PreferNoSchedule")
NODE_NAME = "metadata.name"
"""The only field that matchFields supports."""

REGION_LABELS = ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")
ZONE_LABELS = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
TYPE_LABELS = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
ARCH_LABELS = ("kubernetes.io/arch", "beta.kubernetes.io/arch")
"""Labels of every node, under their present and their former name."""
ARCHITECTURES = {"X86": "amd64", "ARM": "arm64"}
"""The values of `ARCH_LABELS` by the ECS API's CpuArchitecture."""


class Taint(NamedTuple):
    """A Kubernetes taint."""

    key: str
    value: str
    effect: str

    def __str__(self) -> str:
        """Return the taint as kubectl writes it."""
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"

    @property
    def repels(self) -> bool:
        """Whether the taint keeps pods away; PreferNoSchedule does not."""
        return self.effect in {NO_SCHEDULE, NO_EXECUTE}


class Toleration(NamedTuple):
    """A Kubernetes toleration. An empty key or effect matches all; an empty operator means Equal."""

    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    seconds: int | None = None
    """Seconds until a NoExecute taint evicts the pod; None: never."""

    def written(self) -> dict[str, str | int]:
        """Return the toleration as in a manifest."""
        fields = {"key": self.key, "operator": self.operator, "value": self.value, "effect": self.effect}
        seconds = {} if self.seconds is None else {"tolerationSeconds": self.seconds}
        return {**{key: text for key, text in fields.items() if text}, **seconds}

    def tolerates(self, taint: Taint) -> bool:
        """Return whether the toleration matches a taint, for any length of time."""
        if self.effect not in {"", taint.effect}:
            return False
        if self.operator == "Exists":
            return self.key in {"", taint.key}
        return self.operator in {"", "Equal"} and self.key == taint.key and self.value == taint.value


def toleration_from(value: Mapping[str, Any]) -> Toleration:
    """Build a toleration from its JSON value."""
    key, operator, text, effect = (value.get(name) or "" for name in ("key", "operator", "value", "effect"))
    return Toleration(key, operator, text, effect, value.get("tolerationSeconds"))


def toleration_of(taint: Taint) -> Toleration:
    """Return the toleration that matches only this taint."""
    return Toleration(taint.key, "Equal" if taint.value else "Exists", taint.value, taint.effect)


def repelling(taints: Iterable[Taint], tolerations: Iterable[Toleration]) -> tuple[Taint, ...]:
    """Return the taints that keep away pods with these tolerations."""
    kept = tuple(tolerations)
    return tuple(taint for taint in taints if taint.repels and not any(t.tolerates(taint) for t in kept))


def stays(taint: Taint, tolerations: Iterable[Toleration]) -> int | None:
    """Return the seconds for which a pod stays on a node with a tolerated taint; None: forever.

    The first matching toleration counts, as in Kubernetes' taint-based eviction.
    """
    matching = (t for t in tolerations if t.tolerates(taint)) if taint.effect == NO_EXECUTE else iter(())
    first = next(matching, None)
    return None if first is None or first.seconds is None else max(first.seconds, 0)


class NodeLabels(NamedTuple):
    """The known labels of a node, or of the nodes of a pool."""

    labels: Mapping[str, str]
    lacks: Callable[[str], bool]
    """Returns whether the node certainly lacks a label whose key is not in `labels`."""
    name: str | None = None
    """None if unknown."""
    among: Mapping[str, tuple[str, ...]] = {}
    """Labels whose value differs from node to node, and the values that they can have."""

    def meets(self, requirement: Requirement) -> bool | None:
        """Return whether the labels match a requirement; None if that is unknown, or differs from node to node."""
        value = self.labels.get(requirement.key)
        if value is None and requirement.key in self.among:
            found = {meets(requirement, each) for each in self.among[requirement.key]}
            return found.pop() if len(found) == 1 else None
        return None if value is None and not self.lacks(requirement.key) else meets(requirement, value)

    def values(self, key: str) -> tuple[str, ...]:
        """Return the known values of a label."""
        return (self.labels[key],) if key in self.labels else self.among.get(key, ())


class Term(NamedTuple):
    """One term of a required node affinity: all its requirements must match. An empty term matches no node."""

    expressions: tuple[Requirement, ...]
    fields: tuple[Requirement, ...] = ()


class Placement(NamedTuple):
    """A pod's requirements on the labels of its node."""

    selector: tuple[Requirement, ...] = ()
    """The nodeSelector."""
    terms: tuple[Term, ...] | None = None
    """The required node affinity, of which one term must match; None: no affinity. Without terms no node matches."""

    def allows(self, node: NodeLabels) -> bool | None:
        """Return whether a node matches; None if that depends on unknown labels."""
        chosen = _all(map(node.meets, self.selector))
        if self.terms is None:
            return chosen
        return _all((chosen, _any(_holds(term, node) for term in self.terms)))

    def needs(self, key: str, value: str) -> bool:
        """Return whether only nodes with this label match, and this value can match."""
        without = self.allows(NodeLabels({}, key.__eq__))
        return without is False and self.allows(NodeLabels({key: value}, lambda _: False)) is not False

    def keeps_to(self, keys: Collection[str]) -> bool:
        """Return whether only nodes with one of these labels match."""
        return self.allows(NodeLabels({}, keys.__contains__)) is False

    @property
    def node_name(self) -> str:
        """The only node that matches, as for pods of a DaemonSet; empty if there is no such node."""
        found = {_only_node(term) for term in self.terms or ()}
        return found.pop() if len(found) == 1 else ""

    def requirements(self) -> tuple[Requirement, ...]:
        """Return the label requirements of the nodeSelector and of all terms."""
        return (*self.selector, *(r for term in self.terms or () for r in term.expressions))


def _only_node(term: Term) -> str:
    """Return the only node that a term allows; empty if it allows several."""
    fields = (r for r in term.fields if (r.key, r.operator) == (NODE_NAME, "In"))
    return next((r.values[0] for r in fields if len(r.values) == 1), "")


def _holds(term: Term, node: NodeLabels) -> bool | None:
    if not (term.expressions or term.fields):
        return False
    named = (None if node.name is None else meets(r, node.name if r.key == NODE_NAME else None) for r in term.fields)
    return _all((*map(node.meets, term.expressions), *named))


def _all(parts: Iterable[bool | None]) -> bool | None:
    found = set(parts)
    return False if False in found else None if None in found else True


def _any(parts: Iterable[bool | None]) -> bool | None:
    found = set(parts)
    return True if True in found else None if None in found else False


def requirement(path: Path, key: str, value: str) -> Requirement:
    """Return an entry of a nodeSelector as a requirement."""
    return Requirement(path, key, "In", (value,))
