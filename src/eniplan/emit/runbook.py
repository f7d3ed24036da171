"""Write a migration folder: a runbook, a shell script that stops at the first failing gate, and their files."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from eniplan._version import __version__
from eniplan.emit.manifests import text as manifest_text
from eniplan.emit.yaml_text import dump
from eniplan.k8s.terway import SYSTEM_NAMESPACE
from eniplan.messages import NOTHING, say
from eniplan.observed import NODE_POOL_LABEL
from eniplan.text import file_name, literal, printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from eniplan.emit.manifests import Rendered
    from eniplan.emit.migration import Move, Object
    from eniplan.messages import Message

SCRIPT, RUNBOOK, PLAN = "migrate.sh", "RUNBOOK.md", "plan.yaml"
Words = tuple[str, ...]
_WAIT = '"${WAIT:-15m}"'
"""How long gates wait, with a default, so that the runbook's commands also work outside the script."""


class Migration(NamedTuple):
    """The inputs of a migration folder."""

    old: str
    """The id of the old node pool."""
    plan: Object
    """The plan as parsed, with the keys of its file."""
    moves: tuple[Move, ...]
    networking: tuple[Rendered, ...]
    """PodNetworkings and node-level configs."""
    spellings: Mapping[str, str]
    """The new pools in every output format of create-pool, by file name."""
    manifests: Mapping[str, str]
    """The user's own manifests, completed, by file name."""
    namespaces: Mapping[str, Mapping[str, str]]
    """The labels that namespaces lack to be selected, by namespace."""
    access: Words
    """kubectl's options that select the cluster; empty: the current context."""
    gate: Words
    """Options that make create-pool and verify judge like this run."""
    copies: Mapping[str, str]
    """The files that these options name, by file name."""

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
        """Whether a new pool may have no nodes at first, so that it cannot be verified yet."""
        return any((pool.get("autoScaling") or {}).get("min") == 0 or pool.get("desiredSize") == 0
                   for pool in self.plan["nodePools"])  # fmt: skip

    @property
    def scripted(self) -> tuple[Move, ...]:
        """The moves that the script makes."""
        return tuple(move for move in self.moves if move.by_hand is None)


class Step(NamedTuple):
    """One step and the gate after it. Both are idempotent shell commands."""

    title: Message
    does: Words
    gates: Words
    back: Words
    """The commands that undo it; empty: `undo` says how."""
    notes: tuple[Message, ...] = ()
    undo: Message = NOTHING
    move: Move | None = None
    """The workload that moves here."""
    why: str = ""
    """The command that shows why a kubectl gate fails."""
    unless: str = ""
    """The command that succeeds if the step is done already; empty: always run the step."""


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
                out[f"patches/{number}-{name}.json"] = literal(patch, 2) + "\n"
    for move in migration.moves:
        if move.manifest is not None:
            out[_by_hand_file(move)] = dump(move.manifest)
    out |= {f"pool/{name}": text for name, text in migration.spellings.items()}
    out |= {f"manifests/{name}": text for name, text in migration.manifests.items()}
    return out | dict(migration.copies)


_POOL_PLAN, _NETWORKING_PLAN = "plans/pool.yaml", "plans/networking.yaml"
_CONFIGS, _NETWORKING = "terway-configs.yaml", "networking.yaml"


def _by_hand_file(move: Move) -> str:
    return f"by-hand/{file_name(f'{move.kind.lower()}.{move.namespace}.{move.name}')}.yaml"


def _numbered(migration: Migration) -> Iterator[tuple[int, Move]]:
    """Yield the moves that the script makes, with their step numbers."""
    return enumerate(migration.scripted, 2 + bool(migration.configs) + bool(migration.networkings))


def _part(migration: Migration, *, networking: bool, moved: Sequence[Move] | None) -> Object:
    """Return the part of the plan that must hold after a step; `moved` None: the whole plan."""
    plan = migration.plan
    live = {(move.kind, move.namespace, move.name): move for move in migration.moves}
    workloads = []
    for item in plan["workloads"]:
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
    """The commands of a migration, with the options that select its cluster."""

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
    """Yield the steps in order."""
    do = _Commands(migration)
    if migration.configs:
        names = [item.identity[2] for item in migration.configs]
        yield Step(
            say("Apply node-level configs"),
            (do.kubectl("apply", "-f", _CONFIGS),),
            (do.kubectl("-n", SYSTEM_NAMESPACE, "get", "configmap", *names),),
            (do.kubectl("delete", "--ignore-not-found", "-f", _CONFIGS),),
            (say("Terway reads them when a node comes up: they must be there before the new nodes."),),
        )
    yield Step(
        say("Create the exclusive node pools"),
        tuple(map(do.create, migration.pools)),
        (do.verify(_POOL_PLAN),),
        (),
        (
            say(
                "pool/ has the same pools as request bodies, aliyun commands, Terraform and ROS. A pool that already "
                "exists is not created again."
            ),
        ),
        say("Nothing runs there yet: delete the new node pools with the tool that created them, or in the console."),
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
    notes = [say("From now on, new pods that a PodNetworking selects get exclusive ENIs.")]
    if labels:
        notes.append(say("The PodNetworkings select namespaces by labels that these seem to lack."))
    return Step(
        say("Apply PodNetworkings"),
        (do.kubectl("apply", "-f", _NETWORKING), *labels),
        (*(f"{command} --timeout={_WAIT}" for command in ready), do.verify(_NETWORKING_PLAN)),
        (do.kubectl("delete", "--ignore-not-found", "-f", _NETWORKING),),
        tuple(notes),
    )


def _of(do: _Commands, move: Move, number: int) -> Step:
    status = (do.of(move, "rollout", "status", move.resource) + f" --timeout={_WAIT}",) if move.is_rolled else ()
    settle = (do.patch(move, number, "settle"),) if move.settle is not None else ()
    notes = [*move.notes]
    if move.kind == "Deployment" and move.lowest:
        notes.append(
            say(
                "At most {surge} new pods start at once, and {lowest} run at any time.",
                surge=move.surge,
                lowest=move.lowest,
            )
        )
    if move.floor > 0:
        notes.append(say("PodDisruptionBudgets require {floor} pods.", floor=move.floor))
    # A StatefulSet does not replace a pod that has not started, even with a new template.
    stuck = (do.of(move, "delete", "pod", "-l", move.selector, "--field-selector", "status.phase=Pending"),)
    return Step(
        say("Move {title} to {pool}", title=move.title, pool=move.pool),
        (do.patch(move, number, "forth"),),
        (*status, *settle, do.verify(f"plans/{number}.yaml")),
        (do.patch(move, number, "back"), *(stuck if move.selector else ()), *status, *settle),
        tuple(notes),
        NOTHING,
        move,
        do.look(f"plans/{number}.yaml"),
    )


# --- for people ----------------------------------------------------------------------------------------------------


def runbook(migration: Migration) -> str:
    """Return the runbook as Markdown."""
    do, old = _Commands(migration), migration.old
    lines = [
        "# " + say("Move from node pool {old} to {pools}", old=old, pools=migration.pools), "",
        say("Written by eniplan {version}.", version=__version__),
        say("`sh {script}` runs the steps below, and stops at the first gate that fails; it is safe to run again at "
            "any time.", script=SCRIPT),
        say("`WAIT` sets how long a gate waits (default `15m`)."), "",
        say("The mode of a node pool cannot be switched: the new pool is created next to the old one, the pods move, "
            "and the old pool is deleted at the end. Until then, each step can be undone."), "",
    ]  # fmt: skip
    for number, step in enumerate(steps(migration), 1):
        lines += [f"## {number}. {step.title}", "", *(f"{note}\n" for note in step.notes)]
        if step.move is not None and step.move.asks:
            title = step.move.title
            stops = say("The script stops before this step, unless `ACCEPT` names it:")
            lines += [f"**{title} {step.move.asks}.** {stops}", f"`ACCEPT='{title}' sh {SCRIPT}`.", ""]
        lines += [*_shell(step.does), say("Gate:"), "", *_shell(step.gates), say("To go back:"), ""]
        lines += _shell(step.back) or [step.undo, ""]
    manual = [move for move in migration.moves if move.by_hand is not None]
    lines += ["## " + say("By hand"), ""] if manual else []
    for move in manual:
        lines += [f"{move.title}: {move.by_hand}.", "", *_shell(_by_hand(do, move))]
    lines += [
        "## " + say("Leave the old pool"), "",
        say("When all of the above holds (`{verify}`), `sh {script} retire` cordons and drains the old nodes.",
            verify=do.look(PLAN), script=SCRIPT),
        say("Draining respects PodDisruptionBudgets. Pods that are not in the plan move to other nodes, and lose their "
            "emptyDir data."), "",
        *_shell(_retire(migration)),
        say("Then delete node pool {old} with the tool that created it, or in the console. eniplan never deletes "
            "pools.", old=old),
        say("To go back before that: `{uncordon}`; `sh {script} undo` does this first.",
            uncordon=do.old_nodes(old, "uncordon"), script=SCRIPT), "",
    ]  # fmt: skip
    return "\n".join(lines)


def _shell(commands: Sequence[str]) -> list[str]:
    return ["```sh", *commands, "```", ""] if commands else []


def _by_hand(do: _Commands, move: Move) -> Words:
    """Return the commands of a move by hand, which people run when it suits them."""
    if move.manifest is None:
        return ()
    away = (do.of(move, "delete", move.resource),) if move.kind in {"Job", "Pod"} else ()
    return (*away, do.kubectl("apply", "-f", _by_hand_file(move)))


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
# {about}
#   sh {script}          {forth}
#   sh {script} undo     {undo}
#   sh {script} retire   {retire}
# shellcheck disable=SC2016 # commands in single quotes are shown, not run
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
    printf {stopped} "$step" "$1" >&2
    printf {go_on} "$0" "$mode" >&2
    [ -z "$back" ] || printf {take_back} "$PWD" "$back" >&2
    exit 1
}}

run() {{
    printf '   %s\\n' "$*" >&2
    "$@" || stop "$* {exit_code}"
}}

# kubectl does not say why it still waits when the time is over; verify does.
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
        stop "$1 $2; {accept}"
        ;;
    esac
}}
"""


def _head(migration: Migration) -> str:
    # Texts contain the shell's own variables, which the shell expands.
    about = say(
        "Written by eniplan {version}: moves workloads from node pool {old} to {pools}. {runbook} explains each step.",
        version=__version__, old=migration.old, pools=migration.pools, runbook=RUNBOOK,
    )  # fmt: skip
    return _HEAD.format(
        script=SCRIPT,
        about=printable(about),
        forth=say("all steps, each with its gate; run it again at any time"),
        undo=say("takes the workloads back, the last one first"),
        retire=say("cordons and drains the old nodes, when everything has moved"),
        stopped=_format(say("stopped in step %s: %s")),
        go_on=_format(say("nothing after this step ran. Fix the cause, then continue: sh %s%s")),
        take_back=_format(say("or undo this step (in %s):"), "%s"),
        exit_code=say("(exit code {code})", code="$?"),
        accept=say("to continue anyway: ACCEPT='{title}' sh {script}", title="$1", script="$0"),
    )


def _format(*lines: str) -> str:
    """Return lines as a format of the shell's `printf`."""
    return shlex.quote("".join(f"{line}\\n" for line in lines))


def script(migration: Migration) -> str:
    """Return the shell script."""
    do = _Commands(migration)
    lines = [_head(migration), "forth() {"]
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
    lines += ["}", "", "undo() {", _begin(say("Let pods onto the old nodes again"))]
    lines.append(f"    run {do.old_nodes(migration.old, 'uncordon')}")
    for step in reversed([step for step in steps(migration) if step.move is not None]):
        lines.append(_begin(say("Undo: {step}", step=step.title)))
        lines += [f"    {_ran(command)}" for command in step.back]
    lines += ["}", "", "retire() {", _begin(say("Leave the old pool"), (do.old_nodes(migration.old, "uncordon"),))]
    lines.append(f"    run {do.verify(PLAN)}")
    lines += [f"    run {command}" for command in _retire(migration)]
    now = _format(say("now delete node pool %s with the tool that created it"))
    lines += [
        f"    printf {now} {shlex.quote(migration.old)} >&2",
        "}",
        "",
        'case "${1:-forth}" in',
        "forth) forth ;;",
        'undo | retire) mode=" $1" && "$1" ;;',
        f'*) printf {_format(say("usage: %s [undo | retire]"))} "$0" >&2; exit 2 ;;',
        "esac",
        "",
    ]
    return "\n".join(lines)


def _begin(title: str, back: Words = (), why: str = "") -> str:
    return f"    begin {shlex.quote(title)} {shlex.quote(chr(10).join(back))} {shlex.quote(why)}"


def _ran(command: str) -> str:
    return f"{'rolled' if ' rollout status ' in command else 'run'} {command}"
