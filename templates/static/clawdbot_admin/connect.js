/* The page "Connect a model": fills in the values of a service, lists models and tests in the page. */
(function () {
  "use strict";

  var page, form, presets, listed = {};

  function field(name) { return form.elements[name]; }

  function line(text, name) {
    var part = document.createElement("p");
    part.className = name;
    part.textContent = text;
    part.dir = "auto";
    return part;
  }

  function box(owner) { return owner.querySelector(".claw-result"); }

  function show(owner, outcome) {
    var result = box(owner);
    result.className = "claw-result claw-result-" + (outcome.ok ? "ok" : "bad");
    result.replaceChildren(line(outcome.text, "claw-result-text"));
    if (outcome.mend) result.append(line(outcome.mend, "claw-result-mend"));
    (outcome.notes || []).forEach(function (note) { result.append(line(note, "claw-result-note")); });
    result.hidden = false;
  }

  function options(list, values) {
    list.replaceChildren.apply(list, values.map(function (value) {
      var option = document.createElement("option");
      option.value = value;
      return option;
    }));
  }

  function preset() {
    var chosen = form.querySelector("[name=preset]:checked");
    return presets.find(function (one) { return chosen && one.key === chosen.value; });
  }

  function choose(keep) {
    var one = preset();
    listed = {};
    options(document.getElementById("endpoints"), one.endpoints);
    options(document.getElementById("models"), one.model ? [one.model] : []);
    if (!keep) {
      field("endpoint").value = one.endpoints[0];
      field("model").value = one.model;
    }
    field("name").placeholder = one.key;
    field("can_see").checked = one.can_see;
    document.getElementById("preset-note").textContent = one.note;
    var link = document.getElementById("keys-at");
    link.hidden = !one.keys_at;
    if (one.keys_at) link.href = one.keys_at;
    box(form).hidden = true;
    describe();
  }

  function describe() {
    var one = preset(), name = field("model").value, told = listed[name] || {};
    ["context_tokens", "input_price", "output_price"].forEach(function (key) { field(key).placeholder = ""; });
    field("context_tokens").value = told.context_tokens || "";
    if (told.can_see === true || told.can_see === false) field("can_see").checked = told.can_see;
    if (!name) return;
    fetch(page.dataset.known + "?" + new URLSearchParams({ preset: one.key, model: name }), { credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.json() : {}; })
      .then(function (known) {
        if (field("model").value !== name) return;
        field("context_tokens").placeholder = known.context_tokens || one.context_tokens;
        field("input_price").placeholder = known.input_price || "0";
        field("output_price").placeholder = known.output_price || "0";
      }, function () {});
  }

  function fill(outcome) {
    if (!outcome.models || !outcome.models.length) return;
    listed = {};
    outcome.models.forEach(function (model) { listed[model.name] = model; });
    options(document.getElementById("models"), outcome.models.map(function (model) { return model.name; }));
    if (!listed[field("model").value]) {
      field("model").value = outcome.models.length === 1 ? outcome.models[0].name : "";
      field("model").focus();
    }
    describe();
  }

  function ask(button) {
    var lost = { ok: false, text: page.dataset.lost, mend: "", notes: [] };
    var owner = button.form, result = box(owner), buttons = owner.querySelectorAll("[data-claw-ask]");
    buttons.forEach(function (one) { one.disabled = true; });
    result.className = "claw-result";
    result.replaceChildren(line(owner === form ? page.dataset.busy : page.dataset.reading, "claw-result-text"));
    result.hidden = false;
    fetch(button.dataset.clawAsk, { method: "POST", body: new FormData(owner), credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.json() : lost; })
      .catch(function () { return lost; })
      .then(function (outcome) {
        buttons.forEach(function (one) { one.disabled = false; });
        if (outcome.next) {
          window.location.assign(outcome.next);
          return;
        }
        show(owner, outcome);
        if ("clawFills" in button.dataset) fill(outcome);
      });
  }

  function offer(server) {
    var item = document.createElement("li");
    var text = document.createElement("span");
    var note = document.createElement("span");
    var button = document.createElement("button");
    text.className = "claw-grow";
    text.textContent = server.title + " ";
    note.className = "claw-muted";
    note.textContent = server.note;
    button.type = "button";
    button.className = "claw-button";
    button.textContent = page.dataset.use;
    button.addEventListener("click", function () {
      form.querySelector("[name=preset][value='" + server.preset + "']").checked = true;
      choose(false);
      field("endpoint").value = server.endpoint;
      options(document.getElementById("models"), server.models);
      field("model").value = server.models[0] || "";
      describe();
      form.scrollIntoView({ behavior: "smooth" });
    });
    text.append(note);
    item.append(text, button);
    return item;
  }

  function lookAround(section) {
    fetch(section.dataset.url, { credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.json() : { servers: [] }; })
      .then(function (found) {
        section.hidden = !found.servers.length;
        section.querySelector("ul").replaceChildren.apply(section.querySelector("ul"), found.servers.map(offer));
      }, function () {});
  }

  document.addEventListener("DOMContentLoaded", function () {
    page = document.getElementById("connect");
    form = document.getElementById("connect-form");
    presets = JSON.parse(document.getElementById("claw-presets").textContent);
    page.addEventListener("submit", function (event) {
      event.preventDefault();
      ask(event.target.querySelector("[type=submit]"));
    });
    page.addEventListener("click", function (event) {
      var button = event.target.closest("[type=button][data-claw-ask]");
      if (button) ask(button);
    });
    form.addEventListener("change", function (event) {
      if (event.target.name === "preset") choose(false);
      if (event.target.name === "model") describe();
    });
    choose(Boolean(field("endpoint").value));
    var section = document.getElementById("local-servers");
    if (section) lookAround(section);
  });
})();
