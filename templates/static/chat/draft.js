// Renders the Markdown of an answer while it streams. A rough rendering is enough, because the final frame replaces it
// with the server's. It creates elements and text nodes only, so that no text can become markup.
import { make } from "./dom.js";

const INLINE = /(`+)(.+?)\1|\*\*(.+?)\*\*|__(.+?)__|\*([^\s*][^*]*)\*|!?\[([^\]]+)\]\(([^)\s]*)[^)]*\)/g;
const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)/;
const HEADING = /^(#{1,6})\s+(.*)/;
const TABLE_RULE = /^\|?[\s:|-]+\|[\s:|-]*$/;

export function inline(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, , code, strong, strong2, emphasis, link] = found;
    nodes.push(text.slice(end, found.index));
    if (code !== undefined) nodes.push(make("code", { text: code }));
    else if (link !== undefined) nodes.push(make("a", { text: link }));
    else nodes.push(make(emphasis === undefined ? "strong" : "em", { text: strong ?? strong2 ?? emphasis }));
    end = found.index + whole.length;
  }
  nodes.push(text.slice(end));
  return nodes.filter(Boolean);
}

export function draft(text) {
  const lines = text.split("\n");
  const blocks = [];
  while (lines.length) blocks.push(block(lines));
  return blocks.filter(Boolean);
}

function block(lines) {
  const line = lines[0];
  if (!line.trim()) return void lines.shift();
  if (/^\s*(```|~~~)/.test(line)) return fence(lines);
  const heading = HEADING.exec(line);
  if (heading) return lines.shift() && make(`h${heading[1].length}`, {}, ...inline(heading[2]));
  if (ITEM.test(line)) return list(lines);
  if (line.startsWith("|")) return table(take(lines, (next) => next.startsWith("|")));
  if (line.startsWith(">")) return make("blockquote", {}, paragraph(take(lines, (next) => next.startsWith(">")).map((one) => one.replace(/^>\s?/, ""))));
  return paragraph(take(lines, (next) => next.trim() && !/^(```|~~~|#{1,6}\s|>|\|)/.test(next) && !ITEM.test(next)));
}

// Takes the first line, then further lines while `more` is true.
function take(lines, more) {
  const taken = [lines.shift()];
  while (lines.length && more(lines[0])) taken.push(lines.shift());
  return taken;
}

function paragraph(lines) {
  return make("p", {}, ...lines.flatMap((line, index) => (index ? [make("br"), ...inline(line)] : inline(line))));
}

function fence(lines) {
  const mark = lines[0].trim().slice(0, 3);
  const [first, ...code] = take(lines, (next) => !next.trim().startsWith(mark));
  lines.shift();
  const language = first.trim().slice(3).trim();
  const bar = make("div", { class: "code-bar" }, make("span", { text: language || "\u00a0" }));
  return make("div", { class: "code" }, bar, make("pre", {}, make("code", { text: code.join("\n") })));
}

function list(lines) {
  const start = ITEM.exec(lines[0])[1];
  const element = make(start ? "ol" : "ul", start ? { start } : {});
  for (const line of take(lines, (next) => next.trim() && (ITEM.test(next) || /^\s/.test(next)))) {
    const item = ITEM.exec(line);
    const nested = item && /^\s{2,}/.test(line) && element.lastElementChild;
    if (nested) nested.append(make("ul", {}, make("li", {}, ...inline(item[2]))));
    else if (item) element.append(make("li", {}, ...inline(item[2])));
    else element.lastElementChild.append(" ", ...inline(line.trim()));
  }
  return element;
}

function table(lines) {
  const rows = lines.filter((line) => !TABLE_RULE.test(line)).map((line) => line.replace(/^\||\|\s*$/g, "").split("|"));
  const body = rows.map((cells, index) => make("tr", {}, ...cells.map((cell) => make(index ? "td" : "th", {}, ...inline(cell.trim())))));
  return make("div", { class: "table" }, make("table", {}, make("tbody", {}, ...body)));
}
