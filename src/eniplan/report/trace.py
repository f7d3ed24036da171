"""The trace of one pod or node, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from eniplan.messages import facts_of, say
from eniplan.text import json_text, printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.messages import Message

State: TypeAlias = Literal["ok", "stop", "warning", "unknown", "later"]


class Step(NamedTuple):
    """One step of a trace; `later` was not reached."""

    name: str
    state: State
    told: Message
    fix: str = ""


class Trace(NamedTuple):
    """The trace of a pod or a node."""

    subject: Message
    steps: tuple[Step, ...]

    @property
    def stopped(self) -> Step | None:
        """The step at which it stops; None if it completed."""
        return next((step for step in self.steps if step.state == "stop"), None)


SCHEMA = "eniplan.trace/v1"


def text(trace: Trace) -> str:
    """Return one line per step, with its fix below."""
    wide = max(len(step.name) for step in trace.steps)
    lines: list[str] = [trace.subject]
    for step in trace.steps:
        state = "-" if step.state == "later" else step.state
        lines.append(f"{state:<8} {step.name:<{wide}}  {step.told}".rstrip())
        if step.fix and step.state != "ok":
            lines.append(f"{'':<8} {'':<{wide}}  {say('fix: {hint}', hint=step.fix)}")
    return "".join(f"{printable(line)}\n" for line in lines)


def as_json(trace: Trace) -> str:
    """Return the document `eniplan.trace/v1`."""
    steps: list[dict[str, Any]] = [
        {"name": step.name, "state": step.state, "message": step.told, "fix": step.fix, "facts": facts_of(step.told)}
        for step in trace.steps
    ]
    stopped = trace.stopped
    found = {
        "schema": SCHEMA,
        "subject": trace.subject,
        "stopsAt": None if stopped is None else stopped.name,
        "steps": steps,
        "exitCode": int(stopped is not None),
    }
    return json_text(found, indent=1) + "\n"
