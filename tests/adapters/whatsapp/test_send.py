from __future__ import annotations

from typing import Any

import pytest

from adapters import registry
from adapters.base import Adapter
from adapters.errors import NotSupported, SendError
from adapters.events import Attachment, OutgoingMessage
from adapters.whatsapp.render import content, to_whatsapp
from tests.http_server import Answer, Server, json_answer

SENT = json_answer({"messaging_product": "whatsapp", "contacts": [{"wa_id": "49151"}], "messages": [{"id": "wamid.O"}]})
TOKEN = "wa-token-0123456789"


def whatsapp(server: Server | None = None, **account: Any) -> Adapter[Any]:
    values = {
        "app_secret": "s",
        "phone_number_id": "1100",
        "access_token": TOKEN,
        "base_url": server.url if server else "",
        **account,
    }
    return registry.create("whatsapp", values)


def failure(code: int, status: int = 400, **more: Any) -> Answer:
    return json_answer({"error": {"message": f"(#{code})", "type": "OAuthException", "code": code, **more}}, status)


def buttons(count: int, **more: Any) -> dict[str, Any]:
    return {"buttons": [[{"text": f"choice number {n} of many", "data": f"d{n}", **more} for n in range(count)]]}


def test_a_text_is_sent_with_the_token_as_an_answer(server: Server) -> None:
    server.answer(SENT)
    receipt = whatsapp(server).send(OutgoingMessage(chat_id="49151", text="**a** _b_", reply_to="wamid.M1"))
    assert (receipt.message_id, receipt.data) == ("wamid.O", {"wa_id": "49151"})
    (sent,) = server.requests
    assert (sent.path, sent.headers["authorization"]) == ("/v24.0/1100/messages", f"Bearer {TOKEN}")
    assert sent.json == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "49151",
        "type": "text",
        "text": {"body": "*a* _b_", "preview_url": False},
        "context": {"message_id": "wamid.M1"},
    }


@pytest.mark.parametrize(
    ("chat", "key", "kind"),
    [
        ("49151", "to", "individual"),
        ("+49151", "to", "individual"),
        ("DE.17000000000000001", "recipient", "individual"),
        ("US.ENT.118157", "recipient", "individual"),
        ("Y2FwaV9ncm91cDox", "to", "group"),
    ],
)
def test_numbers_user_ids_and_groups_are_addressed_each_in_its_way(
    server: Server, chat: str, key: str, kind: str
) -> None:
    server.answer(SENT)
    whatsapp(server).send(OutgoingMessage(chat_id=chat, text="hi"))
    sent = server.requests[0].json
    assert (sent[key], sent["recipient_type"]) == (chat, kind)
    assert not {"to", "recipient"} <= set(sent)


def test_outside_of_24_hours_the_template_is_sent(server: Server) -> None:
    server.answer(failure(131047), SENT)
    adapter = whatsapp(server, template_name="news", template_language="de", template_text=True)
    receipt = adapter.send(OutgoingMessage(chat_id="49151", text="Line one\n\n**two**"))
    assert receipt.data["template"] == "news"
    assert server.requests[1].json["template"] == {
        "name": "news",
        "language": {"code": "de"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Line one *two*"}]}],
    }


def test_a_long_answer_sends_the_template_once(server: Server) -> None:
    server.answer(failure(131047))
    with pytest.raises(SendError):
        whatsapp(server, template_name="news").send(OutgoingMessage(chat_id="49151", text="b", part=1))
    assert len(server.requests) == 1


def test_without_a_template_it_is_final(server: Server) -> None:
    server.answer(failure(131047))
    with pytest.raises(SendError) as caught:
        whatsapp(server).send(OutgoingMessage(chat_id="49151", text="hi"))
    assert (caught.value.mark, caught.value.permanent) == ("needs_template", True)


@pytest.mark.parametrize(
    ("answer", "mark", "permanent", "retry_after"),
    [
        (failure(131056), "flood", False, 6.0),
        (failure(130429, 429), "flood", False, 2.0),
        (json_answer({"error": {"code": 80007}}, 400, **{"Retry-After": "9"}), "flood", False, 9.0),
        (
            json_answer({"error": {"code": 4}}, 400, **{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
            "flood",
            False,
            60.0,
        ),
        (Answer(503, b"", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), "server_error", False, None),
        (failure(131048), "flood", False, 3600.0),
        (failure(4), "flood", False, 60.0),
        (failure(132069), "flood", False, 60.0),
        (Answer(429, b""), "flood", False, None),
        (failure(131000, 500), "server_error", False, None),
        (failure(131016, 503), "server_error", False, None),
        (failure(9999, 400, is_transient=True), "server_error", False, None),
        (failure(190, 401), "unauthorized", True, None),
        (failure(131026), "undeliverable", True, None),
        (failure(131030), "not_on_test_list", True, None),
        (failure(131049), "marketing_limit", True, None),
        (failure(132001, 404), "template", True, None),
        (failure(200, 403), "no_rights", True, None),
        (failure(368, 403), "policy", True, None),
        (failure(100), "refused", True, None),
        (failure(9999), "refused", True, None),
        (Answer(502, b"<html>"), "server_error", False, None),
        (Answer(200, b"<html>portal</html>"), "bad_response", False, None),
    ],
)
def test_each_failure_says_whether_and_when_to_try_again(
    server: Server, answer: Answer, mark: str, permanent: bool, retry_after: float | None
) -> None:
    server.answer(answer)
    with pytest.raises(SendError) as caught:
        whatsapp(server).send(OutgoingMessage(chat_id="49151", text="hi"))
    error = caught.value
    assert (error.mark, error.permanent, error.retry_after) == (mark, permanent, retry_after)
    assert TOKEN not in str(error)


def test_three_buttons_are_buttons_more_are_a_list_and_the_rest_is_written_out() -> None:
    few, many = content("Pick", buttons(3)["buttons"]), content("Pick", buttons(12)["buttons"])
    replies = few["interactive"]["action"]["buttons"]
    assert [r["reply"]["id"] for r in replies] == ["d0", "d1", "d2"]
    assert all(len(r["reply"]["title"]) <= 20 for r in replies)
    rows = many["interactive"]["action"]["sections"][0]["rows"]
    assert (many["interactive"]["type"], len(rows)) == ("list", 10)
    assert rows[0] == {"id": "d0", "title": "choice number 0 of many"}
    assert many["interactive"]["body"]["text"] == "Pick\n• choice number 10 of many\n• choice number 11 of many"


def test_what_whatsapp_refuses_to_see_twice_is_written_otherwise() -> None:
    alike = [[{"text": f"the very same beginning {n}", "data": str(n)} for n in range(2)]]
    rows = content("Pick", alike)["interactive"]["action"]["sections"][0]["rows"]
    assert [row["id"] for row in rows] == ["0", "1"]
    twins = content("Pick", [[{"text": "A", "data": "x"}, {"text": "B", "data": "x"}]])["interactive"]
    assert twins["action"]["sections"][0]["rows"] == [{"id": "x", "title": "A"}]
    assert twins["body"]["text"] == "Pick\n• B"


def test_links_under_a_full_text_do_not_outgrow_the_limit() -> None:
    links = [[{"text": "Site", "url": f"https://e.com/{'x' * 90}"}] for _ in range(2)]
    assert len(content("x" * 4000, links)["text"]["body"]) == 4096


def test_a_long_text_with_buttons_becomes_a_list_because_its_body_is_larger() -> None:
    found = content("x" * 2000, buttons(2)["buttons"])
    assert (found["interactive"]["type"], len(found["interactive"]["body"]["text"])) == ("list", 2000)


def test_one_link_is_a_button_and_several_are_lines() -> None:
    one = content("See", [[{"text": "Site", "url": "https://e.com"}]])
    assert one["interactive"]["action"]["parameters"] == {"display_text": "Site", "url": "https://e.com"}
    two = content("See", [[{"text": "A", "url": "https://a.com"}, {"text": "B", "url": "https://b.com"}]])
    assert two["text"]["body"] == "See\n• A https://a.com\n• B https://b.com"


def test_typing_comes_with_the_read_mark_of_a_message(server: Server) -> None:
    server.answer(json_answer({"success": True}))
    whatsapp(server).send_typing("49151")
    whatsapp(server).send_typing("49151", message_id="wamid.M1")
    (sent,) = server.requests
    assert sent.json == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.M1",
        "typing_indicator": {"type": "text"},
    }


def test_a_file_is_fetched_in_two_steps_from_metas_hosts_only(server: Server) -> None:
    told = json_answer({"url": f"{server.url}/m/1", "mime_type": "image/jpeg", "file_size": 10, "id": "501"})
    server.answer(told)
    with pytest.raises(SendError) as caught:
        whatsapp(server).fetch_media(Attachment("image", "501"))
    assert caught.value.mark == "foreign_address"
    assert len(server.requests) == 1
    server.answer(told, Answer(200, b"\xff\xd8\xff..."))
    media = whatsapp(server, allowed_hosts="127.0.0.1").fetch_media(Attachment("image", "501"))
    assert media.content_type == "image/jpeg"
    assert [r.path for r in server.requests[1:]] == ["/v24.0/501?phone_number_id=1100", "/m/1"]
    assert server.requests[2].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_large_file_is_refused_before_it_is_fetched(server: Server) -> None:
    server.answer(json_answer({"url": f"{server.url}/m/1", "file_size": 2000}))
    with pytest.raises(SendError) as caught:
        whatsapp(server).fetch_media(Attachment("video", "501"), max_bytes=1000)
    assert (caught.value.mark, caught.value.permanent, len(server.requests)) == ("too_large", True, 1)
    with pytest.raises(NotSupported):
        whatsapp(server).fetch_media(Attachment("contact", "49301"))


def test_whoami_really_asks(server: Server) -> None:
    server.answer(json_answer({"id": "1100", "display_phone_number": "+49 30 1", "verified_name": "Claw"}))
    assert whatsapp(server).whoami().name == "Claw"
    server.answer(failure(190, 401))
    with pytest.raises(SendError):
        whatsapp(server).whoami()


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ("**bold** *it* ~~no~~ `code`", "*bold* _it_ ~no~ `code`"),
        ("***both*** ``a`b``", "*_both_* a`b"),
        ("|a|b|\n|:-:|-:|\n|1|2|", "```\n|a|b|\n|:-:|-:|\n|1|2|\n```"),
        ("# Title", "*Title*"),
        (
            "[page](https://e.com) <https://f.com> [https://g.com](https://g.com)",
            "page (https://e.com) https://f.com https://g.com",
        ),
        ("- a\n1. b\n> c", "• a\n1. b\n> c"),
        ("```py\nx = 1\n```", "```\nx = 1\n```"),
        ("a & b < c", "a & b < c"),
    ],
)
def test_markdown_becomes_whatsapps_marks(source: str, rendered: str) -> None:
    assert to_whatsapp(source) == rendered


def test_a_text_full_of_tables_stays_within_the_limit() -> None:
    for piece in whatsapp().split("\n\n".join(["a|b\n---|---\n1|2"] * 400)):
        assert len(to_whatsapp(piece)) <= 4096
