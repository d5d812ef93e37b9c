"""The English sentences of why a backup or a restore fails. Part of `clawdbot.reason_templates`."""

from __future__ import annotations


def _(sentence: str) -> str:
    """Marks a sentence for translation."""
    return sentence


BACKUPS: dict[str, str] = {
    "passphrase_short": _("a passphrase needs %(least)s characters at least"),
    "passphrase_wrong": _("the passphrase is another one than that of the backup"),
    "passphrases_differ": _("the two entries differ; nothing was made"),
    "sealing_unknown": _("the keys in the backup are encrypted in a way that this version does not know"),
    "backup_running": _("another backup is running; try again when it has ended (a killed one counts for a minute)"),
    "backup_interrupted": _("it was interrupted"),
    "backup_system_error": _("the operating system says: %(why)s"),
    "backup_file_changed": _("%(name)s became shorter while it was read; make the backup again"),
    "backup_not_ours": _("%(name)s is no backup of this product"),
    "backup_unreadable": _("%(name)s cannot be read: %(why)s"),
    "backup_cut_off": _("%(name)s is cut off: copy it again, or take an older backup"),
    "backup_damaged": _("%(name)s in the backup is damaged: copy the backup again, or take an older one"),
    "backup_foreign_member": _("%(name)s holds “%(member)s”, which no backup holds; it is not used"),
    "backup_newer_format": _("%(name)s has the format of a newer version: update the product first"),
    "backup_newer": _(
        "the backup was made by a newer version (%(version)s, migration %(migration)s): update the product first"
    ),
    "backup_program_missing": _(
        "%(program)s is not installed: install the client programs of the database, or set backup.programs"
    ),
    "backup_program_old": _(
        "%(program)s %(client)s is older than the server %(server)s: install its version, or set backup.programs to its"
        " folder"
    ),
    "backup_program_failed": _("%(program)s failed: %(told)s"),
    "backup_sqlite_failed": _("%(name)s: SQLite says: %(why)s"),
    "backup_place_unusable": _("%(place)s cannot be used: %(why)s"),
    "backup_place_unknown": _("%(place)s is neither a folder nor s3://bucket/prefix"),
    "backup_no_space": _("%(folder)s has %(free)s MiB free and needs %(needed)s MiB: free disk space"),
    "backup_no_scratch": _(
        "no database to try the backup in can be made (%(why)s): give the user the right to create databases"
    ),
    "backup_other_vendor": _(
        "the backup holds the part “%(part)s” for %(archive)s, and this installation uses %(here)s:"
        " set its address first"
    ),
    "backup_memory_differs": _(
        "the backup and this installation differ in whether the memory has its own database:"
        " set memory.database_url first"
    ),
    "backup_other_disk": _("%(file)s is on another disk than %(home)s: move it into the home first"),
    "backup_database_in_use": _("processes of the product use the database: stop them first"),
    "backup_home_not_empty": _(
        "%(home)s or its database is not empty: --force replaces it and keeps the old one aside"
    ),
}
