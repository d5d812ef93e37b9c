"""The Content-Security-Policy of every page: django-csp, with what two sets of pages need in addition."""

from __future__ import annotations

from typing import Any

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

# Unfold's pages are written for the standard build of Alpine, which evaluates expressions in attributes, and they carry
# styles in elements and attributes. No page runs an inline script, so that a script that gets into a page does not run.
_ADMIN = {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]}
_ADDITIONS: dict[str, dict[str, Any]] = {
    "/admin/": _ADMIN,
    "/api/docs/": {"style-src": [UNSAFE_INLINE]},
}


class ContentPolicyMiddleware(CSPMiddleware):
    """Sends `settings.CONTENT_SECURITY_POLICY`; a response that has a policy, such as the chat page, keeps its own."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        for prefix, additions in _ADDITIONS.items():
            if request.path.startswith(prefix):
                parts.update = additions
        return parts
