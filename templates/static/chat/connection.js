// A socket that reconnects: heartbeat, back-off with jitter, and at once when the network returns.
const PING_EVERY = 20_000;
const PONG_WITHIN = 8_000;
const OPEN_WITHIN = 10_000;
const LONGEST = 30_000;
const CLOSED_UNKNOWN_BOT = 4404;
const CLOSED_DISABLED = 4403;
const CLOSED_SHUTTING_DOWN = new Set([1012, 4012]);

export class Connection {
  #socket = null;
  #tries = 0;
  #timer = 0;
  #beat = 0;
  #late = 0;
  #begun = false;

  constructor(address, { onFrame, onState }) {
    this.address = address;
    this.onFrame = onFrame;
    this.onState = onState;
    addEventListener("online", () => this.#now());
    addEventListener("offline", () => this.#begun && this.#lost(0));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#now());
    addEventListener("pageshow", (event) => event.persisted && this.#now());
  }

  get ready() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  open() {
    this.#begun = true;
    clearTimeout(this.#timer);
    this.#drop();
    this.onState("connecting");
    const socket = new WebSocket(this.address());
    this.#socket = socket;
    this.#late = setTimeout(() => this.#lost(0), OPEN_WITHIN);
    socket.onmessage = (event) => {
      clearTimeout(this.#late);
      this.#late = 0;
      const frame = JSON.parse(event.data);
      if (frame.type === "hello") this.#opened();
      if (frame.type !== "pong") this.onFrame(frame);
    };
    socket.onclose = (event) => this.#lost(event.code);
  }

  send(frame) {
    if (this.ready) this.#socket.send(JSON.stringify(frame));
  }

  // Call when a message got no reply: the connection is dead although it was not closed.
  suspect() {
    this.#lost(0);
  }

  #opened() {
    this.#tries = 0;
    this.onState("online");
    clearInterval(this.#beat);
    this.#beat = setInterval(() => {
      this.send({ type: "ping" });
      this.#late ||= setTimeout(() => this.#lost(0), PONG_WITHIN);
    }, PING_EVERY);
  }

  #lost(code) {
    this.#drop();
    clearTimeout(this.#timer);
    if (code === CLOSED_UNKNOWN_BOT) {
      this.onState("gone");
      return;
    }
    this.onState(code === CLOSED_DISABLED ? "gone" : "offline");
    let wait = Math.min(LONGEST, 500 * 2 ** this.#tries) * (0.5 + Math.random());
    if (code === CLOSED_DISABLED) wait = LONGEST * (1 + Math.random());
    if (CLOSED_SHUTTING_DOWN.has(code)) wait = 500 + 1500 * Math.random();
    this.#tries += 1;
    this.#timer = setTimeout(() => this.open(), wait);
  }

  #drop() {
    clearInterval(this.#beat);
    clearTimeout(this.#late);
    this.#late = 0;
    if (!this.#socket) return;
    this.#socket.onclose = this.#socket.onmessage = null;
    this.#socket.close();
    this.#socket = null;
  }

  #now() {
    if (!this.#begun) return; // the page opens the first socket when it knows its visitor
    if (this.ready) this.send({ type: "ping" });
    else if (this.#socket?.readyState !== WebSocket.CONNECTING) this.open();
  }
}
