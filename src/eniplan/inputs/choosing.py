"""Decides which PodNetworking the pods of manifests get, as Terway's webhook does, and which NetworkPolicies they meet.

A label or a namespace can be unknown; then what selects by it stays open.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from eniplan.inputs.places import STAND_IN, NotKnown
from eniplan.k8s.kinds import FIXED_NAMES
from eniplan.k8s.labels import Index, Selector, meets
from eniplan.k8s.terway import POD_ENI
from eniplan.messages import say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from eniplan.inputs.places import Origin
    from eniplan.k8s.labels import Requirement
    from eniplan.k8s.pods import Pod
    from eniplan.plan.model import Cluster, PodNetworking

_Policy: TypeAlias = "tuple[str, Selector | None, Origin]"
"""The name of a NetworkPolicy, its selector, or None if that is unknown, and its place."""
_Found = TypeVar("_Found")
_DEFAULT = "default"
_NAME_OF_NAMESPACE = "kubernetes.io/metadata.name"
"""The label that Kubernetes sets on every namespace, with its name."""


class Choice(NamedTuple):
    """The PodNetworking that the pods of a workload get."""

    name: str | None = None
    why: str = ""
    """Why it is open which one that is, or how to decide it; empty if it is not."""
    leads: bool = False
    """Whether the webhook then requests an exclusive ENI."""
    is_barred: bool = False
    """Whether it would, for the labels of the pods, if the namespace did not keep it away."""
    is_sure: bool = True
    """Whether a PodNetworking certainly selects the pods, or none does."""


class Chooser:
    """Chooses among PodNetworkings."""

    def __init__(
        self, networkings: Iterable[PodNetworking], namespaces: Mapping[str, Mapping[str, str]], lost: Collection[str]
    ) -> None:
        """Take the known PodNetworkings, the labels of the known namespaces, and whose selectors are partly unknown."""
        self._namespaces = namespaces
        self._lost = lost
        self._open: list[PodNetworking] = []
        self._named: dict[str, list[PodNetworking]] = {}
        self._by_pod: Index[PodNetworking] = Index()
        self._by_namespace: Index[PodNetworking] = Index()
        for pn in networkings:
            self._named.setdefault(pn.name, []).append(pn)
            if pn.name in lost:
                self._open.append(pn)
            elif pn.pod_selector is not None:
                self._by_pod.add(pn.pod_selector, pn)
            elif pn.namespace_selector is not None:
                self._by_namespace.add(pn.namespace_selector, pn)

    def chosen(self, name: str | None, cluster: Cluster) -> Choice | None:
        """Return the PodNetworking that a pod has already got; None if it has none."""
        if name is None:
            return None
        known = self._named.get(name)
        if known is None:
            return Choice(why=say("its PodNetworking {networking!r} was not passed", networking=name))
        return Choice(name, leads=any(pn.asks_for_eni(cluster) for pn in known))

    def choose(self, pod: Pod, kind: str, namespace: str, named: str | None, cluster: Cluster) -> Choice:
        """Return the PodNetworking of a workload's pods; `named` is the one that the workload names."""
        if pod.host_network:
            return Choice()
        # A namespace can opt out of the webhook; then nothing requests an ENI.
        is_seen = self._namespaces.get(namespace, {}).get(POD_ENI) != "false"

        def asking(names: Iterable[str]) -> list[PodNetworking]:
            return [pn for name in names for pn in self._named.get(name, ()) if pn.asks_for_eni(cluster)]

        if pod.own_networks:
            return Choice(leads=is_seen and ("ENI" in pod.own_networks or cluster.terway.eni_trunking is False))
        if pod.networks is not None or named is not None:
            names = (named or "",) if pod.networks is None else pod.networks
            why = self._unnamed(names)
            is_given = pod.networks is None and not why
            leads = pod.networks is None or bool(why) or bool(asking(names))
            return Choice(named if is_given else None, why, leads, is_sure=not why)
        found = [*self._matching(pod.labels, namespace)]
        if not found:
            asks = is_seen and pod.annotations.get(POD_ENI) == "true"
            return Choice(leads=asks and cluster.terway.eni_trunking is False)
        sure, unsure = (_kept((pn for pn, is_sure in found if is_sure is wanted), kind) for wanted in (True, None))
        if len(sure) == 1:
            is_barred = not is_seen and any(pn.pod_selector and pn.pod_selector.requirements for pn in asking(sure))
            return Choice(sure[0], leads=is_seen and bool(asking(sure)), is_barred=is_barred)
        why = self._doubt(sure, unsure, pod.labels, namespace)
        leads = is_seen and bool(asking((*sure, *unsure)))
        return Choice(None, why, leads, is_sure=bool(sure))

    def _unnamed(self, names: tuple[str, ...]) -> str:
        """Return why it is open if one of these names may be that of a PodNetworking whose name is unknown."""
        name = min((name for name in self._named if name.startswith(STAND_IN)), default=None)
        if name is None or self._named.keys() >= {*names}:
            return ""
        return say("it may mean {networking!r}, whose name is not known", networking=name)

    def _doubt(self, sure: list[str], unsure: list[str], labels: Mapping[str, str], namespace: str) -> str:
        """Return why it is open which of these PodNetworkings pods get."""
        if sure:
            return say(
                "{networkings} select its pods, and Terway picks one of them arbitrarily",
                networkings=tuple(map(repr, sure)),
            )
        name = unsure[0]
        if name in self._lost:
            return say("{networking!r} may select its pods: its selector is unknown", networking=name)
        if any(_on_pods(pn.pod_selector, labels) is None for pn in self._named[name]):
            return say("{networking!r} may select its pods: one of their labels is unknown", networking=name)
        if namespace.startswith(STAND_IN):
            return say("{networking!r} may select its pods: their namespace is unknown", networking=name)
        return say("{networking!r} may select its pods: pass the manifest of the namespace {namespace} with its "
                   "labels", networking=name, namespace=namespace)  # fmt: skip

    def may_choose(self, labels: Mapping[str, str], namespace: str) -> bool:
        """Return whether a PodNetworking may select pods by their labels and their namespace."""
        return next(self._matching(labels, namespace), None) is not None

    def _matching(self, labels: Mapping[str, str], namespace: str) -> Iterator[tuple[PodNetworking, bool | None]]:
        """Yield the PodNetworkings that select pods (True), and those that may (None)."""
        own = {} if namespace.startswith(STAND_IN) else {_NAME_OF_NAMESPACE: namespace}
        around = {**own, **self._namespaces.get(namespace, {})}
        is_known = namespace in self._namespaces
        by_namespace = self._by_namespace.near(around) if is_known else self._by_namespace.all
        for pn in chain(_near(self._by_pod, labels), by_namespace, self._open):
            by_pod = _on_pods(pn.pod_selector, labels)
            if by_pod is False:
                continue
            there = _matches(pn.namespace_selector, around, lambda asked: not is_known and asked.key not in around)
            if there is not False:
                yield pn, None if by_pod is None or pn.name in self._lost else there


class Policies:
    """The NetworkPolicies of a run."""

    def __init__(self) -> None:
        """Start with none."""
        self._by_namespace: dict[str, Index[_Policy]] = {}
        self._unknown: dict[str, Index[_Policy]] = {}
        """Those of unknown namespaces."""

    def add(self, name: str, namespace: str, selector: Selector | None, origin: Origin) -> None:
        """Add a policy, and the place of its selector, which is None if it is unknown.

        Here and below, a namespace is empty where it is not stated.
        """
        policies = self._by_namespace.setdefault(namespace, Index())
        policies.add(selector or Selector((), ()), (name, selector, origin))
        if _is_open(namespace):
            self._unknown[namespace] = policies

    def selecting(self, labels: Mapping[str, str], namespace: str) -> dict[str, Origin] | NotKnown:
        """Return the policies that select pods, by name; the reason, if none does and one may."""
        maybe = None
        found = {}
        for there, policies in self._in_reach(namespace):
            for name, selector, origin in _near(policies, labels):
                by_pod = None if selector is None else _on_pods(selector, labels)
                if by_pod and (there or _DEFAULT) == (namespace or _DEFAULT):
                    found[name] = origin
                elif by_pod is not False:
                    maybe = min(name, maybe or name)
        if maybe is None or found:
            return dict(sorted(found.items()))
        why = say(
            "NetworkPolicy {networkPolicy!r} may select its pods: a label, a namespace or its selector is unknown",
            networkPolicy=maybe,
        )
        return NotKnown(why)

    def _in_reach(self, namespace: str) -> Iterable[tuple[str, Index[_Policy]]]:
        """Return the policies of a namespace, and those whose namespace may be the same."""
        if _is_open(namespace):
            return self._by_namespace.items()
        own = self._by_namespace.get(namespace)
        return [*([] if own is None else [(namespace, own)]), *self._unknown.items()]


def _is_open(namespace: str) -> bool:
    """Return whether an object gets its namespace when it is applied, or has one that is not known."""
    return not namespace or namespace.startswith(STAND_IN)


def _kept(found: Iterable[PodNetworking], kind: str) -> list[str]:
    """Return the names of PodNetworkings, except Fixed ones that Terway ignores for pods of this kind.

    It ignores them for pods without stable names. If there is no other, keep them for PN009 to report.
    """
    selecting = list(found)
    kept = [pn for pn in selecting if kind in FIXED_NAMES or not pn.is_fixed]
    return sorted(pn.name for pn in kept or selecting)


def _near(index: Index[_Found], labels: Mapping[str, str]) -> Iterable[_Found]:
    return index.all if any(value.startswith(STAND_IN) for value in labels.values()) else index.near(labels)


def _on_pods(selector: Selector | None, labels: Mapping[str, str]) -> bool | None:
    def is_open(asked: Requirement) -> bool:
        return asked.operator in {"In", "NotIn"} and labels.get(asked.key, "").startswith(STAND_IN)

    return _matches(selector, labels, is_open)


def _matches(
    selector: Selector | None, labels: Mapping[str, str], is_open: Callable[[Requirement], bool]
) -> bool | None:
    """Return whether a selector selects labels; None if that depends on open requirements."""
    requirements = () if selector is None else selector.requirements
    unknown = [asked for asked in requirements if is_open(asked)]
    if not all(meets(asked, labels.get(asked.key)) for asked in requirements if asked not in unknown):
        return False
    return None if unknown else True
