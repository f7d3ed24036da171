"""Read all instance types of regions page by page, continuing where an earlier run stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.cloud import answers, calls
from eniplan.cloud.failures import CallError
from eniplan.cloud.partial import Page
from eniplan.messages import say

if TYPE_CHECKING:
    from eniplan.cloud.partial import Partial
    from eniplan.cloud.session import Session

PAGE = 100
"""Types per page, about 0.3 MB. The API allows 1,600."""
MAX_PAGES = 100
"""Guards against a server that never ends."""


def read_types(session: Session, partial: Partial) -> None:
    """Read the missing pages of the session's region.

    Raises:
        CallError: a page cannot be read, there are more than `MAX_PAGES`, or the region has no types.

    """
    region = session.region
    if partial.of(region) and not partial.is_done(region):
        try:
            _add_page(session, partial)
        except CallError as error:
            if error.reason != "rejected" or "token" not in error.code.casefold():
                raise
            partial.drop(region)  # the token may have expired
    while not partial.is_done(region):
        _add_page(session, partial)


def _add_page(session: Session, partial: Partial) -> None:
    region = session.region
    pages, token = partial.of(region), partial.token(region)
    query: dict[str, Any] = {"MaxResults": PAGE} | ({} if token is None else {"NextToken": token})
    if session.endpoint is not None:
        query["RegionId"] = region  # one endpoint serves all regions; regional endpoints do not need it
    answer = session.read(calls.DESCRIBE_TYPES, query=query)
    rows = answers.parsed(calls.DESCRIBE_TYPES, answer, answers.type_rows)
    after = answers.parsed(calls.DESCRIBE_TYPES, answer, answers.next_token)
    wrong = None
    if after is not None and after in {token, *(page.next for page in pages)}:
        wrong = say("its pages repeat: the same NextToken comes again")
    elif after is not None and len(pages) + 1 >= MAX_PAGES:
        wrong = say("more than {most} pages", most=MAX_PAGES)
    elif after is None and not rows and not any(page.rows for page in pages):
        wrong = say("the account lists no instance type")
    if wrong is not None:
        partial.drop(region)  # none of it is believed
        raise CallError(calls.DESCRIBE_TYPES, "answer", message=wrong, request_id=answer.request_id)
    partial.add(Page(region, token, after, rows))
