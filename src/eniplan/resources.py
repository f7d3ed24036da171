"""The location of data: in the wheel, at the top of the checkout for editable installs, and the user's own."""

from __future__ import annotations

import os

_HERE = os.path.dirname(os.path.abspath(__file__))


def folder(name: str) -> str:
    """Return the path of a data folder (`instance_specs`, `templates`).

    Raises:
        FileNotFoundError: the installation is damaged; says where the folder was looked for.

    """
    packed = os.path.join(_HERE, "_data", name)
    if os.path.isdir(packed):
        return packed
    checkout = os.path.join(os.path.dirname(os.path.dirname(_HERE)), name)
    if os.path.isdir(checkout):
        return checkout
    message = f"the data folder {name!r} is neither at {packed} nor at {checkout}: reinstall eniplan"
    raise FileNotFoundError(message)


_KEPT = {"refreshed": "specs.jsonl", "nodes": "nodes.jsonl"}
"""Files of `eniplan specs update` by kind of layer: from an account, and from nodes, which override it."""


def kept_specs() -> list[str]:
    """Return this user's files of `eniplan specs update`, lowest layer first."""
    return [path for path in map(specs_to_keep, _KEPT) if os.path.exists(path)]


def specs_to_keep(kind: str) -> str:
    """Return the path where `eniplan specs update` keeps data of a kind.

    In XDG_DATA_HOME, where that is an absolute path as its standard asks for, else in ~/.local/share.
    """
    home = os.environ.get("XDG_DATA_HOME", "")
    base = home if os.path.isabs(home) else os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(base, "eniplan", _KEPT[kind])
