"""Which PodNetworking pods get, and which NetworkPolicies select them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from eniplan.inputs.choosing import Choice, Chooser, Policies
from eniplan.inputs.places import STAND_IN, Origin
from eniplan.k8s.labels import Selector, read_selector
from eniplan.k8s.pods import read_pod
from eniplan.k8s.terway import POD_ENI
from eniplan.plan.document import read_documents
from tests.judge import view_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.plan.model import Cluster, PodNetworking

LABELS = {"network": "trading"}
UNKNOWN = f"{STAND_IN}1"
OFF = {"trading": {POD_ENI: "false"}}


def networking(name: str = "a", **changes: Any) -> PodNetworking:  # noqa: ANN401 - any field
    """Return a PodNetworking for the pods of `LABELS`."""
    example = {"name": name, "eniType": "ENI", "vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg-pods"]}
    (found,) = view_of({"podNetworkings": [example]}).plan.pod_networkings
    return found._replace(**{"pod_selector": selector(LABELS), **changes})


def selector(labels: Mapping[str, str] | None = None, *expressions: dict[str, Any]) -> Selector:
    found = read_selector({"matchLabels": labels or {}, "matchExpressions": [*expressions]})
    assert found is not None
    return found


def cluster(*, trunking: bool | None = True) -> Cluster:
    found = view_of({}).plan.cluster
    return found._replace(terway=found.terway._replace(eni_trunking=trunking))


def choose(  # noqa: PLR0913 - everything that the choice depends on
    *networkings: PodNetworking,
    labels: Mapping[str, str] = LABELS,
    notes: Mapping[str, str] | None = None,
    kind: str = "Deployment",
    namespace: str = "trading",
    namespaces: Mapping[str, Mapping[str, str]] | None = None,
    named: str | None = None,
    trunking: bool | None = True,
) -> Choice:
    pod = read_pod({"metadata": {"labels": labels, "annotations": notes or {}}, "spec": {"containers": []}})
    chooser = Chooser(networkings, namespaces or {}, ())
    return chooser.choose(pod, kind, namespace, named, cluster(trunking=trunking))


class TestChooser:
    def test_what_a_workload_names(self) -> None:
        assert choose(named="a") == Choice("a", leads=True)

    def test_what_selects_its_pods(self) -> None:
        assert choose(networking()) == Choice("a", leads=True)
        assert choose(networking(), namespaces=OFF) == Choice("a", is_barred=True)
        assert choose(networking(eni_type="Default")) == Choice("a")
        assert choose(networking(), labels={}) == Choice()

    @pytest.mark.parametrize(
        ("notes", "namespaces", "trunking", "leads"),
        [
            ({POD_ENI: "true"}, {}, False, True),
            ({POD_ENI: "true"}, {}, True, False),
            ({POD_ENI: "true"}, {}, None, False),
            ({POD_ENI: "false"}, {}, False, False),
            ({}, {}, False, False),
            ({POD_ENI: "true"}, OFF, False, False),
        ],
    )
    def test_an_annotation_without_a_networking(
        self,
        notes: dict[str, str],
        namespaces: dict[str, dict[str, str]],
        trunking: bool | None,  # noqa: FBT001 - a parameter of the test
        leads: bool,  # noqa: FBT001 - a parameter of the test
    ) -> None:
        assert choose(notes=notes, namespaces=namespaces, trunking=trunking) == Choice(leads=leads)

    def test_one_that_selects_other_pods_hides_none(self) -> None:
        other = networking("other", pod_selector=selector({**LABELS, "more": "x"}))
        assert choose(other, networking()) == Choice("a", leads=True)

    @pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
    def test_fixed_ones(self, kind: str) -> None:
        fixed = networking("kept", allocation={"type": "Fixed"})
        assert choose(fixed, kind=kind) == Choice("kept", leads=True)
        assert choose(fixed, networking(), kind=kind).name == ("a" if kind == "Deployment" else None)

    @pytest.mark.parametrize(
        ("namespaces", "eni_type", "leads"), [({}, "ENI", True), ({}, "Default", False), (OFF, "ENI", False)]
    )
    def test_several(self, namespaces: dict[str, dict[str, str]], eni_type: str, leads: bool) -> None:  # noqa: FBT001 - a parameter
        found = choose(*(networking(name, eni_type=eni_type) for name in "ab"), namespaces=namespaces)
        assert (found.name, found.leads, found.why != "") == (None, leads, True)

    def test_a_known_namespace_lacks_a_label(self) -> None:
        there = networking(pod_selector=None, namespace_selector=selector({}, {"key": "team", "operator": "Exists"}))
        assert choose(there, namespaces={"trading": {}}) == Choice()
        assert choose(there, namespaces={"trading": {"team": "x"}}) == Choice("a", leads=True)
        assert choose(there).why

    def test_an_unknown_namespace_may_have_a_label(self) -> None:
        there = networking(pod_selector=None, namespace_selector=selector({"team": "x"}))
        assert choose(there).why
        assert choose(there, namespaces={"trading": {"team": "y"}}) == Choice()

    def test_a_namespace_that_is_kept_away_bars_no_pods_that_it_alone_directs(self) -> None:
        there = networking(pod_selector=None, namespace_selector=selector())
        assert choose(there, namespaces=OFF) == Choice("a")

    def test_what_is_unknown(self) -> None:
        why = choose(networking(), labels={"network": UNKNOWN}).why
        assert why == "'a' may select its pods: one of their labels is unknown"
        there = networking(namespace_selector=selector({"team": "x"}))
        assert choose(there, namespace=UNKNOWN).why == "'a' may select its pods: their namespace is unknown"

    def test_why_it_is_open(self) -> None:
        """The first of those that may select the pods is the one that the reason is about."""
        there = networking(namespace_selector=selector({"team": "x"}))
        by_label = networking("b", pod_selector=selector({"x": "y"}))
        why = choose(there, by_label, labels={**LABELS, "x": UNKNOWN}).why
        assert "pass the manifest of the namespace trading" in why


(DOCUMENT,) = read_documents("m.yaml", b"{}")


def selecting(
    *policies: tuple[str, str, Selector], labels: Mapping[str, str] = LABELS, namespace: str = "trading"
) -> list[str] | None:
    """Return the names of the policies that select pods; None if that is unknown."""
    known = Policies()
    for name, there, selected in policies:
        known.add(name, there, selected, Origin(DOCUMENT, ()))
    found = known.selecting(labels, namespace)
    return [*found] if isinstance(found, dict) else None


class TestPolicies:
    @pytest.mark.parametrize(
        ("policies", "names"),
        [
            ([], []),
            ([("a", "trading", selector())], ["a"]),
            ([("a", "other", selector())], []),
            ([("b", "trading", selector(LABELS)), ("a", "trading", selector(LABELS))], ["a", "b"]),
            ([("a", "trading", selector({"x": "y"}))], []),
            ([("a", UNKNOWN, selector())], None),
            ([("a", UNKNOWN, selector({"x": "y"}))], []),
            ([("a", "trading", selector({**LABELS, "x": "y"})), ("b", "trading", selector(LABELS))], ["b"]),
            ([("a", UNKNOWN, selector()), ("b", "trading", selector())], ["b"]),  # one is enough
        ],
    )
    def test_known_pods(self, policies: list[tuple[str, str, Selector]], names: list[str] | None) -> None:
        assert selecting(*policies) == names

    @pytest.mark.parametrize(
        ("selected", "names"),
        [
            (selector({"x": "y"}), None),
            (selector({"x": "y", "no": "such"}), []),
            (selector({}, {"key": "x", "operator": "NotIn", "values": ["y"]}), None),
            (selector({}, {"key": "x", "operator": "Exists"}), ["a"]),
            (selector({}, {"key": "x", "operator": "DoesNotExist"}), []),
            (selector(), ["a"]),
        ],
    )
    def test_a_label_of_unknown_value(self, selected: Selector, names: list[str] | None) -> None:
        assert selecting(("a", "trading", selected), labels={"x": UNKNOWN}) == names

    def test_pods_of_an_unknown_namespace(self) -> None:
        assert selecting(("a", "trading", selector()), namespace=UNKNOWN) is None
        assert selecting(("a", UNKNOWN, selector()), namespace=UNKNOWN) == ["a"]
        assert selecting(("a", "trading", selector({"x": "y"})), namespace=UNKNOWN) == []

    def test_the_reason_names_the_first(self) -> None:
        known = Policies()
        for name in "bac":
            known.add(name, UNKNOWN, selector(), Origin(DOCUMENT, ()))
        assert "NetworkPolicy 'a' may select" in str(known.selecting(LABELS, "trading"))
