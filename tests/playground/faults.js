// Accessibility and layout faults of the page as shown, one line each: insufficient contrast
// (WCAG 2.2, 1.4.3), overflow, controls without a name or too small (2.5.8).
const faults = [];

const numbers = (color) => {
  const found = color.match(/-?[\d.]+(e-?\d+)?/g).map(Number);
  return color.startsWith("color(") ? found.map((part, place) => (place < 3 ? part * 255 : part)) : found;
};
const luminance = (color) => {
  const [red, green, blue] = color.slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const over = (upper, lower) => {
  const opacity = upper[3] ?? 1;
  return [0, 1, 2].map((place) => upper[place] * opacity + lower[place] * (1 - opacity));
};
const background = (element) => {
  const own = numbers(getComputedStyle(element).backgroundColor);
  if ((own[3] ?? 1) === 1 || element.parentElement === null) return own;
  return over(own, background(element.parentElement));
};

for (const element of document.querySelectorAll("body *")) {
  const box = element.getBoundingClientRect();
  const hidden = box.width <= 1 || box.height <= 1 || element.closest(".visually-hidden, .skip");
  if (hidden) continue;
  const name = `${element.tagName.toLowerCase()}.${element.className}#${element.id}`;
  if (box.right > innerWidth + 0.5 || box.left < -0.5) faults.push(`${name} overflows the viewport`);
  if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX === "visible" && element.clientWidth > 0) {
    faults.push(`${name} overflows its box`);
  }
  const speaks = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
  if (speaks || element.matches("input, textarea")) {
    const [ink, paper] = [numbers(getComputedStyle(element).color), background(element)].map(luminance);
    const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (contrast < 4.5) faults.push(`${name} has a contrast of ${contrast.toFixed(2)}`);
  }
  if (element.matches("input, textarea, button")) {
    const named = element.labels?.length > 0 || element.hasAttribute("aria-label") || element.textContent.trim() !== "";
    if (!named) faults.push(`${name} has no name`);
    const target = element.closest("label") ?? element;
    if (target.getBoundingClientRect().height < 24) faults.push(`${name} is less than 24 px high`);
  }
}
return faults;
