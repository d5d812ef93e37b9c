"""Dialog flows: what a bot asks, confirms and does, step by step. A flow is data; the product runs it.

Example:
    ```python
    from clawdbot.flows import Act, Collect, Confirm, Flow

    BOOKING = Flow(
        name="appointment",
        title={"en": "the appointment", "zh": "预约"},
        triggers=("book an appointment", "预约"),
        steps=(
            Collect("day", "date", question={"en": "On which day?", "zh": "你想约哪一天？"}),
            Collect("people", "integer", question={"en": "For how many?", "zh": "几位？"}, minimum=1, maximum=8),
            Confirm(),
            Act("webhook", url="https://example.org/bookings"),
        ),
    )
    ```

Jumps go forward only, so every flow ends. `to_dict` and `from_dict` convert to and from JSON, which the admin's editor
stores.
"""

from clawdbot.flows.definition import Flow, FlowError, Timeouts
from clawdbot.flows.json_form import from_dict, to_dict
from clawdbot.flows.steps import Act, Branch, Case, Choice, Collect, Confirm, HandOver, Say, Step, Text, in_language
from clawdbot.flows.values import Unfit

__all__ = [
    "Act",
    "Branch",
    "Case",
    "Choice",
    "Collect",
    "Confirm",
    "Flow",
    "FlowError",
    "HandOver",
    "Say",
    "Step",
    "Text",
    "Timeouts",
    "Unfit",
    "from_dict",
    "in_language",
    "to_dict",
]
