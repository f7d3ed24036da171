"""Which pools of a plan are asked for, and their request bodies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from eniplan.cli.passed import placed
from eniplan.emit.body import pool_body
from eniplan.emit.refusal import RefusalError
from eniplan.errors import Place, Problem, UsageError
from eniplan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eniplan.cli.passed import Passed
    from eniplan.emit.body import Body
    from eniplan.plan.model import NodePool


class Chosen(NamedTuple):
    """One pool that is asked for, and its request body."""

    source: Passed
    pool: NodePool
    body: Body


def chosen_pools(plans: Sequence[Passed], name: str | None) -> list[Chosen]:
    """Return the pool of that name, or all, with their request bodies.

    Raises:
        UsageError: there is no such pool.
        InputError: its overrides cannot be.

    """
    found = []
    for source in plans:
        for view in source.view.pools:
            if name in {None, view.pool.name}:
                with placed(source.document):
                    body = pool_body(view.pool, [use.name for use in view.types])
                found.append(Chosen(source, view.pool, body))
    if not found:
        names = [pool.name for source in plans for pool in source.view.plan.node_pools]
        hint = did_you_mean(name or "", names) or f"it has {', '.join(names)}"
        raise UsageError(Problem(f"the plan has no node pool {name!r}", Place("command line"), hint))
    return found


def refuse_several(chosen: Sequence[Chosen], plan: str) -> None:
    """Let only one pool pass.

    Raises:
        UsageError: there are more.

    """
    if len(chosen) > 1:
        names = ", ".join(c.pool.name for c in chosen)
        message = f"one request creates one pool, and the plan has {len(chosen)}: {names}"
        raise UsageError(Problem(message, Place(plan), "name one with --pool"))


def named(source: Passed, key: str) -> str:
    """Return `cluster.id` or `cluster.region`, which a check can do without.

    Raises:
        InputError: the plan does not say, or not in a way that fits into a command or an address.

    """
    value = source.view.cluster.id if key == "id" else source.view.cluster.region
    with placed(source.document):
        if value is None:
            message = f"the plan does not say cluster.{key}, and the document that creates the pool needs it"
            raise RefusalError(("cluster",), message, f"add {key} to cluster")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value):
            # Behind --region or --ClusterId, a leading dash would be an option of its own.
            raise RefusalError(("cluster", key), f"cluster.{key} {value!r} is no id", "use letters, digits and dashes")
    return value
