"""Builds bodies of form uploads."""

from __future__ import annotations

from collections.abc import Mapping

from urllib3.filepost import encode_multipart_formdata

FormFile = tuple[str, bytes, str]
"""(file name, bytes, content type)"""


def multipart(fields: Mapping[str, str], files: Mapping[str, FormFile]) -> tuple[bytes, dict[str, str]]:
    """Returns the body of a multipart/form-data request and its Content-Type header.

    Args:
        fields: Plain fields by name, in order.
        files: Files by field name. File names may use any script; line breaks and quotes in them are escaped.
    """
    body, content_type = encode_multipart_formdata({**fields, **files})
    return body, {"Content-Type": content_type}
