"""Reads files for `file()` and similar functions, only inside the configuration's own folders and its repository."""

from __future__ import annotations

import os
import stat
from binascii import b2a_base64
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from eniplan.bounds import MAX_NAMED_FILE
from eniplan.errors import InputError
from eniplan.inputs.hcl.parse import template
from eniplan.inputs.hcl.values import MAX_ITEMS, RefusedError, Set, TooMuchError, entries, set_of, text
from eniplan.inputs.places import NotKnown
from eniplan.k8s.values import listing
from eniplan.messages import say
from eniplan.plan.document import read_documents, value_at
from eniplan.terminal import read_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from eniplan.inputs.hcl.nodes import Expression

    Fill = Callable[[Expression, dict[str, Any]], Any]

_OTHER_SIGNS = frozenset("[]{}\\!")
"""What has a meaning in patterns of Terraform besides `*`, `**` and `?`."""


class Disk:
    """The folders that a module may read: its own, the one in which Terraform runs, and their repository.

    Values of files end up in messages, and others may have written the configuration: nothing else is read, and no
    hidden file of the repository, such as .git/config or .env.
    """

    def __init__(self, root: str, folder: str, read: set[str]) -> None:
        """Store the folder in which Terraform runs, the folder of the module, and where to record what was read."""
        self._root = root
        self._read = read
        self._allowed = tuple(os.path.realpath(path or ".") for path in {root, folder})
        self._repository = holding(".git", os.path.realpath(root or "."))

    def _path(self, name: str) -> str:
        """Return the path of a file that the module may read.

        Raises:
            LeavesError: the path leaves the folders, or begins with `~`.

        """
        if name.startswith("~") or "\0" in name:
            raise LeavesError
        path = os.path.join(self._root, name)
        real = os.path.realpath(path)
        if not any(is_in(real, allowed) for allowed in self._allowed) and not self._is_shared(real):
            raise LeavesError
        return path

    def _is_shared(self, real: str) -> bool:
        """Return whether a path is in the repository of the configuration, and not hidden."""
        repository = self._repository
        return repository is not None and is_in(real, repository) and "/." not in real[len(repository) :]

    def content(self, name: str) -> str | NotKnown:
        """Return the text of a file.

        Raises:
            LeavesError: see `_path`.
            RefusedError: the file does not exist.

        """
        path = self._path(name)
        try:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_NAMED_FILE:
                return NotKnown(say("{name} is too large, or not a regular file", name=name))
            found = read_file(path).decode()
        except (FileNotFoundError, NotADirectoryError):
            raise RefusedError(say("there is no file {path}", path=name)) from None
        except OSError:
            return NotKnown(say("{name} cannot be read", name=name))
        except UnicodeDecodeError:
            return NotKnown(say("{name} is not UTF-8 text", name=name))
        self._read.add(os.path.normpath(path))
        return NotKnown(say("{name} begins with a byte order mark", name=name)) if found[:1] == "\ufeff" else found

    def exists(self, name: str) -> bool | NotKnown:
        """Return whether a regular file of this name exists."""
        path = self._path(name)
        return NotKnown(say("{name} is not a regular file", name=name)) if os.path.isdir(path) else os.path.isfile(path)

    def names(self, folder: str, pattern: str) -> Set | NotKnown:
        """Return the files below a folder that match a pattern, like `fileset()`."""
        top = self._path(folder)
        if pattern.startswith("/") or ".." in pattern or not _OTHER_SIGNS.isdisjoint(pattern):
            return NotKnown(say("the pattern {pattern}", pattern=pattern))
        found: list[Any] = []
        seen = 0
        for here, inner, files in os.walk(top):
            inner[:] = [name for name in inner if not os.path.islink(os.path.join(here, name))]
            seen += len(inner) + len(files)
            if seen > MAX_ITEMS:
                raise TooMuchError
            names = (os.path.relpath(os.path.join(here, name), top) for name in files)
            found += (name for name in names if _fits(name, pattern))
            if "/" not in pattern and "**" not in pattern:
                break
        return set_of(found)


def _fits(path: str, pattern: str) -> bool:
    """Return whether a path matches a pattern, in which the step `**` stands for any number of folders."""
    names = path.split("/")
    ends = {0}  # after how many names the pattern may end, as far as it is read
    for step in pattern.split("/"):
        if step == "**":
            ends = set(range(min(ends), len(names) + 1))
        else:
            ends = {n + 1 for n in ends if n < len(names) and fnmatchcase(names[n], step)}
        if not ends:
            return False
    return len(names) in ends


def is_in(path: str, folder: str) -> bool:
    """Return whether a path is that of a folder, or of something in it; links are not followed."""
    return os.path.relpath(path or ".", folder).split(os.sep)[0] != os.pardir


def holding(name: str, folder: str) -> str | None:
    """Return the nearest folder that has a file of a name: a folder itself, or one above."""
    while not os.path.exists(os.path.join(folder, name)):
        outer = os.path.dirname(folder)
        if outer == folder:
            return None
        folder = outer
    return folder


def workspace(root: str | None) -> tuple[str, str] | None:
    """Return Terraform's current workspace, and the source of its name; None if unknown.

    Args:
        root: the folder in which Terraform runs; None if unknown.

    """
    chosen = os.environ.get("TF_WORKSPACE")
    if chosen:
        return chosen, "TF_WORKSPACE"
    if root is None:
        return None
    path = os.path.join(root, ".terraform", "environment")
    try:
        with open(path, encoding="utf-8") as file:
            found = file.read(_LONGEST_NAME).strip()
    except (OSError, UnicodeDecodeError):
        return None
    return (found, path) if found else None


def installed(root: str) -> dict[str, str]:
    """Return the folders of the modules that `terraform init` has installed, by the labels of the calls, with dots.

    Args:
        root: the folder in which Terraform runs.

    """
    path = os.path.join(root, ".terraform", "modules", "modules.json")
    try:
        (document,) = read_documents(path, read_file(path))
    except (OSError, InputError, ValueError):  # not installed, or not by this Terraform
        return {}
    found = (item for item in listing(value_at(document.value, ("Modules",))) if isinstance(item, dict))
    return {
        str(item.get("Key")): os.path.normpath(os.path.join(root, folder))
        for item in found
        if isinstance(folder := item.get("Dir"), str) and "\0" not in folder
    }


_LONGEST_NAME = 1000
"""Maximum characters of a workspace name."""


class LeavesError(Exception):
    """A path leaves the folders of the configuration."""


def named(name: str, args: list[Any], disk: Disk | None, fill: Fill) -> Any:  # noqa: ANN401 - a value
    """Return the result of a function that reads a file.

    Args:
        name: the function.
        args: its arguments, of which the first is known.
        disk: the folders to read from; None if there are none.
        fill: renders a template with given values.

    """
    path = text(args[0])
    if disk is None:
        return NotKnown(say('{name}("{path}") needs the folder of the configuration', name=name, path=path))
    try:
        if name == "fileexists":
            return disk.exists(path)
        return disk.names(path, text(args[1])) if name == "fileset" else _made(name, args, disk.content(path), fill)
    except LeavesError:
        return NotKnown(say("{name}(): {path} is outside of the configuration", name=name, path=path))
    except OSError:
        return NotKnown(say("{name}(): {path} cannot be read", name=name, path=path))


def _made(name: str, args: list[Any], content: str | NotKnown, fill: Fill) -> Any:  # noqa: ANN401 - a value
    if isinstance(content, NotKnown):
        return NotKnown(say("{name}(): {content}", name=name, content=content))
    if name == "filebase64":
        return b2a_base64(content.encode(), newline=False).decode()
    return content if name == "file" else fill(template(content), entries(args[1]))
