// The chat page. Protocol of the socket: docs/web-chat.md.
import { Composer, composing } from "./composer.js";
import { Connection } from "./connection.js";
import { byId, label, make } from "./dom.js";
import { MemoryPanel } from "./memories.js";
import { Outbox } from "./outbox.js";
import { Recorder } from "./recorder.js";
import { read, write } from "./storage.js";
import { language, locale, setLanguage, t } from "./strings.js";
import { Thread } from "./thread.js";
import { Visitor } from "./visitor.js";

const NEAR_END = 90;
const config = JSON.parse(byId("config").textContent);
const scroller = byId("scroller");

let bot = config;
let staff = false;
let conversation = null;
let state = "connecting";
// `pending`: accepted messages without an answer yet. `joined`: those whose answer began before this page connected;
// their tokens are not shown, because the beginning is missing.
const pending = new Set();
const joined = new Set();

const outbox = new Outbox(`clawdbot:${config.slug}:out:`, {
  send: (frame) => state === "online" && connection.ready && (connection.send(frame), true),
  onChange: (item) => {
    keepingPlace(() => thread.question(item));
    refresh();
  },
  onGone: (clientId) => {
    thread.withdraw(clientId);
    refresh();
  },
  onSilence: () => connection.suspect(),
});
const thread = new Thread(byId("thread"), {
  onRetry: (clientId) => outbox.retry(clientId),
  onDiscard: (clientId) => {
    outbox.discard(clientId);
    refresh();
  },
  onPress: (words, press) => say(words, press),
});
const panel = new MemoryPanel({
  slug: config.slug,
  name: config.name,
  token: () => visitor.token,
  onForgotten: () => {
    thread.clear();
    for (const item of outbox.items) thread.question(item);
    refresh();
  },
});
const connection = new Connection(address, { onFrame: receive, onState: changeState });
const visitor = new Visitor(config.slug, { onOther: () => connection.open() });
const composer = new Composer({
  limit: config.limit,
  draftKey: `clawdbot:${config.slug}:draft`,
  onSend: say,
  onStop: () => busy() && say("/stop"),
  onChange: refresh,
});

const recorder = new Recorder({
  slug: config.slug,
  listens: config.listens,
  token: () => visitor.token,
  onTrouble: (text) => keepingPlace(() => thread.notice(text)),
});

function address() {
  const url = new URL(`/ws/chat/${encodeURIComponent(config.slug)}/`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  if (visitor.token) url.searchParams.set("visitor", visitor.token);
  if (visitor.seed) url.searchParams.set("seed", visitor.seed);
  url.searchParams.set("lang", language());
  url.searchParams.set("tz", Intl.DateTimeFormat().resolvedOptions().timeZone ?? "");
  return url.href;
}

// Frames from the server

const handlers = {
  hello(frame) {
    visitor.keep(frame.visitor);
    bot = frame.bot;
    staff = frame.staff === true;
    if (conversation !== frame.conversation) thread.clear();
    conversation = frame.conversation;
    thread.dropStreams();
    pending.clear();
    joined.clear();
    for (const entry of frame.history) (entry.role === "user" ? thread.question(entry) : thread.answer(entry));
    for (const entry of frame.pending) {
      thread.question(entry);
      pending.add(entry.client_id);
      joined.add(entry.client_id);
    }
    for (const item of outbox.items) thread.question(item);
    banner("");
    outbox.pump();
  },
  accepted(frame) {
    pending.add(frame.client_id);
    outbox.accepted(frame.client_id);
  },
  echo(frame) {
    pending.add(frame.client_id);
    thread.question({ ...frame, created_at: new Date().toISOString() });
  },
  heard(frame) {
    thread.reword(frame.client_id, frame.text);
  },
  typing(frame) {
    pending.add(frame.client_id);
    joined.delete(frame.client_id);
    if (frame.restart) thread.restart(frame.client_id);
  },
  waiting(frame) {
    if (pending.has(frame.client_id)) byId("typing-text").textContent = frame.text;
  },
  token(frame) {
    if (pending.has(frame.client_id) && !joined.has(frame.client_id)) thread.token(frame.client_id, frame.text);
  },
  message(frame) {
    settle(frame.client_id);
    if (frame.ends_conversation) {
      conversation = null;
      thread.clear();
      for (const item of outbox.items) thread.question(item);
      thread.notice(frame.text);
    } else if (!thread.answer(frame)) return;
    byId("announcer").textContent = frame.text.slice(0, 600);
  },
  idle(frame) {
    settle(frame.client_id);
  },
  error(frame) {
    // A frame that is too large is not parsed, so the server cannot name the message: it is the one in flight.
    const refused = frame.client_id || (frame.code === "too_large" ? outbox.sending : "");
    if (refused && outbox.refused(refused, frame)) return;
    settle(frame.client_id);
    if (frame.client_id) thread.notice(frame.text);
    else banner(frame.text);
  },
};

function receive(frame) {
  keepingPlace(() => handlers[frame.type]?.(frame));
  refresh();
}

function settle(clientId) {
  byId("typing-text").textContent = t("typing", { name: bot.name });
  pending.delete(clientId);
  joined.delete(clientId);
  if (clientId) thread.restart(clientId);
}

function changeState(next) {
  if (next !== "online" && state === "online") outbox.disconnected();
  state = next;
  refresh();
}

// Input of the person

function say(words, press) {
  const item = outbox.add(words, press);
  thread.question(item);
  refresh();
  toEnd();
}

byId("new-chat").addEventListener("click", () => {
  say("/new");
  composer.focus();
});
byId("memory").addEventListener("click", () => panel.open());
byId("language").addEventListener("click", () => {
  setLanguage(language() === "zh" ? "en" : "zh");
  connection.send({ type: "hello", lang: language() });
  thread.relabel();
  panel.relabel();
  words();
  refresh();
});
byId("theme").addEventListener("click", () => {
  const dark = isDark();
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  write("clawdbot:theme", dark ? "light" : "dark");
  words();
});
byId("close")?.addEventListener("click", () => parent.postMessage("clawdbot:close", "*"));
byId("to-end").addEventListener("click", toEnd);
scroller.addEventListener("scroll", () => (byId("to-end").hidden = nearEnd()));
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || composing(event) || byId("memory-panel").open) return;
  if (busy()) say("/stop");
  else if (byId("close")) byId("close").click();
});

// Display

const busy = () => [...pending].some((clientId) => !thread.isQuiet(clientId));
const nearEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
}

// Keeps the end in view, unless the person has scrolled up.
function keepingPlace(change) {
  const follow = nearEnd();
  change();
  if (follow) requestAnimationFrame(toEnd);
}

function banner(words) {
  byId("banner").textContent = words;
  byId("banner").hidden = !words;
}

function refresh() {
  composer.button(busy() && !composer.words);
  byId("typing").hidden = !busy() || thread.streaming;
  const empty = thread.empty && state !== "connecting";
  byId("empty").hidden = !empty;
  scroller.classList.toggle("is-empty", empty);
  const shown = document.querySelector(".state");
  shown.dataset.state = state;
  shown.querySelector(".state-text").textContent = t(state);
  model();
}

function model() {
  const line = byId("model");
  if (bot.demo === undefined) return;
  if (!bot.demo) line.textContent = t("model", { name: bot.name, model: bot.model });
  else if (!staff) line.textContent = t(bot.model ? "demo" : "noModel");
  else {
    const link = make("a", { href: "/admin/bots/modelprovider/", text: t(bot.model ? "connect" : "connectOne"), target: "_blank", rel: "noopener" });
    line.replaceChildren(`${t(bot.model ? "demo" : "noModel")} `, link);
  }
}

function suggestions() {
  const buttons = t("suggestions").map(([shown, sent]) =>
    make("button", { type: "button", text: shown, on: { click: () => say(sent ?? shown) } }),
  );
  byId("suggestions").replaceChildren(...buttons);
}

const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function words() {
  const name = bot.name;
  document.documentElement.lang = locale();
  byId("greeting").textContent = bot.greeting || t("greeting", { name });
  byId("description").textContent = bot.description || t("description");
  byId("new-chat").querySelector(".tool-text").textContent = t("newChat");
  byId("memory").querySelector(".tool-text").textContent = t("memory");
  document.querySelector("#language .glyph").textContent = t("language");
  label(byId("new-chat"), t("newChat"));
  label(byId("memory"), t("memoryLabel"));
  label(byId("language"), t("languageLabel"));
  label(byId("theme"), t(isDark() ? "toLight" : "toDark"));
  label(byId("to-end"), t("toEnd"));
  if (byId("close")) label(byId("close"), t("close"));
  composer.relabel(name);
  recorder.relabel();
  byId("typing-text").textContent = t("typing", { name });
  suggestions();
}

// early.js sets the theme too, unless this frame is denied its own storage
const theme = read("clawdbot:theme");
if (theme) document.documentElement.dataset.theme = theme;
const initial = [...config.name.trim()][0] ?? "·";
document.documentElement.style.setProperty("--initial", JSON.stringify(initial.toUpperCase()));
words();
composer.fit();
for (const item of outbox.items) thread.question(item);
refresh();
if (matchMedia("(hover: hover)").matches) composer.focus();
await visitor.settle();
connection.open();
