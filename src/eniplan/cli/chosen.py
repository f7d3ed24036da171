"""The pools of a plan that a command writes or creates, and their request bodies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eniplan.cli.passed import placed
from eniplan.emit.body import pool_body
from eniplan.emit.refusal import RefusalError
from eniplan.errors import Place, Problem, UsageError, usage
from eniplan.messages import named as named_few
from eniplan.messages import say
from eniplan.rules.view import PlanView
from eniplan.suggest import which_one
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eniplan.cli.passed import Passed
    from eniplan.emit.body import Body
    from eniplan.plan.model import NodePool
    from eniplan.rules.view import PoolView


class Chosen(NamedTuple):
    """One chosen pool, and its request body."""

    source: Passed
    pool: NodePool
    body: Body


def chosen_pools(plans: Sequence[Passed], name: str | None) -> list[Chosen]:
    """Return the pool of that name, or all pools, with their request bodies.

    A body depends on the plan only, not on facts of the account: `create-pool` prints what `--apply` sends.

    Args:
        plans: the judged plans.
        name: the pool; None: all pools.

    Raises:
        UsageError: no plan has the pool.
        InputError: an override is invalid, or the account has other types in a family.

    """
    found = []
    for source in plans:
        view = source.view
        written = view if view.live is None else PlanView(view.stated, view.stated_catalog, view.settings)
        for pool, judged in zip(written.pools, view.pools, strict=True):
            if name in {None, pool.pool.name}:
                with placed(source.document):
                    _refuse_unjudged(pool, judged)
                    body = pool_body(pool.pool, [use.name for use in pool.types])
                found.append(Chosen(source, pool.pool, body))
    if not found:
        names = [pool.name for source in plans for pool in source.view.plan.node_pools]
        raise usage(say("the plan has no node pool {name!r}", name=name), which_one(name or "", names))
    return found


def _refuse_unjudged(written: PoolView, judged: PoolView) -> None:
    """Refuse types that the instance data lists in a family, but the account does not.

    Raises:
        RefusalError: there are such types: the request would contain them unjudged.

    """
    passed = {use.name for use in judged.types}
    others = [use.name for use in written.types if use.name not in passed]
    if others:
        message = say("of the types that pass, the account does not have {types}", types=named_few(others))
        hint = say("list the types in instanceTypes, or update the instance data: eniplan specs update")
        raise RefusalError((*written.path, "instanceFamilies"), message, hint)


def refuse_several(chosen: Sequence[Chosen], plan: str) -> None:
    """Allow only one pool.

    Raises:
        UsageError: there are several.

    """
    if len(chosen) > 1:
        names = tuple(c.pool.name for c in chosen)
        message = say("one request creates one pool, but the plan has {n}: {names}", n=len(chosen), names=names)
        raise UsageError(Problem(message, Place(plan), say("choose one with --pool")))


def named(source: Passed, key: str) -> str:
    """Return `cluster.id` or `cluster.region`, which a check does not need.

    Raises:
        InputError: the plan lacks it, or its characters do not fit into a command or a URL.

    """
    value = source.view.cluster.id if key == "id" else source.view.cluster.region
    with placed(source.document):
        if value is None:
            message = say("the plan has no cluster.{key}, which the document that creates the pool needs", key=key)
            raise RefusalError(("cluster",), message, say("add {key} to cluster", key=key))
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value):
            # After --region or --ClusterId, a value with a leading dash would read as an option.
            message = say("cluster.{key} {value!r} is not a valid id", key=key, value=value)
            raise RefusalError(("cluster", key), message, say("use letters, digits and dashes"))
    return value
