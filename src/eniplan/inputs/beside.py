"""The vSwitches and security groups that an input makes, or finds, beside a pool and its cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from eniplan.inputs.places import NotKnown, is_known_text

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from eniplan.inputs.places import Origin
    from eniplan.inputs.units import Stated


class Later(NotKnown):
    """What the cloud will say of a resource: not known, but the same wherever it is named."""

    __slots__ = ("instance", "name")
    instance: Any
    """The resource, of which the text is what people call it."""
    name: str
    """Of what it will say; empty: its id, where people call that as the resource."""

    @property
    def words(self) -> str:
        """What stands for it where it must be told from others."""
        return f"{self.instance}.{self.name}" if self.name else str(self.instance)


class Made(Later):
    """An attribute of a resource of the same template."""

    __slots__ = ()
    instance: str

    def __new__(cls, why: str, resource: str, attribute: str) -> Self:
        """Make it of why it is not known, the name of the resource, and the attribute; empty: its id."""
        made = super().__new__(cls, why)
        made.instance = resource
        made.name = attribute
        return made


def ids_of(values: Iterable[Any]) -> list[Any]:
    """Return the ids of arguments that name one, or a list of them."""
    return [item for value in values for item in (value if isinstance(value, list) else [value]) if item]


def all_made(values: Iterable[Any], is_made: Callable[[Any], bool]) -> dict[str, Any]:
    """Return what is made here by its words, or nothing: a plan that lists some vSwitches must list all of them.

    Args:
        values: ids and lists of ids, of everything that names some.
        is_made: whether an id is that of something that is made here.

    """
    ids = ids_of(values)
    return {item.words: item for item in ids} if all(map(is_made, ids)) else {}


def replaced(value: Any, replace: Callable[[NotKnown], Any]) -> Any:  # noqa: ANN401 - a value of an input
    """Return a value with something else for each part that is not known."""
    if isinstance(value, dict):
        return {key: replaced(item, replace) for key, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, replace) for item in value]
    return replace(value) if isinstance(value, NotKnown) else value


def named(value: Any, known: Container[str]) -> Any:  # noqa: ANN401 - a value of an input
    """Put the words that stand for an id where the resource is known; the rest of what comes later is not known."""

    def put(part: NotKnown) -> str:
        if isinstance(part, Later):
            return part.words if part.words in known else NotKnown(str(part))
        return part

    return replaced(value, put)


def state(stated: Stated, section: str, found: Iterable[tuple[dict[str, Any] | None, Origin]]) -> None:
    """State what is listed of a section, with its places; nothing when too little is known of some of it."""
    listed = list(found)
    if listed and all(item is not None for item, _ in listed):
        stated.value[section] = [item for item, _ in listed]
        for i, (_, origin) in enumerate(listed):
            stated.origins[section, i] = origin


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
    if not is_known_text(zone) or any(isinstance(item, NotKnown) for item in (block, mask, enabled)):
        return None
    is_dual = block not in (None, "") or mask is not None or enabled in (True, "true")
    ipv6 = block if isinstance(block, str) else f"{name} ipv6_cidr_block"
    return {"id": name, "zone": zone, **_vpc(said), **({"ipv6Cidr": ipv6} if is_dual else {})}


def security_group(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a security group as a plan lists it, by the names of `SECURITY_GROUP`."""
    kind = said.get("security_group_type")
    return {"id": name, **({"type": kind} if kind and is_known_text(kind) else {}), **_vpc(said)}


def _vpc(said: Mapping[str, Any]) -> dict[str, Any]:
    vpc = said.get("vpc_id")
    vpc = vpc.words if isinstance(vpc, Later) else vpc
    return {"vpcId": vpc} if vpc and is_known_text(vpc) else {}
