"""The plan that the options of `eniplan check --type …` describe. The same rules judge it as any other plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan import facts
from eniplan.errors import COMMAND_LINE, usage
from eniplan.messages import say
from eniplan.plan.document import Document, NoPlaces
from eniplan.plan.load import Gap, LoadedPlan
from eniplan.plan.model import plan_from
from eniplan.plan.schema import API_VERSION
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.catalog.store import Catalog


class ClusterOptions(NamedTuple):
    """Facts of the cluster from the command line, for a check without a plan file. None: not stated."""

    kind: str | None
    terway: str | None
    ip_stack: str | None
    erdma: bool | None

    def refuse(self) -> None:
        """Refuse all of these options, because a plan file states the facts itself.

        Raises:
            UsageError: an option is given.

        """
        for option, value in zip(("--kind", "--terway", "--ip-stack", "--erdma"), self, strict=True):
            if value is not None:
                message = say("{option} requires --type or --family; a plan states it itself", option=option)
                raise usage(message)

    def cluster(self) -> dict[str, Any]:
        """Return the `cluster` part of a plan."""
        terway = {"version": self.terway, "erdma": self.erdma}
        cluster: dict[str, Any] = {"terway": {key: value for key, value in terway.items() if value is not None}}
        if self.ip_stack is not None:
            cluster["ipStack"] = self.ip_stack
        return cluster


def plan_of_types(types: list[str], families: list[str], stated: ClusterOptions, catalog: Catalog) -> LoadedPlan:
    """Return the plan that the options describe. The name of a type tells whether it is a Lingjun node type.

    Raises:
        UsageError: an option has an invalid value.

    """
    allowed = (("--kind", stated.kind, ("ecs", "lingjun")), ("--ip-stack", stated.ip_stack, ("ipv4", "dual")))
    for option, value, words in allowed:
        if value is not None and value not in words:
            message = say(
                "{option} is {value!r}; it must be one of {words}", option=option, value=value, words=tuple(words)
            )
            raise usage(message)
    lingjun = types if stated.kind == "lingjun" else []
    if stated.kind is None:
        lingjun = [name for name in types if not name.startswith("ecs.") and catalog.lingjun(name) is not None]
    elif stated.kind == "lingjun" and families:
        raise usage(say("--family is for ECS; pass Lingjun node types with --type"))
    pools: list[dict[str, Any]] = [
        {"name": node_type, "kind": "lingjun", "lingjun": {"nodeType": node_type}} for node_type in lingjun
    ]
    ecs = [name for name in types if name not in lingjun]
    if ecs or families:
        pools.append({"name": "(types)", "instanceTypes": ecs, "instanceFamilies": families})
    plan: dict[str, Any] = {"apiVersion": API_VERSION, "cluster": stated.cluster(), "nodePools": pools}
    gaps = () if stated.terway is not None else (Gap(facts.TERWAY_VERSION.path, say("set it with --terway")),)
    return LoadedPlan(Document(COMMAND_LINE, plan, NoPlaces()), plan_from(plan), gaps=gaps)
