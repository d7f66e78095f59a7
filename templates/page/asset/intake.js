// Files dropped onto the form, or pasted, are chosen; what is chosen is listed before it is handed in.
"use strict";
(() => {
  const drop = document.getElementById("drop"), files = document.getElementById("files"), chosen = document.getElementById("chosen");
  if (!drop) return;
  const list = () => {
    chosen.replaceChildren(...[...files.files].map((f) => {
      const li = document.createElement("li");
      li.textContent = `${f.name}  ${Math.ceil(f.size / 1024).toLocaleString()} KB`;
      return li;
    }));
  };
  files.addEventListener("change", list);
  // What is pasted joins what was chosen; a picture from the clipboard has no name of its own.
  document.addEventListener("paste", (e) => {
    const pasted = [...(e.clipboardData?.files ?? [])];
    if (!pasted.length) return;
    e.preventDefault();
    const all = new DataTransfer();
    for (const f of [...files.files, ...pasted]) all.items.add(f);
    files.files = all.files;
    list();
    document.getElementById("hand-in").focus();
  });
  for (const on of ["dragenter", "dragover"]) drop.addEventListener(on, (e) => { e.preventDefault(); drop.classList.add("over"); });
  for (const off of ["dragleave", "drop"]) drop.addEventListener(off, (e) => { e.preventDefault(); drop.classList.remove("over"); });
  drop.addEventListener("drop", (e) => { if (e.dataTransfer.files.length) { files.files = e.dataTransfer.files; list(); } });
  document.getElementById("intake-form").addEventListener("submit", () => { document.getElementById("hand-in").disabled = true; });
})();
