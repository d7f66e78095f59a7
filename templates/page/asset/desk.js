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
    const of = (keys) => document.querySelector(`[data-keys="${CSS.escape(keys)}"]`);
    const goal = e.timeStamp - at < 1500 && first && of(first + " " + e.key) || of(e.key);
    first = e.key; at = e.timeStamp;
    if (!goal) return;
    e.preventDefault();
    first = "";
    if (!goal.matches("summary")) goal.closest("details")?.setAttribute("open", "");
    if (goal.matches("input, select, textarea")) { goal.focus(); goal.select?.(); } else goal.click();
  });

  // The entries under "more": open, the first has the focus; Escape and a click elsewhere close them.
  const others = document.querySelector(".others");
  others?.addEventListener("toggle", () => { if (others.open) others.querySelector("a")?.focus(); });
  others?.addEventListener("keydown", (e) => {
    const all = [...others.querySelectorAll("a")], i = all.indexOf(document.activeElement);
    if (e.key === "Escape") { others.open = false; others.querySelector("summary").focus(); }
    else if (others.open && (e.key === "ArrowDown" || e.key === "ArrowUp")) all[(i + (e.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]?.focus();
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  document.addEventListener("click", (e) => { if (others?.open && !others.contains(e.target)) others.open = false; });

  // Lists: j and k move, Enter opens. The place is kept when rows renew themselves.
  let here = "";
  const rows = () => [...document.querySelectorAll("[data-list] tbody tr")];
  const opener = (row) => row.querySelector("a[data-open]") || row.querySelector("a"); // not what saves the original
  const mark = (row) => {
    for (const r of rows()) r.classList.toggle("here", r === row);
    if (row) { here = row.id; row.scrollIntoView({ block: "nearest" }); }
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e)) return;
    const all = rows();
    if (!all.length) return;
    const i = all.findIndex((r) => r.id === here);
    if (e.key === "j" || e.key === "ArrowDown") { e.preventDefault(); mark(all[Math.min(i + 1, all.length - 1)]); }
    else if (e.key === "k" || e.key === "ArrowUp") { e.preventDefault(); mark(all[Math.max(i - 1, 0)]); }
    else if (e.key === "Enter" && !e.repeat && !e.target.closest("a, button, summary")) opener(all[Math.max(i, 0)])?.click(); // the first where none was chosen
  });
  // A row opens like its link, wherever it is clicked; what is marked to be copied stays.
  document.addEventListener("click", (e) => {
    const row = e.target.closest("[data-list] tbody tr");
    if (row && !e.target.closest("a, button, input, select, label, summary") && !String(getSelection())) opener(row)?.click();
  });
  document.addEventListener("htmx:after:swap", () => { if (here) mark(document.getElementById(here)); });
})();
