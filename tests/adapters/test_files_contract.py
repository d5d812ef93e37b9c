"""On every platform a file arrives whole, or a text replaces it. Runs against the simulators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from adapters import registry, sending, tokens
from adapters.base import Adapter
from adapters.events import Event, OutgoingFile, OutgoingMessage, SendReceipt
from adapters.simulation import Shown
from bots.runtime.simulation import Stage, serve
from clawdbot import http
from tests.adapters.builders_files import AMR, MP4, OPUS, PNG, SAMPLES, WORDS, message, outgoing

PUBLIC = "https://chat.example.com/files/token/name"
# Platforms that accept a picture of a few hundred bytes without a public address.
TAKE_A_PICTURE = set(registry.simulated()) - {"line"}


@contextmanager
def talking(platform: str) -> Iterator[tuple[Adapter[Any], Event, list[Shown], Stage]]:
    """Yields an adapter in a chat with a simulated person, and what that person sees."""
    shown: list[Shown] = []
    stage = Stage(registry.simulator(platform), shown.append)
    with serve(stage) as url:
        adapter = registry.create(platform, stage.simulator.account(url))
        (event,) = adapter.receive(stage.simulator.message("hello")).events
        yield adapter, event, shown, stage
    http.close()
    tokens.clear_cache()


def answering(event: Event, file: OutgoingFile, text: str = "", **values: Any) -> OutgoingMessage:
    return message(
        file,
        text,
        chat_id=event.chat_id or "",
        user_id=event.user_id,
        reply_token=event.reply_token,
        reply_url=event.reply_url,
        **values,
    )


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("platform", registry.simulated())
def test_a_file_arrives_whole_or_a_text_in_its_place(platform: str, name: str) -> None:
    with talking(platform) as (adapter, event, shown, _stage):
        for file in (outgoing(name), outgoing(name, voice=True), outgoing(name, url=PUBLIC, preview_url=PUBLIC)):
            shown.clear()
            receipt = sending.send(adapter, answering(event, file))
            (seen,) = [one for one in shown if not one.sign]
            if seen.file is None:
                assert WORDS in seen.text
                assert receipt.data["file"] == "in_words"
                assert not list(sending.ways(adapter, file))
            elif seen.file.url:
                assert seen.file.url == PUBLIC
            else:
                assert (seen.file.name.replace("%22", '"'), seen.file.size) == (name, file.size)


@pytest.mark.parametrize("platform", sorted(TAKE_A_PICTURE))
def test_a_picture_is_shown_as_one(platform: str) -> None:
    with talking(platform) as (adapter, event, shown, _stage):
        sending.send(adapter, answering(event, outgoing("图 表.png")))
        (seen,) = [one for one in shown if not one.sign]
        assert seen.file is not None
        assert seen.file.content_type == "image/png"


@pytest.mark.parametrize("platform", registry.platforms())
def test_a_file_that_is_too_large_for_every_way_is_not_read(platform: str) -> None:
    def never() -> bytes:
        raise AssertionError("nobody could send it")

    published: list[Any] = []
    if platform == "web":
        adapter = registry.create("web", {"publish": lambda chat, frame: published.append(frame)})
        sending.send(adapter, message(outgoing("report.pdf", read=never)))
        assert WORDS in published[0]["text"]
        return
    with talking(platform) as (adapter, event, shown, _stage):
        file = replace(outgoing('odd "name".exe', read=never), size=10**10)
        sending.send(adapter, answering(event, file, "caption"))
        (seen,) = [one for one in shown if not one.sign]
        assert seen.file is None
        assert "caption" in seen.text
        assert WORDS in seen.text


@pytest.mark.parametrize("platform", sorted(TAKE_A_PICTURE))
def test_an_upload_that_fails_is_tried_again_and_then_shown_once(platform: str) -> None:
    with talking(platform) as (adapter, event, shown, stage):
        sent = answering(event, outgoing("图 表.png"))
        stage.fail_next = 1
        with pytest.raises(sending.SendError) as caught:
            sending.send(adapter, sent)
        assert not caught.value.permanent
        sending.send(adapter, sent)
        assert len([one for one in shown if not one.sign]) == 1


@pytest.mark.parametrize("platform", ["whatsapp", "wecom", "dingtalk", "feishu", "slack"])
def test_an_upload_leaves_no_trace_in_the_send_journal(platform: str) -> None:
    with talking(platform) as (adapter, event, _shown, stage):
        heard: list[int] = []
        with http.observe(lambda: heard.append(len(stage.calls))):
            sending.send(adapter, answering(event, outgoing("图 表.png")))
        # Only the last request may have been sent: before it a retry duplicates nothing.
        assert heard
        assert min(heard) >= len(stage.calls) - 1


def sent_by(adapter: Adapter[Any], refusals: dict[str, str]) -> Callable[..., SendReceipt]:
    def send_file(_message: OutgoingMessage, _file: OutgoingFile, kind: str) -> SendReceipt:
        if kind in refusals:
            raise sending.SendError("no", permanent=True, mark=refusals[kind])
        return SendReceipt(kind)

    return send_file


def test_what_is_refused_as_a_picture_goes_as_a_file_and_then_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with talking("telegram") as (adapter, event, shown, _stage):
        sent = answering(event, outgoing("图 表.png"))
        monkeypatch.setattr(adapter, "send_file", sent_by(adapter, {"image": "wrong_type"}))
        assert sending.send(adapter, sent).message_id == "file"
        monkeypatch.setattr(adapter, "send_file", sent_by(adapter, {"image": "wrong_type", "file": "too_large"}))
        assert sending.send(adapter, sent).data == {"file": "in_words", "refused": "too_large"}
        monkeypatch.setattr(adapter, "send_file", sent_by(adapter, {"image": "no_rights"}))
        assert sending.send(adapter, sent).data == {"file": "in_words", "refused": "no_rights"}
        assert [WORDS in one.text for one in shown] == [True, True]


def test_lengths_and_samples_are_what_they_say() -> None:
    assert [outgoing("x", body).content_type for body in (PNG, OPUS, AMR, MP4)] == [
        *("image/png", "audio/ogg", "audio/amr", "video/mp4"),
    ]
    assert [outgoing(name).duration_s for name in ("note.ogg", "note.amr", "memo.m4a", "song.mp3")] == [3, 2, 2.5, 0]
