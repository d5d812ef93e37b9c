"""Draws a flow as a Mermaid flowchart, and as a graph of boxes and arrows for other drawings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clawdbot.flows.definition import Flow
from clawdbot.flows.steps import END, Act, Branch, Case, Collect, Confirm, HandOver, Step, in_language

START = "start"


@dataclass(frozen=True, slots=True)
class Node:
    """One box. `shape`: "round" for begin and end, "ask" for a question, "choose" for a branch, "do" for the rest."""

    name: str
    label: str
    shape: str


@dataclass(frozen=True, slots=True)
class Edge:
    """One arrow between two boxes, with a text or none."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Boxes in the order in which they are drawn, and the arrows between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph(flow: Flow, language: str = "en", said: Callable[[str], str] = str) -> Graph:
    """Returns the boxes and arrows of a flow.

    Args:
        flow: The flow.
        language: Language of its texts, as far as it has them.
        said: Translates a word of the diagram itself, such as "yes" or "end".
    """
    nodes = [Node(START, flow.called(language), "round")]
    edges = [Edge(START, flow.id_of(0))]
    for index, step in enumerate(flow.steps):
        nodes.append(Node(flow.id_of(index), _label(step, language, said), _shape(step)))
        edges += _edges(flow, index, step, said)
    return Graph((*nodes, Node(END, said("end"), "round")), tuple(edges))


def mermaid(flow: Flow, language: str = "en") -> str:
    """Returns the flow as the text of a Mermaid flowchart."""
    return as_mermaid(graph(flow, language))


def as_mermaid(drawn: Graph) -> str:
    """Returns a graph as the text of a Mermaid flowchart."""
    number = {node.name: f"n{at}" for at, node in enumerate(drawn.nodes)}
    brackets = {"round": ("([", "])"), "ask": ("[/", "/]"), "choose": ("{", "}"), "do": ("[", "]")}
    lines = ["flowchart TD"]
    for node in drawn.nodes:
        begin, stop = brackets[node.shape]
        lines.append(f"    {number[node.name]}{begin}{_quoted(node.label)}{stop}")
    for edge in drawn.edges:
        label = f"|{_quoted(edge.label)}|" if edge.label else ""
        lines.append(f"    {number[edge.source]} -->{label} {number[edge.target]}")
    return "\n".join(lines) + "\n"


def _edges(flow: Flow, index: int, step: Step, said: Callable[[str], str]) -> Iterator[Edge]:
    here = flow.id_of(index)
    if isinstance(step, Branch):
        for case in step.cases:
            yield Edge(here, case.goto, _condition(step, case, said))
    if isinstance(step, HandOver) or (isinstance(step, Act) and step.do == "hand_over"):
        yield Edge(here, END)
        return
    following = flow.after(index)
    target = flow.id_of(following) if following < len(flow.steps) else END
    named = {Confirm: "yes", Branch: "else"}.get(type(step), "")
    yield Edge(here, target, named and said(named))
    if isinstance(step, Confirm):
        yield Edge(here, END, said("cancel"))


def _condition(step: Branch, case: Case, said: Callable[[str], str]) -> str:
    sign = {"is": "=", "is_not": "≠", "at_least": "≥", "at_most": "≤"}.get(case.test)
    value = said("yes" if case.value else "no") if isinstance(case.value, bool) else case.value
    return f"{step.slot} {sign} {value}" if sign else f"{step.slot} {said(case.test)}"


def _label(step: Step, language: str, said: Callable[[str], str]) -> str:
    if isinstance(step, Collect):
        return in_language(step.question, language)
    if isinstance(step, Confirm):
        return in_language(step.question, language) or said("confirm")
    if isinstance(step, Branch):
        return f"{step.slot}?"
    if isinstance(step, Act):
        given = {"skill": f"{said('skill')}: {step.skill}", "webhook": f"webhook: {step.url}"}
        given["hand_over"] = said("hand over")
        return given.get(step.do) or in_language(step.text, language)
    if isinstance(step, HandOver):
        return f"{said('hand over')}: {step.reason}".rstrip(": ")
    return in_language(step.text, language)


def _shape(step: Step) -> str:
    if isinstance(step, (Collect, Confirm)):
        return "ask"
    return "choose" if isinstance(step, Branch) else "do"


def _quoted(text: str) -> str:
    """Returns a text in quotes, in which nothing is markup or ends the quotes."""
    short = " ".join(text.split())
    short = short if len(short) <= 60 else f"{short[:59]}…"
    escaped = short.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
    return f'"{escaped}"'
