// The buttons below an answer. Those of a question count until the person has said something else; one that stands for
// a command, such as "in an hour" below a reminder, counts until it is pressed.
import { make } from "./dom.js";

export function buttonRow(buttons, onPress) {
  // without `dir` further inside, so that the words give the row its direction
  const row = make("div", { class: "choices", role: "group", dir: "auto" });
  for (const { text, press, says } of buttons) {
    const data = { says: says ?? text, kind: says ? "command" : "answer" };
    const button = make("button", { type: "button", data }, make("span", { text }));
    button.addEventListener("click", () => isOver(button) || onPress(says ?? text, press));
    row.append(button);
  }
  return row;
}

// Takes the numbered list of choices out of the text: the buttons show it. Returns how many there were.
export function withoutList(body, buttons) {
  for (const list of body.querySelectorAll(":scope > ol")) {
    const items = [...list.children].map((item) => item.textContent.trim());
    if (items.every((item, at) => item === buttons[at]?.text.trim())) {
      list.remove();
      return items.length;
    }
  }
  return 0;
}

// Shows which button was chosen, and switches off those that no longer count. A button that is off keeps the focus of
// the keyboard, which `disabled` would lose. `said`: what the person has said since, in order.
export function settle(row, said) {
  const buttons = [...row.querySelectorAll("button")];
  const chosen = buttons.find(({ dataset }) => (dataset.kind === "answer" ? said[0] === dataset.says : said.includes(dataset.says)));
  for (const button of buttons) {
    const over = button.dataset.kind === "answer" ? said.length > 0 : chosen !== undefined;
    button.setAttribute("aria-disabled", String(over));
    button.setAttribute("aria-pressed", String(button === chosen));
  }
}

const isOver = (button) => button.getAttribute("aria-disabled") === "true";
