"""The admin site: importing a module registers its models. One folder per subject; `ui` holds the shared parts."""
# ruff: noqa: F401

import bots.admin.agent_skills
import bots.admin.bot
import bots.admin.channels.model_admin
import bots.admin.conversations.files
import bots.admin.conversations.model_admin
import bots.admin.flows.model_admin
import bots.admin.mcp.servers
import bots.admin.mcp.tools
import bots.admin.memory.consolidation
import bots.admin.memory.embedder
import bots.admin.memory.entries
import bots.admin.money.limits
import bots.admin.people.audit_log
import bots.admin.people.model_admin
import bots.admin.reminders.broadcasts
import bots.admin.reminders.labels
import bots.admin.reminders.schedules
import bots.admin.replays.runs
import bots.admin.replays.sets
import bots.admin.skills
import bots.admin.system.alarms
import bots.admin.system.backups
import bots.admin.system.leases
import bots.admin.system.logins
import bots.admin.system.providers
import bots.admin.system.queues
import bots.admin.system.schedules
import bots.admin.system.usage
import bots.admin.system.users
import bots.admin.tools
