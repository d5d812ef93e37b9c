// Files of an answer: a preview if the browser supports the type, and a download link. The server signs the URLs.
import { make } from "./dom.js";
import { locale, t } from "./strings.js";

const UNITS = ["byte", "kilobyte", "megabyte"];

function size(bytes) {
  const step = Math.min(UNITS.length - 1, bytes > 0 ? Math.floor(Math.log(bytes) / Math.log(1024)) : 0);
  const format = new Intl.NumberFormat(locale(), { style: "unit", unit: UNITS[step], unitDisplay: "short", maximumFractionDigits: step ? 1 : 0 });
  return format.format(bytes / 1024 ** step);
}

const VIEWS = {
  image: ({ url, name }) => make("a", { href: url, target: "_blank", rel: "noopener" }, make("img", { src: url, alt: name, loading: "lazy" })),
  audio: ({ url, name }) => make("audio", { src: url, controls: "", preload: "metadata", "aria-label": name }),
  voice: (file) => VIEWS.audio(file),
  video: ({ url, name }) => make("video", { src: url, controls: "", preload: "metadata", "aria-label": name }),
};

export function fileView(file) {
  const link = make("a", { class: "file-link", href: `${file.url}?download`, download: file.name, title: t("save") },
    make("span", { class: "file-name", dir: "auto", text: file.name }), make("span", { class: "file-size", text: size(file.size) }));
  return make("figure", { class: `file file-${file.type}` }, VIEWS[file.type]?.(file), make("figcaption", {}, link));
}
