"""A superuser chooses the file of the model server on the page "Connect a model"; nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from bots.llm import embedded_state, model_choice
from bots.models import AuditEntry
from bots.operations import served_model
from bots.operations.errors import OperationError
from clawdbot.reasons import Reason
from tests.admin.builders import login, make_user
from tests.llm.gguf_files import CHAT, write

pytestmark = pytest.mark.django_db
PAGE = "admin:bots_modelprovider_connect"


@pytest.fixture(autouse=True)
def nothing_chosen() -> Iterator[None]:
    yield
    model_choice.choose("")
    embedded_state.clear()


def choose(client: Client, path: str) -> dict[str, Any]:
    answer = client.post(reverse(f"{PAGE}_model_file"), {"model_file": path})
    assert answer.status_code == 200
    return dict(answer.json())


def test_a_file_is_chosen_shown_and_taken_back(tmp_path: Path) -> None:
    client, file = login(make_user()), write(tmp_path / "通义 q4.gguf", CHAT)
    for written in (f'"{file}"', f"file://{file}", f" {file} "):
        assert choose(client, written)["ok"]
    assert model_choice.chosen() == str(file)
    page = client.get(reverse(PAGE)).content.decode()
    assert "Qwen3 0.6B (trained with 40960 tokens) is chosen" in page
    assert f'value="{file}"' in page
    assert "Serve no file" in page
    assert client.post(reverse(f"{PAGE}_model_file_back")).json()["ok"]
    assert model_choice.chosen() == ""
    entries = AuditEntry.objects.filter(subject="model_server.model_file").order_by("id")
    assert [(one.action, one.field_names) for one in entries] == [
        ("changed", ["model_file"]),
        ("removed", ["model_file"]),
    ]


@pytest.mark.parametrize(
    ("language", "told", "folder", "nothing"),
    [
        ("en", "there is no file", "is a folder: name the .gguf file in it (m.gguf)", "Enter the path"),
        ("zh-hans", "本机上没有文件", "是文件夹：请写出其中的 .gguf 文件（m.gguf）", "请输入本服务器上"),
    ],
)
def test_a_file_of_no_use_is_refused_with_the_mend_and_changes_nothing(
    language: str, told: str, folder: str, nothing: str, tmp_path: Path
) -> None:
    client, file = login(make_user(), language), write(tmp_path / "m.gguf", CHAT)
    choose(client, str(file))
    for path, expected in ((tmp_path / "absent.gguf", told), (tmp_path, folder), ("  ", nothing)):
        refused = choose(client, str(path))
        assert (refused["ok"], expected in refused["text"]) == (False, True), refused
    for path in ("https://huggingface.co/Qwen/Qwen3-8B-GGUF/resolve/main/q4.gguf", "hf.co/unsloth/Qwen3-4B-GGUF"):
        refused = choose(client, path)
        assert "download" in refused["text"] or "下载" in refused["text"]
    for path in ("a\0b.gguf", "~nobody-here/m.gguf", "\ud800.gguf".encode("utf8", "surrogatepass").decode("latin1")):
        assert not choose(client, path)["ok"]
    (tmp_path / "page.gguf").write_bytes(b"<!DOCTYPE html>")
    assert not choose(client, str(tmp_path / "page.gguf"))["ok"]
    assert model_choice.chosen() == str(file)


def test_only_a_superuser_sees_and_chooses_it(tmp_path: Path) -> None:
    user = make_user("staff", superuser=False)
    user.user_permissions.add(*Permission.objects.filter(codename__in=("add_modelprovider", "view_modelprovider")))
    client = login(user)
    assert "model-file-form" not in client.get(reverse(PAGE)).content.decode()
    file = write(tmp_path / "m.gguf", CHAT)
    for name, data in (("_model_file", {"model_file": str(file)}), ("_model_file_back", {})):
        assert client.post(reverse(PAGE + name), data).status_code == 403
    with pytest.raises(OperationError, match="Only a superuser"):
        served_model.choose_file(str(file), user)
    assert model_choice.chosen() == ""


def test_the_page_says_that_it_loads_and_why_it_does_not_run(tmp_path: Path) -> None:
    client = login(make_user(), "zh-hans")
    choose(client, str(write(tmp_path / "m.gguf", CHAT)))
    embedded_state.loading("Qwen3 0.6B")
    assert "已加载 0 秒" in client.get(reverse(PAGE)).content.decode()
    why = Reason("model_library_ended", path="m.gguf", how="SIGABRT", cause="")
    embedded_state.failed("m.gguf", Reason("with_cause", why=why, cause="out of memory"))
    page = client.get(reverse(PAGE)).content.decode()
    assert "加载模型时程序库以 SIGABRT 结束" in page
    assert "正在加载" not in client.get(reverse("admin:index")).content.decode()


def test_files_in_the_folder_of_the_installation_are_offered(settings: Any) -> None:
    folder = Path(settings.CLAWDBOT.home).resolve() / served_model.FOLDER
    folder.mkdir(exist_ok=True)
    file = write(folder / "small.gguf", CHAT)
    try:
        assert f'<option value="{file}">' in login(make_user()).get(reverse(PAGE)).content.decode()
    finally:
        file.unlink()
        folder.rmdir()
