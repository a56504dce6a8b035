// @ts-check
/** Set the chosen colors, light or dark, before the page is drawn; without a choice, those of the system count. */

try {
  const theme = localStorage.getItem("nst-jax theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Without storage, the page follows the system.
}
