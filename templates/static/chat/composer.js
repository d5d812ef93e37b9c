// The text box: Enter, the limit, and the draft. Nothing but sending empties it.
import { byId, label } from "./dom.js";
import { tab } from "./storage.js";
import { t } from "./strings.js";

const SHOW_COUNT_FROM = 500;

export class Composer {
  // `onSend` gets a text within the limit; `onStop` is called when nothing is written; `onChange` after every change.
  constructor({ limit, draftKey, onSend, onStop, onChange }) {
    Object.assign(this, { limit, draftKey, onSend, onStop, onChange });
    this.text = byId("text");
    this.form = byId("composer");
    this.text.value = tab.read(draftKey);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
      event.preventDefault();
      if (this.words) this.#submit();
    });
    this.text.addEventListener("input", () => this.fit());
  }

  get words() {
    return this.text.value.trim();
  }

  // The number of characters above the limit, as the server counts them: a character beyond U+FFFF is one.
  get excess() {
    const words = this.words;
    return words.length <= this.limit ? 0 : Math.max(0, length(words) - this.limit);
  }

  focus() {
    this.text.focus();
  }

  // Call after a change of the text or of the language.
  fit() {
    tab.write(this.draftKey, this.text.value);
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
    this.#count();
    this.onChange();
  }

  #submit() {
    const words = this.words;
    if (!words) return this.onStop();
    if (this.excess) return this.#refuse();
    this.onSend(words);
    this.text.value = "";
    this.fit();
    this.focus();
  }

  // The text stays. The message is emptied first, so that a screen reader says it again.
  #refuse() {
    byId("too-long").textContent = "";
    requestAnimationFrame(() => this.#count());
    this.focus();
  }

  #count() {
    const excess = this.excess;
    const left = this.limit - length(this.words);
    const numbers = { count: this.limit - left, limit: this.limit, excess };
    byId("counter").hidden = left > Math.min(SHOW_COUNT_FROM, this.limit / 2);
    byId("counter").textContent = `${numbers.count} / ${numbers.limit}`;
    byId("counter").classList.toggle("over", excess > 0);
    byId("too-long").hidden = !excess;
    byId("too-long").textContent = excess ? t("tooLong", numbers) : "";
    this.form.classList.toggle("over-limit", excess > 0);
    this.text.setAttribute("aria-invalid", String(excess > 0));
  }

  relabel(name) {
    byId("text-label").textContent = t("write", { name });
    this.text.placeholder = t("write", { name });
    this.#count();
  }

  // Shows what the button does: send, or stop the answer.
  button(stopping) {
    const send = byId("send");
    send.classList.toggle("stop", stopping);
    send.disabled = !stopping && !this.words;
    label(send, stopping ? t("stop") : t("send"));
  }
}

// Enter and Escape in an input method pick or drop a word. Safari reports them after the composition, with code 229.
export const composing = (event) => event.isComposing || event.keyCode === 229;

function length(words) {
  let count = 0;
  for (const _character of words) count += 1;
  return count;
}
