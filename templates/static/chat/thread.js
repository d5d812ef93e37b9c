// The list of messages. An answer is identified by its id (from the server), a question by its client_id (from a page).
import { buttonRow, settle, withoutList } from "./buttons.js";
import { clock, dayName, full, sameDay } from "./dates.js";
import { direct } from "./direction.js";
import { make } from "./dom.js";
import { draft } from "./draft.js";
import { fileView } from "./files.js";
import { t } from "./strings.js";

// Commands that buttons send: the page shows neither them nor their answers.
const QUIET = new Set(["/stop"]);

export class Thread {
  #questions = new Map();
  #answers = new Map();
  #streams = new Map();
  #quiet = new Set();

  constructor(list, { onRetry, onDiscard, onPress }) {
    this.list = list;
    this.onPress = onPress;
    this.onRetry = onRetry;
    this.onDiscard = onDiscard;
  }

  get empty() {
    return !this.list.querySelector(".message");
  }

  get streaming() {
    return this.#streams.size > 0;
  }

  clear() {
    this.list.replaceChildren();
    for (const known of [this.#questions, this.#answers, this.#streams, this.#quiet]) known.clear();
  }

  isQuiet(clientId) {
    return this.#quiet.has(clientId);
  }

  // Shows a message of the person, or updates it when its state changes.
  question({ client_id, text, created_at, state = "sent", error = "" }) {
    if (QUIET.has(text)) {
      this.#quiet.add(client_id);
      return;
    }
    let row = this.#questions.get(client_id);
    if (!row) {
      row = this.#row("user", created_at);
      row.append(make("div", { class: "bubble", dir: "auto", text }), make("div", { class: "note" }));
      row.dataset.text = text;
      this.#questions.set(client_id, row);
      this.list.append(row);
      this.#separate();
      this.#settle();
    }
    this.#note(row, client_id, state, error);
  }

  // Shows other words in a question: those of a recording, once it is heard.
  reword(clientId, text) {
    const row = this.#questions.get(clientId);
    if (!row) return;
    row.dataset.text = text;
    row.querySelector(".bubble").textContent = text;
  }

  #note(row, clientId, state, error) {
    row.dataset.state = state;
    const note = row.querySelector(".note");
    if (state === "failed") {
      note.replaceChildren(
        make("span", { text: `${t("failed")}${error ? `: ${error}` : ""}` }),
        make("button", { type: "button", text: t("retry"), on: { click: () => this.onRetry(clientId) } }),
        make("button", { type: "button", text: t("discard"), on: { click: () => this.#discard(clientId) } }),
      );
    } else note.textContent = { sending: t("sending"), waiting: t("waiting") }[state] ?? "";
  }

  #discard(clientId) {
    this.#questions.get(clientId)?.remove();
    this.#questions.delete(clientId);
    this.onDiscard(clientId);
    this.#separate();
    this.#settle();
  }

  // Removes a message that another tab deleted before it was sent.
  withdraw(clientId) {
    if (this.#questions.get(clientId)?.dataset.state === "sent") return;
    this.#questions.get(clientId)?.remove();
    this.#questions.delete(clientId);
    this.#separate();
  }

  // Shows an answer or a message of an operator. Returns false when it is shown already or must not be shown.
  answer({ id, client_id, role, html, parts, text, created_at, buttons }) {
    this.#streams.get(client_id)?.remove();
    this.#streams.delete(client_id);
    if (this.#answers.has(id) || this.#quiet.has(client_id)) return false;
    const row = this.#row(role, created_at);
    const body = make("div", { class: "body" });
    for (const part of parts ?? [{ html }]) {
      if (part.file) body.append(fileView(part.file));
      // safe: the server sanitises it, and the Content-Security-Policy blocks inline scripts
      if (part.html) body.insertAdjacentHTML("beforeend", part.html);
    }
    if (buttons?.length) this.#offer(body, buttons);
    decorate(body);
    row.append(make("span", { class: "avatar small", "aria-hidden": "true" }), body);
    this.#answers.set(id, row);
    row.dataset.text = text;
    this.#place(row, client_id);
    this.#separate();
    this.#settle();
    return true;
  }

  #offer(body, buttons) {
    const listed = withoutList(body, buttons); // typed numbers work, so they are shown where they help
    const row = buttonRow(buttons, (says, press) => this.onPress(says, press));
    row.classList.toggle("numbered", listed > 2);
    body.append(row);
  }

  // Shows below each answer which button was chosen, and which still count.
  #settle() {
    const said = [];
    for (const row of [...this.list.querySelectorAll(".message")].reverse()) {
      const choices = row.querySelector(".choices");
      if (choices) settle(choices, said);
      if (row.classList.contains("user")) said.unshift(row.dataset.text);
    }
  }

  // Appends text to an answer that is streaming.
  token(clientId, text) {
    if (this.#quiet.has(clientId)) return;
    let row = this.#streams.get(clientId);
    if (!row) {
      row = this.#row("assistant", new Date().toISOString());
      row.classList.add("streaming");
      row.append(
        make("span", { class: "avatar small", "aria-hidden": "true" }),
        make("div", { class: "body", "aria-busy": "true" }),
      );
      this.#streams.set(clientId, row);
      this.#place(row, clientId);
    }
    row.dataset.text = (row.dataset.text ?? "") + text;
    row.querySelector(".body").replaceChildren(...draft(row.dataset.text));
    direct(row.querySelector(".body"));
  }

  restart(clientId) {
    this.#streams.get(clientId)?.remove();
    this.#streams.delete(clientId);
  }

  dropStreams() {
    for (const clientId of [...this.#streams.keys()]) this.restart(clientId);
  }

  notice(text) {
    this.list.append(make("li", { class: "notice-line", dir: "auto", text }));
  }

  relabel() {
    this.#separate();
    for (const row of this.list.querySelectorAll(".message")) row.querySelector("time").textContent = clock(row.dataset.at);
    for (const [clientId, row] of this.#questions) this.#note(row, clientId, row.dataset.state, "");
    for (const button of this.list.querySelectorAll(".copy")) button.textContent = t("copy");
  }

  #row(role, at) {
    const when = make("time", { datetime: at, title: full(at), text: clock(at) });
    return make("li", { class: `message ${role}`, data: { at } }, when);
  }

  // Places the answer below its question, so that the order is the same live and after a reload.
  #place(row, clientId) {
    const question = this.#questions.get(clientId);
    if (question) question.after(row);
    else this.list.append(row);
  }

  #separate() {
    for (const line of this.list.querySelectorAll(".day")) line.remove();
    let before = null;
    for (const row of this.list.querySelectorAll(".message")) {
      if (!before || !sameDay(before, row.dataset.at)) row.before(make("li", { class: "day" }, make("span", { text: dayName(row.dataset.at) })));
      before = row.dataset.at;
    }
  }
}

function decorate(body) {
  direct(body);
  for (const block of body.querySelectorAll("pre")) {
    const language = /language-(\S+)/.exec(block.querySelector("code")?.className ?? "")?.[1] ?? "";
    const button = make("button", { type: "button", class: "copy", text: t("copy") });
    button.addEventListener("click", () => copy(block.textContent, button));
    const frame = make("div", { class: "code" }, make("div", { class: "code-bar" }, make("span", { text: language }), button));
    block.replaceWith(frame);
    frame.append(block);
    block.tabIndex = 0;
  }
  for (const table of body.querySelectorAll("table")) {
    const frame = make("div", { class: "table", tabindex: "0" });
    table.replaceWith(frame);
    frame.append(table);
  }
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { class: "hidden-text" });
    area.value = text;
    button.after(area);
    area.select();
    document.execCommand("copy"); // the clipboard API exists in secure contexts only
    area.remove();
    button.focus();
  }
  button.textContent = t("copied");
  setTimeout(() => (button.textContent = t("copy")), 1500);
}
