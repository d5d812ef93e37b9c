"""The models of the skills app, one module per concern. Import them from here."""

from skills.models.flow import FlowDefinition
from skills.models.skill import DEFAULT_THRESHOLD, ERROR_LENGTH, BotSkill, Skill, SkillRun
from skills.models.skill_health import SkillHealth
from skills.models.skill_state import SkillState
from skills.models.tool import BotTool
from skills.models.tool_call import ToolCall

__all__ = [
    "DEFAULT_THRESHOLD",
    "ERROR_LENGTH",
    "BotSkill",
    "BotTool",
    "FlowDefinition",
    "Skill",
    "SkillHealth",
    "SkillRun",
    "SkillState",
    "ToolCall",
]
