"""Draws the dialog from the code: the states of a conversation, and flows."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bots.models import Conversation
from clawdbot.flows import Flow
from clawdbot.flows.diagram import Edge, Graph, Node, graph
from clawdbot.flows.drawing import svg


def conversation_mermaid() -> str:
    """Returns the states of a conversation as the text of a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {Conversation.State.ACTIVE.value}"]
    lines += [f"    {source} --> {target}: {name}" for source, target, name in _transitions()]
    return "\n".join([*lines, f"    {Conversation.State.CLOSED.value} --> [*]"]) + "\n"


def conversation_svg(present: str = "") -> str:
    """Returns the states of a conversation as SVG, with labels in the active language.

    Args:
        present: The state to mark; "" for none.
    """
    nodes = tuple(
        Node(state.value, str(state.label), "round" if state.value == present else "do") for state in Conversation.State
    )
    edges = tuple(Edge(source, target, name) for source, target, name in _transitions() if source != target)
    return svg(Graph(nodes, edges))


def flow_svg(flow: Flow, language: str) -> str:
    """Returns a flow as SVG, with its texts in the language, which must be active."""
    words = _words()
    return svg(graph(flow, language, lambda word: words.get(word, word)))


def _words() -> dict[str, str]:
    return {
        "end": _("end"),
        "yes": _("yes"),
        "no": _("no"),
        "else": _("else"),
        "cancel": _("cancel"),
        "confirm": _("confirmation"),
        "given": _("is given"),
        "missing": _("is missing"),
        "skill": _("skill"),
        "hand over": _("hand over"),
    }


def _transitions() -> list[tuple[str, str, str]]:
    """Returns source, target and name of every transition that the state machine has."""
    field = Conversation._meta.get_field("state")
    order = {state.value: at for at, state in enumerate(Conversation.State)}
    found = {(str(one.source), str(one.target), one.name) for one in field.get_all_transitions(Conversation)}
    return sorted(found, key=lambda one: (order[one[0]], order[one[1]], one[2]))
