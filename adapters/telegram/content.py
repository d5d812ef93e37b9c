"""Reads the parts of a Telegram message that are neither text nor a file, and names those that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.events import Attachment
from adapters.payload import as_id, as_int, as_list, as_number, as_object, as_text

Message = Mapping[str, Any]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Keys of a message that are no content.
_ABOUT = _words(
    "message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count "
    "sender_business_bot sender_tag date business_connection_id chat forward_origin forward_from "
    "forward_from_chat forward_from_message_id forward_signature forward_sender_name forward_date "
    "is_topic_message is_automatic_forward reply_to_message external_reply quote reply_to_story "
    "reply_to_checklist_task_id via_bot edit_date has_protected_content is_from_offline is_paid_post "
    "media_group_id author_signature paid_star_count text entities link_preview_options "
    "suggested_post_info effect_id caption caption_entities show_caption_above_media has_media_spoiler "
    "reply_markup guest_query_id"
)
# What a chat reports about itself; nobody waits for an answer to it.
_SERVICE = _words(
    "new_chat_members new_chat_member new_chat_participant left_chat_member left_chat_participant "
    "new_chat_title new_chat_photo delete_chat_photo group_chat_created supergroup_chat_created "
    "channel_chat_created message_auto_delete_timer_changed migrate_to_chat_id migrate_from_chat_id "
    "pinned_message connected_website write_access_allowed passport_data proximity_alert_triggered "
    "boost_added chat_background_set chat_owner_left chat_owner_changed checklist_tasks_done "
    "checklist_tasks_added direct_message_price_changed forum_topic_created forum_topic_edited "
    "forum_topic_closed forum_topic_reopened general_forum_topic_hidden general_forum_topic_unhidden "
    "giveaway_created giveaway_completed paid_message_price_changed suggested_post_approved "
    "suggested_post_approval_failed suggested_post_declined suggested_post_paid suggested_post_refunded "
    "video_chat_scheduled video_chat_started video_chat_ended video_chat_participants_invited "
    "voice_chat_scheduled voice_chat_started voice_chat_ended voice_chat_participants_invited "
    "refunded_payment gift unique_gift gift_upgrade_sent managed_bot_created poll_option_added "
    "poll_option_deleted"
)


def unreadable_kind(content: Message) -> str:
    """Returns the name of the content, such as "story", of a message of which nothing could be read; else ""."""
    keys = [key for key in content if key not in _ABOUT]
    return "" if not keys or not _SERVICE.isdisjoint(keys) else keys[0][:64]


def structured(content: Message) -> Iterator[Attachment]:
    """Yields places, contacts, polls and the like."""
    for read in (_place, _contacts, _poll, _checklist, _dice, _sold, _form):
        yield from read(content)


def _place(content: Message) -> Iterator[Attachment]:
    venue = as_object(content, "venue")
    place = as_object(venue, "location") or as_object(content, "location")
    if place:
        yield Attachment(
            "location",
            name=as_text(venue, "title") or None,
            details=as_text(venue, "address") or None,
            latitude=as_number(place, "latitude"),
            longitude=as_number(place, "longitude"),
        )


def _contacts(content: Message) -> Iterator[Attachment]:
    contact = as_object(content, "contact")
    if contact:
        yield Attachment("contact", as_text(contact, "phone_number"), name=_name(contact))
    # What the person picked after a button that asks for people or a chat.
    shared = [item for item in as_list(as_object(content, "users_shared"), "users") if isinstance(item, dict)]
    chat = as_object(content, "chat_shared")
    for item in (*shared, *([chat] if chat else ())):
        yield Attachment("contact", as_id(item, "user_id") or as_id(item, "chat_id") or "", name=_name(item))


def _name(person: Message) -> str | None:
    full = f"{as_text(person, 'first_name')} {as_text(person, 'last_name')}".strip()
    return full or as_text(person, "title") or as_text(person, "username") or None


def _poll(content: Message) -> Iterator[Attachment]:
    poll = as_object(content, "poll")
    if poll:
        choices = [as_text(item, "text") for item in as_list(poll, "options") if isinstance(item, dict)]
        yield Attachment(
            "poll",
            as_id(poll, "id") or "",
            name=as_text(poll, "question") or None,
            details=" / ".join(filter(None, choices)) or None,
        )


def _checklist(content: Message) -> Iterator[Attachment]:
    checklist = as_object(content, "checklist")
    if checklist:
        tasks = [_task(item) for item in as_list(checklist, "tasks") if isinstance(item, dict)]
        yield Attachment(
            "checklist", name=as_text(checklist, "title") or None, details=", ".join(filter(None, tasks)) or None
        )


def _task(task: Message) -> str:
    text = as_text(task, "text")
    return f"{text} ✓" if text and as_int(task, "completion_date") else text


def _dice(content: Message) -> Iterator[Attachment]:
    dice = as_object(content, "dice")
    if dice:
        yield Attachment("dice", name=as_text(dice, "emoji") or None, details=as_id(dice, "value"))


def _sold(content: Message) -> Iterator[Attachment]:
    game, invoice, paid = (as_object(content, key) for key in ("game", "invoice", "successful_payment"))
    if game:
        yield Attachment("game", name=as_text(game, "title") or None, details=as_text(game, "description") or None)
    if invoice:
        told = filter(None, (as_text(invoice, "description"), _price(invoice)))
        yield Attachment("invoice", name=as_text(invoice, "title") or None, details=", ".join(told) or None)
    if paid:
        yield Attachment("payment", name=_price(paid) or None, details=as_text(paid, "invoice_payload") or None)


# Currencies without a hundredth; Telegram's stars have none either.
_WHOLE = _words("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF XTR")


def _price(sold: Message) -> str:
    amount, currency = as_int(sold, "total_amount"), as_text(sold, "currency")
    if amount is None or not currency:
        return ""
    return f"{amount} {currency}" if currency in _WHOLE else f"{amount / 100:.2f} {currency}"


def _form(content: Message) -> Iterator[Attachment]:
    form = as_object(content, "web_app_data")
    if form:
        yield Attachment("form", name=as_text(form, "button_text") or None, details=as_text(form, "data") or None)
