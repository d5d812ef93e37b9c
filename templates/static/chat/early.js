// Runs before the first paint, so that the page never flashes in the wrong theme. A frame may be denied storage.
try {
  const theme = localStorage.getItem("clawdbot:theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // keep the system's theme
}
