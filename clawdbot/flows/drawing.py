"""Draws a graph as SVG: boxes in layers from top to bottom, arrows between them. No library is needed."""

from __future__ import annotations

from html import escape

from clawdbot.flows.diagram import Edge, Graph, Node

_WIDTH, _HEIGHT, _ACROSS, _DOWN, _EDGE = 260, 44, 40, 56, 20
_LANE = 84
_LONGEST = 34  # characters of a label


def svg(drawn: Graph) -> str:
    """Returns the graph as an SVG document. Colours follow the text colour of the page, so it fits dark pages too."""
    level = _levels(drawn)
    rows: dict[int, list[Node]] = {}
    for node in drawn.nodes:
        rows.setdefault(level[node.name], []).append(node)
    place = {
        node.name: (_EDGE + at * (_WIDTH + _ACROSS), _EDGE + row * (_HEIGHT + _DOWN))
        for row, nodes in rows.items()
        for at, node in enumerate(nodes)
    }
    far = [edge for edge in drawn.edges if _goes_round(level, edge)]
    columns = max(len(nodes) for nodes in rows.values())
    width = 2 * _EDGE + columns * (_WIDTH + _ACROSS) + len(far) * _LANE
    height = 2 * _EDGE + (max(rows) + 1) * (_HEIGHT + _DOWN)
    right = _EDGE + columns * (_WIDTH + _ACROSS)
    body = [_box(node, *place[node.name]) for node in drawn.nodes]
    body += [_arrow(edge, place, right + far.index(edge) * _LANE if edge in far else None) for edge in drawn.edges]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'fill="none" stroke="currentColor" font-family="sans-serif" font-size="13" role="img">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="currentColor" stroke="none"/></marker></defs>'
        f"{''.join(body)}</svg>\n"
    )


def _levels(drawn: Graph) -> dict[str, int]:
    """Returns the row of each box: one more than the last box that leads to it. Arrows that lead back do not count."""
    order = {node.name: at for at, node in enumerate(drawn.nodes)}
    level = dict.fromkeys(order, 0)
    for node in drawn.nodes:
        for edge in drawn.edges:
            if edge.source == node.name and order[edge.target] > order[edge.source]:
                level[edge.target] = max(level[edge.target], level[edge.source] + 1)
    return level


def _goes_round(level: dict[str, int], edge: Edge) -> bool:
    """Returns whether a straight arrow would cross other boxes."""
    return level[edge.target] != level[edge.source] + 1


def _box(node: Node, x: int, y: int) -> str:
    radius = {"round": _HEIGHT // 2, "ask": 8, "choose": 0, "do": 2}[node.shape]
    dash = ' stroke-dasharray="5 3"' if node.shape == "choose" else ""
    label = node.label if len(node.label) <= _LONGEST else f"{node.label[: _LONGEST - 1]}…"
    return (
        f'<g><title>{escape(node.label)}</title><rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'rx="{radius}"{dash}/>{_words(label, x + _WIDTH // 2, y + _HEIGHT // 2 + 5, "middle")}</g>'
    )


def _arrow(edge: Edge, place: dict[str, tuple[int, int]], lane: int | None) -> str:
    (x1, y1), (x2, y2) = place[edge.source], place[edge.target]
    if lane is None:
        start, stop = (x1 + _WIDTH // 2, y1 + _HEIGHT), (x2 + _WIDTH // 2, y2)
        path = f"M{start[0]} {start[1]}L{stop[0]} {stop[1]}"
        at = ((start[0] + stop[0]) // 2 + 6, (start[1] + stop[1]) // 2 + 4)
    else:
        path = f"M{x1 + _WIDTH} {y1 + _HEIGHT // 2}H{lane}V{y2 + _HEIGHT // 2 + 8}H{x2 + _WIDTH}"
        at = (lane + 4, (y1 + y2) // 2 + _HEIGHT // 2)
    label = _words(edge.label, *at, "start") if edge.label else ""
    return f'<path d="{path}" marker-end="url(#tip)"/>{label}'


def _words(text: str, x: int, y: int, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="currentColor" stroke="none">{escape(text)}</text>'
