"""Write the catalogues of `templates/lang` anew: what is new has no translation yet, and what is stale goes.

`python docs/messages.py` names what nobody has translated; `--check` changes nothing and fails if there is any.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from eniplan import facts, po, resources
from eniplan.cli import COMMANDS, _app
from eniplan.cli.completion import comment_of
from eniplan.cli.language import paragraphs, texts
from eniplan.rules import BY_ID
from eniplan.rules.remedies import REMEDIES

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).resolve().parent.parent / "src" / "eniplan"
LANGUAGES = ("zh",)
_TEMPLATES = {"say": slice(0, 1), "count": slice(1, 3), "together": slice(1, 2), "told": slice(0, 1)}
"""Which arguments of a maker of messages are texts."""
_SEPARATORS = (", ", "; ", ": ")
"""Those of lists and of messages that are joined."""


_TYPER = (
    "Arguments", "Options", "Commands", "default: {default}", "required", "Usage: ", "Show this message and exit.",
    "No such command {name!r}.", "Missing command.",
)  # fmt: skip
"""What typer says, by gettext or through `cli.wide_help`."""


def all_texts() -> dict[str, None]:
    """Return everything that eniplan says, each once."""
    found = [*_SEPARATORS, *_TYPER, *_of_source(), *_of_rules(), *_of_facts(), *_of_help(), *_of_completion()]
    return {text: None for text in found if any(map(_is_translated, _without_fields(text)))}


def _is_translated(char: str) -> bool:
    """Letters are, and marks of which Chinese has its own."""
    return char.isalpha() or char in ":;,()"


def _without_fields(template: str) -> str:
    return "".join(text for text, *_ in _parsed(template))


def _parsed(template: str) -> list[tuple[str, str | None, str | None, str | None]]:
    from string import Formatter  # noqa: PLC0415 - of this function

    try:
        return list(Formatter().parse(template))
    except ValueError:  # a help is no template
        return [(template, None, None, None)]


def fields(template: str) -> set[str]:
    """Return the facts that a template names."""
    return {name for _, name, _, _ in _parsed(template) if name is not None}


def _of_source() -> Iterator[str]:
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _TEMPLATES:
                for text in node.args[_TEMPLATES[node.func.id]]:
                    if isinstance(text, ast.Constant) and isinstance(text.value, str):
                        yield text.value


def _of_rules() -> Iterator[str]:
    for rule in BY_ID.values():
        yield from (rule.title, rule.effect, REMEDIES[rule.id].do)


def _of_facts() -> Iterator[str]:
    for fact in vars(facts).values():
        if isinstance(fact, facts.Fact):
            yield from (fact.words, fact.find)


def _of_help() -> Iterator[str]:
    import typer  # noqa: PLC0415 - of this function

    for name in ("", *COMMANDS):
        yield from _of_command(typer.main.get_command(_app([name])))


def _of_completion() -> Iterator[str]:
    for script in sorted(Path(resources.folder("templates"), "completion").iterdir()):
        yield from filter(None, map(comment_of, script.read_text("utf-8").splitlines()))


def _of_command(command: object) -> Iterator[str]:
    for part in paragraphs(getattr(command, "help", None) or ""):
        yield from map(texts, part.split("\n"))
    yield getattr(command, "short_help", None) or ""
    yield from filter(None, (getattr(option, "help", None) for option in getattr(command, "params", ())))
    for inner in getattr(command, "commands", {}).values():
        yield from _of_command(inner)


def catalogue(language: str) -> str:
    """Return the catalogue of a language as the source has it now."""
    path = Path(po.path(language))
    known = po.parse(path.read_text("utf-8")) if path.exists() else {}
    return po.write({text: known.get(text, "") for text in all_texts()}, language)


def main() -> int:
    """Write the catalogues, or check them."""
    lacking = 0
    for language in LANGUAGES:
        path, text = Path(po.path(language)), catalogue(language)
        translated = po.parse(text)
        for missing in sorted(set(all_texts()) - set(translated)):
            print(f"{language}: {missing!r} has no translation", file=sys.stderr)  # noqa: T201
            lacking += 1
        if "--check" not in sys.argv:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return min(lacking, 1)


if __name__ == "__main__":
    sys.exit(main())
