"""The vSwitches and security groups that an input creates or looks up for a pool and its cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from eniplan.inputs.places import NotKnown, is_known_text
from eniplan.k8s.values import rewritten
from eniplan.plan.document import value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from eniplan.inputs.places import Origin
    from eniplan.inputs.units import Stated


class Later(NotKnown):
    """An attribute of a resource that is unknown until it exists, but equal wherever it is referenced."""

    __slots__ = ("instance", "name")
    instance: Any
    """The resource; `str` returns its name."""
    name: str
    """The name of the attribute; empty for the id."""

    is_made: ClassVar[bool] = True
    """Whether the input creates the resource; else it looks it up, perhaps the same as another one."""

    @property
    def words(self) -> str:
        """The text that identifies the value."""
        return f"{self.instance}.{self.name}" if self.name else str(self.instance)


class Made(Later):
    """An attribute of a resource of the same template."""

    __slots__ = ()
    instance: str

    def __new__(cls, why: str, resource: str, attribute: str) -> Self:
        """Create it from the reason, the name of the resource, and the attribute (empty for the id)."""
        made = super().__new__(cls, why)
        made.instance = resource
        made.name = attribute
        return made


def ids_of(values: Iterable[Any]) -> list[Any]:
    """Return the ids in arguments that each hold an id or a list of ids."""
    return [item for value in values for item in (value if isinstance(value, list) else [value]) if item]


def all_made(values: Iterable[Any], is_made: Callable[[Any], bool]) -> dict[str, Any]:
    """Return ids by their `words`, or nothing if not all are created here: a plan must list all vSwitches or none.

    Args:
        values: all arguments with ids or lists of ids.
        is_made: whether this input creates the resource with an id.

    """
    ids = ids_of(values)
    return {item.words: item for item in ids} if all(map(is_made, ids)) else {}


def replaced(value: Any, replace: Callable[[NotKnown], Any]) -> Any:  # noqa: ANN401 - a value of an input
    """Return a value with each unknown part replaced."""
    return rewritten(value, lambda part: replace(part) if isinstance(part, NotKnown) else part)


def named(value: Any, known: Container[str]) -> Any:  # noqa: ANN401 - a value of an input
    """Replace each later value by its `words` if `known` has them; others stay unknown."""

    def put(part: NotKnown) -> str:
        if isinstance(part, Later):
            return part.words if part.words in known else NotKnown(str(part))
        return part

    return replaced(value, put)


def state(stated: Stated, section: str, found: Iterable[tuple[dict[str, Any] | None, Origin]]) -> None:
    """Add the items of a section to the facts, with their places; nothing if an item is None."""
    listed = list(found)
    if listed and all(item is not None for item, _ in listed):
        stated.value[section] = [item for item, _ in listed]
        for i, (_, origin) in enumerate(listed):
            stated.origins[section, i] = origin
    if section == "vSwitches":
        _state_vpc(stated)
    for item in stated.value.get(section, ()) if "vpcId" in stated.value else ():
        if _is_id(item.get("vpcId")) != _is_id(stated.value["vpcId"]):
            item.pop("vpcId", None)  # an id may be that of the resource, so they are not known to differ


def _is_id(vpc: object) -> bool:
    return isinstance(vpc, str) and vpc.startswith("vpc-")


def _state_vpc(stated: Stated) -> None:
    """State the VPC of the cluster if only its pods' vSwitches show it: they are all in it."""
    path = ("podDefaults", "vSwitchIds")
    own = frozenset(map(str, value_at(stated.value, path) or ()))
    said = [item.get("vpcId") for item in stated.value.get("vSwitches", ()) if str(item["id"]) in own]
    vpcs = {vpc if isinstance(vpc, str) else None for vpc in said}
    if "vpcId" not in stated.value and len(vpcs) == 1 and None not in vpcs:
        (stated.value["vpcId"],) = vpcs
        stated.origins["vpcId",] = stated.origins[path]
        stated.unknown.pop(("vpcId",), None)


V_SWITCH = ("zone_id", "availability_zone", "vpc_id", "ipv6_cidr_block", "ipv6_cidr_block_mask", "enable_ipv6")
"""The arguments of a vSwitch that a plan needs. `ipv6_cidr_block` is a number in ROS, the mask in Terraform."""
SECURITY_GROUP = ("security_group_type", "vpc_id")


def v_switch(name: str, said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a vSwitch as in a plan; None if a value that the plan needs is unknown.

    Args:
        name: its id, or the text that identifies it.
        said: its arguments, by the names in `V_SWITCH`.

    """
    zone = said.get("zone_id") or said.get("availability_zone")
    block, mask, enabled = (said.get(key) for key in V_SWITCH[3:])
    if not is_known_text(zone) or any(isinstance(item, NotKnown) for item in (block, mask, enabled)):
        return None
    is_dual = block not in (None, "") or mask is not None or enabled in (True, "true")
    ipv6 = block if isinstance(block, str) else f"{name} ipv6_cidr_block"
    return {"id": name, "zone": zone, **_vpc(said), **({"ipv6Cidr": ipv6} if is_dual else {})}


def security_group(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a security group as in a plan, from arguments by the names in `SECURITY_GROUP`."""
    kind = said.get("security_group_type")
    return {"id": name, **({"type": kind} if kind and is_known_text(kind) else {}), **_vpc(said)}


def _vpc(said: Mapping[str, Any]) -> dict[str, Any]:
    vpc = said.get("vpc_id")
    if isinstance(vpc, Later):  # any of its attributes that is an id of a VPC is its own
        return {"vpcId": str(vpc.instance)} if vpc.is_made else {}
    return {"vpcId": vpc} if vpc and is_known_text(vpc) else {}
