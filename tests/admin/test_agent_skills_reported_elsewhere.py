"""Skills as people zip and write them: uploaded in the admin, switched on, and used by a model in a turn.

The reports are named beside each kind; the skills are our own.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bots.models import Bot, Channel
from skills import tools
from skills.instructions import catalogue
from skills.instructions.models import InstructionSkill
from tests.admin.builders import address, login, make_user
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking
from tests.skills.instructions.builders import packed
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

Files = dict[str, str | bytes]
BODY = "# Tea\n\nRead references/prices.md first.\n"
PRICES = "Green tea costs 4 EUR."


def skill(*lines: str, name: str = "tea-prices") -> str:
    return "\n".join(["---", f"name: {name}", *lines, "---", BODY])


def in_folder(text: str | bytes, folder: str = "tea-prices/", **more: str | bytes) -> Files:
    return {f"{folder}SKILL.md": text, f"{folder}references/prices.md": PRICES, **more}


TOLD = "Tells prices of tea. Use it when somebody asks what tea costs."
GOOD = skill(f"description: {TOLD}")
TAKEN: dict[str, Files] = {
    "Finder's folder beside it: langgenius/dify#41757, langgenius/mosoo#259, HilbertraumAI/HilbertRaum#131": in_folder(
        GOOD, **{"__MACOSX/tea-prices/._SKILL.md": b"\0\5\x16\7", "tea-prices/.DS_Store": b"\0"}
    ),
    "no folder: CherryHQ/stella#755": in_folder(GOOD, folder=""),
    "two folders deep: openags/paper-search-mcp#66": in_folder(GOOD, folder="download/main/tea-prices/"),
    "a skill inside: alibaba/nacos#15463": in_folder(GOOD, **{"tea-prices/more/SKILL.md": GOOD}),
    "folded: QwenLM/qwen-code#4869, Peiiii/nextclaw#68": in_folder(
        skill("description: >-", "  Tells prices of tea.", "  Use it when somebody asks what tea costs.")
    ),
    "literal: Hmbown/Codewhale#1907": in_folder(
        skill("description: |", "  Tells prices of tea.", "  Use it when somebody asks what tea costs.")
    ),
    "plain on two lines: kanyun-inc/reskill#110": in_folder(
        skill("description: Tells prices of tea.", "  Use it when somebody asks what tea costs.")
    ),
    "a colon: neo4j-contrib/neo4j-skills#44, mastra-ai/mastra#22260": in_folder(
        skill("description: Tells prices of tea. Use it when: somebody asks what tea costs.")
    ),
    "byte order mark and other line ends": in_folder(("\ufeff" + GOOD.replace("\n", "\r\n")).encode()),
    "backslashes": {"tea-prices\\SKILL.md": GOOD, "tea-prices\\references\\prices.md": PRICES},
    "quotes": in_folder(skill(f'description: "{TOLD}"')),
    "keys of others": in_folder(skill(f"description: {TOLD}", "version: 1.0", "model: opus", "allowed-tools: Bash(*)")),
    "spaces at the ends": in_folder("\n\n" + GOOD.replace("---\n", "---  \n")),
    "another folder name": in_folder(GOOD, folder="Tea Prices (1)/"),
    "emoji": in_folder(skill("description: 🍵 Tells prices of tea. Use it when somebody asks what tea costs.")),
    "Chinese": in_folder(skill("description: 告诉茶的价格。Tells prices of tea; somebody asks what tea costs.")),
}


def use(client: Any, bot: Bot, data: bytes) -> InstructionSkill | str:
    """Uploads a zip, and switches its skill on for the bot. Returns the page when it is refused."""
    InstructionSkill.objects.all().delete()
    file = SimpleUploadedFile("skill.zip", data, "application/zip")
    page = client.post(address(InstructionSkill, "add"), {"zip": file}, follow=True).content.decode()
    made = InstructionSkill.objects.first()
    if made is None:
        return page
    grants = {"grants-TOTAL_FORMS": 1, "grants-INITIAL_FORMS": 0}
    values = grants | {"grants-0-bot": bot.pk, "grants-0-version": made.fingerprint}
    client.post(address(InstructionSkill, "change", made.pk), values)
    catalogue.clear_cache()
    tools.clear_cache()
    return made


def test_a_skill_works_however_it_was_packed_and_written(channel: Channel) -> None:
    client = login(make_user())
    reading = call("read_skill_file", name="tea-prices", path="references/prices.md")
    for kind, files in TAKEN.items():
        made = use(client, channel.bot, packed(files))
        assert isinstance(made, InstructionSkill), kind
        with asking(call("use_skill", name="tea-prices"), reading, Wants("4 EUR.")) as model:
            assert ask(channel, "What does green tea cost?") == "4 EUR.", kind
        offered = str(model.requests[0]["tools"])
        assert "prices of tea" in offered, kind
        assert "what tea costs" in offered, kind
        assert "Read references/prices.md first" in model.results[0], kind
        assert PRICES in model.results[1], kind
        assert model.malformed == []
