"""The admin: registrations happen on import. One folder per subject, shared parts in `ui`."""

from bots.admin import bot, skills  # noqa: F401
from bots.admin.channels import model_admin as _channels  # noqa: F401
from bots.admin.conversations import files as _files  # noqa: F401
from bots.admin.conversations import model_admin as _conversations  # noqa: F401
from bots.admin.memory import consolidation, embedder, entries  # noqa: F401
from bots.admin.people import audit_log as _audit_log  # noqa: F401
from bots.admin.people import model_admin as _people  # noqa: F401
from bots.admin.system import providers, queues, schedules, usage, users  # noqa: F401
