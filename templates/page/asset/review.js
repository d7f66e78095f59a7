// Settling a page: the sheet turns and zooms itself to the field at hand; Enter keeps a field and
// goes to the next in doubt; when none is left, Enter releases the order.
"use strict";
(() => {
  const work = document.getElementById("work");
  if (!work) return;
  const panel = document.getElementById("panel");
  let current = "", whole = document.querySelectorAll(".pair .view").length > 1;

  // A sheet upright at one scale: its own pixels may be twice as wide as high.
  const pane = (view) => {
    const sheet = view.querySelector(".sheet-of"), image = sheet.querySelector("img"), d = view.dataset;
    let rotation = (360 - (+d.rotation || 0)) % 360, scale = 1;
    const layout = () => {
      const w = d.w * 204 / d.xdpi, h = d.h * 204 / d.ydpi; // to pixels of one size
      const turned = rotation % 180 !== 0;
      return { w, h, W: turned ? h : w, H: turned ? w : h };
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
        const a = r.dataset;
        r.style.left = a.x / 1000 * l.W * scale + "px"; r.style.top = a.y / 1000 * l.H * scale + "px";
        r.style.width = a.w / 1000 * l.W * scale + "px"; r.style.height = a.h / 1000 * l.H * scale + "px";
      }
    };
    const zoom = (field) => {
      for (const r of sheet.querySelectorAll(".now")) r.classList.remove("now");
      const r = sheet.querySelector(`.region[data-field="${CSS.escape(field)}"]`), l = layout();
      r?.classList.add("now");
      if (!r || whole) { scale = Math.min(view.clientWidth / l.W, 1.2); draw(); return; }
      const a = r.dataset, line = /^lines\[/.test(field);
      const width = line ? 0.92 * l.W : Math.max(a.w / 1000 * l.W * 2.2, 0.5 * l.W);
      scale = Math.min(view.clientWidth / width, 2.2);
      draw();
      view.scrollTo({
        left: (line ? 0.04 * l.W : (+a.x + a.w / 2) / 1000 * l.W) * scale - (line ? 0 : view.clientWidth / 2),
        top: (+a.y + a.h / 2) / 1000 * l.H * scale - view.clientHeight * 0.4,
      });
    };
    const has = (field) => Boolean(field && sheet.querySelector(`.region[data-field="${CSS.escape(field)}"]`));
    return { view, zoom, has, lies: () => rotation, turn: (by) => { rotation = (rotation + by + 360) % 360; zoom(current); } };
  };
  let panes = [];
  const sheets = document.getElementById("sheets");
  const paired = () => sheets.querySelector(".pair") !== null;
  const lay = () => { panes = [...sheets.querySelectorAll(".view")].map(pane); };
  lay();
  // Of pages that are one order, that is shown on which the field stands.
  const go = (field) => {
    current = field;
    if (panes.length > 1 && !paired()) {
      const on = panes.find((p) => p.has(field)) || panes[0];
      for (const p of panes) p.view.hidden = p !== on && !whole;
    }
    for (const p of panes) p.zoom(field);
  };

  // The first doubt after a field, or from the top; then what is left to press.
  const next = (after) => {
    const asked = [...panel.querySelectorAll("[data-ask]")];
    const from = after && panel.querySelector(`[data-field="${CSS.escape(after)}"]`);
    return asked.find((i) => !from || from.compareDocumentPosition(i) & Node.DOCUMENT_POSITION_FOLLOWING) || asked[0];
  };
  const focus = (to) => {
    if (!to) { go(""); return; }
    to.focus({ preventScroll: true });
    if (!to.dataset.mask) to.select?.();
    to.scrollIntoView({ block: "nearest" });
    go(to.dataset.field || "");
  };
  const focusNext = (after) => focus(panel.querySelector("[data-focus]") || next(after) || panel.querySelector("#decide, #release:enabled"));

  // What is keyed goes to the server in turn, and the next field is typed meanwhile: a panel that
  // comes back keeps what was typed since.
  let line = Promise.resolve(), sending = 0, left = false;
  const sent = new Map(); // by field: on its way
  const typed = () => [...panel.querySelectorAll("input[id]")].filter((i) => ("keyed" in i.dataset || i.value !== i.defaultValue) && i.type !== "hidden" && !(i.dataset.mask && !i.dataset.typed && !("whole" in i.dataset)));
  const answers = (field, i) => field && (i.dataset.field === field || i.dataset.field?.startsWith(field + "."));
  const renew = (html, field) => {
    const was = document.activeElement, kept = typed().filter((i) => !answers(field, i) || sent.has(field));
    const values = kept.map((i) => [i.id, i.value, i === was && [i.selectionStart, i.selectionEnd], { ...i.dataset }]);
    const opened = [...panel.querySelectorAll("details[open]")].map((d) => d.id);
    panel.innerHTML = html;
    const now = panel.querySelector("#sheets-now");
    if (now) { sheets.replaceChildren(now.content); now.remove(); lay(); go(current); }
    watch();
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    let here = null;
    for (const [id, value, caret, { typed, whole, keyed }] of values) {
      const i = document.getElementById(id);
      if (!i) continue;
      i.value = value;
      if (typed) i.dataset.typed = typed;
      if (whole === "") i.dataset.whole = "";
      if (keyed === "") i.dataset.keyed = "";
      if (i.dataset.find === "item") i.dispatchEvent(new Event("input", { bubbles: true })); // what is told of it
      if (caret) { here = i; i.focus({ preventScroll: true }); i.setSelectionRange(...caret); }
    }
    if (here && !sent.has(here.dataset.field)) return; // somebody is typing there
    // Where one stands stays, be it still asked or not: the next key is meant for it.
    const same = answers(field, was) ? null : was.id ? document.getElementById(was.id) : was.value && panel.querySelector(`button[data-field="${CSS.escape(was.dataset?.field || "")}"][value="${CSS.escape(was.value)}"]`);
    const again = panel.querySelector("[data-focus]");
    if (same && panel.contains(same) && !same.disabled && !again) focus(same);
    else {
      if (again && was.dataset?.field && !answers(field, was)) drop();
      focusNext(field);
    }
  };
  // Keys that were meant for another field go nowhere, until no more come.
  let dropping = 0;
  const drop = () => {
    clearTimeout(dropping);
    work.dataset.calm = "";
    dropping = setTimeout(() => { dropping = 0; delete work.dataset.calm; }, 400);
  };
  addEventListener("keydown", (e) => {
    if (!dropping) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    drop();
  }, true);
  panel.addEventListener("input", (e) => { if (e.isTrusted) e.target.dataset.keyed = ""; });
  const wrong = (text) => {
    let p = document.getElementById("wrong");
    if (!p) { p = document.createElement("p"); p.id = "wrong"; p.className = "told problem"; p.setAttribute("role", "alert"); panel.prepend(p); }
    p.textContent = text;
  };
  const anew = async () => {
    const r = await fetch(work.dataset.path + "/panel", { headers: { "HX-Request": "true" } }).catch(() => null);
    if (r?.ok) renew(await r.text(), "");
  };
  const post = async (to, body, field) => {
    let r, html;
    try {
      r = await fetch(to, { method: "POST", body, headers: { "HX-Request": "true" }, keepalive: true });
      html = await r.text();
    } catch {
      sent.delete(field);
      wrong(work.dataset.offline);
      return;
    }
    const where = r.headers.get("HX-Redirect"), page = r.headers.get("Todoke-Page");
    if (page && r.ok) { turnTo(page, html); return; }
    if (where || r.redirected) { left = true; location.assign(where || r.url); return; }
    if (sent.get(field) === body.toString()) sent.delete(field);
    if (r.ok) { renew(html, field); return; }
    if (r.status === 409) await anew(); // somebody was faster: the panel tells how the page stands now
    wrong(new DOMParser().parseFromString(html, "text/html").querySelector("#main p")?.textContent || String(r.status));
  };
  // The next fax came with the answer: it takes the place of this one without a new page.
  const turnTo = (path, html) => {
    const doc = new DOMParser().parseFromString(html, "text/html"), now = doc.getElementById("work");
    if (!now) { left = true; location.assign(path); return; }
    history.pushState(null, "", path);
    document.title = doc.title;
    document.querySelector(".notice")?.remove();
    const notice = doc.querySelector(".notice");
    if (notice) document.getElementById("main").before(notice);
    for (const key of Object.keys(work.dataset)) delete work.dataset[key];
    Object.assign(work.dataset, now.dataset);
    clearTimeout(turning);
    sent.clear();
    hush();
    work.querySelector(".page-tools").replaceWith(now.querySelector(".page-tools"));
    sheets.replaceChildren(...now.querySelector("#sheets").childNodes);
    panel.replaceChildren(...now.querySelector("#panel").childNodes);
    panel.scrollTop = 0;
    whole = document.querySelectorAll(".pair .view").length > 1;
    lay();
    focusNext("");
    watch();
    ahead();
    dispatchEvent(new CustomEvent("todoke:page"));
  };
  addEventListener("popstate", () => location.reload());
  // The picture of the fax that probably comes next is there, and decoded, before it is asked for.
  let picture = null;
  const ahead = async () => {
    const path = work.dataset.preload;
    if (!path) return;
    const r = await fetch(path, { headers: { "Todoke-Ahead": "1" } }).catch(() => null); // the record tells it from a look
    if (!r?.ok) return;
    await r.blob();
    picture = new Image();
    picture.src = path; // from the browser's cache
    picture.decode().catch(() => {});
  };
  // A page that was turned is read again as it lies now, once nobody turns it any more; what is read
  // comes by itself.
  let turning = 0, watching = 0;
  const own = () => panes[paired() ? 1 : 0];
  const turn = () => {
    if (!own()) return;
    own().turn(90);
    if (!panel.querySelector("#release")) return;
    clearTimeout(turning);
    turning = setTimeout(() => {
      const body = new URLSearchParams({ turn: String(own().lies()) });
      sending++;
      line = line.then(() => post(work.dataset.path + "/turn", body, "")).finally(() => { sending--; });
    }, 700);
  };
  const watch = () => {
    clearTimeout(watching);
    if (!panel.querySelector("[data-reading]")) return;
    watching = setTimeout(async () => {
      try {
        const r = await fetch(work.dataset.path + "/panel", { headers: { "HX-Request": "true" } }), html = await r.text();
        if (r.ok && !html.includes("data-reading")) { line = line.then(() => renew(html, "")); return; }
      } catch { /* asked again */ }
      watch();
    }, 400);
  };
  // A typed line is on its way: the next one is typed into the same row.
  const nextLine = (form) => {
    const no = +form.elements.no.value, up = (s) => s.replace(`[${no}]`, `[${no + 1}]`);
    form.elements.no.value = no + 1;
    const row = form.elements.code.closest("tr");
    row.querySelector("[data-no]").textContent = no + 1;
    row.querySelector("[data-about]").dataset.about = `lines[${no + 1}].item_code`;
    row.querySelector("[data-about]").textContent = "";
    for (const i of [form.elements.code, form.elements.quantity]) { i.value = ""; i.id = up(i.id); i.dataset.field = up(i.dataset.field); }
    form.elements.code.focus();
  };
  panel.addEventListener("submit", (e) => {
    const form = e.target, button = e.submitter;
    if (form.method !== "post") return;
    e.preventDefault();
    if (form.id === "new-line") {
      const empty = [form.elements.code, form.elements.quantity].find((i) => !i.value.trim());
      if (empty) { empty.focus(); return; }
    }
    const body = new URLSearchParams(new FormData(form, button)), value = body.toString();
    const field = body.get("field") || (form.id === "new-line" ? `lines[${body.get("no")}]` : "");
    if (left || field && sent.get(field) === value) return; // Enter pressed twice
    if (!field && sending) return; // first what was keyed, then anything else
    if (field) sent.set(field, value);
    if (form.id === "new-line") nextLine(form);
    else if (field) {
      const to = next(field);
      if (to && to.dataset.field !== field && !sent.has(to.dataset.field)) focus(to);
    }
    const to = button?.getAttribute("formaction") || form.action;
    sending++;
    line = line.then(() => post(to, body, field)).finally(() => { sending--; });
  });
  // Nothing that was keyed is left behind, wherever one goes.
  panel.addEventListener("click", (e) => {
    const a = e.target.closest("a[href]");
    if (a && !a.target && sending) { e.preventDefault(); line.then(() => location.assign(a.href)); }
  });

  document.addEventListener("focusin", (e) => { if (e.target.dataset?.field) go(e.target.dataset.field); });
  document.addEventListener("click", (e) => {
    const b = e.target.closest("[data-zoom], [data-turn], [data-help], [data-drop]");
    if (b?.dataset.turn) turn();
    else if (b && "help" in b.dataset) help();
    else if (b?.dataset.drop) {
      document.getElementById("more").open = true;
      document.getElementById("drop-no").value = b.dataset.drop;
      document.getElementById("drop-reason").focus();
    }
    else if (b) { whole = b.dataset.zoom === "page"; go(current); }
  });
  const keys = document.getElementById("keys");
  const help = () => { if (keys.open) keys.close(); else keys.showModal(); };
  // An Enter meant for the page before must not settle anything on this one.
  let calm = 0;
  const hush = () => {
    const until = calm = performance.now() + 400;
    work.dataset.calm = "";
    setTimeout(() => { if (calm === until) delete work.dataset.calm; }, 400);
  };
  hush();
  document.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.repeat || performance.now() < calm)) { e.preventDefault(); return; }
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (e.key === "Enter" && e.target.dataset.then) { // from code to quantity; from nothing to what is left
      e.preventDefault();
      if (e.target.value.trim()) e.target.form.elements[e.target.dataset.then].focus();
      else line.then(() => focus(panel.querySelector("#decide, #release:enabled") || next("")));
      return;
    }
    const typing = e.target.closest("input, select, textarea");
    if (e.key === "?" && (!typing || e.target.inputMode === "numeric" || e.target.dataset.find)) { e.preventDefault(); help(); return; }
    if (keys.open) return;
    if (typing) { // letters do nothing in a field of digits: there they are commands
      if (e.key === "Escape") { e.target.blur(); return; }
      if (e.target.inputMode !== "numeric" || !/^[a-zA-Z]$/.test(e.key)) return;
    }
    const command = {
      z: () => { whole = false; go(current); }, Z: () => { whole = true; go(current); }, r: turn,
    }[e.key];
    if (command) { e.preventDefault(); command(); return; }
    if (typing) {
      const goal = document.querySelector(`[data-keys="${CSS.escape(e.key)}"]`);
      if (!goal) return;
      e.preventDefault();
      goal.closest("details")?.setAttribute("open", "");
      if (goal.matches("input")) { goal.focus(); goal.select(); } else goal.click();
    }
  });
  addEventListener("resize", () => go(current));
  focusNext("");
  watch();
  ahead();
  // A sign of life: the page stays ours while it is open.
  setInterval(() => { if (!document.hidden) fetch(work.dataset.path + "/claim", { method: "POST", headers: { "HX-Request": "true", "Todoke-Unattended": "1" } }); }, 60000);
})();
