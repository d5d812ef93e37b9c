/* Time zone, copy buttons and scrolling of the admin. */
(function () {
  "use strict";

  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && document.cookie.indexOf("clawdbot_tz=" + encodeURIComponent(zone)) < 0) {
    document.cookie = "clawdbot_tz=" + encodeURIComponent(zone) + ";path=/admin/;max-age=31536000;SameSite=Lax";
  }

  function copyText(text) {
    if (navigator.clipboard && window.isSecureContext) {
      return navigator.clipboard.writeText(text);
    }
    // the clipboard API exists in secure contexts only, not over plain HTTP in a local network
    var area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.appendChild(area);
    area.select();
    var done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject();
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-claw-copy]");
    if (!button) return;
    copyText(button.getAttribute("data-claw-copy")).then(function () {
      var label = button.textContent;
      if (button.classList.contains("claw-copied")) return;
      button.classList.add("claw-copied");
      button.textContent = button.getAttribute("data-claw-done") || label;
      setTimeout(function () { button.classList.remove("claw-copied"); button.textContent = label; }, 1500);
    }, function () {});
  });

  document.addEventListener("DOMContentLoaded", function () {
    var end = document.querySelector("[data-claw-scroll-end]");
    if (end) end.scrollTop = end.scrollHeight;
  });
})();
