"""Writes fixes into the bytes of a file: detects the encoding and the language."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from eniplan.errors import InputError
from eniplan.fixing import embedded
from eniplan.fixing.wish import CannotFixError, Wish
from eniplan.inputs.hcl.files import is_hcl
from eniplan.plan.load import HCL_JSON_ENDINGS, MARKDOWN_ENDINGS, is_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_CODECS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def mended(file: str, data: bytes, wishes: Iterable[Wish]) -> bytes:
    """Apply fixes to the bytes of a file.

    Raises:
        CannotFixError: a fix cannot be written without changing something else.

    """
    mark = next((mark for mark in _CODECS if data.startswith(mark)), b"")
    codec = _CODECS.get(mark, "utf-8")
    each_once = list(dict.fromkeys(map(_hashable, wishes)))
    try:
        text = data[len(mark) :].decode(codec)
        return mark + _writer(file, data)(file, text, each_once).encode(codec)
    except (ValueError, InputError, KeyError, IndexError, TypeError):
        raise CannotFixError from None


def _writer(file: str, data: bytes) -> Callable[[str, str, list[Wish]], str]:
    """Return the function that applies fixes to this kind of file. It tells kinds apart as the check does."""
    if file.endswith(MARKDOWN_ENDINGS):
        return embedded.markdown
    if is_script(file, data):
        from eniplan.fixing import script  # noqa: PLC0415 - few files are scripts

        return script.mended
    if is_hcl(file, data) and not file.endswith(HCL_JSON_ENDINGS):
        from eniplan.fixing import hcl  # noqa: PLC0415 - loads a parser that few need

        return hcl.mended
    return embedded.structured


def _hashable(wish: Wish) -> Wish:
    value = wish.fix.value
    frozen = tuple(value.items()) if isinstance(value, dict) else value
    return wish._replace(fix=wish.fix._replace(value=frozen))
