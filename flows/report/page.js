"use strict";
// The page reads without this: it only hides and reorders the rows of the contact sheet.
(() => {
  const list = document.getElementById("sheets");
  const tools = document.getElementById("tools");
  if (!list || !tools) return;
  const rows = [...list.children];
  const shown = document.getElementById("shown");
  const [show, sort, find] = ["show", "sort", "find"].map((id) => document.getElementById(id));
  const number = (row, key) => (row.dataset[key] === "" ? -Infinity : Number(row.dataset[key]));

  function matches(row) {
    const [kind, value] = show.value.split(":");
    if (kind !== "all" && row.dataset[kind] !== value) return false;
    return row.dataset.text.toLowerCase().includes(find.value.trim().toLowerCase());
  }

  function apply() {
    const visible = rows.filter(matches);
    for (const row of rows) row.hidden = true;
    for (const row of visible) row.hidden = false;
    const [key, order] = sort.value.split(":");
    const sign = order === "down" ? -1 : 1;
    const difference = (a, b) => (key === "place" ? a.dataset.place.localeCompare(b.dataset.place) : number(a, key) - number(b, key));
    const ordered = key === "worst" ? rows : [...rows].sort((a, b) => sign * difference(a, b));
    list.append(...ordered);
    shown.textContent = `${visible.length} of ${rows.length} shown`;
  }

  for (const control of [show, sort]) control.addEventListener("change", apply);
  find.addEventListener("input", apply);
  tools.hidden = false;
  apply();
})();
