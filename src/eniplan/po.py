"""Message catalogues: gettext .po files in templates/lang. A run reads at most one, and none for English.

The `gettext` module needs compiled files. A .mo would be a second copy that can go stale, so this parses the .po.
"""

from __future__ import annotations

import json
import os

from eniplan import resources


def path(language: str) -> str:
    """Return the path of a language's catalogue."""
    return os.path.join(resources.folder("templates"), "lang", f"{language}.po")


def read_catalogue(language: str) -> dict[str, str]:
    """Return the translations of a language by English text, without untranslated texts."""
    with open(path(language), encoding="utf-8") as file:
        return parse(file.read())


def parse(text: str) -> dict[str, str]:
    """Return the entries of a catalogue in the form that `write` produces: one string per line."""
    # One call for all strings: two thousand calls take five times as long.
    strings: list[str] = json.loads(f"[{','.join(line.partition(' ')[2] for line in text.split(chr(10)) if line)}]")
    entries = zip(strings[::2], strings[1::2], strict=True)
    return {original: told for original, told in entries if original and told}  # the header has no original


def write(entries: dict[str, str], language: str) -> str:
    """Return the text of a catalogue, sorted by English text so that changes rarely conflict."""
    header = f"Language: {language}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
    return "\n\n".join(_entry(text, told) for text, told in (("", header), *sorted(entries.items()))) + "\n"


def _entry(text: str, told: str) -> str:
    return f"msgid {json.dumps(text, ensure_ascii=False)}\nmsgstr {json.dumps(told, ensure_ascii=False)}"
