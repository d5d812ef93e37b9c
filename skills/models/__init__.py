"""The models of the skills app, one module per concern. Import them from here."""

from skills.models.skill import ERROR_LENGTH, BotSkill, Skill, SkillRun
from skills.models.skill_state import SkillState
from skills.models.tool import BotTool
from skills.models.tool_call import ToolCall

__all__ = ["ERROR_LENGTH", "BotSkill", "BotTool", "Skill", "SkillRun", "SkillState", "ToolCall"]
