"""`eniplan init`: a commented starter plan, or what runs the check in CI."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated, NamedTuple

import typer

from eniplan import resources, terminal
from eniplan.errors import Place, Problem, UsageError, usage
from eniplan.messages import say
from eniplan.plan.load import DEFAULT_FILE
from eniplan.terminal import STDIN


class CI(StrEnum):
    """A CI service."""

    GITHUB = "github"
    GITLAB = "gitlab"


class _New(NamedTuple):
    """A file for the user's repository."""

    template: str
    """Its name in templates/."""
    path: str
    """Where it goes, from the top of the repository."""
    todo: str
    """What to do next."""


_FILES = {
    CI.GITHUB: (
        _New(
            "ci/github-workflow.yml",
            ".github/workflows/eniplan.yml",
            "put the repository and the commit of eniplan's action in the place of OWNER/REPOSITORY@COMMIT",
        ),
        _New(
            "ci/github-matcher.json",
            ".github/eniplan-matcher.json",
            "needed only by steps of your own that run eniplan; they begin with "
            "`echo ::add-matcher::.github/eniplan-matcher.json`",
        ),
    ),
    CI.GITLAB: (
        _New(
            "ci/gitlab.yml",
            ".gitlab/eniplan.yml",
            "say in it what pip installs, and add to .gitlab-ci.yml: `include: [{local: /.gitlab/eniplan.yml}]`",
        ),
    ),
}


def register(app: typer.Typer, name: str, about: str) -> None:
    """Add the command to the program."""
    app.command(name, short_help=about)(init)


def init(
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help=f"Where to write it; - for stdout.  [default: {DEFAULT_FILE}]"),
    ] = None,
    ci: Annotated[
        CI | None, typer.Option("--ci", help="Write what runs the check in CI instead; from the top of the repository.")
    ] = None,
) -> None:
    """Write a commented starter plan. A file that exists is never overwritten.

    \b
    Examples:
      eniplan init
      eniplan init - > pools/trading.yaml
      eniplan init --ci github
    """
    if ci is not None:
        if file is not None:
            raise usage(say("the files for CI have fixed names: give --ci without FILE"))
        _write_ci(_FILES[ci])
        return
    if file == STDIN:
        terminal.out(_template("plan.yaml"))
        return
    file = DEFAULT_FILE if file is None else file
    _write("plan.yaml", file, hint="give another name, or - to print the starter plan")
    terminal.err(f"wrote {file}: fill in what stands in <angle brackets>, then run `eniplan check {file}`")


def _write_ci(files: tuple[_New, ...]) -> None:
    hint = say("move it away to have it written anew; no other file was written either")
    for new in files:
        if os.path.lexists(new.path):
            raise _exists(new.path, hint)
    for new in files:
        terminal.make_folder(os.path.dirname(new.path))
        _write(new.template, new.path, hint=hint)
        terminal.err(f"wrote {new.path}: {new.todo}")
    if not os.path.lexists(".git"):
        terminal.err("this folder is not the top of a Git repository; only there do these files work")


def _template(name: str) -> str:
    with open(os.path.join(resources.folder("templates"), name), encoding="utf-8") as stream:
        return stream.read()


def _write(template: str, path: str, *, hint: str) -> None:
    try:
        terminal.save_new(path, _template(template))
    except FileExistsError:
        raise _exists(path, hint) from None


def _exists(path: str, hint: str) -> UsageError:
    return UsageError(Problem(say("the file exists, and is left as it is"), Place(path), hint))
