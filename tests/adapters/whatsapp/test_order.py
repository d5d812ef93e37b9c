"""The items of an order from the catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.whatsapp.message import attachments


@pytest.mark.parametrize(
    ("items", "details"),
    [
        (
            [
                {"product_retailer_id": "MUG-1", "quantity": 3, "item_price": 4.5, "currency": "EUR"},
                {"product_retailer_id": 77},
            ],
            "3 × MUG-1 (4.5 EUR), 1 × 77",
        ),
        ([{"quantity": 2}, "x", None], None),
        ([], None),
    ],
)
def test_an_order_names_its_items(items: list[Any], details: str | None) -> None:
    (part,) = attachments({"type": "order", "order": {"catalog_id": "5", "product_items": items}})
    assert (part.type, part.id, part.details) == ("order", "5", details)
