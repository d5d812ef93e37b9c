// The browser's storage, with two fallbacks. A browser can deny storage to a frame of another site (private windows, Safari):
// the page that holds the frame keeps the values then (embed.js). It can also be full or denied altogether: values in memory
// last until the page is closed.
const ANSWER_WITHIN = 400;
const PREFIX = "clawdbot:";
const memory = { local: new Map(), session: new Map() };
const listeners = [];
let holder = false;

const store = (area) => (area === "local" ? localStorage : sessionStorage);

function isDenied() {
  try {
    return !(localStorage && sessionStorage);
  } catch {
    return true;
  }
}

function get(area, key) {
  if (memory[area].has(key)) return memory[area].get(key);
  try {
    return store(area).getItem(key);
  } catch {
    return null;
  }
}

function set(area, key, value) {
  memory[area].delete(key);
  try {
    if (value === null) store(area).removeItem(key);
    else store(area).setItem(key, value);
  } catch {
    if (value !== null) memory[area].set(key, value);
    // "*": only origins that the bot allows can hold this frame (frame-ancestors)
    if (holder) parent.postMessage({ clawdbot: "keep", area, key, value }, "*");
  }
}

export const read = (key) => get("local", key);
export const write = (key, value) => set("local", key, value);
export const remove = (key) => set("local", key, null);

export function keys(prefix) {
  let stored = [];
  try {
    stored = Object.keys(localStorage);
  } catch {
    // denied: every value is in `memory`
  }
  return [...new Set([...stored, ...memory.local.keys()])].filter((key) => key.startsWith(prefix));
}

// A value of this tab only. It survives a reload, also the one of a frame that its page moves.
export const tab = {
  read: (key) => get("session", key) ?? "",
  write: (key, value) => set("session", key, value || null),
};

// Calls `listener(key, value)` when another tab changes a value; the value is null when it was removed.
export const onOtherTab = (listener) => listeners.push(listener);

addEventListener("storage", ({ key, newValue }) => {
  if (key?.startsWith(PREFIX)) for (const listener of listeners) listener(key, newValue);
});

// Takes the values over from the page that holds this frame; afterwards, what other tabs of that page change.
function borrow() {
  return new Promise((done) => {
    setTimeout(done, ANSWER_WITHIN); // the page has an older embed.js, or none
    addEventListener("message", ({ source, data }) => {
      if (source !== parent || !data?.clawdbot) return;
      if (data.clawdbot === "values") {
        for (const area of ["local", "session"]) for (const [key, value] of Object.entries(data[area])) memory[area].set(key, value);
        holder = true;
        done();
      } else if (data.clawdbot === "other") {
        if (data.value === null) memory.local.delete(data.key);
        else memory.local.set(data.key, data.value);
        for (const listener of listeners) listener(data.key, data.value);
      }
    });
    parent.postMessage({ clawdbot: "load" }, "*");
  });
}

if (parent !== window && isDenied()) await borrow();
