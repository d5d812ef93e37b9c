"""The admin of bots: registrations happen on import, one module per concern."""

from bots.admin import (  # noqa: F401
    audit,
    bot,
    channel,
    consolidation,
    conversation,
    embedder,
    files,
    memory,
    people,
    provider,
    queues,
    schedules,
    skills,
    usage,
    users,
)
