"""The vSwitches and security groups that an input makes, or finds, beside a pool and its cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from eniplan.inputs.places import NotKnown

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping


class Later(NotKnown):
    """What the cloud will say of a resource: not known, but the same wherever it is named."""

    __slots__ = ()

    @property
    def words(self) -> str:
        """What stands for it where it must be told from others."""
        raise NotImplementedError


class Made(Later):
    """An attribute of a resource of the same template."""

    __slots__ = ("attribute", "resource")
    resource: str
    attribute: str

    def __new__(cls, why: str, resource: str, attribute: str) -> Self:
        """Make it of why it is not known, the name of the resource, and the attribute; empty: its id."""
        made = super().__new__(cls, why)
        made.resource = resource
        made.attribute = attribute
        return made

    @property
    def words(self) -> str:
        """See `Later`: people call a resource of a template by its name."""
        return f"{self.resource}.{self.attribute}" if self.attribute else self.resource


def all_made(values: Iterable[Any], is_made: Callable[[Any], bool]) -> dict[str, Any]:
    """Return what is made here by its words, or nothing: a plan that lists some vSwitches must list all of them.

    Args:
        values: ids and lists of ids, of everything that names some.
        is_made: whether an id is that of something that is made here.

    """
    ids = [item for value in values for item in (value if isinstance(value, list) else [value]) if item]
    return {item.words: item for item in ids} if all(map(is_made, ids)) else {}


def named(value: Any, known: Container[str]) -> Any:  # noqa: ANN401 - a value of an input
    """Put the words that stand for an id where the resource is known; the rest of what comes later is not known."""
    if isinstance(value, dict):
        return {key: named(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [named(item, known) for item in value]
    if isinstance(value, Later):
        return value.words if value.words in known else NotKnown(str(value))
    return value


V_SWITCH = ("zone_id", "availability_zone", "vpc_id", "ipv6_cidr_block", "ipv6_cidr_block_mask", "enable_ipv6")
"""The arguments of a vSwitch that tell what a plan says of one. ROS numbers its IPv6 block, Terraform its mask."""
SECURITY_GROUP = ("security_group_type", "vpc_id")


def v_switch(name: str, said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a vSwitch as a plan lists it; None: too little is known of it.

    Args:
        name: its id, or what stands for it.
        said: what its arguments say, by the names of `V_SWITCH`.

    """
    zone = said.get("zone_id") or said.get("availability_zone")
    block, mask, enabled = (said.get(key) for key in V_SWITCH[3:])
    if not isinstance(zone, str) or any(isinstance(item, NotKnown) for item in (zone, block, mask, enabled)):
        return None
    is_dual = block not in (None, "") or mask is not None or enabled in (True, "true")
    ipv6 = block if isinstance(block, str) else f"{name} ipv6_cidr_block"
    return {"id": name, "zone": zone, **_vpc(said), **({"ipv6Cidr": ipv6} if is_dual else {})}


def security_group(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a security group as a plan lists it, by the names of `SECURITY_GROUP`."""
    kind = said.get("security_group_type")
    is_known = isinstance(kind, str) and kind and not isinstance(kind, NotKnown)
    return {"id": name, **({"type": kind} if is_known else {}), **_vpc(said)}


def _vpc(said: Mapping[str, Any]) -> dict[str, Any]:
    vpc = said.get("vpc_id")
    vpc = vpc.words if isinstance(vpc, Later) else vpc
    return {"vpcId": vpc} if isinstance(vpc, str) and vpc and not isinstance(vpc, NotKnown) else {}
