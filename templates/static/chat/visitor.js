// Who this browser is for the bot. Tabs that open at the same time have no token yet, or the same outlived one: they agree
// on one random seed, from which the server makes the same visitor for all of them.
import { newId } from "./random.js";
import { onOtherTab, read, write } from "./storage.js";

const LOCK_WITHIN = 1000;
// Time that a value needs to reach the other tabs' view of the storage, which browsers update asynchronously. Without a
// lock, it is also the time in which another tab may write.
const SPREAD = 60;
const SPREAD_WITHOUT_LOCK = 400;

// The part of a token that names its visitor; it is the same when the server renews the token.
const whose = (token) => (token ?? "").split(":")[0];
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

export class Visitor {
  #current = "";

  // `onOther` is called when another tab turns out to be another visitor: this tab then connects again as that one.
  constructor(slug, { onOther }) {
    this.tokenKey = `clawdbot:${slug}:visitor`;
    this.seedKey = `clawdbot:${slug}:seed`;
    onOtherTab((key, value) => {
      if (key === this.tokenKey && value && this.#current && whose(value) !== whose(this.#current)) onOther();
    });
  }

  get token() {
    return read(this.tokenKey) ?? "";
  }

  get seed() {
    return read(this.seedKey) ?? "";
  }

  keep(token) {
    this.#current = token;
    if (token !== this.token) write(this.tokenKey, token);
  }

  // Makes sure that there is a seed, the same in every tab of this browser.
  async settle() {
    if (this.seed) return;
    try {
      const signal = AbortSignal.timeout(LOCK_WITHIN);
      await navigator.locks.request(this.seedKey, { signal }, () => this.#choose(SPREAD));
    } catch {
      // Locks exist in secure contexts only, and a frame may be denied them. The last tab to write wins.
      await this.#choose(SPREAD_WITHOUT_LOCK);
    }
  }

  async #choose(spread) {
    if (this.seed) return;
    write(this.seedKey, newId());
    await pause(spread);
  }
}
