"""Render the Kubernetes objects that a plan describes.

They are in the order to apply them: PodNetworkings first (a pod created before its PodNetworking is Ready never gets
it, without any error), then node-level Terway configs, then workloads.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from eniplan._version import __version__
from eniplan.emit.pods import PodError, complete, missing_labels, wanted
from eniplan.emit.refusal import RefusalError
from eniplan.emit.skeletons import SHAPES
from eniplan.emit.yaml_text import dump
from eniplan.k8s.terway import SYSTEM_NAMESPACE
from eniplan.messages import say
from eniplan.plan.document import value_at
from eniplan.text import literal, printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eniplan.emit.skeletons import Skeletons
    from eniplan.k8s.labels import Selector
    from eniplan.plan.document import Path
    from eniplan.plan.model import Network, NodePool, Plan, PodNetworking, Workload

Object = dict[str, Any]

NAME_LABEL = "app.kubernetes.io/instance"
"""The label by which controllers of rendered workloads select their pods."""
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_LONGEST_LABEL = 63
_PREFIXES = {"PodNetworking": "10", "ConfigMap": "20"}
_LAST = "30"


class Rendered(NamedTuple):
    """One object, and its source path in the plan."""

    object: Object
    path: Path

    @property
    def identity(self) -> tuple[str, str, str]:
        """Kind, namespace and name, which identify an object."""
        metadata = self.object["metadata"]
        return self.object["kind"], metadata.get("namespace", ""), metadata["name"]

    @property
    def file(self) -> str:
        """A unique file name that sorts in the order to apply. Namespaces cannot contain the dots that separate parts.

        Raises:
            RefusalError: a part is not a Kubernetes name, and could lead out of the folder.

        """
        kind, namespace, name = self.identity
        parts = [namespace, name] if "namespace" in self.object["metadata"] else [name]
        for part in parts:
            if not _NAME.fullmatch(part):
                message = say("{part!r} is not a Kubernetes name, so it cannot be a file name", part=part)
                raise RefusalError(self.path, message, say("use lower-case letters, digits, '-' and '.'"))
        return f"{_PREFIXES.get(kind, _LAST)}-{'.'.join([kind.lower(), *parts])}.yaml"


def render(plan: Plan, skeletons: Skeletons, *, workloads: bool) -> list[Rendered]:
    """Return the objects of a passing plan, in the order to apply them.

    Raises:
        RefusalError: the plan lacks something that an object needs.
        InputError: a skeleton is unusable.

    """
    out = [_pod_networking(plan, pn, skeletons) for pn in plan.pod_networkings]
    for name, network in (plan.cluster.terway_configs or {}).items():
        out.append(_terway_config(plan, name, network, skeletons))
    if workloads:
        out += [_workload(plan, workload, skeletons) for workload in plan.workloads]
    return out


def header(plan_file: str, specs: str) -> str:
    """Return the comment with the origin of a file; the same for repeated runs."""
    notes = (
        say("Rendered by eniplan {version} from {plan}, checked with specs of {specs}.",
            version=__version__, plan=plan_file, specs=specs),
        say("Apply PodNetworkings first and wait for Ready: pods created earlier do not get them."),
    )  # fmt: skip
    return "".join(f"# {printable(note)}\n" for note in notes)


def text(rendered: Rendered) -> str:
    """Return the YAML document of one object."""
    return dump(rendered.object)


def kustomization(files: Iterable[str]) -> str:
    """Return the text of a kustomization.yaml that keeps the order of these files.

    By default, kustomize puts custom resources last, but PodNetworkings must come first.
    """
    kind = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return dump({**kind, "sortOptions": {"order": "fifo"}, "resources": list(files)})


def _pod_networking(plan: Plan, pn: PodNetworking, skeletons: Skeletons) -> Rendered:
    found = skeletons.get("PodNetworking")
    found["metadata"]["name"] = pn.name
    spec = found["spec"]
    spec["eniOptions"]["eniType"] = pn.eni_type
    spec["vSwitchSelectOptions"]["vSwitchSelectionPolicy"] = pn.v_switch_selection_policy
    spec["vSwitchOptions"] = _written_out(plan, pn, "vSwitchIds")
    spec["securityGroupIDs"] = _written_out(plan, pn, "securityGroupIds")
    if pn.allocation is not None:
        keys = ("type", "releaseStrategy", "releaseAfter")
        spec["allocationType"] = {key: pn.allocation[key] for key in keys if key in pn.allocation}
    spec["selector"] |= {
        key: _label_selector(selector)
        for key, selector in (("podSelector", pn.pod_selector), ("namespaceSelector", pn.namespace_selector))
        if selector is not None
    }
    if not spec["selector"]:
        del spec["selector"]
    return Rendered(found, pn.path)


def _written_out(plan: Plan, pn: PodNetworking, key: str) -> list[str]:
    """Return an id list of a PodNetworking, or else the cluster's default, which Terway would copy silently."""
    for network in (pn.network, plan.cluster.pod_defaults):
        if network is not None:
            ids = network.v_switch_ids if key == "vSwitchIds" else network.security_group_ids
            if ids:
                return list(ids)
    message = say("neither PodNetworking {pn_name!r} nor cluster.podDefaults has {key}", pn_name=pn.name, key=key)
    raise RefusalError((*pn.path, key), message, say("add {key}", key=key))


def _label_selector(selector: Selector) -> Object:
    """Return a LabelSelector with the same requirements; the plan's matchLabels stay matchLabels."""
    labels = {r.key: r.values[0] for r in selector.requirements if "matchLabels" in r.path}
    others = [r.written() for r in selector.requirements if "matchLabels" not in r.path]
    return {**({"matchLabels": labels} if labels else {}), **({"matchExpressions": others} if others else {})}


def _terway_config(plan: Plan, name: str, network: Network, skeletons: Skeletons) -> Rendered:
    """Return a node-level config. Terway merges it into eni-config as a JSON merge patch (RFC 7396).

    vSwitches are listed by zone. Terway combines `security_group` and `security_groups`, so a config that sets one must
    set the other to null.
    """
    zones = {v.id: v.zone for v in plan.cluster.v_switches or ()}
    patch: Object = {}
    for i, v_switch in enumerate(network.v_switch_ids):
        zone = zones.get(v_switch)
        if zone is None:
            message = say(
                "the zone of vSwitch {v_switch!r} is unknown, but Terway lists vSwitches by zone", v_switch=v_switch
            )
            raise RefusalError((*network.path, "vSwitchIds", i), message, say("add it to cluster.vSwitches"))
        patch.setdefault("vswitches", {}).setdefault(zone, []).append(v_switch)
    if network.security_group_ids:
        patch["security_groups"] = list(network.security_group_ids)
        patch["security_group"] = None
    found = skeletons.get("ConfigMap")
    found["metadata"]["name"] = name
    found["metadata"]["namespace"] = SYSTEM_NAMESPACE
    found["data"]["eni_conf"] = literal(patch, 2) + "\n"
    return Rendered(found, network.path)


def _workload(plan: Plan, workload: Workload, skeletons: Skeletons) -> Rendered:
    pool, networking = parties(plan, workload)
    found = _skeleton(workload, skeletons)
    held = SHAPES[workload.kind].holder
    assert held is not None  # noqa: S101 - every kind of workload has pods
    found["metadata"]["name"] = workload.name
    found["metadata"]["namespace"] = workload.namespace
    if workload.kind == "StatefulSet":
        found["spec"]["serviceName"] = workload.name
    for path in held.replicas:
        value_at(found, path[:-1])[path[-1]] = workload.replicas
    template = value_at(found, held.template)
    _own_pods(template, workload)
    want = wanted(plan, pool, networking, host_network=workload.host_network, eni_request=workload.stated_request)
    labels = template["metadata"]["labels"]
    try:
        if want.selector is not None:
            labels.update(missing_labels(want.selector, labels))
        labels.setdefault(NAME_LABEL, workload.name[:_LONGEST_LABEL].rstrip("-."))  # names may be longer than labels
        complete(template, want, is_bare=not held.template)
    except PodError as error:
        path = (*workload.path, "podNetworking") if error.path[:2] == ("metadata", "labels") else workload.path
        message = say(
            "{workload_kind} {workload_name!r}: {message}",
            workload_kind=workload.kind,
            workload_name=workload.name,
            message=error.message,
        )
        raise RefusalError(path, message, error.hint) from None
    if held.selects:
        found["spec"]["selector"]["matchLabels"][NAME_LABEL] = labels[NAME_LABEL]
        labels |= found["spec"]["selector"]["matchLabels"]
    return Rendered(found, workload.path)


def _skeleton(workload: Workload, skeletons: Skeletons) -> Object:
    if workload.kind not in SHAPES:
        why = say("eniplan has no skeleton of a {kind}", kind=workload.kind)
        hint = say("render without --workloads, and add what its pods lack to your own manifest with --patch")
        raise RefusalError((*workload.path, "kind"), why, hint)
    if workload.is_prefix:
        why = say("Kubernetes generates the name of {kind} {name!r}, so it cannot be applied twice",
                  kind=workload.kind, name=workload.name)  # fmt: skip
        raise RefusalError((*workload.path, "generateName"), why, say("give it its own name"))
    if workload.kind == "Pod" and workload.replicas != 1:
        why = say("Pod {name!r} is one pod, but the plan has {replicas}",
                  name=workload.name, replicas=workload.replicas)  # fmt: skip
        hint = say("make it a Deployment or a StatefulSet")
        raise RefusalError((*workload.path, "replicas"), why, hint)
    return skeletons.get(workload.kind)


def _own_pods(template: Object, workload: Workload) -> None:
    """Add the plan's values to the skeleton's pod template, or replace it with the workload's own template."""
    if workload.template is not None:
        metadata = workload.template.get("metadata") or {}
        own = {key: metadata[key] for key in ("labels", "annotations") if metadata.get(key)}
        template["metadata"] |= copy.deepcopy(own)
        template["spec"] = copy.deepcopy(workload.template.get("spec"))
        return
    spec = template["spec"]
    if workload.host_network:
        spec["hostNetwork"] = True
    if workload.tolerations is not None:
        spec["tolerations"] = [*(spec.get("tolerations") or ()), *(t.written() for t in workload.tolerations)]


def parties(plan: Plan, workload: Workload) -> tuple[NodePool, PodNetworking | None]:
    """Return the pool and the PodNetworking that a workload names.

    Raises:
        RefusalError: the plan lacks them (possible if WL003 is waived).

    """
    pool = next((p for p in plan.node_pools if p.name == workload.node_pool), None)
    networking = next((pn for pn in plan.pod_networkings if pn.name == workload.pod_networking), None)
    if pool is None or (networking is None) != (workload.pod_networking is None):
        key = "nodePool" if pool is None else "podNetworking"
        raise RefusalError(
            (*workload.path, key),
            say("workload {workload_name!r} names something that the plan does not have", workload_name=workload.name),
        )
    return pool, networking
