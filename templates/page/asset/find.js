// What may be meant by what is typed: name, price and stock of a code; a list of items or customers
// for anything else, or on the arrow down. Arrows and Enter choose.
"use strict";
(() => {
  const list = document.getElementById("found"), work = document.getElementById("work");
  if (!list) return;
  let input = null, timer = 0, asked = 0;
  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.hidden ? null : list.querySelector("[aria-selected=true]");
  const mark = (option) => {
    for (const o of options()) o.setAttribute("aria-selected", o === option);
    input.setAttribute("aria-activedescendant", option?.id || "");
  };
  const close = () => { clearTimeout(timer); asked++; list.hidden = true; };
  const get = async (path) => { // only the last answer counts
    const n = ++asked, r = await fetch(path, { headers: { "HX-Request": "true" } }).catch(() => null);
    const html = r?.ok ? await r.text() : "";
    return n === asked ? html : null;
  };
  const show = async () => {
    const i = input, html = await get(`${work.dataset.path}/find?what=${i.dataset.find}&q=${encodeURIComponent(i.value)}`);
    if (html === null || document.activeElement !== i) return;
    list.innerHTML = html;
    const box = i.getBoundingClientRect();
    list.style.left = Math.min(box.left, innerWidth - 480) + "px";
    list.hidden = !html;
    const below = box.bottom + 4 + list.offsetHeight < innerHeight;
    list.style.top = (below ? box.bottom + 4 : box.top - 4 - list.offsetHeight) + "px";
    mark(/^[0-9]*$/.test(i.value) ? null : options()[0]);
  };
  const tell = async () => {
    const i = input, html = await get(`/desk/item?review=${encodeURIComponent(work.dataset.name)}&code=${encodeURIComponent(i.value)}`);
    const cell = document.querySelector(`[data-about="${CSS.escape(i.dataset.field)}"]`);
    if (html !== null && cell) cell.innerHTML = html;
  };
  const choose = (option) => {
    input.value = option.dataset.value;
    close();
    if (!input.dataset.then) { input.form.requestSubmit(); return; }
    tell();
    input.form.elements[input.dataset.then].focus();
  };
  document.addEventListener("input", (e) => {
    if (!e.target.dataset?.find) return;
    input = e.target;
    clearTimeout(timer);
    if (input.dataset.mask && input.value.includes("_")) { close(); return; }
    const code = input.dataset.find === "item" && /^[0-9０-９-]+$/.test(input.value);
    if (code || !input.value) close();
    if (code && input.value.length > 4) timer = setTimeout(tell, 120);
    else if (!code && input.value) timer = setTimeout(show, 120);
  });
  document.addEventListener("keydown", (e) => {
    if (!e.target.dataset?.find || e.isComposing || e.ctrlKey || e.metaKey || e.altKey) return;
    input = e.target;
    const all = options(), i = all.indexOf(chosen());
    if (e.key === "ArrowDown" && list.hidden) show();
    else if (e.key === "ArrowDown" && all.length) mark(all[(i + 1) % all.length]);
    else if (e.key === "ArrowUp" && !list.hidden && all.length) mark(all[(i + all.length - 1) % all.length]);
    else if (e.key === "Enter" && chosen()) choose(chosen());
    else { if (e.key === "Enter" || e.key === "Escape") close(); return; } // Escape leaves the field, too
    e.preventDefault();
    e.stopImmediatePropagation();
  });
  list.addEventListener("mousedown", (e) => { // the field keeps the focus
    e.preventDefault();
    const option = e.target.closest("[role=option]");
    if (option) choose(option);
  });
  document.addEventListener("focusout", close);
})();
