/* The form of a periodic task: says in words when the chosen crontab runs. */
(function () {
  "use strict";

  var source = document.getElementById("readable-crontabs");
  var select = document.getElementById("id_crontab");
  if (!source || !select) return;
  var words = JSON.parse(source.textContent);
  var line = document.createElement("p");
  line.className = "claw-muted";
  select.parentElement.after(line);

  function show() {
    line.textContent = words[select.value] || "";
  }

  document.querySelectorAll(".field-crontab_translation").forEach(function (part) { part.hidden = true; });
  select.addEventListener("change", show);
  show();
})();
