(() => {
  "use strict";
  const bot = {{ bot|safe }};
  // A module and code that a loader evaluates have no `currentScript`, or another one.
  const own = (one) => one && one.src && one.src.split("?")[0].endsWith(`/chat/${bot.slug}/embed.js`);
  const script = [document.currentScript, ...document.querySelectorAll("script[src]")].find(own);
  const base = new URL("./", script ? script.src : bot.script);
  const options = script ? script.dataset : {};

  // One button for each bot, however often a page or a client-side router runs this script. A registry, because a page
  // can also hold a dead copy of the element: Turbo restores pages from copies.
  const registry = (window[Symbol.for("clawdbot-chat")] ||= new Map());
  if (registry.has(base.href)) {
    registry.get(base.href).keep();
    return;
  }

  const chinese = (options.lang || navigator.language || "").toLowerCase().startsWith("zh");
  const words = bot.texts[chinese ? "zh" : "en"];
  const side = options.side === "left" ? "left" : "right";
  const css = `
    :host { display: contents !important; }
    button { position: fixed; ${side}: 20px; bottom: 20px; width: 56px; height: 56px; border: 0; border-radius: 50%; padding: 0;
      background: #2f6f62; color: #fff; cursor: pointer; box-shadow: 0 6px 24px rgb(0 0 0 / .22); z-index: 2147483000;
      display: grid; place-items: center; transition: transform .15s ease; }
    button:hover { transform: scale(1.05); }
    button:focus-visible { outline: 3px solid #8fc7ba; outline-offset: 3px; }
    svg { width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    iframe { position: fixed; ${side}: 20px; bottom: 88px; width: min(400px, calc(100vw - 40px)); height: min(640px, calc(100dvh - 108px));
      border: 0; border-radius: 16px; box-shadow: 0 12px 48px rgb(0 0 0 / .25); z-index: 2147483000; background: Canvas; color-scheme: normal; }
    [hidden] { display: none; }
    @media (max-width: 480px) { iframe { inset: 0; width: 100vw; height: 100dvh; border-radius: 0; } }
    @media (prefers-reduced-motion: reduce) { button { transition: none; } }
    @media print { button, iframe { display: none; } }`;
  const host = document.createElement("clawdbot-chat");
  host.dataset.bot = bot.slug;
  const root = host.attachShadow({ mode: "closed" });

  function style() {
    try {
      const sheet = new CSSStyleSheet();  // constructed, because a page's policy may forbid inline styles
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch {
      const element = document.createElement("style");  // Safari before 16.4 constructs none
      if (script && script.nonce) element.nonce = script.nonce;
      element.textContent = css;
      root.prepend(element);
    }
  }

  // Built without innerHTML, which a page can forbid (require-trusted-types-for).
  function icon() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("d", "M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z");
    svg.append(line);
    return svg;
  }

  const button = document.createElement("button");
  button.type = "button";
  button.append(icon());
  let frame = null;

  function show(open) {
    if (open && !frame) {
      frame = document.createElement("iframe");
      frame.title = words.open;
      frame.allow = "clipboard-write; microphone";
      frame.src = new URL("?embed=1", base).href;
      root.append(frame);
    }
    if (frame) frame.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    button.setAttribute("aria-label", open ? words.close : words.open);
    if (open) frame.focus();
    else button.focus();
  }

  function toggle() {
    show(!frame || frame.hidden);
  }

  // A browser may deny the frame its storage (private windows, Safari). The chat then keeps its values with this page, so
  // that a visitor who comes back, or opens a second tab, is the same one.
  const prefix = `clawdbot@${base.href}:`;

  function stored(area) {
    const found = {};
    try {
      const store = window[`${area}Storage`];
      for (const key of Object.keys(store)) if (key.startsWith(prefix)) found[key.slice(prefix.length)] = store.getItem(key);
    } catch {
      // denied here too: the chat forgets the visitor with the page
    }
    return found;
  }

  function keepValue({ area, key, value }) {
    if (area !== "local" && area !== "session") return;
    try {
      const store = window[`${area}Storage`];
      if (value === null) store.removeItem(prefix + key);
      else store.setItem(prefix + key, String(value));
    } catch {
      // denied or full
    }
  }

  const tell = (data) => frame && frame.contentWindow && frame.contentWindow.postMessage(data, base.origin);

  function heard({ source, origin, data }) {
    if (!frame || source !== frame.contentWindow || origin !== base.origin || !data) return;
    if (data === "clawdbot:close") show(false);
    else if (data.clawdbot === "load") tell({ clawdbot: "values", local: stored("local"), session: stored("session") });
    else if (data.clawdbot === "keep") keepValue(data);
  }

  function changed({ key }) {
    if (!key || !key.startsWith(prefix)) return;
    const name = key.slice(prefix.length);
    tell({ clawdbot: "other", key: name, value: stored("local")[name] ?? null });
  }

  // The element stands beside <body>, so that a new <body> does not reload an open chat. Whatever removes it all the same
  // (a new document element, a framework that wants the document to itself) gets it back; later and later, so that two
  // scripts never fight at full speed.
  let wanted = true;
  let placed = 0;
  let wait = 0;
  let timer = 0;

  function place() {
    timer = 0;
    if (!wanted || host.isConnected || !document.documentElement) return;
    for (const copy of document.querySelectorAll(`clawdbot-chat[data-bot="${bot.slug}"]`)) if (!copy.clawdbot) copy.remove();
    placed = Date.now();
    document.documentElement.append(host);
    observer.observe(document.documentElement, { childList: true });
    // Again each time: document.open() removes every listener. The same listener is never added twice.
    addEventListener("message", heard);
    addEventListener("storage", changed);
    button.addEventListener("click", toggle);
  }

  function keep() {
    if (!wanted || timer) return;
    wait = Date.now() - placed > 2000 ? 0 : Math.min(5000, wait * 2 + 50);
    timer = setTimeout(place, wait);
  }

  const observer = new MutationObserver(() => {
    if (document.documentElement) observer.observe(document.documentElement, { childList: true });
    if (placed && !host.isConnected) keep();
  });

  // `document.querySelector("clawdbot-chat").end()` takes the chat off the page for good.
  host.clawdbot = true;
  host.end = () => {
    wanted = false;
    observer.disconnect();
    removeEventListener("message", heard);
    removeEventListener("storage", changed);
    registry.delete(base.href);
    host.remove();
  };
  registry.set(base.href, { keep });
  style();
  button.setAttribute("aria-label", words.open);
  button.setAttribute("aria-expanded", "false");
  root.append(button);
  observer.observe(document, { childList: true });
  // After the page is there, because a framework that hydrates the document expects only what its server sent.
  if (document.readyState === "complete") place();
  else {
    addEventListener("load", place, { once: true });
    setTimeout(place, 2000);
  }
})();
