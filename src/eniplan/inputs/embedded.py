"""Terraform files in a ROS template, which ROS passes to Terraform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.inputs.hcl.parse import Text
from eniplan.plan.document import value_at
from eniplan.plan.load import HCL_ENDINGS

if TYPE_CHECKING:
    from eniplan.inputs.hcl.parse import Block
    from eniplan.plan.document import Document, Path

_TRANSFORMS = ("Aliyun::Terraform", "Aliyun::OpenTofu")


def workspace(document: Document, data: bytes) -> list[Text]:
    """Return the Terraform files in a ROS template, with their places in the template.

    Args:
        document: the template, or any other document.
        data: the bytes of its file.

    """
    files, stated = (value_at(document.value, (key,)) for key in ("Workspace", "Transform"))
    transforms = stated if isinstance(stated, list) else [stated]
    if not isinstance(files, dict) or not any(str(name).startswith(_TRANSFORMS) for name in transforms):
        return []
    lines = data.decode(errors="replace").splitlines()
    found = []
    for name, inner in files.items():
        if not isinstance(inner, str) or not name.endswith(HCL_ENDINGS):
            continue
        line, column = document.tree.find(("Workspace", name), key=False)
        if lines[line - 1][column - 1 : column] == "|":  # a block scalar: its lines are lines of the template, indented
            first = next((row for row in lines[line:] if row.strip()), "")
            found.append(Text(document.file, inner, (line + 1, len(first) - len(first.lstrip()) + 1)))
        else:
            found.append(_Quoted(document.file, inner, (line, column)))
    return found


class _Quoted(Text):
    """A quoted text, whose lines are not lines of the file."""

    def place(self, offset: int) -> tuple[int, int]:
        """See `Text.place`."""
        del offset
        return self._first

    def written(self, block: Block, path: Path) -> None:
        """See `Text.written`."""
        del block, path
