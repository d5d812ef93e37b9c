// Messages that the server has not accepted yet. They survive a reload. A retry has the same client_id, so that the
// server stores each message once. Only one is in flight at a time, which keeps their order. Tabs of one visitor share
// them through the storage: what one tab could not send, another one sends, and what one tab deletes is gone in all.
import { newId } from "./random.js";
import { keys, onOtherTab, read, remove, write } from "./storage.js";

const ACCEPT_WITHIN = 10_000;
// A message of another tab that still waits after this time is shown and sent here too.
const ADOPT_AFTER = 5_000;
const PASSING = new Set(["rate_limited", "not_stored", "unavailable"]);

export class Outbox {
  #items = [];
  #sending = null;
  #timer = 0;
  #pause = 0;

  constructor(prefix, { send, onChange, onGone, onSilence }) {
    this.prefix = prefix;
    this.send = send;
    this.onChange = onChange;
    this.onGone = onGone;
    this.onSilence = onSilence;
    this.#items = keys(prefix)
      .map((key) => parse(read(key)))
      .filter(Boolean);
    this.#sort();
    onOtherTab((key, value) => this.#elsewhere(key, value));
  }

  get items() {
    return [...this.#items];
  }

  add(text, press) {
    const at = Math.max(Date.now(), (this.#items.at(-1)?.at ?? 0) + 1);
    const item = { client_id: newId(), text, press, at, created_at: new Date(at).toISOString(), state: "waiting" };
    this.#items.push(item);
    this.#keep(item);
    this.pump();
    return item;
  }

  // Sends the next message if the socket is open; else does nothing.
  pump() {
    if (this.#sending || this.#pause) return;
    const item = this.#items.find((one) => one.state !== "failed");
    if (!item || !this.send({ type: "message", text: item.text, press: item.press, client_id: item.client_id })) return;
    this.#sending = item;
    this.#change(item, "sending");
    this.#timer = setTimeout(() => this.onSilence(), ACCEPT_WITHIN);
  }

  disconnected() {
    clearTimeout(this.#timer);
    this.#sending = null;
    for (const item of this.#items) if (item.state === "sending") this.#change(item, "waiting");
  }

  accepted(clientId) {
    const item = this.#take(clientId);
    if (item) {
      this.#drop(item);
      this.onChange({ ...item, state: "sent" });
    }
    this.pump();
  }

  refused(clientId, frame) {
    const item = this.#take(clientId);
    if (!item) return false;
    if (PASSING.has(frame.code)) {
      this.#change(item, "waiting");
      this.#pause = setTimeout(() => {
        this.#pause = 0;
        this.pump();
      }, Math.max(1, frame.seconds ?? 3) * 1000);
    } else {
      item.error = frame.text;
      this.#change(item, "failed");
    }
    this.pump();
    return true;
  }

  retry(clientId) {
    const item = this.#items.find((one) => one.client_id === clientId);
    if (item) this.#change(item, "waiting");
    this.pump();
  }

  discard(clientId) {
    const item = this.#items.find((one) => one.client_id === clientId);
    if (item) this.#drop(item);
  }

  // The message that waits for its acceptance.
  get sending() {
    return this.#sending?.client_id ?? "";
  }

  // Another tab of this visitor stored a message, or removed one that was accepted or deleted there.
  #elsewhere(key, value) {
    if (!key.startsWith(this.prefix)) return;
    const clientId = key.slice(this.prefix.length);
    if (value !== null) setTimeout(() => this.#adopt(key), ADOPT_AFTER);
    else if (this.sending !== clientId && this.#items.some((one) => one.client_id === clientId)) {
      this.#items = this.#items.filter((one) => one.client_id !== clientId);
      this.onGone(clientId);
    }
  }

  #adopt(key) {
    const item = parse(read(key));
    if (!item || this.#items.some((one) => one.client_id === item.client_id)) return;
    this.#items.push(item);
    this.#sort();
    this.onChange(item);
    this.pump();
  }

  #sort() {
    this.#items.sort((a, b) => a.at - b.at);
  }

  #take(clientId) {
    if (this.#sending?.client_id === clientId) {
      clearTimeout(this.#timer);
      this.#sending = null;
    }
    return this.#items.find((one) => one.client_id === clientId);
  }

  #drop(item) {
    this.#items = this.#items.filter((one) => one !== item);
    remove(this.prefix + item.client_id);
  }

  #change(item, state) {
    item.state = state;
    this.#keep(item);
    this.onChange(item);
  }

  #keep(item) {
    write(this.prefix + item.client_id, JSON.stringify({ ...item, state: item.state === "failed" ? "failed" : "waiting" }));
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
