"""Parses WeCom's XML into plain mappings. Refuses document types and entities, so nothing is expanded or fetched."""

from __future__ import annotations

from typing import Any

from adapters.errors import MalformedPayload
from clawdbot.reasons import Reason

_MAX_DEPTH = 12


def parse(body: bytes) -> dict[str, Any]:
    """Parses an element with children. Repeated children become lists.

    Raises:
        MalformedPayload: The body is not XML, has a DOCTYPE, or is nested too deeply.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise MalformedPayload(Reason("body_not_xml")) from None
    value = _value(root, 0)
    if not isinstance(value, dict):
        raise MalformedPayload(Reason("xml_without_fields"))
    return value


def _value(element: Any, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise MalformedPayload(Reason("xml_too_deep"))
    if not len(element):
        return element.text or ""
    out: dict[str, Any] = {}
    for child in element:
        value = _value(child, depth + 1)
        if child.tag not in out:
            out[child.tag] = value
        elif isinstance(out[child.tag], list):
            out[child.tag].append(value)
        else:
            out[child.tag] = [out[child.tag], value]
    return out
