"""Reads every instance type of a region, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.cloud import answers, calls
from eniplan.cloud.answers import AnswerError
from eniplan.cloud.failures import CallError
from eniplan.messages import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.cloud.session import Session

PAGE = 400
"""Types on a page; the API allows 1,600, which are 5 MB in one answer."""
MAX_PAGES = 100
"""A server that goes on is not believed."""


def all_types(session: Session) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of DescribeInstanceTypes, a page at a time.

    Raises:
        CallError: a page cannot be read, or there is no end of them.

    """
    token: str | None = None
    for _ in range(MAX_PAGES):
        query = {"MaxResults": PAGE} if token is None else {"MaxResults": PAGE, "NextToken": token}
        answer = session.read(calls.DESCRIBE_TYPES, query=query)
        try:
            rows, token = answers.types(answer.body), answers.next_token(answer.body)
        except AnswerError as error:
            message = say("the answer cannot be used: {error}", error=str(error))
            raise CallError(calls.DESCRIBE_TYPES, "answer", message=message, request_id=answer.request_id) from None
        yield rows
        if token is None:
            return
    raise CallError(calls.DESCRIBE_TYPES, "answer", message=say("more than {most} pages", most=MAX_PAGES))
