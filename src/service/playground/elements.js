// What the page is made with. Text goes in as text, never as markup.

/** An element with attributes and children; a child that is null is left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A button that copies what `text()` gives, and says that it did. */
export function copyButton(label, text) {
  const button = element("button", { type: "button", class: "quiet" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      announce("Copied.");
      button.textContent = "Copied";
    } catch {
      // A page that is neither https nor on this machine may not; the line can be marked by hand.
      button.textContent = "Not allowed here";
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
}

/** Tells people who hear the page what others see. */
export function announce(text) {
  byId("announcement").textContent = text;
}
