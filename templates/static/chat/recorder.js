// The button that records: one press begins, the next one sends. Without a microphone a sentence says what to do.
import { byId, label } from "./dom.js";
import { newId } from "./random.js";
import { language, t } from "./strings.js";

const LONGEST_MS = 180_000;
// What servers take, best first; Safari records MP4 only.
const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];

export class Recorder {
  // `token` returns the visitor token; `onTrouble` gets a sentence for the person.
  constructor({ slug, listens, token, onTrouble }) {
    Object.assign(this, { slug, token, onTrouble });
    this.button = byId("record");
    this.running = null;
    this.opening = false;
    this.button.hidden = !(listens && window.MediaRecorder && navigator.mediaDevices?.getUserMedia);
    this.button.addEventListener("click", () => (this.running ? this.running.stop() : this.#begin()));
  }

  relabel() {
    label(this.button, t(this.running ? "recording" : "record"));
    this.button.setAttribute("aria-pressed", String(Boolean(this.running)));
  }

  async #begin() {
    if (this.opening) return;
    this.opening = true;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      return this.onTrouble(t("noMicrophone"));
    } finally {
      this.opening = false;
    }
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 32_000 });
    const pieces = [];
    const end = setTimeout(() => recorder.stop(), LONGEST_MS);
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    recorder.addEventListener("stop", () => {
      clearTimeout(end);
      for (const track of stream.getTracks()) track.stop();
      this.running = null;
      this.relabel();
      this.send(new Blob(pieces, { type: recorder.mimeType }));
    });
    recorder.start();
    this.running = recorder;
    this.relabel();
  }

  async send(recording) {
    if (!recording.size) return;
    const query = new URLSearchParams({
      client_id: newId(),
      lang: language(),
      tz: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "",
    });
    try {
      const answer = await fetch(`/chat/${encodeURIComponent(this.slug)}/recordings?${query}`, {
        method: "POST",
        headers: { "X-Visitor-Token": this.token(), "Content-Type": recording.type },
        body: recording,
      });
      if (answer.ok) return;
      const told = await answer.json().catch(() => ({}));
      this.onTrouble(told.text || t("notRecorded"));
    } catch {
      this.onTrouble(t("notRecorded"));
    }
  }
}
