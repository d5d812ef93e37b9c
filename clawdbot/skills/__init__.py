"""Public SDK for skills. A skill is a class whose `execute(self, context)` returns text, files, or both.

Example:
    ```python
    from clawdbot.skills import BaseSkill, Parameter

    class Dice(BaseSkill):
        name = "dice"
        description = "Rolls a die."
        triggers = ("roll", "掷骰子")
        parameters = (
            Parameter("sides", prompt={"en": "How many sides?", "zh": "几面的骰子？"}, validator=int),
        )

        def execute(self, context):
            return str(random.randint(1, context["parameters"]["sides"]))
    ```

A skill is registered by its dotted path in YAML or in the admin. It must not import an app of the product.
"""

from clawdbot.files import Answer, File
from clawdbot.skills.base import AskPerson, BaseSkill, NotMeant, SkillError
from clawdbot.skills.buttons import Buttons
from clawdbot.skills.context import Context
from clawdbot.skills.effects import Effect
from clawdbot.skills.parameter import Parameter, Question

__all__ = [
    "Answer",
    "AskPerson",
    "BaseSkill",
    "Buttons",
    "Context",
    "Effect",
    "File",
    "NotMeant",
    "Parameter",
    "Question",
    "SkillError",
]
