// @ts-check
/** What all pages have in common: the theme button, the queue, the state of the connection. */

import { icon, element, find } from "./elements.js";
import { Library } from "./library.js";
import { Live } from "./live.js";
import { prepareNotices } from "./notices.js";
import { installQueue } from "./queue.js";

/**
 * Start a page: fill its header, connect to the server.
 *
 * @returns {{live: Live, library: Library}}
 */
export function startPage() {
  prepareNotices();
  document.body.append(element("div", { id: "announcer", class: "visually-hidden", role: "status" }));
  const live = new Live();
  const library = new Library(live);
  installTheme();
  installConnection(live);
  installQueue(live, library);
  live.start();
  return { live, library };
}

function installTheme() {
  const button = element("button", { class: "button-icon", type: "button" }, icon("contrast"));
  const dark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const label = () => {
    button.setAttribute("aria-label", dark() ? "Use light colors" : "Use dark colors");
    button.title = button.getAttribute("aria-label") ?? "";
  };
  button.addEventListener("click", () => {
    const theme = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("nst-jax theme", theme);
    } catch {
      // Without storage, the choice lasts as long as the page.
    }
    label();
  });
  label();
  find(".header-tools").append(button);
}

/** @param {Live} live */
function installConnection(live) {
  const banner = element("p", { class: "banner", role: "alert", hidden: true });
  find(".site-header").after(banner);
  const show = () => {
    const lost = live.connection === "lost";
    const stopped = live.connection === "open" && live.state.painter === "stopped";
    banner.hidden = !lost && !stopped;
    const text = lost
      ? "The studio does not answer. If it was closed, start it again with: nst-jax studio. This page then goes on."
      : (live.state.painter_error ?? "The painter has stopped; stop the studio and start it again.");
    if (!banner.hidden && banner.textContent !== text) banner.textContent = text;
    document.documentElement.dataset.connection = live.connection;
  };
  live.addEventListener("connection", show);
  live.addEventListener("change", show);
  show();
}
