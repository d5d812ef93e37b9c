// All texts of the page in both languages, from bots/webchat/page_texts.py. `t` fills in placeholders (`%(name)s`).
import { byId } from "./dom.js";
import { read, write } from "./storage.js";

const TEXTS = JSON.parse(byId("texts").textContent);
// The language button is labelled in the other language.
const CHANGE = {
  en: { language: "中文", languageLabel: "切换到中文" },
  zh: { language: "EN", languageLabel: "Switch to English" },
};

function first() {
  const asked = new URLSearchParams(location.search).get("lang") || read("clawdbot:lang") || navigator.language || "en";
  return asked.toLowerCase().startsWith("zh") ? "zh" : "en";
}

let current = first();

export const language = () => current;
export const locale = () => (current === "zh" ? "zh-CN" : navigator.language.startsWith("en") ? navigator.language : "en-GB");

export function setLanguage(value) {
  current = value;
  write("clawdbot:lang", value);
}

export function t(key, values = {}) {
  const text = TEXTS[current][key] ?? CHANGE[current][key];
  return typeof text === "string" ? text.replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole) : text;
}
