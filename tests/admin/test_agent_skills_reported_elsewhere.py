"""Skills as people zip and write them: uploaded in the admin, switched on, and used by a model in a turn.

The reports are named beside each kind; the skills are our own.
"""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bots.models import AuditEntry, Bot, Channel
from clawdbot.skills.context import Context, Services
from skills import tools
from skills.instructions import catalogue
from skills.instructions.models import InstructionSkill
from tests.admin.builders import address, login, make_user
from tests.conftest import Configured
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
    "lower case: topoteretes/cognee#3044, laurigates/claude-plugins#1606, openai/codex#20637, zeabur/agent-skills#82": {
        "tea-prices/skill.md": GOOD,
        "tea-prices/references/prices.md": PRICES,
    },
    "a comment first: vercel-labs/skills#1324": in_folder("<!-- from the shop -->\n<!--\n---\n-->\n\n" + GOOD),
    "rules in the body: pjt222/agent-almanac#208, open-mercato/cezar#37": in_folder(GOOD + "\n---\nname: x\n---\n"),
    "a comment on a key: BuilderIO/skills#38": in_folder(
        skill("description: >  # folded: on purpose", f"  {TOLD}", "metadata:", "  version: 1.10")
    ),
    "signs of YAML in a key nobody reads: rebelytics/one-skill-to-rule-them-all#146": in_folder(
        skill(f"description: {TOLD}", "argument-hint: [shop] [tea: name]")
    ),
    "tools as a list: legeling/PromptHub#183": in_folder(
        skill("description: |-", f"  {TOLD}", "allowed-tools:", "  - Read", "  - Bash(git add:*)")
    ),
    "Chinese file names: nuwax-ai/nuwax#168": in_folder(GOOD, **{"tea-prices/references/茶的价格.md": "4 EUR"}),
    "Chinese": in_folder(skill("description: 告诉茶的价格。Tells prices of tea; somebody asks what tea costs.")),
}


LONG = "Tells prices of tea. " * 50
REFUSED: dict[str, tuple[Files, str]] = {
    # pproenca/dot-skills#9, runkids/skillshare#16, tech-leads-club/agent-skills#52, uni-stack/uniwind#557
    "too long": (in_folder(skill(f"description: {LONG}")), "Line 3: “description” is longer than 1024 characters."),
    "no name: topoteretes/cognee#4602": (in_folder(GOOD.replace("name: tea-prices\n", "")), "“name” is missing"),
    "several: czlonkowski/n8n-skills#27, chaitin/MonkeyCode#738": (
        in_folder(GOOD, **{"coffee-prices/SKILL.md": GOOD.replace("tea-", "coffee-")}),
        "There is more than one skill: tea-prices/SKILL.md, coffee-prices/SKILL.md. Add them one by one.",
    ),
    "out: dallay/agentsync#378, AIPexStudio/AIPex#220": (
        in_folder(GOOD, **{"C:\\x.md": "x"}),
        "leads out of the folder",
    ),
    "a name as a path: google/adk-js#584": (in_folder(skill(f"description: {TOLD}", name="../tea")), "not “../tea”"),
    "control: a comment that has no end": (in_folder("<!-- from the shop\n" + GOOD), "Line 1: SKILL.md must begin"),
}
# anthropics/skills#1153, anthropics/claude-code#56325, dotnet/skills#1008, anomalyco/opencode#33513,
# mastra-ai/mastra#13270, damianvtran/local-operator#174, HKUDS/Vibe-Trading#1252, earendil-works/pi#1136,
# Aaalice233/Aaalice_NAI_Launcher#307
REFERENCES = {
    "./references/prices.md": PRICES,
    "/home/me/.claude/skills/tea-prices/references/prices.md": PRICES,
    "~/.agents/skills/tea-prices/references/prices.md": PRICES,
    "${CLAUDE_SKILL_DIR}/references/prices.md": PRICES,
    "{baseDir}/references/prices.md": PRICES,
    "file:///skills/tea-prices.git%23v1.3/references/prices.md": PRICES,
    "references/prices.md#green-tea": PRICES,
    "`References/Prices.MD`": PRICES,
    "docs/../references/prices.md": PRICES,
    "../tea-prices/references/prices.md": PRICES,
    "references\\prices.md": PRICES,
    "references/green%20tea.md": "Sencha.",
    "references/china/Lóngjǐng.md".replace("ǐ", "i\u030c"): "Dragon well.",  # as macOS writes it
    "references/c#.md": "No tea.",
    "prices.md": "",  # no file beside SKILL.md
    "references/none.md": "",
    "../../../etc/passwd": "",
    "/etc/passwd": "",
    "scripts/brew.md": "",
    "references": "",
    "": "",
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


def test_a_skill_that_breaks_the_format_gets_the_line_and_the_mend(channel: Channel) -> None:
    client = login(make_user())
    for kind, (files, why) in REFUSED.items():
        page = use(client, channel.bot, packed(files))
        assert isinstance(page, str), kind
        assert why in unescape(page), kind


def test_a_skill_md_alone_is_a_skill_and_its_text_reaches_the_model_as_it_is_written(channel: Channel) -> None:
    """Cocolalilal/LastChat#210, multica-ai/multica#4735: people have the file, or a `.skill`, which is a zip.

    Prices were taken for places of arguments: anthropics/claude-code#79859, #76757 and #94065, northflank/skills#5.
    """
    signs = "A cup is $5, $0.06 or $19,999; `awk '{print $1}'`, {{name}}, {baseDir}, %s, $ARGUMENTS & \\1."
    made = use(login(make_user()), channel.bot, f"\ufeff{GOOD}\n{signs}\n".encode())
    assert isinstance(made, InstructionSkill)
    with asking(call("use_skill", name="tea-prices"), Wants("4 EUR.")) as model:
        assert ask(channel, "What does green tea cost?") == "4 EUR."
    assert "Read references/prices.md first" in model.results[0]
    assert signs in model.results[0]


def test_a_reference_is_found_however_it_is_written_and_never_outside_the_skill(channel: Channel) -> None:
    more = {"green tea.md": "Sencha.", "china/Lóngjǐng.md": "Dragon well.", "c#.md": "No tea."}
    files = {f"tea-prices/references/{name}": text for name, text in more.items()}
    assert isinstance(
        use(login(make_user()), channel.bot, packed(in_folder(GOOD, **files, **{"tea-prices/scripts/brew.md": "no"}))),
        InstructionSkill,
    )
    read = next(one for one in tools.of_bot(channel.bot_id, "en") if one.name == "read_skill_file")
    for path, text in REFERENCES.items():
        found = read.call({"name": "tea-prices", "path": path}, Context({}, Services()))
        assert (found.ok, found.text) == (True, text) if text else not found.ok, path


def test_a_folder_of_skills_hides_none_of_them(tmp_path: Path, configured: Configured) -> None:
    """What a folder holds is taken, or refused aloud.

    In groups: rebelytics/one-skill-to-rule-them-all#178, get-bb/bb#3715. Links: apache/maka#4096, openai/codex#15756,
    NousResearch/hermes-agent#8293, craft-ai-agents/craft-agents-oss#744. Twice: vercel-labs/skills#1802 and #897,
    anomalyco/opencode#49108, openclaw/openclaw#100310. An edit: anomalyco/opencode#23645, anthropics/claude-code#90904.
    """
    client = login(make_user())
    skills, elsewhere = tmp_path / "skills", tmp_path / "elsewhere"
    for place in (skills / "drinks" / "hot" / "tea-prices", skills / "old" / "tea", elsewhere):
        place.mkdir(parents=True)
        (place / "SKILL.md").write_text(GOOD, "utf8")
    (skills / "old" / "tea" / "notes.md").write_text("older", "utf8")
    (skills / "node_modules").mkdir()
    (skills / "linked").symlink_to(elsewhere)
    (skills / "round").symlink_to(skills)
    (skills / "gone").symlink_to(tmp_path / "nothing")
    configured("agent_skills", folder=str(skills))
    read = reverse("admin:skills_instructionskill_folder")
    for _ in range(2):
        page = unescape(client.post(read, follow=True).content.decode())
        assert "old/tea: “drinks/hot/tea-prices” holds a skill of the same name." in page
        assert "linked: “linked” is a symbolic link" in page
        made = InstructionSkill.objects.get()
        assert not made.files.exists()
    assert AuditEntry.objects.filter(action="changed").count() == 1  # the two do not take turns
    (skills / "drinks" / "hot" / "tea-prices" / "SKILL.md").write_text(GOOD + "\nBe brief.\n", "utf8")
    client.post(read)
    made.refresh_from_db()
    assert made.body.endswith("Be brief.")
