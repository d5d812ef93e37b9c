"""Files of skills as people write them: each called in a chat and by `manage.py skill try`, as its author would.

The reports are named beside each kind; the skills are our own.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bots.models import Channel, InboundEvent, Message
from skills import catalogue, tools
from skills.models import Skill, SkillRun
from tests.builders import make_channel, say
from tests.peers import StubModel
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

HEAD = """import asyncio, datetime, decimal
from typing import Literal, Optional
from clawdbot.skills import BaseSkill, Buttons, Parameter, SkillError
class Told(BaseSkill):
    triggers = ("{name}",)
    {body}
"""
PLAIN = "def execute(self, context): return 'fine'"
GONE = "Sorry, “{name}” is not available at the moment. I noted it for the operator."
FAILED = "Sorry, “{name}” ran into a problem"
WORKS = {
    "async": ("async def execute(self, context): return 'awaited'", "awaited"),  # NousResearch/hermes-agent#12449
    "later": ("async def one(self): return 'awaited'\n    def execute(self, context): return self.one()", "awaited"),
    "yields": ("def execute(self, context):\n        yield 'one'\n        yield 'two'", "one\n\ntwo"),
    "streams": ("async def execute(self, context):\n        yield 'one'\n        yield 'two'", "one\n\ntwo"),
    "loops": (  # an event loop of its own
        "def execute(self, context):\n        import asyncio\n        return asyncio.run(asyncio.sleep(0, 'looped'))",
        "looped",
    ),
    "number": ("def execute(self, context): return 0", "0"),
    "help": (f"async def help(self): return 'h'\n    {PLAIN}", "fine"),  # a method in the place of an attribute
    "word": (f"triggers = 'word'\n    {PLAIN}", "fine"),  # a word is no row of letters
    "name": ("parameters = ('city',)\n    def execute(self, context): return context['parameters']['city']", "city?"),
    "one": ("parameters = Parameter('size', choices=('s', 'l'))\n" + f"    {PLAIN}", "size?"),
    # A sentence for the person, raised in a group of tasks: modelcontextprotocol/python-sdk#2114, getzep/graphiti#941,
    # griptape-ai/griptape#2027.
    "grouped": (
        "async def execute(self, context):\n        async with asyncio.TaskGroup() as tasks:\n"
        "            tasks.create_task(self.one())\n    async def one(self): raise SkillError('only on Sundays')",
        "only on Sundays",
    ),
    "left": (  # a task that nobody waits for
        "async def execute(self, context):\n        asyncio.create_task(asyncio.sleep(3600))\n        return 'done'",
        "done",
    ),
    "decimal": ("def execute(self, context): return decimal.Decimal('3.5')", "3.5"),
    # fbdevelopercircles/open-source-edu-bot#33, nickoala/telepot#346: what one call keeps in itself is not the next one's
    "kept": (
        "def __init__(self): self.seen = 0\n    def execute(self, context):\n"
        "        self.seen += 1\n        return f'call {self.seen}'",
        "call 1",
    ),
    "prints": ("def execute(self, context):\n        print('debug {')\n        return 'printed'", "printed"),
}
FAILS = {
    # An answer that nobody sees: NousResearch/hermes-agent#4274, HKUDS/nanobot#2739, telegramdesktop/tdesktop#3145.
    "unseen": "def execute(self, context): return '\\u200b\\u2060 '",
    # A constructor for another product's plugins.
    "made": "def __init__(self, bot): pass\n    def execute(self, context): return 'x'",
    # The key in the address of a failed call: AstrBotDevs/AstrBot#440, ClemBotProject/ClemBot#241, uforia/MatterBot#286,
    # SlavyanDesu/BocchiBot#137.
    "leaks": "def execute(self, context): raise OSError('401 for https://x.org/w?appid=kk0123456789&q=Rome&key=kk99')",
    "untold": "def execute(self, context):\n        class Odd(Exception):\n            def __str__(self): return 1 / 0\n"
    "        raise Odd",
    "none": "def execute(self, context): return None",  # archangelic/pinhook#46, ackwell/ninjabot#5
    "raises": "def execute(self, context):\n        raise RuntimeError('x')\n        yield 'one'",  # pmxbot/pmxbot#19
    "exits": "def execute(self, context):\n        import sys\n        sys.exit(3)",  # Gjum/Bat#18
    "breaks": "def execute(self, context):\n        raise KeyboardInterrupt",
    "endless": "def execute(self, context):\n        while True: yield 'x'",
    "deep": "def execute(self, context): return self.execute(context)",
    "asks": "def execute(self, context): return input('name? ')",
    "bytes": "def execute(self, context): return b'raw'",
    "nobody": "def execute(self): return 'no context'",
}
NAMED = "def execute(self, context, {0}: str): return {0}"
TALKS = {  # what a person says after the name of the skill, and what is answered at last
    # Arguments that are called as a part of pydantic is: openai/openai-agents-python#4627, #4715 and #4861,
    # modelcontextprotocol/python-sdk#1123, langchain-ai/langchain#25228 and #34112.
    **{
        name: (NAMED.format(name), ["blue"], "blue")
        for name in (
            "config",
            "model_config",
            "model_dump",
            "model_extra",
            "json",
            "copy",
            "schema",
            "validate",
            "text",
        )
    },
    # AstrBotDevs/AstrBot#2925, MervinPraison/PraisonAI#1845, AnswerDotAI/toolslm#18
    "union": ("def execute(self, context, note: str | None): return str(note)", ["blue"], "blue"),
    "optional": ("def execute(self, context, level: Optional[Literal[1, 2]]): return repr(level)", ["2"], "2"),
    "quoted": (
        "def execute(self, context, day: 'Optional[datetime.date]'): return str(day)",
        ["2026-12-31"],
        "2026-12-31",
    ),
    "moment": ("def execute(self, context, at: datetime.time): return str(at)", ["10:00"], "10:00:00"),
    # JSON has no such number: encode/django-rest-framework#5235, infiniflow/ragflow#12666, ZJU-REAL/Polaris#288.
    "rate": ("def execute(self, context, rate: float): return str(rate)", ["nan"], "That is no number"),
    "endless": ("def execute(self, context, rate: float): return str(rate)", ["1e999"], "That is no number"),
    "stored": (
        "parameters = (Parameter('p', validator=float), Parameter('q'))\n" + f"    {PLAIN}",
        ["inf"],
        "That is no",
    ),
    # ChatScript/ChatScript#63, SchrodingersGat/KiBoM#111: a decimal comma made another number of it.
    "comma": ("def execute(self, context, rate: float): return str(rate)", ["3,5"], "That is no number"),
    "german": ("def execute(self, context, rate: float): return str(rate)", ["1.234,56"], "That is no number"),
    "grouping": ("def execute(self, context, size: int): return str(size)", ["1,234,000"], "1234000"),
    "words": ("def execute(self, context, size: int): return str(size)", ["twenty five"], "25"),
    "zh": ("def execute(self, context, size: int): return str(size)", ["三个"], "3"),
    "arabic": ("def execute(self, context, size: int): return str(size)", ["\u0664\u0662"], "42"),
    # home-assistant/core#159744, dmhacker/alexa-youtube-skill#24: polite words are cut off, never parts of a word.
    "parts": ("def execute(self, context): return context.parameters['text']", None, "in-ear check-in"),
}
BROKEN = {  # SpockBotMC/SpockBot#101, jk0/pyhole#82: one file that cannot be loaded costs only its own skill
    "old": ("class Told:\n    def execute(self, context):\n        print 'x'\n", "SyntaxError"),
    "alone": ("import nothing_of_this_name\n", "ModuleNotFoundError"),
    "leaves": ("import sys\nsys.exit(1)\n", "SystemExit"),
    # A file that nothing but the person's message tells of: nonebot/nonebot#278, AstrBotDevs/AstrBot#8439.
    "gone": (None, "No module named"),
    # microsoft/TaskWeaver#330, errbotio/errbot#532
    "gbk": (HEAD.format(name="gbk", body="def execute(self, context): return '茶'").encode("gbk"), "SyntaxError"),
    "circle": ("from elsewhere.other import X\n" + HEAD.format(name="circle", body=PLAIN), "circular import"),
    "other": ("from elsewhere.circle import Told\nX = 1\n", "circular import"),
    "mapping": (HEAD.format(name="mapping", body=f"parameters = {{'city': {{}}}}\n    {PLAIN}"), "class Parameter"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    made = tmp_path / "elsewhere"
    made.mkdir()
    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == "elsewhere"]:
        del sys.modules[name]


def write(folder: Path, name: str, source: str | bytes | None, **values: object) -> Skill:
    if source is not None:
        (folder / f"{name}.py").write_bytes(source.encode() if isinstance(source, str) else source)
    return Skill.objects.create(module=f"elsewhere.{name}.Told", name=name, **values)


def told(channel: Channel, text: str, chat: str) -> str:
    row = say(channel, text, chat=chat)
    return Message.objects.filter(inbound=row, role="assistant").values_list("text", flat=True).get()


def test_files_of_skills_work_or_cost_one_kind_answer(
    folder: Path, model: StubModel, capsys: pytest.CaptureFixture[str]
) -> None:
    bodies = {name: body for name, (body, _told) in WORKS.items()} | FAILS
    for name, body in bodies.items():
        write(folder, name, HEAD.format(name=name, body=body))
    broken = {name: write(folder, name, source, triggers=[name]) for name, (source, _why) in BROKEN.items()}
    catalogue.clear_cache()
    channel = make_channel()
    for name in bodies:
        expected = WORKS[name][1] if name in WORKS else FAILED.format(name=name)
        assert told(channel, name, f"chat-{name}").startswith(expected), name
        capsys.readouterr()
        call_command("skill", "try", name, name, "--json", "--effects")
        found = json.loads(capsys.readouterr().out)  # a skill that prints: kud/mcp-jenkins#6
        assert (found["answer"] or found["asks"]).startswith(expected), name
    for name, skill in broken.items():
        assert told(channel, name, f"chat-{name}") == GONE.format(name=name), name
        skill.refresh_from_db()
        assert BROKEN[name][1] in skill.load_error, name
    assert not InboundEvent.objects.exclude(state="done").exists()
    assert not SkillRun.objects.filter(detail__contains="kk").exists()
    assert SkillRun.objects.filter(detail__contains="q=Rome").exists()


def test_arguments_are_taken_whatever_they_are_called_and_however_a_value_is_written(
    folder: Path, model: StubModel
) -> None:
    for name, (body, _said, _told) in TALKS.items():
        write(folder, name, HEAD.format(name=f"do {name}", body=body))
    catalogue.clear_cache()
    channel = make_channel()
    for name, (_body, said, expected) in TALKS.items():
        first = told(channel, f"do {name}" if said is not None else f"do {name} {expected}", f"chat-{name}")
        answer = [first, *(told(channel, text, f"chat-{name}") for text in said or ())][-1]
        assert answer.startswith(expected), name
    assert Skill.objects.exclude(load_error="").count() == 0
    assert not InboundEvent.objects.exclude(state="done").exists()


def test_a_model_gets_and_gives_these_arguments_by_their_names(folder: Path, channel: Channel) -> None:
    names = [name for name, (body, _said, _told) in TALKS.items() if body == NAMED.format(name)] + ["rate"]
    for name in names:
        write(folder, name, HEAD.format(name="", body=f"effects = ('reads',)\n    {TALKS[name][0]}"))
    catalogue.clear_cache()
    tools.clear_cache()
    for name in names[:-1]:
        with asking(call(name, "", **{name: "blue"}), Wants("Done.")) as model:
            assert ask(channel, "Please.") == "Done."
        (offered,) = [one["function"] for one in model.requests[0]["tools"] if one["function"]["name"] == name]
        assert list(offered["parameters"]["properties"]) == offered["parameters"]["required"] == [name]
        assert "\nblue\n" in model.results[0], name
    for given in ("NaN", "Infinity", "1e999", '"nan"'):
        with asking(Wants("", (("rate", f'{{"rate": {given}}}'),)), Wants("Done.")) as model:
            assert ask(channel, "Please.") == "Done.", given
        assert "number" in model.results[0], given
        assert model.malformed == []


def test_a_folder_skill_imports_what_stands_beside_it_and_may_be_called_as_a_module_of_python(
    folder: Path, model: StubModel
) -> None:
    """nonebot/nonebot2#32, errbotio/errbot#1109, tibonihoo/yapsy#21; Pioreactor/pioreactor#447, errbotio/errbot#1694."""
    (folder / "words.py").write_text("TEA = 'tea'\n", "utf8")
    tells = HEAD.format(name="{0}", body="def execute(self, context): return TEA")
    write(folder, "beside", "from . import words\nfrom .words import TEA\n" + tells.format("beside"))
    write(folder, "json", "import json\nTEA = json.dumps('tea')[1:-1]\n" + tells.format("json"))
    # kushidou/bili-notice-hoshino#8: the mark of Windows' editor, and its line ends
    write(folder, "marked", "\ufeff" + ("TEA = 'tea'\n" + tells.format("marked")).replace("\n", "\r\n"))
    (folder.parent / "random.py").write_text(tells.format("chance"), "utf8")
    shadowed = Skill.objects.create(module="random.Told", name="chance", triggers=["chance"])
    catalogue.clear_cache()
    channel = make_channel()
    for name in ("beside", "json", "marked"):
        assert told(channel, name, name) == "tea", name
    assert told(channel, "chance", "chance") == GONE.format(name="chance")
    shadowed.refresh_from_db()
    assert f"there is no class Told in {random.__file__}" in shadowed.load_error
    (folder / "marked.py").write_text("\ufeffTEA = 'green tea'\r\n" + tells.format("marked"), "utf8")
    catalogue.clear_cache()
    assert told(channel, "marked", "again") == "green tea"


def test_an_emoji_calls_its_skill_however_it_is_drawn(folder: Path, model: StubModel) -> None:
    """DSharpPlus/DSharpPlus#2266, blargbot/blargbot#342."""
    for name, word in (
        ("sun", "\u2600\ufe0f"),
        ("heart", "\u2764"),
        ("one", "1\ufe0f\u20e3"),
        ("tea", "\U0001f375 now"),
    ):
        write(folder, name, HEAD.format(name=word, body=f"def execute(self, context): return {name!r}"))
    catalogue.clear_cache()
    channel = make_channel()
    said = (
        ("\u2600", "sun"),
        ("\u2600\ufe0f", "sun"),
        ("\u2764\ufe0f", "heart"),
        ("1\u20e3", "one"),
        ("\U0001f375 now!", "tea"),
    )
    for number, (text, expected) in enumerate(said):
        assert told(channel, text, f"chat-{number}") == expected, text


def test_of_two_skills_with_one_word_the_first_by_name_answers_and_the_other_is_named(
    folder: Path, model: StubModel, capsys: pytest.CaptureFixture[str]
) -> None:
    """progval/Limnoria#1515, errbotio/errbot#6, Splamy/TS3AudioBot#670, rjmurillo/ai-agents#3736."""
    for name in ("second", "first"):
        write(folder, name, HEAD.format(name="sum", body=f"def execute(self, context): return {name!r}"))
    catalogue.clear_cache()
    channel = make_channel()
    assert [told(channel, text, "chat") for text in ("sum", "/sum", "/second")] == ["first", "first", "second"]
    with pytest.raises(CommandError, match="second is not called: later; “first” is"):
        call_command("skill", "try", "second", "sum", "--effects")
