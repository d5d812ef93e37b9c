/* The editor of a flow: rows of steps in place of the JSON, which stays the value of the form. And the box that plays it. */
(function () {
  "use strict";

  function make(name, attributes, children) {
    var element = document.createElement(name);
    Object.keys(attributes || {}).forEach(function (key) {
      if (key === "text") element.textContent = attributes[key];
      else if (key === "on") Object.keys(attributes.on).forEach(function (type) { element.addEventListener(type, attributes.on[type]); });
      else if (attributes[key] !== false && attributes[key] !== undefined) element.setAttribute(key, attributes[key] === true ? "" : attributes[key]);
    });
    (children || []).forEach(function (child) { if (child) element.append(child); });
    return element;
  }

  function Editor(root) {
    var data = JSON.parse(document.getElementById(root.dataset.clawFlow).textContent);
    var words = data.words;
    var area = root.querySelector("textarea");
    var panel = make("div", { class: "claw-flow" });
    var raw = false;
    var flow = {};

    function read() {
      try {
        var value = JSON.parse(area.value || "{}");
        if (value && typeof value === "object" && !Array.isArray(value)) { flow = value; return true; }
      } catch (error) { /* the text below says so */ }
      return false;
    }

    function write() {
      area.value = JSON.stringify(flow, null, 2);
      area.dispatchEvent(new Event("change", { bubbles: true }));
    }

    function put(owner, key, value) {
      if (value === "" || value === null || value === undefined) delete owner[key];
      else owner[key] = value;
      write();
    }

    function field(label, input, wide) {
      return make("label", { class: wide ? "claw-flow-wide" : "" }, [make("span", { text: label }), input]);
    }

    function line(owner, key, label, options) {
      options = options || {};
      var value = owner[key];
      var input = make(options.long ? "textarea" : "input", { type: options.long ? undefined : options.type || "text", rows: options.long ? 2 : undefined, placeholder: options.placeholder });
      input.value = value === undefined || value === null ? "" : String(value);
      input.addEventListener("input", function () {
        var text = input.value;
        put(owner, key, options.number && text !== "" && !isNaN(Number(text)) ? Number(text) : text);
        if (options.after) options.after();
      });
      return field(label, input, options.wide);
    }

    function both(owner, key, label, long) {
      var value = owner[key];
      if (typeof value === "string") value = { en: value, zh: value };
      var texts = value || {};
      return [["en", words.english], ["zh", words.chinese]].map(function (pair) {
        var input = make(long ? "textarea" : "input", { type: long ? undefined : "text", rows: long ? 2 : undefined, lang: pair[0] });
        input.value = texts[pair[0]] || "";
        input.addEventListener("input", function () {
          if (input.value) texts[pair[0]] = input.value; else delete texts[pair[0]];
          put(owner, key, Object.keys(texts).length ? texts : "");
        });
        return field(label + " (" + pair[1] + ")", input);
      });
    }

    function pick(owner, key, label, choices, standard, after) {
      var input = make("select", {}, choices.map(function (choice) { return make("option", { value: choice[0], text: choice[1] }); }));
      input.value = owner[key] === undefined ? standard : owner[key];
      input.addEventListener("change", function () {
        put(owner, key, input.value === standard && standard === "" ? "" : input.value);
        if (after) { after(); draw(); }
      });
      return field(label, input);
    }

    function tick(owner, key, label, standard) {
      var input = make("input", { type: "checkbox" });
      input.checked = owner[key] === undefined ? standard : owner[key];
      input.addEventListener("change", function () { put(owner, key, input.checked === standard ? "" : input.checked); });
      return make("label", { class: "claw-flow-tick" }, [input, make("span", { text: label })]);
    }

    function choices(step) {
      var input = make("textarea", { rows: 3 });
      input.value = (step.choices || []).map(function (choice) {
        if (typeof choice === "string") return choice;
        var label = choice.label || {};
        return [choice.value, label.en || "", label.zh || ""].join(" | ").replace(/( \| )+$/, "");
      }).join("\n");
      input.addEventListener("input", function () {
        var made = input.value.split("\n").map(function (text) { return text.split("|").map(function (part) { return part.trim(); }); })
          .filter(function (parts) { return parts[0]; })
          .map(function (parts) {
            var label = {};
            if (parts[1]) label.en = parts[1];
            if (parts[2]) label.zh = parts[2];
            return Object.keys(label).length ? { value: parts[0], label: label } : { value: parts[0] };
          });
        put(step, "choices", made.length ? made : "");
      });
      return field(words.choices, input, true);
    }

    function cases(step) {
      var input = make("textarea", { rows: 2 });
      input.value = (step.cases || []).map(function (one) { return [one.test, one.value === undefined ? "" : one.value, one.goto].join(" | "); }).join("\n");
      input.addEventListener("input", function () {
        step.cases = input.value.split("\n").filter(function (text) { return text.trim(); }).map(function (text) {
          var parts = text.split("|").map(function (part) { return part.trim(); });
          var made = { test: parts[0], goto: parts[2] || "" };
          if (parts[1]) made.value = parts[1] === "true" ? true : parts[1] === "false" ? false : isNaN(Number(parts[1])) ? parts[1] : Number(parts[1]);
          return made;
        });
        write();
      });
      return field(words.cases, input, true);
    }

    function collect(step) {
      var numeric = step.type === "number" || step.type === "integer";
      var bounded = numeric || step.type === "date" || step.type === "datetime" || step.type === "time";
      var texts = !step.type || step.type === "text" || step.type === "email" || step.type === "phone";
      var made = [
        line(step, "slot", words.slot),
        pick(step, "type", words.type, data.types, "text", function () { if (step.type !== "choice") delete step.choices; write(); })
      ].concat(both(step, "question", words.question, true), both(step, "label", words.label));
      if (step.type === "choice") made.push(choices(step));
      if (bounded) made.push(line(step, "minimum", words.minimum, { number: numeric }), line(step, "maximum", words.maximum, { number: numeric }));
      if (texts) {
        made.push(line(step, "shortest", words.shortest, { type: "number", number: true }), line(step, "longest", words.longest, { type: "number", number: true }));
        made.push(line(step, "pattern", words.pattern));
        made = made.concat(both(step, "hint", words.hint));
        if (!step.type || step.type === "text") made.push(tick(step, "free", words.free, false));
      }
      if (step.type === "date" || step.type === "datetime") made.push(tick(step, "future", words.future, false));
      made.push(tick(step, "required", words.required, true));
      return made;
    }

    function act(step) {
      var made = [pick(step, "do", words.does, data.does, "say", function () {})];
      if (step.do === "skill") made.push(pick(step, "skill", words.skill, data.skills, "", function () {}));
      if (step.do === "webhook") made.push(line(step, "url", words.url, { placeholder: "https://example.org/hook", wide: true }));
      if (step.do === "hand_over") made.push(line(step, "reason", words.reason, { wide: true }));
      return made.concat(both(step, "text", words.after, true));
    }

    function fields(step) {
      if (step.kind === "collect") return collect(step);
      if (step.kind === "act") return act(step);
      if (step.kind === "confirm") return both(step, "question", words.before, true);
      if (step.kind === "say") return both(step, "text", words.text, true);
      if (step.kind === "hand_over") return [line(step, "reason", words.reason, { wide: true })].concat(both(step, "text", words.text, true));
      return [line(step, "slot", words.slot), cases(step)];
    }

    function button(text, label, act, off) {
      return make("button", { type: "button", class: "claw-flow-button", text: text, "aria-label": label, title: label, disabled: !!off, on: { click: act } });
    }

    function move(from, to, name) {
      var steps = flow.steps;
      steps.splice(to, 0, steps.splice(from, 1)[0]);
      write();
      draw();
      var row = panel.querySelectorAll(".claw-flow-step")[to];
      var again = row && row.querySelector("[data-move='" + name + "']");
      if (again && !again.disabled) again.focus();
      else if (row) row.querySelector("button:not(:disabled)").focus();
    }

    function row(step, at) {
      var up = button("↑", words.up, function () { move(at, at - 1, "up"); }, at === 0);
      var down = button("↓", words.down, function () { move(at, at + 1, "down"); }, at === flow.steps.length - 1);
      up.dataset.move = "up";
      down.dataset.move = "down";
      var kinds = data.kinds.filter(function (one) { return one[0] === step.kind; });
      var title = (at + 1) + ". " + (kinds.length ? kinds[0][1] : step.kind) + (step.slot ? " · " + step.slot : "");
      return make("li", { class: "claw-flow-step" }, [
        make("div", { class: "claw-flow-head" }, [
          make("b", { text: title }), up, down,
          button("✕", words.remove, function () { flow.steps.splice(at, 1); write(); draw(); })
        ]),
        make("div", { class: "claw-flow-fields" }, fields(step))
      ]);
    }

    function add(kind) {
      var step = { kind: kind };
      if (kind === "collect") { step.slot = "value" + (flow.steps.length + 1); }
      if (kind === "act") step.do = "say";
      if (kind === "branch") { step.slot = ""; step.cases = []; }
      if (kind === "say") step.text = {};
      flow.steps.push(step);
      write();
      draw();
      var rows = panel.querySelectorAll(".claw-flow-step");
      var first = rows[rows.length - 1].querySelector("input, select, textarea");
      if (first) first.focus();
    }

    function draw() {
      panel.replaceChildren();
      area.hidden = !raw;
      panel.append(make("div", { class: "claw-flow-bar" }, [
        button(raw ? words.rows : words.json, raw ? words.rows : words.json, function () { raw = !raw; draw(); })
      ]));
      if (raw) return;
      if (!read()) { panel.append(make("p", { class: "claw-flow-bad", role: "alert", text: words.broken })); area.hidden = false; return; }
      if (!Array.isArray(flow.steps)) flow.steps = [];
      panel.append(make("div", { class: "claw-flow-title" }, both(flow, "title", words.title).concat(line(flow, "description", words.description, { wide: true }))));
      panel.append(make("ol", { class: "claw-flow-rows" }, flow.steps.map(row)));
      panel.append(make("div", { class: "claw-flow-bar" }, data.kinds.map(function (kind) {
        return button("+ " + kind[1], words.add + ": " + kind[1], function () { add(kind[0]); });
      })));
    }

    area.addEventListener("input", function () { if (raw) area.dispatchEvent(new Event("change", { bubbles: true })); });
    root.prepend(panel);
    draw();
  }

  function Player(box) {
    var said = [];
    var lines = box.querySelector(".claw-try-lines");
    var input = box.querySelector("input[type='text']");

    function show(outcome) {
      lines.replaceChildren();
      outcome.lines.forEach(function (one) { lines.append(make("li", { class: "claw-try-" + one.who, text: one.text })); });
      if (outcome.problem) lines.append(make("li", { class: "claw-flow-bad", text: outcome.problem }));
    }

    function play() {
      var form = document.getElementById("flowdefinition_form");
      var body = new FormData(form);
      said.forEach(function (text) { body.append("said", text); });
      body.append("language", box.querySelector("select").value);
      fetch(box.dataset.clawTry, { method: "POST", body: body, credentials: "same-origin" })
        .then(function (answer) { return answer.ok ? answer.json() : { lines: [], problem: box.dataset.clawLost }; })
        .catch(function () { return { lines: [], problem: box.dataset.clawLost }; })
        .then(show);
    }

    function say() {
      if (!input.value.trim()) return;
      said.push(input.value.trim());
      input.value = "";
      play();
    }

    box.querySelector("[data-claw-say]").addEventListener("click", say);
    input.addEventListener("keydown", function (event) { if (event.key === "Enter") { event.preventDefault(); say(); } });
    box.querySelector("[data-claw-again]").addEventListener("click", function () { said = []; play(); });
    box.querySelector("select").addEventListener("change", play);
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-claw-flow]").forEach(function (root) { new Editor(root); });
    document.querySelectorAll("[data-claw-try]").forEach(function (box) { new Player(box); });
  });
})();
