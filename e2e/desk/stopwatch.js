// What the page does to a person's keys, measured inside of it: until what a key changes is painted.
"use strict";
(() => {
  if (window !== top) return;
  const w = window.stopwatch = { keys: [], panel: 0, ready: false, next: 0, nav: 0 };
  let open = [];
  const painted = (then) => requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = then; c.port2.postMessage(0); });
  const reacted = (kind) => {
    const these = open;
    open = [];
    if (these.length) painted(() => { for (const k of these) w.keys.push({ Key: k.key, Kind: kind, MS: performance.now() - k.at }); });
  };
  addEventListener("keydown", (e) => {
    open.push({ key: e.key, at: e.timeStamp });
    if (e.key === "Enter") sessionStorage.setItem("entered", String(performance.timeOrigin + e.timeStamp));
  }, true);
  addEventListener("input", () => reacted("input"), true);
  addEventListener("focusin", () => reacted("focus"), true);
  w.see = () => {
    const a = document.activeElement;
    return {
      Path: location.pathname, Focus: a?.id || "", Value: typeof a?.value === "string" ? a.value : "", Hidden: !!a?.matches?.(".blind"),
      Mask: a?.dataset?.mask && !("whole" in a.dataset) ? a.dataset.mask : "", Panel: w.panel, Next: w.next, Nav: w.nav,
      Problem: [...document.querySelectorAll(".problem, .problem-text")].map((p) => p.textContent).join("; "),
    };
  };
  w.moved = (focus, panel) => {
    const here = document.activeElement?.id || "";
    return here && here !== focus || w.panel > panel && here === focus;
  };
  const opened = async (asked) => {
    await document.querySelector(".sheet-of img")?.decode().catch(() => {});
    painted(() => {
      const now = performance.now(), entered = sessionStorage.getItem("entered");
      w.nav = now - asked;
      if (entered) w.next = performance.timeOrigin + now - entered;
      const calm = () => { if (document.querySelector("#work[data-calm]")) setTimeout(calm, 20); else w.ready = true; };
      calm();
    });
  };
  addEventListener("DOMContentLoaded", () => {
    const panel = document.getElementById("panel");
    if (panel) new MutationObserver(() => { w.panel++; reacted("panel"); }).observe(panel, { childList: true });
    opened(0);
  });
  addEventListener("todoke:page", () => { w.ready = false; opened(performance.now()); }); // the next fax came with the answer
})();
