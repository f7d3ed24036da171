"""Locations of data: in the wheel, in the checkout for editable installs, and in the user's data folder."""

from __future__ import annotations

import os

_HERE = os.path.dirname(os.path.abspath(__file__))


def folder(name: str) -> str:
    """Return the path of a data folder (`instance_specs`, `templates`).

    Raises:
        FileNotFoundError: the installation is damaged. The message names the paths tried.

    """
    packed = os.path.join(_HERE, "_data", name)
    if os.path.isdir(packed):
        return packed
    checkout = os.path.join(os.path.dirname(os.path.dirname(_HERE)), name)
    if os.path.isdir(checkout):
        return checkout
    message = f"the data folder {name!r} is neither at {packed} nor at {checkout}: reinstall eniplan"
    raise FileNotFoundError(message)


def template(*path: str) -> str:
    """Return the text of a file in templates/."""
    with open(os.path.join(folder("templates"), *path), encoding="utf-8") as file:
        return file.read()


_KEPT = {"refreshed": "specs.jsonl", "nodes": "nodes.jsonl"}
"""Files of `eniplan specs update` by kind of layer: from the account, and from nodes, which override it."""


def kept_specs() -> list[str]:
    """Return the user's existing files of `eniplan specs update`, lowest layer first."""
    return [path for path in map(specs_to_keep, _KEPT) if os.path.exists(path)]


def specs_to_keep(kind: str) -> str:
    """Return the path of the file of `eniplan specs update` for a kind of layer.

    It is in XDG_DATA_HOME, or in ~/.local/share if that is unset or relative (the XDG standard forbids relative paths).
    """
    home = os.environ.get("XDG_DATA_HOME", "")
    base = home if os.path.isabs(home) else os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(base, "eniplan", _KEPT[kind])
