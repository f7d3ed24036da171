"""What a request or a resource that makes a cluster says of it, in the words of a plan.

The fields are those of CreateCluster, which Terraform, Pulumi and ROS use as well but for their case: `version`,
`pod_vswitch_ids`, `addons`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.bounds import parse_json
from eniplan.inputs.places import NotKnown
from eniplan.inputs.units import Stated
from eniplan.messages import say
from eniplan.plan.model import TERWAY_ADDON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from eniplan.inputs.places import Origin
    from eniplan.plan.document import Path

CLUSTERS = ("alicloud_cs_managed_kubernetes", "alicloud_cs_kubernetes", "alicloud_cs_edge_kubernetes")
"""What Terraform calls clusters."""
_FIELDS: dict[Path, tuple[str, ...]] = {
    ("kubernetesVersion",): ("kubernetes_version", "version"),
    ("ipStack",): ("ip_stack",),
    ("region",): ("region_id",),
    ("vpcId",): ("vpcid", "vpc_id"),
}
_NETWORK_ADDONS = ("terway-eniip", "terway-eni", "terway", "flannel")
_FLAGS = {"ENITrunking": "eniTrunking", "NetworkPolicy": "networkPolicy"}
_BOOLEANS = {"true": True, "false": False}
_MADE = say("ACK makes one for the cluster when none is named")


def facts_of(value: Mapping[str, Any], place: Callable[[Path], Origin]) -> Stated:
    """Return the facts of a cluster that is to be made.

    Args:
        value: the request, or the arguments of the resource in its words; `NotKnown` stands for what has no value yet.
        place: where it says what stands at a path of the value.

    """
    said: dict[Path, tuple[Any, Path]] = {}
    for key, names in _FIELDS.items():
        name = next((name for name in names if value.get(name) not in (None, "")), None)
        if name is not None:
            said[key] = value[name], (name,)
    said |= dict(_terway(value.get("addons")))
    if value.get("pod_vswitch_ids"):
        said["podDefaults", "vSwitchIds"] = value["pod_vswitch_ids"], ("pod_vswitch_ids",)
        group = value.get("security_group_id")
        groups = group if isinstance(group, NotKnown) else [group] if group else NotKnown(_MADE)
        said["podDefaults", "securityGroupIds"] = groups, ("security_group_id",)
    facts: dict[str, Any] = {}
    unknown: dict[Path, str] = {}
    for key, (found, _) in said.items():
        lost = next((i for i in (found if isinstance(found, list) else [found]) if isinstance(i, NotKnown)), None)
        if lost is None:
            _put(facts, key, found)
        else:
            unknown[key] = str(lost)
    return Stated(facts, {(): place(()), **{key: place(path) for key, (_, path) in said.items()}}, unknown)


def _put(facts: dict[str, Any], key: Path, found: object) -> None:
    *parents, last = map(str, key)
    for parent in parents:
        facts = facts.setdefault(parent, {})
    facts[last] = found


def _terway(addons: Any) -> Iterator[tuple[Path, tuple[Any, Path]]]:  # noqa: ANN401 - a value of a request
    """Yield what the list of add-ons says of the network. It may come as one block."""
    items = addons if isinstance(addons, list) else [addons]
    for i, addon in enumerate(items):
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
    """Return the options of an add-on, which come as JSON in a text."""
    if isinstance(text, str) and not isinstance(text, NotKnown):
        try:
            text = parse_json(text)
        except ValueError:
            return {}
    return text if isinstance(text, dict) else {}
