// What of a page does not fit: run as an expression.
(() => {
  const out = [], tell = (e, what) => {
    const name = e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className?.trim ? "." + e.className.trim().split(/\s+/).join(".") : "");
    out.push(`${name} ${what}: ${(e.innerText || e.value || e.placeholder || "").trim().slice(0, 60)}`);
  };
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) tell(root, `is ${root.scrollWidth} wide in ${root.clientWidth}`);
  const brush = document.createElement("canvas").getContext("2d");
  for (const e of document.body.querySelectorAll("*")) {
    const s = getComputedStyle(e), r = e.getBoundingClientRect();
    if (!r.width || !r.height || !e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }) || e.closest("[data-pan], .view, .away, .skip, svg")) continue;
    if (e.matches("input, textarea") && !e.matches("[type=hidden], [type=checkbox], [type=radio], [type=file], [type=date]")) {
      const text = e.value || e.placeholder, room = e.clientWidth - parseFloat(s.paddingLeft) - parseFloat(s.paddingRight);
      brush.font = s.font;
      const wide = brush.measureText(text).width;
      if (e.tagName === "INPUT" && wide > room + 1) tell(e, `shows ${Math.round(room)} of ${Math.round(wide)} px`);
      continue;
    }
    if (s.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1 && !(s.textOverflow === "ellipsis" && e.title)) tell(e, `(${s.overflowX}) is ${e.scrollWidth} wide in ${e.clientWidth}`);
    if (/hidden|clip/.test(s.overflowY) && e.scrollHeight > e.clientHeight + 2) tell(e, `is ${e.scrollHeight} high in ${e.clientHeight}`);
    if (r.right > root.clientWidth + 1 && s.position !== "fixed") tell(e, `ends at ${Math.round(r.right)} of ${root.clientWidth}`);
    if (e.matches("button, .button, .tag, th, kbd, dt") && r.height > 2.4 * parseFloat(s.lineHeight || 20) && !/[\s　]/.test(e.innerText.trim())) tell(e, "breaks its word over several lines");
  }
  return out;
})()
