"""Translates a request or a resource that creates a cluster into the `cluster` part of a plan.

The fields are those of CreateCluster: `version`, `pod_vswitch_ids`, `addons`. Terraform, Pulumi and ROS use the same
names, in their own case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.bounds import parse_json
from eniplan.errors import InputError, Problem
from eniplan.inputs.places import NotKnown, Origin, is_known_text, put, translated, unknown_in
from eniplan.inputs.units import Stated
from eniplan.k8s.terway import CLUSTER_CONFIG, SYSTEM_NAMESPACE
from eniplan.k8s.values import mapping
from eniplan.messages import say
from eniplan.plan.document import value_at
from eniplan.plan.model import TERWAY_ADDON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from eniplan.plan.document import Document, Path

CLUSTERS = ("alicloud_cs_managed_kubernetes", "alicloud_cs_kubernetes", "alicloud_cs_edge_kubernetes")
"""Terraform's resource types of clusters."""
_FIELDS: dict[Path, tuple[str, ...]] = {
    ("kubernetesVersion",): ("kubernetes_version", "version"),
    ("ipStack",): ("ip_stack",),
    ("region",): ("region_id",),
    ("vpcId",): ("vpcid", "vpc_id"),
}
_FLANNEL = "flannel"
_NETWORK_ADDONS = ("terway-eniip", "terway-eni", "terway", _FLANNEL, "kube-flannel-ds", "kube-flannel-ds-vxlan")
_FLANNEL_CIDR = ("container_cidr", "pod_cidr")
"""The pod CIDR, which only Flannel has. ACK installs Flannel if a request has one and names no network add-on."""
_FLAGS = {"ENITrunking": "eniTrunking", "NetworkPolicy": "networkPolicy"}
_BOOLEANS = {"true": True, "false": False}
_MADE = say("ACK creates one for the cluster if none is named")


def facts_of(value: Mapping[str, Any], place: Callable[[Path], Origin]) -> Stated:
    """Return the facts of a cluster to create.

    Args:
        value: the request, or the resource's arguments by the request's names; `NotKnown` replaces unknown values.
        place: returns the place of the value at a path.

    """
    said: dict[Path, tuple[Any, Path]] = {}
    for key, names in _FIELDS.items():
        name = next((name for name in names if value.get(name) not in (None, "")), None)
        if name is not None:
            said[key] = value[name], (name,)
    said |= dict(_network(value))
    if value.get("pod_vswitch_ids"):
        said["podDefaults", "vSwitchIds"] = value["pod_vswitch_ids"], ("pod_vswitch_ids",)
        group = value.get("security_group_id")
        groups = group if isinstance(group, NotKnown) else [group] if group else NotKnown(_MADE)
        said["podDefaults", "securityGroupIds"] = groups, ("security_group_id",)
    facts: dict[str, Any] = {}
    unknown: dict[Path, str] = {}
    for key, (found, _) in said.items():
        lost = unknown_in(found)
        if lost is None:
            put(facts, key, found)
        else:
            unknown[key] = str(lost)
    if ("podDefaults", "vSwitchIds") in unknown:
        facts.pop("podDefaults", None)  # without vSwitches it would say that there are none
    return Stated(facts, {(): place(()), **{key: place(path) for key, (_, path) in said.items()}}, unknown)


def is_config(value: Any) -> bool:  # noqa: ANN401 - a value of a document
    """Return whether a document is the ConfigMap with Terway's configuration of a cluster."""
    kind = value.get("kind") if isinstance(value, dict) else None
    return kind == "ConfigMap" and value_at(value, ("metadata", "name")) == CLUSTER_CONFIG


def of_config(document: Document) -> Document:
    """Return the facts of a cluster in Terway's ConfigMap, which all have the place of its name: it may hold a key.

    Raises:
        InputError: Terway could not read it.

    """
    from eniplan.emit.cluster_plan import facts_of_configs  # noqa: PLC0415 - most runs have no ConfigMap
    from eniplan.kube.objects import Collector  # noqa: PLC0415 - likewise

    at: Path = ("metadata", "name")
    value: Any = document.value
    about = {**value["metadata"], "namespace": SYSTEM_NAMESPACE}
    collector = Collector(document.file)
    collector.add({**value, "metadata": about})
    seen = collector.observed()
    if seen.configs[CLUSTER_CONFIG] is None:
        told = say("eni_conf of ConfigMap kube-system/{name} cannot be read", name=CLUSTER_CONFIG)
        raise InputError(Problem(told, document.place(at)))
    found = facts_of_configs(seen)
    keys: list[Path] = [(key,) for key in found]
    return translated(found, {key: Origin(document, at) for key in [(), *keys]})


def _network(value: Mapping[str, Any]) -> Iterator[tuple[Path, tuple[Any, Path]]]:
    """Yield the facts of the network add-on."""
    addons = value.get("addons")
    found = list(_terway(addons))
    yield from found
    names = [addon.get("name") if isinstance(addon, dict) else addon for addon in _listed(addons)]
    lost = unknown_in(names)
    if lost is not None and not found:
        yield ("terway", "addon"), (lost, ("addons",))
        yield ("terway", "version"), (lost, ("addons",))
    open_or_named = found or lost is not None or any(name in _NETWORK_ADDONS for name in names)
    cidr = next((name for name in _FLANNEL_CIDR if is_known_text(value.get(name)) and value[name]), None)
    if cidr is not None and not open_or_named and not value.get("pod_vswitch_ids"):
        yield ("terway", "addon"), (_FLANNEL, (cidr,))


def _listed(addons: Any) -> list[Any]:  # noqa: ANN401 - a value of a request
    """Return the add-ons, which may be a single block."""
    return addons if isinstance(addons, list) else [] if addons is None else [addons]


def _terway(addons: Any) -> Iterator[tuple[Path, tuple[Any, Path]]]:  # noqa: ANN401 - a value of a request
    """Yield Terway's facts in the list of add-ons."""
    for i, addon in enumerate(_listed(addons)):
        name = addon.get("name") if isinstance(addon, dict) else None
        if isinstance(name, NotKnown) or name not in _NETWORK_ADDONS or addon.get("disabled") is True:
            continue
        path: Path = ("addons", i)
        yield ("terway", "addon"), (name, (*path, "name"))
        if name != TERWAY_ADDON:
            continue
        if addon.get("version"):
            yield ("terway", "version"), (addon["version"], (*path, "version"))
        for option, found in _config(addon.get("config")).items():
            flag = _BOOLEANS.get(str(found).lower())
            if option in _FLAGS and flag is not None:
                yield ("terway", _FLAGS[option]), (flag, (*path, "config"))
            elif option == "IPVlan" and flag is False:
                yield ("terway", "virtualType"), ("veth", (*path, "config"))


def _config(text: Any) -> dict[str, Any]:  # noqa: ANN401 - a value of a request
    """Return the options of an add-on from their JSON text."""
    if is_known_text(text):
        try:
            text = parse_json(text)
        except ValueError:
            return {}
    return mapping(text)
