"""`{% load program %}`: the filter `as_typed`, as in `{% filter as_typed %}Run manage.py x{% endfilter %}`."""

from __future__ import annotations

from django import template

from bots.i18n.program import as_typed

register = template.Library()
register.filter("as_typed", as_typed)
