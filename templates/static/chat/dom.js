// DOM helpers.
export const byId = (id) => document.getElementById(id);

export function make(tag, { text, on, data, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(data ?? {})) element.dataset[name] = value;
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  for (const [name, listener] of Object.entries(on ?? {})) element.addEventListener(name, listener);
  element.append(...children.filter(Boolean));
  return element;
}

export function label(element, text) {
  element.setAttribute("aria-label", text);
  element.title = text;
}
