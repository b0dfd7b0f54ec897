"""What is sent of a query, and what is refused before anything is."""

from __future__ import annotations

from typing import Any, cast

import pytest

from icmgraph.queries import catalogue
from icmgraph.queries.gateway import Transaction, in_one


class Sent:
    """Stands for the driver's transaction: it must not be reached."""

    def run(self, text: str, parameters: dict[str, Any]) -> None:
        raise NotImplementedError


def test_parameters_are_entries_of_one_map() -> None:
    text = "MATCH (n:$(row.kind) {id: $id}) WHERE n.value IN $values_2 RETURN n LIMIT $limit"
    assert in_one(text) == (
        "MATCH (n:$(row.kind) {id: $given.id}) WHERE n.value IN $given.values_2 RETURN n LIMIT $given.limit"
    )


def test_a_parameter_that_is_forgotten_is_not_null() -> None:
    tx = Transaction(cast(Any, Sent()), catalogue.load())
    given: dict[str, Any] = {"case": "a", "shared": False, "alone": False, "limit": 1}
    with pytest.raises(AssertionError, match=r"mentioning wants \['holding', 'lacking'\] too"):
        tx.control("mentioning", **given)
    with pytest.raises(NotImplementedError):
        tx.control("mentioning", **given, holding=None, lacking=None)
