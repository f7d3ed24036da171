"""Find out from a pod's status why it does not run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.k8s.values import listing, mapping, text
from eniplan.observed import OUT_OF_MEMORY, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOLD = 500
"""Maximum characters of a message to keep: it may contain a log."""


def conditions(status: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the conditions of an object by type."""
    return {text(item.get("type")): item for item in map(mapping, listing(status.get("conditions")))}


def trouble(status: dict[str, Any]) -> Trouble | None:
    """Return why a pod does not run, from its status; None if it runs and is ready."""
    phase = text(status.get("phase"))
    if phase == "Running" and any(_is_ready(item) for item in listing(status.get("conditions"))):
        return None
    found = conditions(status)
    ready, scheduled = found.get("Ready", {}), found.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return Trouble(phase, text(scheduled.get("reason")), _short(scheduled.get("message")))
    stuck = next(_stuck(status), None)
    if stuck is not None:
        return stuck._replace(phase=phase)
    if phase == "Running" and ready.get("status") is not None:
        return Trouble(phase, "NotReady", _short(ready.get("message")))
    return Trouble(phase, text(status.get("reason")), _short(status.get("message")))


def ended_by(wrong: Trouble | None) -> str:
    """Return why a pod failed in one line: `Evicted: The node was low on resource: memory`."""
    return "" if wrong is None else ": ".join(filter(None, (wrong.reason, wrong.message)))


def _is_ready(condition: object) -> bool:
    return isinstance(condition, dict) and condition.get("type") == "Ready" and condition.get("status") == "True"


def _stuck(status: dict[str, Any]) -> Iterator[Trouble]:
    """Yield the waiting or failed containers: init containers first, in start order."""
    later: list[Trouble] = []
    for key in ("initContainerStatuses", "containerStatuses"):
        for item in map(mapping, listing(status.get(key))):
            state, last = mapping(item.get("state")), mapping(mapping(item.get("lastState")).get("terminated"))
            waiting, ended = mapping(state.get("waiting")), mapping(state.get("terminated"))
            reason = text(waiting.get("reason")) or (text(ended.get("reason")) if ended.get("exitCode") else "")
            if reason or (key == "initContainerStatuses" and "running" in state and item.get("started") is not True):
                told = _short(last.get("message") or waiting.get("message") or ended.get("message"))
                if OUT_OF_MEMORY in {last.get("reason"), ended.get("reason")}:
                    told = OUT_OF_MEMORY
                found = Trouble("", reason or "Running", told, text(item.get("name")), key != "containerStatuses")
                # A container that waits for others has no reason of its own.
                if reason in {"PodInitializing", "ContainerCreating"}:
                    later.append(found._replace(container="", init=False))
                else:
                    yield found
    yield from later


def _short(message: object) -> str:
    return " ".join(message.split())[:_TOLD] if isinstance(message, str) else ""
