"""Reads one inbound message: text, attachments, and pressed buttons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.events import Attachment
from adapters.payload import as_id, as_list, as_number, as_object, as_text

Message = Mapping[str, Any]

_MEDIA = ("image", "video", "audio", "document", "sticker")
_REPLIES = ("button_reply", "list_reply")


@dataclass(frozen=True, slots=True)
class Pressed:
    """A pressed button, a chosen row or a submitted form.

    Attributes:
        data: Payload of the button or row, or the JSON of a form.
        text: Label of the button or row.
    """

    data: str
    text: str


def read_text(message: Message) -> str:
    """Returns the text of a message, or the caption of its file."""
    kind = as_text(message, "type")
    content = as_object(message, kind)
    return (
        as_text(content, "body") or as_text(content, "caption") or (as_text(content, "text") if kind == "order" else "")
    )


def pressed(message: Message) -> Pressed | None:
    """Returns what was pressed; None for other messages and for empty interactive ones."""
    button = as_object(message, "button")  # button of a template
    if button:
        text = as_text(button, "text")
        return Pressed(as_text(button, "payload") or text, text)
    interactive = as_object(message, "interactive")
    for key in _REPLIES:
        reply = as_object(interactive, key)
        if reply:
            return Pressed(as_id(reply, "id") or "", as_text(reply, "title"))
    form = as_object(interactive, "nfm_reply")
    if form:
        return Pressed(as_text(form, "response_json"), as_text(form, "body"))
    return None


def attachments(message: Message) -> tuple[Attachment, ...]:
    """Returns the attachments of the message."""
    return tuple(_attachments(message))


def _attachments(message: Message) -> Iterator[Attachment]:
    for key in _MEDIA:
        media = as_object(message, key)
        if as_id(media, "id"):
            yield Attachment(
                _type(key, media),
                as_id(media, "id") or "",
                mime=as_text(media, "mime_type") or None,
                name=as_text(media, "filename") or None,
            )
    place = as_object(message, "location")
    if place:
        yield Attachment(
            "location",
            url=as_text(place, "url") or None,
            name=as_text(place, "name") or as_text(place, "address") or None,
            details=(as_text(place, "name") and as_text(place, "address")) or None,
            latitude=as_number(place, "latitude"),
            longitude=as_number(place, "longitude"),
        )
    for card in as_list(message, "contacts"):
        if isinstance(card, dict):
            yield _contact(card)
    order = as_object(message, "order")
    if order:
        items = [_item(item) for item in as_list(order, "product_items") if isinstance(item, dict)]
        yield Attachment("order", as_id(order, "catalog_id") or "", details=", ".join(filter(None, items)) or None)


def _contact(card: Message) -> Attachment:
    name, org = as_object(card, "name"), as_object(card, "org")
    full = as_text(name, "formatted_name") or f"{as_text(name, 'first_name')} {as_text(name, 'last_name')}".strip()
    numbers = [as_id(item, "wa_id") or as_id(item, "phone") for item in _objects(card, "phones")]
    more = (
        as_text(org, "company"),
        as_text(org, "title"),
        *filter(None, numbers[1:]),
        *(as_text(item, "email") for item in _objects(card, "emails")),
        *(as_text(item, "url") for item in _objects(card, "urls")),
        *(_address(item) for item in _objects(card, "addresses")),
        as_text(card, "birthday"),
    )
    first = next(iter(numbers), None) or ""
    return Attachment("contact", first, name=full or None, details=", ".join(filter(None, more)) or None)


def _address(address: Message) -> str:
    return ", ".join(filter(None, (as_text(address, key) for key in ("street", "zip", "city", "state", "country"))))


def _objects(source: Message, key: str) -> list[Message]:
    return [item for item in as_list(source, key) if isinstance(item, dict)]


def about(message: Message) -> tuple[Attachment, ...]:
    """Returns what the message is about: the advertisement or the product from which the person came."""
    found = []
    ad = as_object(message, "referral")
    if ad:
        told = filter(None, (as_text(ad, "body"), as_text(ad, "source_url")))
        found.append(Attachment("ad", name=as_text(ad, "headline") or None, details=", ".join(told) or None))
    product = as_id(as_object(as_object(message, "context"), "referred_product"), "product_retailer_id")
    if product:
        found.append(Attachment("product", name=product))
    return tuple(found)


def _item(item: Message) -> str:
    product = as_id(item, "product_retailer_id")
    if product is None:
        return ""
    count, price = as_number(item, "quantity"), as_number(item, "item_price")
    cost = "" if price is None else f" ({price:g} {as_text(item, 'currency')}".rstrip() + ")"
    return f"{1 if count is None else count:g} × {product}{cost}"


def _type(key: str, media: Message) -> str:
    if key == "audio":
        return "voice" if media.get("voice") is True else "audio"
    return "file" if key == "document" else key
