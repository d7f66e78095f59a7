// Keys that work on every page: "/" finds, "g" and a letter goes to a menu entry. What a field
// takes as text is never a shortcut.
"use strict";
(() => {
  const typing = (e) => e.target.closest("input, select, textarea, [contenteditable]");
  let first = "", at = 0;
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (typing(e)) {
      if (e.key === "Escape" && e.target.id === "find") e.target.blur();
      return;
    }
    const keys = e.timeStamp - at < 1500 && first ? first + " " + e.key : e.key;
    const goal = document.querySelector(`[data-keys="${CSS.escape(keys)}"]`);
    first = e.key; at = e.timeStamp;
    if (!goal) return;
    e.preventDefault();
    first = "";
    if (goal.matches("input, select, textarea")) { goal.focus(); goal.select?.(); } else goal.click();
  });
})();
