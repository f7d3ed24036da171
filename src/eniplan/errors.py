"""Errors that prevent a verdict, and how they are reported.

A failure of the tool must never look like a finding about the plan. Each error knows its exit code (2 usage, 3 input,
4 cloud or network, 5 create) and carries its diagnosis: what happened, where, and what to do next. `cli.run` catches
them in one place, and `terminal` prints them.
"""

from __future__ import annotations

import errno
from itertools import islice
from typing import TYPE_CHECKING

from eniplan.bounds import MAX_PROBLEMS
from eniplan.messages import NOTHING, Message, say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

OK = 0
FINDINGS = 1
USAGE = 2
INPUT = 3
CLOUD = 4
CREATE = 5
INTERRUPTED = 130


COMMAND_LINE = "command line"
"""The file name of places on the command line."""
KUBECTL = "kubectl"
"""The file name of places that are objects of a running cluster."""


class Place(NamedTuple):
    """A position in a user's file. Line and column are 1-based; `path` is a key path such as `nodePools[0].name`.

    Line 0 means that the position is unknown (a whole file, the command line).
    """

    file: str
    line: int = 0
    column: int = 0
    path: str = ""

    def __str__(self) -> str:
        """Return `file:line:column`, which terminals and editors make clickable; machines read `file`."""
        file = say("command line") if self.file == COMMAND_LINE else self.file
        return f"{file}:{self.line}:{self.column}" if self.line else file or "''"


class Problem(NamedTuple):
    """One problem of an input: what, where, and what to do next."""

    message: Message
    place: Place
    hint: Message = NOTHING


def few(found: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems of one document; if there are too many, the first ones and a note."""
    told = tuple(islice(found, MAX_PROBLEMS + 1))
    if len(told) <= MAX_PROBLEMS:
        return told
    message = say("more than {n} problems: the others are not listed, and nothing was judged", n=MAX_PROBLEMS)
    return (*told[:-1], Problem(message, Place(told[0].place.file), say("fix these first")))


def reason(error: OSError) -> str:
    """Return the reason of a system error: common ones in the user's language, others in the system's words."""
    often = {
        errno.ENOENT: say("no such file or directory"),
        errno.EACCES: say("permission denied"),
        errno.EISDIR: say("is a directory"),
        errno.ENOTDIR: say("not a directory"),
        errno.ENOSPC: say("no space left on device"),
    }
    return often.get(error.errno or 0) or (error.strerror or str(error)).lower()


def unreadable(path: str, error: OSError, hint: Message = NOTHING) -> Problem:
    """Return the problem of a file that cannot be read."""
    return Problem(say("cannot read it: {reason}", reason=reason(error)), Place(path), hint)


class EniplanError(Exception):
    """Base of all errors that eniplan raises. `problems` is never empty."""

    exit_code = INPUT

    def __init__(self, *problems: Problem) -> None:
        """Take the problems in display order."""
        super().__init__("; ".join(f"{p.place}: {p.message}" for p in problems))
        self.problems = problems


class InputError(EniplanError):
    """An input cannot be read, is malformed, or does not fit its schema (exit code 3)."""

    exit_code = INPUT

    def moved(self, file: str, moved: Callable[[int, int], tuple[int, int]]) -> InputError:
        """Return it for the file of which the text with the problems is a part; `moved` moves a line and column."""
        return InputError(*(p._replace(place=Place(file, *moved(p.place.line, p.place.column))) for p in self.problems))


def do_all(steps: Iterable[Callable[[], object]]) -> None:
    """Do every step, also after one that fails.

    Raises:
        InputError: a step failed; it has the problems of all that did.

    """
    failed: list[Problem] = []
    for step in steps:
        try:
            step()
        except InputError as error:
            failed += error.problems
    if failed:
        raise InputError(*failed)


class UsageError(EniplanError):
    """The command line is invalid (exit code 2)."""

    exit_code = USAGE


def usage(message: Message, hint: Message = NOTHING) -> UsageError:
    """Return the error for invalid arguments."""
    return UsageError(Problem(message, Place(COMMAND_LINE), hint))


class ClusterError(EniplanError):
    """The cluster cannot be read: no kubectl, no connection, or no permission (exit code 4)."""

    exit_code = CLOUD


class CloudError(EniplanError):
    """The account cannot be queried, or its answer cannot be used (exit code 4). Nothing was created."""

    exit_code = CLOUD


class CreateError(EniplanError):
    """A create failed, or its outcome is unknown (exit code 5)."""

    exit_code = CREATE
