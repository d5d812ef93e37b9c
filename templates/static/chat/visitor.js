// Who this browser is for the bot. Tabs that open at the same time have no token yet, or the same outlived one: they agree
// on one random seed, from which the server makes the same visitor for all of them.
import { newId } from "./random.js";
import { onOtherTab, read, write } from "./storage.js";

const LOCK_WITHIN = 1000;
// Time that a value needs to reach the other tabs' view of the storage, which browsers update asynchronously and late on
// a busy machine. With a lock only the other tabs wait for it. Without, it is the time in which another tab may write.
const SPREAD = 600;
const SPREAD_WITHOUT_LOCK = 400;
// How long after its choice a tab still stands up for it.
const AGREE_WITHIN = 30_000;

// The part of a token that names its visitor; it is the same when the server renews the token.
const whose = (token) => (token ?? "").split(":")[0];
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

export class Visitor {
  #current = "";
  #chosen = "";
  #chosenAt = 0;
  #contested = false;

  // `onOther` is called when another tab turns out to be another visitor: this tab then connects again as that one.
  constructor(slug, { onOther }) {
    this.tokenKey = `clawdbot:${slug}:visitor`;
    this.seedKey = `clawdbot:${slug}:seed`;
    onOtherTab((key, value) => {
      if (!value) return;
      if (key === this.seedKey && this.#isFresh()) this.#contest(value);
      if (key !== this.tokenKey || !this.#current || whose(value) === whose(this.#current)) return;
      if (this.#contested && this.#isFresh() && this.seed === this.#chosen) write(this.tokenKey, this.#current);
      else onOther();
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
      await new Promise((done, failed) => {
        const signal = AbortSignal.timeout(LOCK_WITHIN);
        const held = navigator.locks.request(this.seedKey, { signal }, async () => {
          const isNew = this.#choose();
          done();
          if (isNew) await pause(SPREAD);
        });
        held.catch(failed);
      });
    } catch {
      // Locks exist in secure contexts only, and a frame may be denied them. Of two seeds the smaller one wins: each tab
      // may hear of the other's after it has written its own, so the last one is not the same for both.
      if (this.#choose()) await pause(SPREAD_WITHOUT_LOCK);
    }
  }

  // Returns whether this tab had to choose the seed.
  #choose() {
    if (this.seed) return false;
    this.#chosen = newId();
    this.#chosenAt = performance.now();
    write(this.seedKey, this.#chosen);
    return true;
  }

  // Another tab has chosen a seed too.
  #contest(other) {
    if (other === this.#chosen) return;
    this.#contested = true;
    if (this.#chosen < other) write(this.seedKey, this.#chosen);
  }

  #isFresh() {
    return this.#chosen !== "" && performance.now() - this.#chosenAt < AGREE_WITHIN;
  }
}
