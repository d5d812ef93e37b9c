(() => {
  "use strict";
  const bot = {{ bot|safe }};
  const script = document.currentScript;
  const base = new URL("./", script.src);
  if (document.querySelector(`clawdbot-chat[data-bot="${bot.slug}"]`)) return;

  const chinese = (script.dataset.lang || navigator.language || "").toLowerCase().startsWith("zh");
  const words = bot.texts[chinese ? "zh" : "en"];
  const side = script.dataset.side === "left" ? "left" : "right";
  const host = document.createElement("clawdbot-chat");
  host.dataset.bot = bot.slug;
  const root = host.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();  // constructed, because a page's policy may forbid inline styles
  sheet.replaceSync(`
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
    @media (prefers-reduced-motion: reduce) { button { transition: none; } }`);
  root.adoptedStyleSheets = [sheet];

  const button = document.createElement("button");
  button.type = "button";
  button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z"/></svg>';
  let frame = null;

  function show(open) {
    if (open && !frame) {
      frame = document.createElement("iframe");
      frame.title = words.open;
      frame.allow = "clipboard-write";
      frame.src = new URL("?embed=1", base).href;
      root.append(frame);
    }
    if (frame) frame.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    button.setAttribute("aria-label", open ? words.close : words.open);
    if (open) frame.focus();
    else button.focus();
  }

  button.addEventListener("click", () => show(!frame || frame.hidden));
  addEventListener("message", (event) => {
    if (frame && event.source === frame.contentWindow && event.origin === base.origin && event.data === "clawdbot:close") show(false);
  });
  button.setAttribute("aria-label", words.open);
  button.setAttribute("aria-expanded", "false");
  root.append(button);
  (document.body || document.documentElement).append(host);
})();
