"""Write the pages that are made from the program: `commands.md` and `rules.md`.

./dev docs          # into docs/; a test holds them to what the program says
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eniplan import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
MADE = "<!-- Made by ./dev docs: change the program, not this page. -->\n"


def said(*words: str) -> str:
    """Return what `eniplan WORDS` prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = cli.run(list(words))
    if code != 0:
        message = f"eniplan {' '.join(words)} ended with {code}"
        raise RuntimeError(message)
    return out.getvalue()


def commands() -> str:
    """Return the command reference: what each `--help` says."""
    parts = ["# Commands\n", MADE]
    for words, text in helps(()):
        parts.append(f"## {' '.join(words) or 'eniplan'}\n\n```text\n{text.rstrip()}\n```\n")
    return "\n".join(parts)


def helps(words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield a command and its help, and then its subcommands' in the order of the help."""
    text = said(*words, "--help")
    yield words, text
    _, _, listed = text.partition("\nCommands:\n")
    for name in re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE):
        yield from helps((*words, name))


def rules() -> str:
    """Return the rule reference: what `eniplan explain` knows of each rule."""
    known: list[dict[str, Any]] = json.loads(said("explain", "--format", "json"))
    rows = "".join(
        f"| [{rule['rule']}](#{rule['rule'].lower()}) | {rule['level']} | {rule['title']} |\n" for rule in known
    )
    table = f"| rule | level | what it finds |\n|---|---|---|\n{rows}"
    return "\n".join(["# Rules\n", MADE, table, *map(section, known)])


def section(rule: dict[str, Any]) -> str:
    """Return what there is to say about one rule."""
    name = rule["rule"]
    waived = "It can be waived." if rule["waivable"] else "It cannot be waived."
    sources = "".join(f"- {source(item)}\n" for item in rule["sources"])
    return (
        f"## {name}\n\n**{rule['title']}** ({rule['level']})\n\n{rule['effect']}\n\n"
        f"Decided by {', '.join(f'`{fact}`' for fact in rule['needs'])}. {waived}\n\n"
        + (f"{sources}\n" if sources else "")
        + f"A plan that breaks it: `eniplan explain {name} --example fail`\n"
    )


def source(item: dict[str, str | None]) -> str:
    """Return a source with its address and date."""
    title = f"[{item['title']}]({item['url']})" if item["url"] else item["title"]
    return f"{title}, {item['date']}"


def main() -> None:
    """Write both pages to the folder that is named, or to this one."""
    os.environ["COLUMNS"] = "100"  # else the help would be as wide as this terminal
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for name, text in (("commands.md", commands()), ("rules.md", rules())):
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
