"""Django's back end for MySQL and MariaDB with the driver PyMySQL.

The usual driver, mysqlclient, must be compiled against the server's C library; PyMySQL installs everywhere.
"""

from __future__ import annotations

from typing import Any

import pymysql

pymysql.install_as_MySQLdb()

from django.db.backends.mysql import base, schema  # noqa: E402  after the driver has taken its name


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Creates tables for all of Unicode that distinguish "a" from "A" and "ä", whatever the database's default.

    Otherwise ids and index terms would compare differently than on the other databases.
    """

    sql_create_table = "CREATE TABLE %(table)s (%(definition)s) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper, with a case-insensitive collation for case-insensitive look-ups."""

    SchemaEditorClass = DatabaseSchemaEditor
    operators = {
        **base.DatabaseWrapper.operators,
        "iexact": "COLLATE utf8mb4_unicode_ci LIKE %s",
        "icontains": "COLLATE utf8mb4_unicode_ci LIKE %s",
        "istartswith": "COLLATE utf8mb4_unicode_ci LIKE %s",
        "iendswith": "COLLATE utf8mb4_unicode_ci LIKE %s",
    }

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "charset": "utf8mb4"}
