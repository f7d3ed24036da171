"""Where data is: bundled in the wheel, or at the top of the checkout for an editable install; and the user's own."""

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


def refreshed_specs() -> str:
    """Return the path of the instance data that `eniplan specs update` keeps for this user; it need not exist.

    In XDG_DATA_HOME, where that is an absolute path as its standard asks for, else in ~/.local/share.
    """
    home = os.environ.get("XDG_DATA_HOME", "")
    base = home if os.path.isabs(home) else os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(base, "eniplan", "specs.jsonl")
