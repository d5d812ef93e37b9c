// The panel "What do you remember about me?".
import { dayName, full } from "./dates.js";
import { byId, label, make } from "./dom.js";
import { inline } from "./draft.js";
import { language, t } from "./strings.js";

export class MemoryPanel {
  #entries = [];
  #total = 0;
  #more = false;
  #failed = false;
  #loading = false;
  #sure = false;

  constructor({ slug, name, token, onForgotten }) {
    this.address = `/chat/${encodeURIComponent(slug)}/memories`;
    this.name = name;
    this.token = token;
    this.onForgotten = onForgotten;
    this.dialog = byId("memory-panel");
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  async open() {
    this.#entries = [];
    this.#sure = false;
    this.#draw();
    this.dialog.showModal();
    await this.#load();
  }

  relabel() {
    if (this.dialog.open) this.#draw();
  }

  async #request(method, path = "") {
    const headers = { "X-Visitor-Token": this.token(), "Accept-Language": language() };
    const response = await fetch(this.address + path, { method, headers, credentials: "same-origin" });
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  }

  async #load() {
    this.#loading = true;
    this.#failed = false;
    this.#draw();
    try {
      const page = await this.#request("GET", `?offset=${this.#entries.length}`);
      this.#entries.push(...page.memories);
      this.#total = page.total;
      this.#more = page.more;
    } catch {
      this.#failed = true;
    }
    this.#loading = false;
    this.#draw();
  }

  async #forget(entry) {
    try {
      await this.#request("DELETE", `/${entry.id}`);
      this.#entries = this.#entries.filter((one) => one !== entry);
      this.#total -= 1;
    } catch {
      this.#failed = true;
    }
    this.#draw();
    this.dialog.querySelector(".head button").focus();
  }

  async #forgetAll() {
    try {
      await this.#request("DELETE");
      this.#entries = [];
      this.#total = 0;
      this.#more = false;
      this.onForgotten();
    } catch {
      this.#failed = true;
    }
    this.#sure = false;
    this.#draw();
  }

  #draw() {
    const focused = this.dialog.contains(document.activeElement);
    this.dialog.replaceChildren(this.#head(), this.#body(), this.#entries.length ? this.#foot() : "");
    if (focused) this.dialog.querySelector(".head button").focus();
  }

  #head() {
    const close = make("button", { type: "button", class: "tool", on: { click: () => this.dialog.close() } });
    close.innerHTML = '<svg aria-hidden="true" viewBox="0 0 24 24"><path d="m6 6 12 12M18 6 6 18"/></svg>';
    label(close, t("close"));
    const words = make("div", {}, make("h2", { id: "memory-title", text: t("memoryTitle") }), make("p", { text: t("memoryIntro") }));
    return make("div", { class: "head" }, words, close);
  }

  #body() {
    const body = make("div", { class: "memories" });
    let day = "";
    for (const entry of this.#entries) {
      const name = dayName(entry.occurred_at);
      if (name !== day) body.append(make("h3", { text: name }));
      day = name;
      body.append(this.#entry(entry));
    }
    if (this.#failed) {
      const again = make("button", { type: "button", class: "plain", text: t("retry"), on: { click: () => this.#load() } });
      body.append(make("p", { class: "hint", text: `${t("memoryError")} ` }, again));
    } else if (this.#loading) body.append(make("p", { class: "hint", text: t("loading") }));
    else if (!this.#entries.length) body.append(make("p", { class: "hint", text: t("memoryEmpty") }));
    else if (this.#more) body.append(make("button", { type: "button", class: "plain", text: t("more"), on: { click: () => this.#load() } }));
    return body;
  }

  #entry(entry) {
    const remove = make("button", { type: "button", class: "tool forget", on: { click: () => this.#forget(entry) } });
    remove.innerHTML = '<svg aria-hidden="true" viewBox="0 0 24 24"><path d="M5 7h14M10 7V4.8h4V7M7 7l.8 12.2h8.4L17 7M10.3 10.5v5.5M13.7 10.5v5.5"/></svg>';
    label(remove, t("forget"));
    const who = { assistant: this.name, operator: t("team") }[entry.role] ?? t("you");
    const seen = entry.seen > 1 ? ` · ${t("times", { count: entry.seen })}` : "";
    const words = make(
      "div",
      { class: "words" },
      make("p", { dir: "auto" }, ...inline(entry.text)),
      make("p", { class: "by", text: `${who}${seen}`, title: full(entry.occurred_at) }),
    );
    return make("article", { class: `entry ${entry.role}` }, words, remove);
  }

  #foot() {
    if (!this.#sure) {
      const ask = make("button", { type: "button", class: "plain danger", text: t("forgetAll") });
      ask.addEventListener("click", () => {
        this.#sure = true;
        this.#draw();
        this.dialog.querySelector(".foot .quiet").focus();
      });
      return make("div", { class: "foot" }, ask);
    }
    const cancel = () => {
      this.#sure = false;
      this.#draw();
    };
    return make(
      "div",
      { class: "foot sure", role: "alert" },
      make("span", { text: t("forgetSure") }),
      make("button", { type: "button", class: "quiet", text: t("cancel"), on: { click: cancel } }),
      make("button", { type: "button", class: "solid-danger", text: t("forgetAll"), on: { click: () => this.#forgetAll() } }),
    );
  }
}
