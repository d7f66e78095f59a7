// A doubtful code or date of which some digits are sure: only the others are keyed, each into its
// box. What can become one code of the masters alone is completed; Enter accepts it. Backspace
// before the first digit leaves the field to be keyed whole.
"use strict";
(() => {
  const work = document.getElementById("work");
  if (!work) return;
  const HOLE = "_";
  const masked = (i) => Boolean(i?.dataset?.mask) && !("whole" in i.dataset);
  const filled = (i) => {
    let k = 0;
    const typed = i.dataset.typed || "";
    return [...i.dataset.mask].map((c) => c === HOLE ? typed[k++] || HOLE : c).join("");
  };
  const digits = (s) => (s || "").normalize("NFKC").replace(/[^0-9]/g, "");
  // The box at hand, framed on the picture.
  const point = (i, at) => {
    for (const d of document.querySelectorAll(".region .digit")) d.remove();
    const box = at >= 0 && i.dataset.boxes?.split(";")[at];
    const region = box && [...document.querySelectorAll(".region")].find((r) => r.dataset.field === i.dataset.field);
    if (!region) return;
    const [x, w] = box.split(","), d = document.createElement("span");
    d.className = "digit";
    d.style.left = x / 10 + "%"; d.style.width = w / 10 + "%";
    region.append(d);
  };
  const show = (i, text) => {
    const at = filled(i).indexOf(HOLE);
    i.value = text;
    if (document.activeElement === i) {
      if (at >= 0 && text.includes(HOLE)) i.setSelectionRange(at, at + 1);
      else i.setSelectionRange(at >= 0 ? at : text.length, text.length);
      point(i, at);
    }
  };
  const told = (i) => i.dispatchEvent(new Event("input", { bubbles: true })); // name and price of what is there now
  let asked = 0;
  const complete = async (i, pattern, still) => { // only the last answer counts
    const n = ++asked, q = new URLSearchParams({ what: "code", field: i.dataset.field, q: pattern });
    const r = await fetch(`${work.dataset.path}/find?${q}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    const code = r?.ok ? await r.text() : "";
    return n === asked && code && document.activeElement === i && still() ? code : "";
  };
  const typing = async (i, typed) => {
    i.dataset.typed = typed;
    const text = filled(i);
    show(i, text);
    told(i);
    if (!typed || !text.includes(HOLE) || !i.dataset.digits) { asked++; return; }
    const code = await complete(i, text, () => i.dataset.typed === typed && masked(i));
    if (code) { show(i, code); told(i); }
  };
  const whole = (i) => { asked++; i.dataset.whole = ""; delete i.dataset.typed; i.value = ""; point(i, -1); told(i); };
  const holes = (i) => i.dataset.mask.split(HOLE).length - 1;
  const feed = (i, s) => typing(i, ((i.dataset.typed || "") + digits(s)).slice(0, holes(i)));
  document.addEventListener("beforeinput", (e) => {
    const i = e.target;
    if (!masked(i) || e.inputType === "insertCompositionText") return;
    const typed = i.dataset.typed || "";
    if (e.inputType.startsWith("delete")) {
      e.preventDefault();
      if (typed) typing(i, typed.slice(0, -1));
      else whole(i);
    } else if (e.inputType === "insertText") {
      e.preventDefault();
      feed(i, e.data);
    } else if (e.inputType !== "insertLineBreak") whole(i); // pasted
  });
  document.addEventListener("compositionend", (e) => { if (masked(e.target)) feed(e.target, e.data); });
  // A code that is keyed whole is completed behind the caret.
  document.addEventListener("input", async (e) => {
    const i = e.target, all = +i.dataset?.digits, keyed = i.value;
    if (!e.isTrusted || e.isComposing || !all || masked(i)) return;
    asked++;
    const least = Math.min(2, all - 1);
    if (e.inputType !== "insertText" || !/^[0-9]+$/.test(keyed) || keyed.length < least || keyed.length >= all || i.selectionEnd < keyed.length) return;
    const code = await complete(i, keyed + HOLE.repeat(all - keyed.length), () => i.value === keyed);
    if (!code) return;
    i.value = code;
    i.setSelectionRange(keyed.length, code.length);
    told(i);
  });
  document.addEventListener("focusin", (e) => { if (masked(e.target)) show(e.target, filled(e.target)); });
  document.addEventListener("focusout", (e) => {
    if (!masked(e.target)) return;
    point(e.target, -1);
    if (!e.target.dataset.typed) e.target.value = "";
  });
  document.addEventListener("submit", (e) => { // a digit is missing: nothing to accept yet
    const i = e.target.elements.value;
    if (masked(i) && i.value.includes(HOLE)) { e.preventDefault(); e.stopImmediatePropagation(); }
  }, true);
})();
