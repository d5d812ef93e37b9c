// Runs before the first paint, so that a chosen theme does not flash. Storage may be refused inside a frame.
try {
  const theme = localStorage.getItem("clawdbot:theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // the system's preference stays
}
