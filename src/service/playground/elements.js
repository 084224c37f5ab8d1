// DOM helpers. Text is inserted as text, never as markup.

/** Creates an element with attributes and children; null children are skipped. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A button that copies the result of `text()` and confirms it. */
export function copyButton(label, text) {
  const button = element("button", { type: "button", class: "quiet" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      announce("Copied.");
      button.textContent = "Copied";
    } catch {
      // Outside secure contexts (https or loopback) the clipboard is blocked; the text can be selected.
      button.textContent = "Copying is blocked";
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
}

/** Announces a change to screen readers. */
export function announce(text) {
  byId("announcement").textContent = text;
}
