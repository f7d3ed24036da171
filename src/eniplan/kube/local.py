"""kubectl's local state: its version and contexts. Nothing here contacts a cluster."""

from __future__ import annotations

import json
import subprocess


def contexts() -> list[str]:
    """Return the contexts of the kubeconfig; empty without kubectl."""
    return (said("config", "get-contexts", "--output=name") or "").split()


def current_context() -> str | None:
    """Return the current context, or None."""
    return (said("config", "current-context") or "").strip() or None


def version() -> str | None:
    """Return kubectl's own version; None if kubectl is missing or does not run."""
    try:
        return str(json.loads(said("version", "--client", "--output=json") or "")["clientVersion"]["gitVersion"])
    except (ValueError, KeyError, TypeError):
        return None


def said(*words: str, seconds: float = 5) -> str | None:
    """Return what kubectl prints; None if it is missing, fails, or takes longer."""
    try:
        done = subprocess.run(  # noqa: S603 - constant arguments
            ["kubectl", *words],  # noqa: S607 - whichever the user has on the PATH
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None
