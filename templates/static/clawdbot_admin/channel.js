/* The channel form: shows the account fields of the chosen platform and runs "Verify" in the page. */
(function () {
  "use strict";

  function showPlatform() {
    var select = document.getElementById("id_platform");
    if (!select) return;
    document.querySelectorAll(".claw-platform").forEach(function (part) {
      part.hidden = !part.classList.contains("claw-platform-" + select.value);
    });
  }

  function line(text, name) {
    var part = document.createElement("p");
    part.className = name;
    part.textContent = text;
    return part;
  }

  function show(result, outcome) {
    result.className = "claw-result claw-result-" + (outcome.ok ? "ok" : "bad");
    result.replaceChildren(line(outcome.text, "claw-result-text"));
    if (outcome.mend) result.append(line(outcome.mend, "claw-result-mend"));
    outcome.notes.forEach(function (note) { result.append(line(note, "claw-result-note")); });
    result.hidden = false;
  }

  function fillIn(found) {
    Object.keys(found).forEach(function (name) {
      var input = document.querySelector("[name='" + name + "']");
      if (input && !input.value) input.value = found[name];
    });
  }

  function verify(button) {
    var result = button.closest(".claw-connect").querySelector(".claw-result");
    var lost = { ok: false, text: button.dataset.clawLost, mend: "", notes: [], found: {} };
    button.disabled = true;
    result.className = "claw-result";
    result.replaceChildren(line(button.dataset.clawBusy, "claw-result-text"));
    result.hidden = false;
    fetch(button.dataset.clawVerify, { method: "POST", body: new FormData(button.form), credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.json() : lost; })
      .catch(function () { return lost; })
      .then(function (outcome) {
        button.disabled = false;
        show(result, outcome);
        fillIn(outcome.found);
      });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-claw-verify]");
    if (!button) return;
    event.preventDefault();
    verify(button);
  });

  document.addEventListener("DOMContentLoaded", function () {
    var select = document.getElementById("id_platform");
    showPlatform();
    if (select) select.addEventListener("change", showPlatform);
  });
})();
