"""Checks of a page's accessibility, after the rules of axe, as one function for the browser."""

# Returns a JSON list of faults, each a sentence.
AUDIT = """() => {
  const faults = [];
  const shown = (node) => node.checkVisibility({ checkVisibilityCSS: true }) && node.getClientRects().length > 0;
  const name = (node) => {
    const by = (node.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean);
    const parts = by.map((id) => document.getElementById(id)?.textContent ?? "");
    const labels = [...(node.labels ?? [])].map((label) => label.textContent);
    const images = [...node.querySelectorAll("img")].map((image) => image.alt);
    return [...parts, node.getAttribute("aria-label"), ...labels, node.textContent, ...images, node.title]
      .map((text) => (text ?? "").trim()).find(Boolean) ?? "";
  };
  const describe = (node) => `${node.tagName.toLowerCase()}${node.id ? "#" + node.id : ""}.${node.className}`;

  if (!document.documentElement.lang) faults.push("the page has no language");
  if (document.querySelectorAll("main").length !== 1) faults.push("the page has no single main part");
  if (document.querySelectorAll("h1").length !== 1) faults.push("the page has no single h1");
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of new Set(ids)) {
    if (ids.filter((each) => each === id).length > 1) faults.push(`two nodes have the id ${id}`);
  }
  for (const node of document.querySelectorAll("[aria-labelledby], [aria-describedby], [aria-controls], [for]")) {
    for (const attribute of ["aria-labelledby", "aria-controls", "for"]) {
      for (const id of (node.getAttribute(attribute) ?? "").split(" ").filter(Boolean)) {
        if (!document.getElementById(id)) faults.push(`${describe(node)}: there is no ${id}, which ${attribute} names`);
      }
    }
  }
  const controls = "button, a[href], input, select, textarea, summary, dialog[open], [role=tab]";
  for (const node of document.querySelectorAll(controls)) {
    if (shown(node) && !node.closest("[aria-hidden=true]") && !name(node)) faults.push(`${describe(node)} has no name`);
  }
  for (const image of document.querySelectorAll("img")) {
    if (!image.hasAttribute("alt")) faults.push(`${describe(image)} has no alternative text`);
  }
  let level = 0;
  for (const heading of document.querySelectorAll("main h1, main h2, main h3, main h4")) {
    if (!shown(heading)) continue;
    const next = Number(heading.tagName[1]);
    if (next > level + 1 && level > 0) faults.push(`${describe(heading)} leaves out a level`);
    level = next;
  }
  for (const node of document.querySelectorAll("button, a[href], select, summary, input:not([type=range])")) {
    if (!shown(node) || node.closest(".visually-hidden, .skip, p, li:not([class]), .mask-canvas")) continue;
    const box = (node.closest("label") ?? node).getBoundingClientRect();
    if (box.width < 24 || box.height < 24) faults.push(`${describe(node)} is only ${box.width} x ${box.height} pixels`);
  }
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) faults.push(`the page is ${scrollWidth} pixels wide`);

  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, below) => top.slice(0, 3).map((value, index) => value * top[3] + below[index] * (1 - top[3]));
  const luminance = (color) => {
    const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const [red, green, blue] = color.map((value) => linear(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const background = (node) => {
    const layers = [];
    for (let each = node; each; each = each.parentElement) {
      const layer = rgba(getComputedStyle(each).backgroundColor);
      if (layer[3] > 0) layers.push(layer);
      if (layer[3] === 1) break;
    }
    let color = [255, 255, 255];
    for (const layer of layers.reverse()) color = over(layer, color);
    return color;
  };
  const unread = ".visually-hidden, .skip, option, :disabled, .unavailable, [aria-disabled=true]";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || !shown(node) || node.closest(unread)) continue;
    const style = getComputedStyle(node);
    const below = background(node);
    const ink = over(rgba(style.color), below);
    const [light, dark] = [luminance(ink), luminance(below)].sort((one, other) => other - one);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < least) faults.push(`"${text.slice(0, 40)}" in ${describe(node)} has a contrast of ${ratio.toFixed(2)}`);
  }
  return JSON.stringify(faults);
}"""
