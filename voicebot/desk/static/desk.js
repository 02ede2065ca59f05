// What the desk's pages need beyond htmx: keys where wished, and a fresh page after a lost connection.
// Words of a call are never put into the page here.
"use strict";
const shortcuts = document.getElementById("shortcuts");
if (shortcuts) {
  shortcuts.checked = localStorage.getItem("shortcuts") === "on";
  shortcuts.addEventListener("change", () => localStorage.setItem("shortcuts", shortcuts.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
    if (!shortcuts.checked || typing || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (target) { event.preventDefault(); target.click(); }
  });
}

// A stream that opens again has missed lines: the page is read anew instead of showing a gap.
let opened = false;
document.addEventListener("htmx:sseOpen", () => {
  if (opened) location.reload();
  opened = true;
});

// On a phone the pages stand in one row: the one that is open comes into view.
const here = document.querySelector(".nav [aria-current]");
const bar = here?.closest("nav");
if (bar && bar.scrollWidth > bar.clientWidth) bar.scrollLeft = here.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
