/* Keys of the page that compares answers: j and k move, b, w and s mark. Without this script the buttons do the same. */
(function () {
  "use strict";

  document.addEventListener("DOMContentLoaded", function () {
    var form = document.getElementById("marks");
    var turns = Array.prototype.slice.call(document.querySelectorAll("[data-claw-turn]"));
    if (!form || !turns.length) return;

    function current() {
      return turns.indexOf(document.activeElement && document.activeElement.closest("[data-claw-turn]"));
    }

    function go(step) {
      var next = turns[Math.min(Math.max(current() + step, 0), turns.length - 1)];
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "center" });
    }

    function show(turn, mark, marks) {
      turn.querySelectorAll("[data-claw-mark]").forEach(function (button) {
        var on = button.dataset.clawMark === mark;
        button.setAttribute("aria-pressed", on ? "true" : "false");
        button.value = button.value.split(":")[0] + ":" + (on ? "" : button.dataset.clawMark);
      });
      document.querySelectorAll("[data-claw-sum]").forEach(function (sum) {
        sum.textContent = String(marks[sum.dataset.clawSum] || 0);
      });
    }

    function press(turn, button, moves) {
      var body = new FormData(form);
      body.set("mark", button.value);
      fetch(form.action, { method: "POST", body: body, headers: { "X-Requested-With": "fetch" } })
        .then(function (response) {
          if (!response.ok) throw new Error(String(response.status));
          return response.json();
        })
        .then(function (told) {
          show(turn, button.value.split(":")[1], told.marks);
          if (moves) go(1);
        })
        .catch(function () { form.requestSubmit(button); });
    }

    form.addEventListener("submit", function (event) {
      var button = event.submitter;
      if (!button || !button.dataset.clawMark || event.defaultPrevented || button.dataset.clawTried) return;
      button.dataset.clawTried = "1";  // when the request fails, the form itself is sent
      event.preventDefault();
      press(button.closest("[data-claw-turn]"), button, false);
      setTimeout(function () { delete button.dataset.clawTried; }, 3000);
    });

    document.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
      if (event.key === "j" || event.key === "k") { event.preventDefault(); go(event.key === "j" ? 1 : -1); return; }
      var turn = turns[current()];
      var button = turn && turn.querySelector('[data-claw-key="' + CSS.escape(event.key) + '"]');
      if (button) { event.preventDefault(); press(turn, button, true); }
    });
  });
})();
