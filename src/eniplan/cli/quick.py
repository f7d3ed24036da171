"""The plan that the options of `eniplan check --type ...` describe: judged with the same rules as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.errors import Place, Problem, UsageError
from eniplan.plan.document import Document
from eniplan.plan.load import LoadedPlan
from eniplan.plan.model import plan_from
from eniplan.plan.schema import API_VERSION

if TYPE_CHECKING:
    from eniplan.plan.document import Path

COMMAND_LINE = "command line"


class _CommandLine:
    """The tree of a plan that was never a file: its values have no line."""

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `Tree.find`."""
        del path, key
        return 0, 0

    def text(self, path: Path) -> str | None:
        """See `Tree.text`."""
        del path
        return None


def plan_of_types(
    types: list[str], families: list[str], kind: str | None, terway: str | None, ip_stack: str | None
) -> LoadedPlan:
    """Make the plan that the options of a check without a file describe."""
    for option, value, allowed in (("--kind", kind, ("ecs", "lingjun")), ("--ip-stack", ip_stack, ("ipv4", "dual"))):
        if value is not None and value not in allowed:
            message = f"{option} is {value!r}; it must be one of {', '.join(allowed)}"
            raise UsageError(Problem(message, Place(COMMAND_LINE)))
    cluster: dict[str, Any] = {"terway": {} if terway is None else {"version": terway}}
    if ip_stack is not None:
        cluster["ipStack"] = ip_stack
    pools: list[dict[str, Any]] = [{"name": COMMAND_LINE, "instanceTypes": types, "instanceFamilies": families}]
    if kind == "lingjun":
        if families:
            raise UsageError(Problem("--family is for ECS; name Lingjun node types with --type", Place(COMMAND_LINE)))
        pools = [{"name": node_type, "kind": "lingjun", "lingjun": {"nodeType": node_type}} for node_type in types]
    plan: dict[str, Any] = {"apiVersion": API_VERSION, "cluster": cluster, "nodePools": pools}
    return LoadedPlan(Document(COMMAND_LINE, plan, _CommandLine()), plan_from(plan))
