"""The manifests of a run: PodNetworkings, workloads, and what scales, selects or contains them."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from eniplan.errors import InputError, Problem
from eniplan.inputs.choosing import Chooser, Policies
from eniplan.inputs.networkings import POD_NETWORKING, networking_part, unknown_fields
from eniplan.inputs.objects import Object, objects, objects_of
from eniplan.inputs.places import NotKnown, Origin, unknown_in
from eniplan.inputs.unread import FILE, KUSTOMIZATION, Unread, as_unread, hidden_pods, located, of_kustomization
from eniplan.inputs.workloads import WORKER, Key, Part, Quiet, Workload, as_created, holder_of, may_be, workload_part
from eniplan.k8s import autoscalers
from eniplan.k8s.kinds import BEHIND, HOLDERS, PER_NODE, called, controller_of, has_ended, standing_behind, templates
from eniplan.k8s.labels import Selector, selector_from
from eniplan.k8s.nodes import repelling
from eniplan.k8s.pods import read_pod
from eniplan.k8s.terway import ENI, POD_ENI
from eniplan.k8s.values import mapping
from eniplan.messages import say
from eniplan.plan.document import read_list, read_tagged
from eniplan.plan.load import read, unreadable_file
from eniplan.plan.model import Guest, Identity
from eniplan.plan.schema import SELECTOR, compile_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from eniplan.inputs.steering import Pools
    from eniplan.inputs.unread import Patched
    from eniplan.k8s.autoscalers import Scaling
    from eniplan.k8s.kinds import Holder
    from eniplan.messages import Message
    from eniplan.plan.model import PodNetworking

NETWORK_POLICY = ("networking.k8s.io/v1", "NetworkPolicy")
_OTHERS = frozenset((POD_NETWORKING, NETWORK_POLICY, ("v1", "Namespace")))
"""The apiVersion and kind of supported objects without pods."""
KINDS = frozenset((*HOLDERS, *(kind for _, kind in _OTHERS), *autoscalers.KINDS))
"""The supported kinds."""
_RUNNING = ("Node", "PodENI", "Event")
"""Kinds that only a running cluster has."""
NOTHING = say("nothing that eniplan checks")
NOT_ASKING = say("its pods do not ask for exclusive nodes")
_PLANNED = say("the plan has a workload of its name")
_PART = say("it is only a part (a patch?): check the whole, such as what `kubectl kustomize` builds")
_fits_selector = compile_schema(SELECTOR)
_Item = TypeVar("_Item")


def is_judged(item: Object) -> bool:
    """Return whether eniplan judges objects of a kind."""
    known = (item.value["apiVersion"], item.kind) in _OTHERS or item.kind in autoscalers.KINDS
    return known or holder_of(item) is not None


def _once(
    items: list[_Item], said: Sequence[tuple[Part, tuple[str, ...], Any]]
) -> tuple[list[_Item], list[tuple[str, Message]]]:
    """Return items without copies of items of another file, and the titles of the copies with the reason.

    Args:
        items: the items. The first file in alphabetical order keeps an item; one that is partly unknown is a copy.
        said: the part, the name and the value of each.

    """
    files: dict[tuple[str, ...], set[str]] = {}
    for part, name, _ in said:
        files.setdefault(name, set()).add(part.file)
    first: dict[tuple[str, ...], str] = {}
    known: dict[tuple[str, ...], list[tuple[str, Any]]] = {}
    copies: dict[int, tuple[str, Message]] = {}
    several = [(i, *each) for i, each in enumerate(said) if len(files[each[1]]) > 1]
    # A Terraform plan beside its configuration knows what the configuration does not.
    several.sort(key=lambda each: (unknown_in(each[3]) is not None, each[1].file))
    for i, part, name, value in several:
        key = (*name, json.dumps(value, sort_keys=True, default=repr))
        same = first.setdefault(key, part.file)
        if same == part.file and unknown_in(value) is not None:
            same = next((file for file, other in known.get(name, ()) if may_be(value, other)), same)
        if same != part.file:
            copies[i] = part.full_title, say("the same object is in {file}", file=same)
        elif unknown_in(value) is None:
            known.setdefault(name, []).append((part.file, value))
    return [item for i, item in enumerate(items) if i not in copies], list(copies.values())


class Manifests:
    """All manifests of one run."""

    def __init__(self) -> None:
        """Start with none."""
        self.networkings: list[Part] = []
        self.workloads: list[Workload] = []
        self.quiet: list[Quiet] = []
        self._first_quiet: Origin | None = None
        self.unread: list[Unread] = []
        self.patched: list[Patched] = []
        self.visitors: list[Workload] = []
        """Pods in `unread` that can land on exclusive nodes, and do not ask for them."""
        self.problems: list[Problem] = []
        self._policies = Policies()
        self._namespaces: dict[str, dict[str, str]] = {}
        self._lost_namespaces: dict[str, str] = {}
        """Why it is unknown whether a namespace keeps Terway's webhook away."""
        self._scalings: dict[tuple[str, str], list[tuple[Object, Scaling]]] = {}
        """Autoscalers by the kind and name of their targets."""
        self._indexed: list[Workload] | None = None
        self._named: dict[tuple[str, str], set[str]] = {}
        """The namespaces of the workloads in `_indexed`, by their kind and name."""

    def __bool__(self) -> bool:
        """Whether there is anything to check."""
        return bool(self.networkings or self.workloads or self.quiet or self.unread)

    def add(self, item: Object) -> str:
        """Add an object. Return why it is skipped; empty if it is not."""
        kind, held = item.kind, holder_of(item)
        if held is None and (item.value["apiVersion"], kind) not in _OTHERS:
            return "" if self._scales(item) or self._is_misnamed(item) else self._stranger(item)
        if not item.name:
            return say("it has no name")
        if held is not None:
            return self._pods(item, held)
        if kind == "PodNetworking":
            self.problems += unknown_fields(item)
            self.networkings.append(networking_part(item))
        elif kind == "Namespace":
            # Its labels are read as those of a pod.
            read = read_pod({"metadata": {"labels": item.at("metadata", "labels")}})
            self.problems += (Problem(f.message, item.origin(*f.path).place(), f.hint) for f in read.misread)
            self._namespaces[item.name] = dict(read.labels)
        else:
            self._policy(item)
        return ""

    def leave_namespace(self, item: Object, why: str) -> None:
        """Keep a Namespace of which a label is unknown that may be the one for Terway's webhook."""
        labels = item.at("metadata", "labels") if item.kind == "Namespace" else None
        told = labels.get(POD_ENI) if isinstance(labels, dict) else labels
        if isinstance(told, NotKnown):
            self._lost_namespaces[item.name] = why

    def leave_open(self, item: Object, why: str) -> bool:
        """Keep an object for exclusive nodes that is partly unknown. Return whether it has pods."""
        has_pods = holder_of(item) is not None or bool(hidden_pods(item))
        self.unread += [Unread(item.title, item.origin(), why, (item.namespace, item.name))] if has_pods else []
        return has_pods

    def leave_unread(self, item: Object, why: str, part: str = "", *, is_part: bool = True) -> bool:
        """Keep an object whose pods cannot be judged, if it may have any (see `Unread`). Return whether it may."""
        pods = hidden_pods(item)
        if pods:
            identity = item.namespace, item.name
            self.unread.append(Unread(item.title, item.origin(), why, identity, pods, part, is_part))
        return bool(pods)

    def forget(self, files: Collection[str]) -> None:
        """Forget whole files in `unread`."""
        self.unread = [item for item in self.unread if os.path.normpath(item.identity[1]) not in files]

    def leave_chart(self, title: str, origin: Origin, why: str) -> None:
        """Keep what is rendered elsewhere and names exclusive nodes."""
        self.unread.append(Unread(title, origin, why, ("", "")))

    def _is_misnamed(self, item: Object) -> bool:
        """Report a PodNetworking of Terway with a version that does not exist. Other clouds have this kind, too."""
        right, _ = POD_NETWORKING
        group = right.rpartition("/")[0]
        given = item.value["apiVersion"]
        if item.kind != "PodNetworking" or given.rpartition("/")[0] != group:
            return False
        wrong = say("Terway's PodNetworking has no version {version!r}", version=given.rpartition("/")[2])
        hint = say("write {apiVersion}", apiVersion=right)
        self.problems.append(Problem(wrong, item.origin("apiVersion").place(), hint))
        return True

    def _scales(self, item: Object) -> bool:
        """Keep an object that scales a workload; return whether it is one."""
        found = autoscalers.scaling(item.value)
        if found is None:
            return False
        self._scalings.setdefault((found.kind, found.name), []).append((item, found))
        return True

    def _policy(self, item: Object) -> None:
        selector = item.known("spec", "podSelector")
        is_unknown = unknown_in(selector) is not None
        if selector is None or is_unknown or _fits_selector(selector):
            found = None if is_unknown else selector_from((), selector) or Selector((), ())
            namespace = item.namespace if item.states_namespace else ""
            self._policies.add(item.name, namespace, found, item.origin("spec", "podSelector"))
        else:
            place = item.origin("spec", "podSelector").place()
            self.problems.append(
                Problem(say("podSelector is not a label selector"), place, say("write matchLabels: {{…}}"))
            )

    def _pods(self, item: Object, found: Holder) -> str:
        item, chosen = as_created(item)
        parts = [
            workload_part(item, found, template)
            for template in templates(found, item.value)
            if isinstance(item.at(*template.path, "spec"), dict)
        ]
        if not parts or (found.selects and item.at("spec", "selector") is None):
            is_kept = self._scales(item) or self.leave_unread(item, _PART)
            return "" if is_kept else say("it is only a part (a patch?)")
        self._scales(item)  # some kinds scale their own pods
        for part in parts:
            order = len(self.workloads) + len(self.quiet)
            self._take(Workload(item, part, read_pod(part.value["template"]), order, chosen))
        return ""

    def _take(self, workload: Workload) -> None:
        """Keep a workload; for a quiet one, only its place and labels."""
        item = workload.object
        if item.number is None or not workload.is_quiet:
            self.workloads.append(workload)
            return
        self._first_quiet = self._first_quiet or workload.part.origins[()]
        where = item.document.file, item.number, item.path
        about = item.namespace, workload.pod.labels, workload.identities
        self.quiet.append(Quiet(*where, workload.part.title, *about, workload.order))

    def wake(self, networkings: Iterable[PodNetworking], identities: Collection[tuple[str, ...]]) -> Iterator[Problem]:
        """Read the quiet workloads again that a PodNetworking may select, or a plan names. Yield read errors."""
        chooser = self.chooser(networkings)
        asleep: list[Quiet] = []
        woken: dict[str, dict[Key, int]] = {}
        for quiet in self.quiet:
            is_planned = any(each in identities for each in quiet.identities)
            if is_planned or chooser.may_choose(quiet.labels, quiet.namespace):
                woken.setdefault(quiet.file, {})[quiet.number, quiet.path, quiet.identities[0]] = quiet.order
            else:
                asleep.append(quiet)
        self.quiet = asleep
        for file, orders in woken.items():
            try:
                self.workloads += _again(file, orders)
            except OSError as error:
                yield unreadable_file(file, error)
            except InputError as error:
                yield from error.problems
        self.workloads.sort(key=lambda workload: workload.order)
        self._leave_patched()

    def drop_copied_networkings(self) -> list[tuple[str, Message]]:
        """Leave out copies of PodNetworkings; see `drop_copies`."""
        said = [(part, (part.value["name"],), part.value) for part in self.networkings]
        self.networkings, told = _once(self.networkings, said)
        return told

    def drop_copies(self) -> list[tuple[str, Message]]:
        """Leave out workloads that another file has, too; return them with the reason.

        Terraform may apply a manifest that lies in a folder of the run. Applying both changes nothing.
        """
        said = [(w.part, w.identity, w.object.value) for w in self.workloads]
        self.workloads, told = _once(self.workloads, said)
        return told

    def drop_idle(self, planned: Iterable[Identity]) -> Iterator[tuple[str, Message]]:
        """Leave out workloads that ask for no pods of their own; yield them with the reason.

        `kubectl get all` shows a Deployment, its ReplicaSets and its pods: they are the same pods three times. A pod
        or a Job that has ended keeps no ENI.
        """
        there = {Identity(w.object.kind, w.object.namespace, w.object.name) for w in self.workloads}
        there |= {Identity(*quiet.identities[-1]) for quiet in self.quiet} | {*planned}
        there |= {each._replace(kind=BEHIND[each.kind]) for each in there if each.kind in BEHIND}
        kept = []
        for workload in self.workloads:
            why = self._idle(workload.object, there)
            if why is None:
                kept.append(workload)
            else:
                yield workload.part.full_title, why
        self.workloads = kept

    @staticmethod
    def _idle(item: Object, there: Collection[Identity]) -> Message | None:
        if has_ended(item.value):
            return say("it has ended")
        for owner in standing_behind(controller_of(mapping(item.at("metadata")))):
            kind, _, name = owner.partition(" ")
            if Identity(kind, item.namespace, name) in there:
                return say("{maker} makes it", maker=owner)
        return None

    def _stranger(self, item: Object) -> str:
        """Keep an object of an unsupported kind, if it may have pods. Return why it is skipped."""
        if item.kind == "CustomResourceDefinition":  # describes objects with pods
            return NOTHING
        if item.kind in _RUNNING:
            return say("it is of a running cluster: `eniplan verify --from {file}`", file=item.document.file)
        why = say("eniplan does not support {kind} of {apiVersion}: add its pods to a plan, as a workload of its name "
                  "and namespace", kind=item.kind, apiVersion=item.value["apiVersion"])  # fmt: skip
        return "" if self.leave_unread(item, why, is_part=False) else NOTHING

    def settle(self, plans: Collection[Pools], planned: Collection[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Keep the pods in `unread` that ask for exclusive nodes, and are not in a plan.

        Args:
            plans: the pools of each plan.
            planned: the namespaces and names of the workloads of the plans.

        Yields:
            The titles of the others, and why they are not judged.

        """
        kept = []
        for item in self.unread:
            asking = [each for each in item.pods if any(map(each.asks, plans))]
            is_planned = item.identity in planned
            if (asking or not item.pods) and not is_planned:
                kept.append(located(item, asking, plans))
                continue
            pods = [each.workload for each in item.pods]
            visiting = [pod for pod in pods if any(any(self.guests(pod, pools)) for pools in plans)]
            if visiting and not is_planned:
                self.visitors.append(visiting[0])
            if item.part or is_planned or not visiting:
                why = item.why if item.part else NOT_ASKING
                yield item.part or f"{item.origin.document.file}: {item.title}", _PLANNED if is_planned else why
        # Several patches of a kustomization are told once; objects of one title in several files are not one.
        told = {(x.title, "" if x.title.startswith(KUSTOMIZATION) else x.origin.document.file): x for x in kept[::-1]}
        self.unread = [*told.values()][::-1]

    def leave_out(self, patches: Mapping[str, str]) -> Iterator[tuple[str, Message]]:
        """Do not judge the objects in patches; yield the titles of those that have no pods, with the reason.

        Args:
            patches: the folders of the kustomizations, by the files of their patches.

        """

        def why(file: str) -> Message:
            return say("a patch: check what it is applied to: kubectl kustomize {folder}", folder=patches[file])

        every = [(part.file, part.full_title) for part in self.networkings]
        every += ((os.path.normpath(quiet.file), quiet.full_title) for quiet in self.quiet)
        yield from ((title, why(file)) for file, title in every if file in patches)
        self.quiet = [quiet for quiet in self.quiet if os.path.normpath(quiet.file) not in patches]
        self.networkings = [part for part in self.networkings if part.file not in patches]
        left = [workload for workload in self.workloads if workload.part.file in patches]
        self.workloads = [workload for workload in self.workloads if workload.part.file not in patches]
        self.unread += (as_unread(workload, workload.object.title, "") for workload in left)
        self.unread = [of_kustomization(item, patches, why) for item in self.unread]

    def in_files(self) -> dict[str, list[str]]:
        """Return the names of the objects in `unread` with pods, by file. A JSON patch names none."""
        found: dict[str, list[str]] = {}
        for item in self.unread:
            is_object = item.pods and item.pods[0].workload.object.kind != FILE
            found.setdefault(item.file, []).append(item.identity[1] if is_object else "")
        return found

    def _leave_patched(self) -> None:
        """Do not judge the workloads that patches may place elsewhere."""
        by_file: dict[str, list[Patched]] = {}
        for each in self.patched:
            for file in each.files:
                by_file.setdefault(file, []).append(each)
        kept = []
        for workload in self.workloads:
            by = next((each for each in by_file.get(workload.part.file, ()) if each.may_place(workload)), None)
            if by is None:
                kept.append(workload)
            else:
                self.unread.append(as_unread(workload, by.title, by.why))
        self.workloads = kept

    def first(self) -> Origin:
        """Return the place of the first object."""
        parts = [*self.networkings, *(workload.part for workload in self.workloads)]
        if parts:
            return parts[0].origins[()]
        return self.unread[0].origin if self._first_quiet is None else self._first_quiet

    def policies(self, workload: Workload) -> dict[str, Origin] | NotKnown:
        """Return the NetworkPolicies that select the pods of a workload, by name; the reason, if that is unknown."""
        item = workload.object
        return self._policies.selecting(workload.pod.labels, item.namespace if item.states_namespace else "")

    def scaled(self, workload: Workload) -> Part:
        """Return what a plan says of a workload, with how far autoscalers scale it."""
        part, item = workload.part, workload.object
        # The scale of a job with roles is that of its workers. Source: the CRDs of Kubeflow.
        whole = part.value["name"] if len(workload.identities) == 1 else item.name
        is_scaled = part.value["name"] in {whole, called(whole, WORKER)}
        direct = self._scaling(item, whole) if is_scaled else []
        # A CronHorizontalPodAutoscaler may target another autoscaler, and moves its limits.
        moving = [self._scaling(item, item.name) for item, _ in direct or ()]
        found = [each for several in (direct, *moving) for each in several or ()]
        if direct is None or None in moving:
            why = say("which autoscaler is for it: state the namespace of both")
            return part._replace(value={**part.value, "maxReplicas": NotKnown(why)})
        if not found:
            return part
        item, most = max(found, key=lambda each: each[1].most if type(each[1].most) is int else sys.maxsize)
        value = {**part.value, "maxReplicas": most.most}
        least = max(each.least for _, each in found)
        if least > 0 and type(value.get("replicas", 1)) is int:
            value["replicas"] = max(value.get("replicas", 1), least)
        return Part(value, {**part.origins, ("maxReplicas",): item.origin(*most.path)})

    def _scaling(self, item: Object, name: str) -> list[tuple[Object, Scaling]] | None:
        """Return what scales an object; None if that depends on namespaces that manifests leave to whoever applies."""
        every = self._scalings.get((item.kind, name), [])
        same = [each for each in every if each[0].namespace == item.namespace]
        if same or not every:
            return same
        targets = self._targets(item.kind, name)
        loose = [
            each
            for each in every
            if (each[0].is_placed_later or item.is_placed_later) and each[0].namespace not in targets
        ]
        return loose if len(loose) < 2 and len(targets) < 2 else None if loose else []  # noqa: PLR2004 - one of each

    def _targets(self, kind: str, name: str) -> Collection[str]:
        """Return the namespaces of the workloads of a kind and name."""
        if self._indexed is not self.workloads:  # they are complete now: read them once, not for each autoscaler
            self._indexed, self._named = self.workloads, {}
            for workload in self.workloads:
                for own, namespace, known in workload.identities:
                    self._named.setdefault((own, known), set()).add(namespace)
        return self._named.get((kind, name), set())

    def adopt(self, planned: Collection[Identity]) -> None:
        """Give workloads without a namespace that of the only workload of a plan with their kind and name."""
        own = {each for workload in self.workloads for each in workload.identities}
        there: dict[tuple[str, str], set[str]] = {}
        for kind, namespace, name in planned:
            there.setdefault((kind, name), set()).add(namespace)
        for i, workload in enumerate(self.workloads):
            for kind, _, name in () if workload.object.states_namespace else workload.identities:
                namespaces = there.get((kind, name), set())
                if len(namespaces) == 1 and (kind, *namespaces, name) not in own:
                    self.workloads[i] = workload.within(*namespaces)
                    break

    def chooser(self, networkings: Iterable[PodNetworking]) -> Chooser:
        """Return what chooses among PodNetworkings, given the namespaces of these manifests."""
        return Chooser(networkings, self._namespaces, self.lost_selectors())

    def lost_selectors(self) -> set[str]:
        """Return the names of the PodNetworkings whose selectors are unknown, or a part of them."""
        keys = ("podSelector", "namespaceSelector")
        parts = (part.value for part in self.networkings)
        return {value["name"] for value in parts if any(isinstance(value.get(key), NotKnown) for key in keys)}

    def guests(self, workload: Workload, pools: Pools) -> Iterator[Guest]:
        """Yield the pools that can run a workload that does not select them.

        A DaemonSet runs on all nodes that it tolerates. Other workloads count only if they tolerate a taint of the
        pool, which suggests that they are meant to run there.
        """
        pod, value = workload.pod, self.scaled(workload).value
        enis = pod.request(ENI)
        is_passed_by = pod.host_network or pod.is_ignored
        if is_passed_by:
            if not enis:  # Terway gives them none, and they reserve none
                return
        else:
            enis = max(enis, 1)
        numbers = (value.get("replicas", 1), value.get("maxReplicas", 0))
        # A number that is not known may be larger than any pool.
        most = max(number if type(number) is int else sys.maxsize for number in numbers)
        replicas = None if value["kind"] in PER_NODE else most
        title = workload.part.title
        for alike in pools.alike:
            taints = alike.pools[0].node_taints
            is_meant = replicas is None or any(taint.repels for taint in taints)
            fits = is_meant and not repelling(taints, pod.tolerations)
            if fits and pod.placement.allows(alike.nodes) is not False:
                for pool in alike.pools:
                    yield Guest(title, pool.name, enis, replicas, pod.placement, is_passed_by)

    def namespace_labels(self, workload: Workload) -> dict[str, str] | NotKnown:
        """Return the known labels of a workload's namespace, or that the one for Terway's webhook is unknown."""
        name = workload.object.namespace
        lost = self._lost_namespaces.get(name)
        return self._namespaces.get(name, {}) if lost is None else NotKnown(lost)


def _again(file: str, orders: Mapping[Key, int]) -> Iterator[Workload]:
    """Yield some workloads of a file by reading it again."""
    data = read(file)
    found = read_list(file, data)
    every: Iterator[Object] = (
        objects_of(found, 0)
        if found is not None
        else (item for i, document in enumerate(read_tagged(file, data)) for item in objects(document, i))
    )
    wanted = {(number, path) for number, path, _ in orders}
    for item in every:
        if (item.number, item.path) in wanted:
            again = Manifests()
            again.add(item._replace(number=None))
            for workload in again.workloads:
                order = orders.get((item.number or 0, item.path, workload.identity))
                if order is not None:
                    yield workload._replace(order=order)
