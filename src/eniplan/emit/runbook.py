"""A migration as a folder: a runbook for people, a shell script that stops at the first gate, and what both apply."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from eniplan._version import __version__
from eniplan.emit.body import json_text
from eniplan.emit.manifests import text as manifest_text
from eniplan.emit.yaml_text import dump
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from eniplan.emit.manifests import Rendered
    from eniplan.emit.migration import Move, Object

POOL_LABEL = "alibabacloud.com/nodepool-id"
"""ACK puts the id of its node pool on each node."""
SCRIPT, RUNBOOK, PLAN = "migrate.sh", "RUNBOOK.md", "plan.yaml"


class Migration(NamedTuple):
    """All that a folder is made from."""

    old: str
    """The id of the node pool that is left."""
    plan: Object
    """The plan, as its document has it."""
    moves: tuple[Move, ...]
    networking: tuple[Rendered, ...]
    """PodNetworkings and node-level configs."""
    spellings: Mapping[str, str]
    """The new pools in every spelling of create-pool, by file name."""
    manifests: Mapping[str, str]
    """The user's own manifests with what they lacked, by file name."""

    @property
    def pools(self) -> tuple[str, ...]:
        """The names of the new pools."""
        return tuple(pool["name"] for pool in self.plan["nodePools"])

    @property
    def scripted(self) -> tuple[Move, ...]:
        """What the script moves."""
        return tuple(move for move in self.moves if move.by_hand is None)


_SPELLINGS = (
    "pool/ holds the same pools as request bodies, aliyun commands, Terraform and ROS: a pool that is there already is "
    "not created again."
)


class Step(NamedTuple):
    """One step: what it does, and the gate after it. Both are shell commands, and do nothing the second time."""

    title: str
    does: tuple[str, ...]
    gates: tuple[str, ...]
    back: tuple[str, ...]
    notes: tuple[str, ...] = ()
    consent: str = ""
    """The workload that falls below its PodDisruptionBudget here; empty: none does."""


def files(migration: Migration) -> dict[str, str]:
    """Return the files of the folder by name."""
    out = {RUNBOOK: runbook(migration), SCRIPT: script(migration), PLAN: dump(migration.plan)}
    out["plans/1-pool.yaml"] = dump(_part(migration.plan, networking=False, moved=()))
    out["plans/2-networking.yaml"] = dump(_part(migration.plan, networking=True, moved=()))
    out["networking.yaml"] = "---\n".join(map(manifest_text, migration.networking))
    done: list[Move] = []
    for number, move in _numbered(migration):
        done.append(move)
        out[f"plans/{number}.yaml"] = dump(_part(migration.plan, networking=True, moved=done))
        for name, patch in (("forth", move.forth), ("back", move.back), ("settle", move.settle)):
            if patch is not None:
                out[f"patches/{number}-{name}.json"] = json_text(patch) + "\n"
    out |= {f"pool/{name}": text for name, text in migration.spellings.items()}
    return out | {f"manifests/{name}": text for name, text in migration.manifests.items()}


def _numbered(migration: Migration) -> Iterator[tuple[int, Move]]:
    return enumerate(migration.scripted, 3)


def _part(plan: Object, *, networking: bool, moved: Sequence[Move]) -> Object:
    """Return the plan as far as it holds at a step."""
    identities = {(move.kind, move.namespace, move.name) for move in moved if move.is_rolled}
    workloads = [
        item
        for item in plan.get("workloads", ())
        if (item.get("kind"), item.get("namespace", "default"), item["name"]) in identities
    ]
    kept = {"workloads": workloads, "waivers": plan.get("waivers", [])}
    if not networking:
        kept["podNetworkings"] = []
    return {**plan, **{key: value for key, value in kept.items() if key in plan}}


def _kubectl(move: Move, *words: str) -> str:
    return shlex.join(["kubectl", "-n", move.namespace, *words])


def _patch(move: Move, number: int, which: str) -> str:
    file = f"patches/{number}-{which}.json"
    return _kubectl(move, "patch", move.resource, "--type", "strategic", "--patch-file", file)


def _verify(plan: str) -> str:
    return f'eniplan verify {plan} --wait "$WAIT"'


def steps(migration: Migration) -> Iterator[Step]:
    """Yield the steps in their order."""
    create = [
        shlex.join(["eniplan", "create-pool", PLAN, "--pool", name, "--apply", "--yes"]) for name in migration.pools
    ]
    yield Step(
        "Create the exclusive node pools",
        tuple(create),
        (_verify("plans/1-pool.yaml"),),
        ("Nothing runs there yet: delete the new node pools where they were created, or in the console.",),
        (_SPELLINGS,),
    )  # fmt: skip
    names = [item.identity[2] for item in migration.networking if item.identity[0] == "PodNetworking"]
    ready = tuple(
        shlex.join(["kubectl", "wait", "--for=jsonpath={.status.status}=Ready", f"podnetworking/{name}"])
        + ' --timeout="$WAIT"'
        for name in names
    )
    if migration.networking:
        yield Step(
            "Apply PodNetworkings and node-level configs",
            ("kubectl apply -f networking.yaml",),
            (*ready, _verify("plans/2-networking.yaml")),
            ("kubectl delete -f networking.yaml",),
            ("Pods that are created from now on and that a PodNetworking selects get exclusive ENIs.",),
        )
    for number, move in _numbered(migration):
        yield _of(move, number, has_settled=move.settle is not None)


def _of(move: Move, number: int, *, has_settled: bool) -> Step:
    status = _kubectl(move, "rollout", "status", move.resource) + ' --timeout="$WAIT"'
    settle = (_patch(move, number, "settle"),) if has_settled else ()
    notes = [*map(str, move.notes)]
    if move.kind == "Deployment" and move.lowest:
        notes.append(f"At most {move.surge} new pods start at once, and {move.lowest} run at any time.")
    if move.floor:
        notes.append(f"PodDisruptionBudgets ask for {move.floor} pods.")
    return Step(
        f"Move {move.title} to {move.pool}",
        (_patch(move, number, "forth"),),
        (*((status,) if move.is_rolled else ()), *settle, _verify(f"plans/{number}.yaml")),
        (_patch(move, number, "back"), *((status,) if move.is_rolled else ()), *settle),
        tuple(notes),
        move.title if move.dips else "",
    )


# --- for people ----------------------------------------------------------------------------------------------------


def runbook(migration: Migration) -> str:
    """Return the runbook as Markdown."""
    pools = ", ".join(migration.pools)
    lines = [_INTRODUCTION.format(old=migration.old, pools=pools, version=__version__, script=SCRIPT)]
    for number, step in enumerate(steps(migration), 1):
        lines += [f"## {number}. {step.title}", "", *(f"{note}\n" for note in step.notes)]
        if step.consent:
            lines.append(_CONSENT.format(title=step.consent, script=SCRIPT))
        lines += ["```sh", *step.does, "```", "", "Gate:", "", "```sh", *step.gates, "```", "", "To go back:", ""]
        lines += ["```sh", *step.back, "```", ""] if step.back[0].startswith("kubectl") else [*step.back, ""]
    manual = [f"* {move.title}: {move.by_hand}" for move in migration.moves if move.by_hand is not None]
    lines += ["## By hand", "", *manual, ""] if manual else []
    commands = "\n".join(_retire(migration))
    lines.append(_END.format(old=migration.old, plan=PLAN, script=SCRIPT, commands=commands, label=POOL_LABEL))
    return "\n".join(lines)


_INTRODUCTION = """\
# Move from node pool {old} to {pools}

Written by eniplan {version}. `sh {script}` does the steps below, and stops at the first gate that does not hold; run it
again at any time. `WAIT` says how long a gate waits; it is `15m` when nothing else is said.

The mode of a node pool cannot be switched: the new pool is made beside the old one, the pods move, and the old pool is
deleted at the end. Until then each step can be undone.
"""
_CONSENT = """\
**{title} falls below its PodDisruptionBudget here.** The script stops before this step, unless `ACCEPT` names it:
`ACCEPT='{title}' sh {script}`.
"""
_END = """\
## Leave the old pool

When all of the above holds (`eniplan verify {plan}`), `sh {script} retire` cordons and drains the old nodes. Draining
respects PodDisruptionBudgets; pods that are not in the plan move to other nodes.

```sh
{commands}
```

Then delete node pool {old} where it was created, or in the console: eniplan never deletes one. To go back before that:
`kubectl uncordon -l {label}={old}`.
"""


def _retire(migration: Migration) -> tuple[str, ...]:
    nodes = shlex.quote(f"{POOL_LABEL}={migration.old}")
    return (
        f"kubectl cordon -l {nodes}",
        f'kubectl drain -l {nodes} --ignore-daemonsets --delete-emptydir-data --timeout="$WAIT"',
        f'eniplan verify {PLAN} --wait "$WAIT"',
    )


# --- for a shell ---------------------------------------------------------------------------------------------------

_HEAD = """\
#!/bin/sh
# Written by eniplan {version}: moves workloads from node pool {old} to {pools}. {runbook} explains each step.
#   sh {script}          all steps, each with its gate; run it again at any time
#   sh {script} undo     takes the workloads back, the last one first
#   sh {script} retire   cordons and drains the old nodes, when everything has moved
set -eu
cd "$(dirname "$0")"
WAIT=${{WAIT:-15m}}
ACCEPT=${{ACCEPT:-}}
step=0

begin() {{
    step=$((step + 1))
    printf '== %s. %s\\n' "$step" "$1" >&2
}}

stop() {{
    printf 'stopped in step %s: %s\\n' "$step" "$1" >&2
    printf 'nothing after it was done: see {runbook}, mend it, and run this again\\n' >&2
    exit 1
}}

run() {{
    printf '   %s\\n' "$*" >&2
    "$@" || stop "$*"
}}

accepted() {{
    case ",$ACCEPT," in
    *",$1,"*) ;;
    *) stop "$1 falls below its PodDisruptionBudget; to go on all the same: ACCEPT='$1'" ;;
    esac
}}
"""


def script(migration: Migration) -> str:
    """Return the shell script."""
    lines = [
        _HEAD.format(
            version=__version__, old=migration.old, pools=", ".join(migration.pools), runbook=RUNBOOK, script=SCRIPT
        ),
        "forth() {",
    ]
    for number, step in enumerate(steps(migration), 1):
        lines.append(f"    begin {shlex.quote(step.title)}")
        lines += [f"    accepted {shlex.quote(step.consent)}"] if step.consent else []
        does = [f"run {command}" for command in step.does]
        if number == 1:  # pools that are there already are not created again, by whom ever they were made
            quick = _verify("plans/1-pool.yaml").partition(" --wait")[0]
            lines += [f"    if ! {quick} >/dev/null 2>&1; then", *(f"        {line}" for line in does), "    fi"]
        else:
            lines += [f"    {line}" for line in does]
        lines += [f"    run {command}" for command in step.gates]
    lines += ["}", "", "undo() {"]
    moved = [step for step in steps(migration) if step.title.startswith("Move ")]
    for step in reversed(moved):
        lines.append(f"    begin {shlex.quote('Take back: ' + step.title)}")
        lines += [f"    run {command}" for command in step.back]
    lines += [] if moved else ["    :"]
    lines += ["}", "", "retire() {", "    begin 'Leave the old pool'"]
    lines.append(f"    run {_verify(PLAN)}")
    lines += [f"    run {command}" for command in _retire(migration)]
    lines += [
        f"    printf 'now delete node pool %s, where it was created\\n' {shlex.quote(migration.old)} >&2",
        "}",
        "",
        'case "${1:-forth}" in',
        'forth | undo | retire) "${1:-forth}" ;;',
        "*) printf 'usage: %s [undo | retire]\\n' \"$0\" >&2; exit 2 ;;",
        "esac",
        "",
    ]
    return "\n".join(lines)
