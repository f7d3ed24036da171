"""Write what is made from the program: `commands.md`, `rules.md`, and the picture of a check, `check.svg`.

./dev docs          # into docs/; a test holds them to what the program says
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

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
        f"## {name}\n\n**{rule['title']}** ({rule['level']})\n\n{rule['effect']}\n\n{remedy(rule['remedy'])}\n"
        f"Decided by {', '.join(f'`{fact}`' for fact in rule['needs'])}. {waived}\n\n"
        + (f"{sources}\n" if sources else "")
        + f"An example that breaks it: `eniplan explain {name} --example fail`\n"
    )


def remedy(forms: dict[str, str]) -> str:
    """Return what to do about a rule, and what that looks like in each form."""
    written = "".join(
        f"- {form.replace('terra', 'Terra')}: {', '.join(f'`` {line} ``' for line in text.splitlines())}\n"
        for form, text in forms.items()
        if form != "do"
    )
    return f"Remedy: {forms['do']}\n" + (f"\n{written}" if written else "")


def source(item: dict[str, str | None]) -> str:
    """Return a source with its address and date."""
    title = f"[{item['title']}]({item['url']})" if item["url"] else item["title"]
    return f"{title}, {item['date']}"


PICTURE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-size="{char_height}" \
font-family="ui-monospace,Menlo,Consolas,monospace">
<style>{styles}</style>
<defs>{lines}</defs>
<rect width="100%" height="100%" rx="8" fill="#292929"/>
<g transform="translate(20, 24)">{backgrounds}{matrix}</g>
</svg>
"""
"""As rich fills it, without its window, and without its font, which would come from somebody's server."""


def picture() -> str:
    """Return a check of a plan with a mistake as a terminal shows it, as an SVG image."""
    plan = (HERE.parent / "examples" / "trading-ipv4.yaml").read_text(encoding="utf-8")
    before, _, rest = plan.partition("[ecs.g8i.8xlarge]")
    plan = f"{before}[ecs.g7.2xlarge]\n" + rest.partition("\n")[2]
    env = {"FORCE_COLOR": "1", "COLUMNS": "96", "PATH": os.environ["PATH"]}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plan.yaml").write_text(plan, encoding="utf-8")
        command = [sys.executable, "-m", "eniplan", "check", "plan.yaml"]
        done = subprocess.run(  # noqa: S603 - words of our own
            command, cwd=folder, env=env, capture_output=True, text=True, check=False
        )
    console = Console(record=True, width=96, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print("[bold green]$[/] eniplan check plan.yaml", highlight=False)
    console.print(Text.from_ansi(done.stdout.rstrip("\n")))
    return console.export_svg(code_format=PICTURE, unique_id="check")


def main() -> None:
    """Write all of it to the folder that is named, or to this one."""
    os.environ["COLUMNS"] = "100"  # else the help would be as wide as this terminal
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for name, text in (("commands.md", commands()), ("rules.md", rules()), ("check.svg", picture())):
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
