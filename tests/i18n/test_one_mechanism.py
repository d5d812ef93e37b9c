"""Outside the adapters gettext translates all texts; other Chinese in the code is data and listed here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bots", "clawdbot", "clawdbot_site", "memory", "skills")
HAN = re.compile(r"[\u4e00-\u9fff]")
# Name of a top-level statement -> why it contains Chinese.
DATA = {
    **{
        f"bots/llm/sdk_errors.py:{name}": "recognised in errors of endpoints"
        for name in ("_ABOUT_CONTENT", "_TOO_MUCH", "_UNSUPPORTED_WORDS")
    },
    "bots/people/subscription.py:_AFTER_ONE": "recognised",
    "bots/people/subscription.py:_WORDS": "recognised",
    "bots/pipeline/engine/answer/continuing.py:_ASKS_ZH": "recognised",
    **{
        f"bots/pipeline/engine/answer/grounded/{name}": "recognised"
        for name in (
            "abilities.py:kind",
            "asking.py:_asked",
            "forgetting.py:_REFERS",
            "forgetting.py:_SUBJECT_ZH",
            "lists.py:_NAMES_LIST",
            "replacing.py:_NAMES_TYPE",
            "totals.py:_HOW_MUCH",
            "totals.py:_MONEY",
            "totals.py:_NOT_COUNTED",
            "totals.py:_NO_UNIT",
            "totals.py:_RATE",
            "totals.py:_TOTAL",
            "history.py:_what",
            "history.py:answer",
            "facts.py:_changed",
            "personal.py:_SEVERAL",
            "recalling.py:_STATES",
            *(f"forgetting.py:{one}" for one in ("_AROUND", "_FORGOTTEN", "_ZH")),
            *(f"ranking.py:{one}" for one in ("_EMPTY", "_GOES_ON", "_ONE", "_PERSON", "_REFERS")),
            *(f"replacing.py:{one}" for one in ("_ENDS", "_LIGHT", "_MARKS", "_NOW")),
            *("conversions.py:_SHAPES", "homophones.py:_FIRST_OF_SYLLABLE"),
            "plain_text.py:_chinese",
            "statements_en.py:DAY",
            "telling.py:_PLACED",
        )
    },
    "bots/pipeline/engine/answer/grounded/acknowledging.py:_reflected_zh": "the person's own words, about the person",
    "bots/pipeline/engine/answer/grounded/telling.py:_TWICE": "joins the person's words",
    "bots/pipeline/engine/answer/grounded/telling.py:reflected": "the person's own words, about the person",
    "bots/pipeline/engine/answer/questions.py:_CHINESE_QUESTION": "recognised",
    "bots/pipeline/engine/dialog/approving.py:_NO": "recognised",
    "bots/pipeline/engine/dialog/approving.py:_YES": "recognised",
    "bots/pipeline/engine/dialog/commands.py:COMMANDS": "names of commands, recognised",
    "bots/pipeline/engine/dialog/flow_answers.py:_NOTHING": "recognised",
    "bots/pipeline/engine/dialog/flow_catalogue.py:_NOT_WANTED": "recognised",
    "bots/pipeline/engine/dialog/flow_words.py:_ANEW": "recognised",
    "bots/pipeline/engine/dialog/flow_words.py:_BACK": "recognised",
    "bots/pipeline/engine/dialog/flow_words.py:_CHAT": "recognised",
    "bots/pipeline/engine/dialog/flow_words.py:_GO_ON": "recognised",
    "bots/pipeline/engine/dialog/flow_words.py:_PERSON": "recognised",
    "bots/pipeline/engine/dialog/flow_words.py:_SKIP": "recognised",
    "bots/pipeline/engine/dialog/forgetting.py:_YES": "recognised",
    **{
        f"bots/pipeline/engine/dialog/leaving.py:{name}": "recognised"
        for name in ("_BESIDE_ZH", "_CANCEL_ZH", "_OTHER_ZH")
    },
    **{
        f"bots/pipeline/engine/dialog/reminding.py:{name}": "recognised"
        for name in ("_ACTS", "_SPAN", "_WHICH", "_cancel", "_quiet", "_until")
    },
    "bots/pipeline/engine/dialog/retrying.py:NAMES": "recognised",
    "bots/pipeline/engine/dialog/retrying.py:_AGAIN": "recognised",
    "bots/pipeline/engine/dialog/undoing.py:_BESIDE_ZH": "recognised",
    "bots/pipeline/engine/dialog/undoing.py:_ENDS_LISTED": "recognised",
    "bots/pipeline/engine/dialog/undoing.py:_UNDOES": "recognised",
    "bots/pipeline/engine/dialog/undoing.py:_of_reminders": "recognised",
    "bots/pipeline/inbox.py:DROP_WAITING": "recognised",
    "bots/pipeline/inbox.py:STOP": "recognised",
    "bots/pipeline/windows.py:LOOKING": "recognised",
    "bots/pipeline/windows.py:_STOP_WORDS": "recognised",
    "clawdbot/flows/corrections.py:_HEDGE_ZH": "recognised",
    "clawdbot/flows/corrections.py:_INSTEAD": "recognised",
    "clawdbot/flows/corrections.py:_MEANT_ZH": "recognised",
    "clawdbot/flows/corrections.py:_NAMED": "recognised",
    "clawdbot/flows/corrections.py:_STRONG_ZH": "recognised",
    "clawdbot/flows/corrections.py:_WRONG": "recognised",
    "clawdbot/flows/corrections.py:_called": "recognised",
    "clawdbot/flows/corrections.py:_marked": "recognised",
    "clawdbot/flows/moments.py:read": "recognised",
    "clawdbot/flows/numbers.py:_DIGITS": "recognised",
    "clawdbot/flows/numbers.py:_MINUS": "recognised",
    "clawdbot/flows/numbers.py:_UNITS": "recognised",
    "clawdbot/flows/numbers.py:_WORDS": "recognised",
    "clawdbot/flows/numbers.py:_chinese": "recognised",
    "clawdbot/flows/values.py:_BESIDE": "recognised",
    "clawdbot/flows/values.py:_NO": "recognised",
    "clawdbot/flows/values.py:_ORDINAL_ZH": "recognised",
    "clawdbot/flows/values.py:_YES": "recognised",
    "clawdbot/flows/values.py:_by_number": "recognised",
    "clawdbot/flows/values.py:_denies": "recognised",
    **{f"bots/pipeline/windows.py:{name}": "recognised" for name in ("LOOKING", "_STOP_WORDS")},
    "clawdbot_site/settings.py:LANGUAGES": "a language is named in itself",
    "memory/consolidation/digest.py:_QUESTION": "recognised",
    "memory/consolidation/duplicates.py:_FILLER_HAN": "recognised",
    "memory/consolidation/duplicates.py:_FILLER_WORDS": "recognised",
    "memory/consolidation/duplicates.py:_NEGATIONS": "recognised",
    "memory/consolidation/extraction.py:INSTRUCTIONS": "examples for a model",
    "memory/consolidation/noise_filter.py:_MARKS": "recognised",
    "memory/consolidation/noise_filter.py:_PASSED_ON": "recognised",
    "memory/consolidation/noise_filter.py:_SHARED": "recognised",
    "memory/embedders/current.py:probe": "measures an embedder",
    "memory/ranking/results.py:_FILLER_HAN": "recognised",
    "skills/models/skill.py:Skill": "an example of trigger words",
    "skills/patterns.py:_trials": "texts that test a pattern",
    "skills/parameters.py:_COUNT": "recognised",
    "skills/runner.py:YES": "recognised",
    "bots/admin/skill_trial.py:LANGUAGES": "a language is named in itself",
    "bots/operations/skill_template.py:_SKILL": "a skill speaks both languages as the public SDK takes them",
    "bots/operations/skill_template.py:_TEST": "the test of that skill",
    "bots/pipeline/engine/dialog/meaning.py:_NEUTRAL": "sentences to compare with",
    **{f"clawdbot/skills/typed.py:{name}": "recognised" for name in ("_NO", "_SEPARATORS", "_YES")},
    **{
        f"skills/{name}": "trigger words, prompts and descriptions as the public SDK takes them"
        for name in (
            "calculator/skill.py:CalculatorSkill",
            "notes/forget.py:ForgetSkill",
            "notes/known.py:KnownSkill",
            "notes/remember.py:RememberSkill",
            "person/skill.py:PersonSkill",
            "units/skill.py:UnitsSkill",
            "webpage/skill.py:WebPageSkill",
        )
    },
    **{
        f"skills/flow_templates.py:{name}": "example flows, which an operator takes over and changes"
        for name in ("TEMPLATES", "_APPOINTMENT", "_TICKET")
    },
    "skills/flow_trial.py:_LEAVES": "recognised",
    "skills/flow_trial.py:_SKIPS": "recognised",
    "skills/models/flow.py:FlowDefinition": "an example of trigger words",
    "skills/notes/forget.py:_EVERYTHING": "recognised",
    "skills/webpage/text.py:_CHALLENGE": "recognised",
    "skills/parameters.py:_ENDING_ZH": "recognised",
    "skills/parameters.py:_POLITE_ZH": "recognised",
    "skills/date_time/skill.py:DateTimeSkill": "trigger words, prompt and description as the public SDK takes them",
    **{
        f"skills/date_time/skill.py:{name}": "recognised"
        for name in (
            *(
                "_UNTIL",
                "_BETWEEN",
                "_SINCE",
                "_LUNAR",
                "_WEEKDAY",
                "_TODAY",
                "_CLOCK",
                "_PERSONAL",
                "_REMINDS",
                "_ZONE",
                "_WHICH_ZONE",
            ),
            *("_PLACE", "_AFTER", "_STEPS", "_moved"),
        )
    },
    **{
        f"skills/date_time/skill.py:{name}": "names of lunar days, which are Chinese in every language"
        for name in ("_MONTHS", "_TENS", "_ONES", "_chinese_name")
    },
    "skills/reminders/skill.py:RemindersSkill": "trigger words, prompt and description as the public SDK takes them",
    "skills/reminders/skill.py:_TO": "recognised",
    **{
        f"skills/reminders/asking.py:{name}": "recognised"
        for name in ("_CHOICE", "_HALVES", "_LENGTH", "as_length", "default_task")
    },
    "skills/appointments.py:AppointmentSkill": "description as the public SDK takes it",
    "skills/weather.py:WeatherSkill": "trigger words, prompt and description as the public SDK takes them",
    **{
        f"skills/weather_words.py:{name}": "recognised"
        for name in (
            "_NO_PLACE",
            "_OTHER_ZH",
            "_UNWANTED",
            "_TALK",
            "_HERE",
            "_BETWEEN_PLACES",
            "is_list",
            "_SKY_ZH",
            "PATTERNS",
            "_SKY",
        )
    },
    **{
        f"skills/weather_days.py:{name}": "recognised"
        for name in ("_DAYS", "_WEEKDAY", "_WEEKDAYS_ZH", "_NUMBERS", "_DATE", "_JOINS", "_single_days", "day")
    },
    **{f"skills/choosing.py:{name}": "recognised" for name in ("_JOINT",)},
}
# Files that contain only words to recognise.
RULES = re.compile(
    r"bots/pipeline/engine/answer/grounded/(\w+_(zh|patterns)|relations|pronouns|statements)\.py"
    r"|bots/pipeline/engine/answer/grounded/(amending|clauses|lexicon|lookup|names|stop_words|sums|values|wanted|words)\.py"
    r"|memory/text/\w+\.py|memory/consolidation/(rules|endings)(_en|_zh)?\.py|skills/migrations/000[13]_\w+\.py"
    r"|skills/\w+/(reading|names)\.py|skills/numerals\.py"
    r"|clawdbot/times/\w+\.py|skills/reminders/(requests|tasks|which)\.py|bots/speech/said_by_nobody\.py"
)
# Lines with Chinese: a language is named in itself.
SCRIPTS = {"templates/static/chat/strings.js": 1, "templates/admin/skills/flow/after.html": 1}


def chinese() -> Iterator[str]:
    """Returns top-level statements with Chinese outside docstrings, as path:name."""
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text("utf8")
        if RULES.fullmatch(name) or not HAN.search(text):
            continue
        for statement in ast.parse(text).body:
            if any(HAN.search(text) for text in constants(statement)):
                yield f"{name}:{defined(statement)}"


def constants(statement: ast.stmt) -> Iterator[str]:
    docstrings = {
        id(node.value)
        for node in ast.walk(statement)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(statement):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def defined(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Assign):
        return ast.unparse(statement.targets[0])
    if isinstance(statement, ast.AnnAssign):
        return ast.unparse(statement.target)
    return str(getattr(statement, "name", ast.unparse(statement)[:60]))


def test_chinese_in_the_code_is_recognised_and_never_said() -> None:
    assert sorted(chinese()) == sorted(DATA)


@pytest.mark.parametrize("suffix", ["html", "js"])
def test_templates_and_scripts_hold_one_language(suffix: str) -> None:
    found = {}
    for path in (ROOT / "templates").rglob(f"*.{suffix}"):
        if count := sum(bool(HAN.search(line)) for line in path.read_text("utf8").splitlines()):
            found[path.relative_to(ROOT).as_posix()] = count
    assert found == {name: count for name, count in SCRIPTS.items() if name.endswith(f".{suffix}")}
