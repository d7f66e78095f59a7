// Settling a page: the sheet turns and zooms itself to the field at hand; Enter keeps a field and
// goes to the next in doubt; when none is left, Enter releases the order.
"use strict";
(() => {
  const work = document.getElementById("work");
  if (!work) return;
  const view = document.getElementById("view"), sheet = document.getElementById("sheet"), image = document.getElementById("sheet-image");
  let rotation = 0, scale = 1, whole = false, current = "";

  // The sheet upright at one scale: its own pixels may be twice as wide as high.
  const layout = () => {
    const d = view.dataset;
    const kx = 204 / d.xdpi, ky = 204 / d.ydpi; // to pixels of one size
    const w = d.w * kx, h = d.h * ky;
    const turned = rotation % 180 !== 0;
    return { kx, ky, w, h, W: turned ? h : w, H: turned ? w : h };
  };
  const draw = () => {
    const l = layout();
    sheet.style.width = l.W * scale + "px";
    sheet.style.height = l.H * scale + "px";
    image.style.width = l.w * scale + "px";
    image.style.height = l.h * scale + "px";
    const shift = { 0: "", 90: `translateX(${l.W * scale}px)`, 180: `translate(${l.W * scale}px, ${l.H * scale}px)`, 270: `translateY(${l.H * scale}px)` };
    image.style.transform = `${shift[rotation]} rotate(${rotation}deg)`;
    for (const r of sheet.querySelectorAll(".region")) {
      const d = r.dataset;
      r.style.left = d.x / 1000 * l.W * scale + "px"; r.style.top = d.y / 1000 * l.H * scale + "px";
      r.style.width = d.w / 1000 * l.W * scale + "px"; r.style.height = d.h / 1000 * l.H * scale + "px";
    }
  };
  const fit = () => { const l = layout(); scale = Math.min(view.clientWidth / l.W, 1.2); draw(); };
  const zoom = (field) => {
    for (const r of sheet.querySelectorAll(".now")) r.classList.remove("now");
    const r = field && sheet.querySelector(`.region[data-field="${CSS.escape(field)}"]`);
    if (!r || whole) { fit(); if (r) r.classList.add("now"); return; }
    const l = layout(), d = r.dataset;
    const line = /^lines\[/.test(field);
    const width = line ? 0.92 * l.W : Math.max(d.w / 1000 * l.W * 2.2, 0.5 * l.W);
    scale = Math.min(view.clientWidth / width, 2.2);
    draw();
    r.classList.add("now");
    view.scrollTo({
      left: (line ? 0.04 * l.W : (+d.x + d.w / 2) / 1000 * l.W) * scale - (line ? 0 : view.clientWidth / 2),
      top: (+d.y + d.h / 2) / 1000 * l.H * scale - view.clientHeight * 0.4,
    });
  };
  const go = (field) => { current = field; if (view) zoom(field); };

  const focus = () => {
    const said = document.querySelector("#panel [data-focus]");
    const next = said || document.querySelector("#panel [data-ask]") || document.getElementById("release");
    if (!next) { if (view) fit(); return; }
    next.focus({ preventScroll: true });
    next.select?.();
    next.scrollIntoView({ block: "nearest" });
    go(next.dataset.field || "");
  };
  document.addEventListener("focusin", (e) => { if (e.target.dataset?.field) go(e.target.dataset.field); });
  document.addEventListener("htmx:after:swap", (e) => { if (document.getElementById("panel")) focus(); });

  const turn = (by) => { rotation = (rotation + by + 360) % 360; if (view) zoom(current); };
  document.addEventListener("click", (e) => {
    const b = e.target.closest("[data-zoom], [data-turn]");
    if (!b) return;
    if (b.dataset.turn) turn(+b.dataset.turn);
    else { whole = b.dataset.zoom === "page"; zoom(current); }
  });
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    const typing = e.target.closest("input, select, textarea");
    if (typing) { // letters do nothing in a field of digits: there they are commands
      if (e.key === "Escape") { e.target.blur(); return; }
      if (e.target.inputMode !== "numeric" || !/^[a-zA-Z]$/.test(e.key)) return;
    }
    const command = { z: () => { whole = false; zoom(current); }, Z: () => { whole = true; zoom(current); }, r: () => turn(90) }[e.key];
    if (command) { e.preventDefault(); command(); return; }
    if (typing) {
      const goal = document.querySelector(`[data-keys="${CSS.escape(e.key)}"]`);
      if (goal) { e.preventDefault(); goal.click(); }
    }
  });
  addEventListener("resize", () => { if (view) zoom(current); });
  if (view) {
    rotation = (360 - (+view.dataset.rotation || 0)) % 360;
    fit();
  }
  focus();
  // A sign of life: the page stays ours while it is open.
  setInterval(() => { if (!document.hidden) fetch(work.dataset.path + "/claim", { method: "POST", headers: { "HX-Request": "true" } }); }, 60000);
})();
