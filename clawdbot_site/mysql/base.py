"""Django's back end for MySQL and MariaDB, on PyMySQL.

The usual driver, mysqlclient, must be compiled against the server's C library; PyMySQL installs anywhere.
"""

from __future__ import annotations

from typing import Any

import pymysql

pymysql.install_as_MySQLdb()

from django.db.backends.mysql import base, schema  # noqa: E402  after the driver has taken its name


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Tables are made for all of Unicode, whatever the database's own default, and tell "a" from "A" and "ä".

    Only so are ids and index terms the same ones as on the other databases.
    """

    sql_create_table = "CREATE TABLE %(table)s (%(definition)s) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's; searches "whatever the case" still are."""

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
