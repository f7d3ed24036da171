"""A migration as a folder: a runbook for people, a shell script that stops at the first gate, and what both apply."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from eniplan._version import __version__
from eniplan.emit.body import json_text
from eniplan.emit.manifests import TERWAY_NAMESPACE
from eniplan.emit.manifests import text as manifest_text
from eniplan.emit.yaml_text import dump
from eniplan.observed import NODE_POOL_LABEL
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from eniplan.emit.manifests import Rendered
    from eniplan.emit.migration import Move, Object

SCRIPT, RUNBOOK, PLAN = "migrate.sh", "RUNBOOK.md", "plan.yaml"
Words = tuple[str, ...]
_WAIT = '"${WAIT:-15m}"'
"""How long gates wait: the runbook's commands are good by themselves."""


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
    namespaces: Mapping[str, Mapping[str, str]]
    """The labels that namespaces lack to be selected."""
    access: Words
    """kubectl's options that name the cluster which was read; none: whatever is current."""
    gate: Words
    """The options by which create-pool and verify judge as this run did."""
    copies: Mapping[str, str]
    """The files that these name."""

    @property
    def pools(self) -> tuple[str, ...]:
        """The names of the new pools."""
        return tuple(pool["name"] for pool in self.plan["nodePools"])

    @property
    def configs(self) -> tuple[Rendered, ...]:
        """The node-level configs."""
        return tuple(item for item in self.networking if item.identity[0] == "ConfigMap")

    @property
    def networkings(self) -> tuple[Rendered, ...]:
        """The PodNetworkings."""
        return tuple(item for item in self.networking if item.identity[0] != "ConfigMap")

    @property
    def starts_empty(self) -> bool:
        """Whether a new pool may have no node at first, so that nothing proves it to be there."""
        return any((pool.get("autoScaling") or {}).get("min") == 0 or pool.get("desiredSize") == 0
                   for pool in self.plan["nodePools"])  # fmt: skip

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
    does: Words
    gates: Words
    back: Words
    """How to go back, in the end as commands."""
    notes: Words = ()
    move: Move | None = None
    """The workload that moves here."""
    why: str = ""
    """The command that tells why a gate of kubectl does not hold."""
    unless: str = ""
    """The command that proves it to be done, by whom ever; empty: only doing it again does."""


def files(migration: Migration) -> dict[str, str]:
    """Return the files of the folder by name."""
    out = {RUNBOOK: runbook(migration), SCRIPT: script(migration)}
    out[PLAN] = dump(_part(migration, networking=True, moved=None))
    out[_POOL_PLAN] = dump(_part(migration, networking=False, moved=()))
    out[_NETWORKING_PLAN] = dump(_part(migration, networking=True, moved=()))
    for name, items in ((_CONFIGS, migration.configs), (_NETWORKING, migration.networkings)):
        if items:
            out[name] = "---\n".join(map(manifest_text, items))
    done: list[Move] = []
    for number, move in _numbered(migration):
        done.append(move)
        out[f"plans/{number}.yaml"] = dump(_part(migration, networking=True, moved=done))
        for name, patch in (("forth", move.forth), ("back", move.back), ("settle", move.settle)):
            if patch is not None:
                out[f"patches/{number}-{name}.json"] = json_text(patch) + "\n"
    for move in migration.moves:
        if move.manifest is not None:
            out[_by_hand_file(move)] = dump(move.manifest)
    out |= {f"pool/{name}": text for name, text in migration.spellings.items()}
    out |= {f"manifests/{name}": text for name, text in migration.manifests.items()}
    return out | dict(migration.copies)


_POOL_PLAN, _NETWORKING_PLAN = "plans/pool.yaml", "plans/networking.yaml"
_CONFIGS, _NETWORKING = "terway-configs.yaml", "networking.yaml"


def _by_hand_file(move: Move) -> str:
    return f"by-hand/{move.kind.lower()}.{move.namespace}.{move.name}.yaml"


def _numbered(migration: Migration) -> Iterator[tuple[int, Move]]:
    """Yield what the script moves, by the number of its step."""
    return enumerate(migration.scripted, 2 + bool(migration.configs) + bool(migration.networkings))


def _part(migration: Migration, *, networking: bool, moved: Sequence[Move] | None) -> Object:
    """Return the plan as far as it holds at a step, for as many pods as there are; `moved` None: as a whole."""
    plan = migration.plan
    live = {(move.kind, move.namespace, move.name): move for move in migration.moves}
    workloads = []
    for item in plan.get("workloads", ()):
        move = live[item.get("kind"), item.get("namespace", "default"), item["name"]]
        if moved is None or (move in moved and move.is_rolled):
            fewer = {} if not move.replicas else {"replicas": move.replicas}
            # Without pods there is nothing to verify.
            workloads += [] if move.replicas == 0 else [{**item, **fewer}]
    kept: Object = {"workloads": workloads}
    if not networking:
        kept["podNetworkings"] = []
    return {**plan, **{key: value for key, value in kept.items() if key in plan}}


class _Commands:
    """The commands of a migration, for the cluster that was read."""

    def __init__(self, migration: Migration) -> None:
        self._access, self._gate = migration.access, migration.gate

    def kubectl(self, *words: str) -> str:
        return shlex.join(["kubectl", *self._access, *words])

    def of(self, move: Move, *words: str) -> str:
        return self.kubectl("-n", move.namespace, *words)

    def patch(self, move: Move, number: int, which: str) -> str:
        file = f"patches/{number}-{which}.json"
        return self.of(move, "patch", move.resource, "--type", "strategic", "--patch-file", file)

    def create(self, pool: str) -> str:
        return shlex.join(["eniplan", "create-pool", PLAN, "--pool", pool, *self._gate, "--apply", "--yes"])

    def look(self, plan: str) -> str:
        return shlex.join(["eniplan", "verify", plan, *self._access, *self._gate])

    def verify(self, plan: str) -> str:
        return f"{self.look(plan)} --wait {_WAIT}"

    def old_nodes(self, old: str, verb: str, *words: str) -> str:
        return self.kubectl(verb, "-l", f"{NODE_POOL_LABEL}={old}", *words)


def steps(migration: Migration) -> Iterator[Step]:
    """Yield the steps in their order."""
    do = _Commands(migration)
    if migration.configs:
        names = [item.identity[2] for item in migration.configs]
        yield Step(
            "Apply node-level configs",
            (do.kubectl("apply", "-f", _CONFIGS),),
            (do.kubectl("-n", TERWAY_NAMESPACE, "get", "configmap", *names),),
            (do.kubectl("delete", "--ignore-not-found", "-f", _CONFIGS),),
            ("Terway reads them when a node comes up: they must be there before the new nodes.",),
        )
    yield Step(
        "Create the exclusive node pools",
        tuple(map(do.create, migration.pools)),
        (do.verify(_POOL_PLAN),),
        ("Nothing runs there yet: delete the new node pools where they were created, or in the console.",),
        (_SPELLINGS,),
        unless="" if migration.starts_empty else do.look(_POOL_PLAN),
    )  # fmt: skip
    if migration.networkings:
        yield _networking(migration, do)
    for number, move in _numbered(migration):
        yield _of(do, move, number)


def _networking(migration: Migration, do: _Commands) -> Step:
    names = [item.identity[2] for item in migration.networkings]
    ready = (do.kubectl("wait", "--for=jsonpath={.status.status}=Ready", f"podnetworking/{name}") for name in names)
    labels = tuple(
        do.kubectl("label", "namespace", name, *(f"{key}={value}" for key, value in lacking.items()))
        for name, lacking in migration.namespaces.items()
    )
    notes = ["Pods that are created from now on and that a PodNetworking selects get exclusive ENIs."]
    if labels:
        notes.append("The PodNetworkings select namespaces by labels that these do not have, as far as known.")
    return Step(
        "Apply PodNetworkings",
        (do.kubectl("apply", "-f", _NETWORKING), *labels),
        (*(f"{command} --timeout={_WAIT}" for command in ready), do.verify(_NETWORKING_PLAN)),
        (do.kubectl("delete", "--ignore-not-found", "-f", _NETWORKING),),
        tuple(notes),
    )


def _of(do: _Commands, move: Move, number: int) -> Step:
    status = (do.of(move, "rollout", "status", move.resource) + f" --timeout={_WAIT}",) if move.is_rolled else ()
    settle = (do.patch(move, number, "settle"),) if move.settle is not None else ()
    notes = [*map(str, move.notes)]
    if move.kind == "Deployment" and move.lowest:
        notes.append(f"At most {move.surge} new pods start at once, and {move.lowest} run at any time.")
    if move.floor > 0:
        notes.append(f"PodDisruptionBudgets ask for {move.floor} pods.")
    # Of a StatefulSet a pod that has not started is not replaced, whatever the template says now.
    stuck = (do.of(move, "delete", "pod", "-l", move.selector, "--field-selector", "status.phase=Pending"),)
    return Step(
        f"Move {move.title} to {move.pool}",
        (do.patch(move, number, "forth"),),
        (*status, *settle, do.verify(f"plans/{number}.yaml")),
        (do.patch(move, number, "back"), *(stuck if move.selector else ()), *status, *settle),
        tuple(notes),
        move,
        do.look(f"plans/{number}.yaml"),
    )


# --- for people ----------------------------------------------------------------------------------------------------


def runbook(migration: Migration) -> str:
    """Return the runbook as Markdown."""
    pools = ", ".join(migration.pools)
    lines = [_INTRODUCTION.format(old=migration.old, pools=pools, version=__version__, script=SCRIPT)]
    for number, step in enumerate(steps(migration), 1):
        lines += [f"## {number}. {step.title}", "", *(f"{note}\n" for note in step.notes)]
        if step.move is not None and step.move.asks:
            lines.append(_CONSENT.format(title=step.move.title, what=step.move.asks, script=SCRIPT))
        lines += [*_shell(step.does), "Gate:", "", *_shell(step.gates), "To go back:", ""]
        lines += _shell(step.back) if step.back[0].startswith("kubectl") else [*step.back, ""]
    manual = [move for move in migration.moves if move.by_hand is not None]
    lines += ["## By hand", ""] if manual else []
    for move in manual:
        lines += [f"{move.title}: {move.by_hand}.", "", *_shell(_by_hand(_Commands(migration), move))]
    do = _Commands(migration)
    uncordon = do.old_nodes(migration.old, "uncordon")
    lines.append(_END.format(old=migration.old, verify=do.look(PLAN), script=SCRIPT,
                             commands="\n".join(_retire(migration)), uncordon=uncordon))  # fmt: skip
    return "\n".join(lines)


def _shell(commands: Sequence[str]) -> list[str]:
    return ["```sh", *commands, "```", ""] if commands else []


def _by_hand(do: _Commands, move: Move) -> Words:
    """Return the commands for what no script does: its time is for people to choose."""
    if move.manifest is None:
        return ()
    away = (do.of(move, "delete", move.resource),) if move.kind in {"Job", "Pod"} else ()
    return (*away, do.kubectl("apply", "-f", _by_hand_file(move)))


_INTRODUCTION = """\
# Move from node pool {old} to {pools}

Written by eniplan {version}. `sh {script}` does the steps below, and stops at the first gate that does not hold; run it
again at any time. `WAIT` says how long a gate waits; it is `15m` when nothing else is said.

The mode of a node pool cannot be switched: the new pool is made beside the old one, the pods move, and the old pool is
deleted at the end. Until then each step can be undone.
"""
_CONSENT = """\
**{title} {what}.** The script stops before this step, unless `ACCEPT` names it:
`ACCEPT='{title}' sh {script}`.
"""
_END = """\
## Leave the old pool

When all of the above holds (`{verify}`), `sh {script} retire` cordons and drains the old nodes. Draining
respects PodDisruptionBudgets; pods that are not in the plan move to other nodes, and lose what they keep in emptyDir.

```sh
{commands}
```

Then delete node pool {old} where it was created, or in the console: eniplan never deletes one. To go back before that:
`{uncordon}`, which `sh {script} undo` does first.
"""


def _retire(migration: Migration) -> Words:
    do, old = _Commands(migration), migration.old
    return (
        do.old_nodes(old, "cordon"),
        do.old_nodes(old, "drain", "--ignore-daemonsets", "--delete-emptydir-data") + f" --timeout={_WAIT}",
        do.verify(PLAN),
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
mode=

begin() {{
    step=$((step + 1))
    back=$2
    why=$3
    printf '== %s. %s\\n' "$step" "$1" >&2
}}

stop() {{
    printf 'stopped in step %s: %s\\n' "$step" "$1" >&2
    printf 'nothing after it was done. Mend it and go on: sh %s%s\\n' "$0" "$mode" >&2
    [ -z "$back" ] || printf 'or take this step back (in %s):\\n%s\\n' "$PWD" "$back" >&2
    exit 1
}}

run() {{
    printf '   %s\\n' "$*" >&2
    "$@" || stop "$* (exit code $?)"
}}

# What kubectl waits for; it does not tell why it waits in vain, and verify does.
rolled() {{
    printf '   %s\\n' "$*" >&2
    "$@" || {{
        eval "$why" >&2 || :
        stop "$*"
    }}
}}

accepted() {{
    case ",$ACCEPT," in
    *",$1,"*) ;;
    *)
        back=
        stop "$1 $2; to go on all the same: ACCEPT='$1' sh $0"
        ;;
    esac
}}
"""


def script(migration: Migration) -> str:
    """Return the shell script."""
    do, pools = _Commands(migration), ", ".join(migration.pools)
    lines = [
        _HEAD.format(version=__version__, old=migration.old, pools=pools, runbook=RUNBOOK, script=SCRIPT),
        "forth() {",
    ]
    for step in steps(migration):
        back = step.back if step.move is not None else ()
        lines.append(_begin(step.title, back, step.why))
        if step.move is not None and step.move.asks:
            lines.append(f"    accepted {shlex.quote(step.move.title)} {shlex.quote(str(step.move.asks))}")
        does = [f"run {command}" for command in step.does]
        if step.unless:
            does = [f"if ! {step.unless} >/dev/null 2>&1; then", *(f"    {line}" for line in does), "fi"]
        lines += [f"    {line}" for line in does]
        lines += [f"    {_ran(command)}" for command in step.gates]
    lines += ["}", "", "undo() {", _begin("Let pods onto the old nodes again")]
    lines.append(f"    run {do.old_nodes(migration.old, 'uncordon')}")
    for step in reversed([step for step in steps(migration) if step.move is not None]):
        lines.append(_begin(f"Take back: {step.title}"))
        lines += [f"    {_ran(command)}" for command in step.back]
    lines += ["}", "", "retire() {", _begin("Leave the old pool", (do.old_nodes(migration.old, "uncordon"),))]
    lines.append(f"    run {do.verify(PLAN)}")
    lines += [f"    run {command}" for command in _retire(migration)]
    lines += [
        f"    printf 'now delete node pool %s, where it was created\\n' {shlex.quote(migration.old)} >&2",
        "}",
        "",
        'case "${1:-forth}" in',
        "forth) forth ;;",
        'undo | retire) mode=" $1" && "$1" ;;',
        "*) printf 'usage: %s [undo | retire]\\n' \"$0\" >&2; exit 2 ;;",
        "esac",
        "",
    ]
    return "\n".join(lines)


def _begin(title: str, back: Words = (), why: str = "") -> str:
    return f"    begin {shlex.quote(title)} {shlex.quote(chr(10).join(back))} {shlex.quote(why)}"


def _ran(command: str) -> str:
    return f"{'rolled' if ' rollout status ' in command else 'run'} {command}"
