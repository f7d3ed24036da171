"""Inputs of a check other than plans, imported with the first of them: a check of plans does not pay for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import terminal
from eniplan.messages import NOTHING, count, named, say, together

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from eniplan.catalog.store import Catalog
    from eniplan.inputs.collect import Collected
    from eniplan.inputs.places import Skipped
    from eniplan.report.model import Report

_MANY = 3
"""More inputs that are skipped for the same reason share a line."""


class OtherInputs:
    """The inputs of one run other than plans."""

    def __init__(
        self, catalog: Catalog, cluster: str | None, values: Sequence[str], value_files: Sequence[str], *, asks: bool
    ) -> None:
        """Store the options that apply to them.

        Args:
            catalog: the instance data.
            cluster: the file with the facts of their cluster.
            values: values of Terraform variables, `NAME=VALUE`.
            value_files: files with such values.
            asks: whether the run queries an account.

        """
        self._catalog = catalog
        self._cluster = cluster
        self._values = tuple(values)
        self._value_files = tuple(value_files)
        self._asks = asks
        self._collected: Collected | None = None

    def make(self) -> Collected:
        """Return the collection of these inputs; create it on the first call.

        Raises:
            InputError: the facts of the cluster or the values of variables cannot be read.

        """
        if self._collected is None:
            from eniplan.inputs.cluster_file import read_cluster  # noqa: PLC0415 - a check of plans does not need it
            from eniplan.inputs.collect import Collected  # noqa: PLC0415 - a check of plans does not need it
            from eniplan.inputs.hcl.files import Options  # noqa: PLC0415 - the same

            cluster = None if self._cluster is None else read_cluster(self._cluster)
            variables = Options(self._values, self._value_files)
            self._collected = Collected(self._catalog, cluster, variables, asks=self._asks)
        return self._collected

    def tell(self, report: Report, *, verbose: bool) -> None:
        """Print to stderr which inputs were skipped, and which option would show more."""
        if self._collected is None:
            return
        skipped = self._collected.skipped
        for item in skipped if verbose else _grouped(skipped):
            names = say("it names {names}", names=item.names) if item.names else NOTHING
            terminal.err(together((say("skipped {file}: {why}", file=item.what, why=item.why), names)))
        if self._collected.broken and not verbose:
            broken = count(
                self._collected.broken,
                "skipped {n} unreadable file that mentions nothing eniplan checks",
                "skipped {n} unreadable files that mention nothing eniplan checks",
            )
            terminal.err(say("{broken}; --verbose shows why", broken=broken))
        if not (report.pools or report.findings or report.undecided or report.problems):
            terminal.err(
                say("nothing was judged: no exclusive node pool, and no pods for one; --verbose shows why")
                if skipped and not verbose
                else say("nothing was judged: no exclusive node pool, and no pods for one")
            )
        if self._collected.lacks_cluster and not report.accounts:
            terminal.err(say("these inputs do not describe their cluster; pass its facts with --cluster FILE"))


def _grouped(skipped: Iterable[Skipped]) -> Iterator[Skipped]:
    """Yield those that may have been meant. Many that are skipped for the same reason become one."""
    alike: dict[tuple[str, str], list[Skipped]] = {}
    for item in skipped:
        if item.names or item.is_shown:
            alike.setdefault((item.why, item.names), []).append(item)
    for items in alike.values():
        files = named([item.what for item in items])
        yield from items if len(items) <= _MANY else (items[0]._replace(what=files),)
