// What HTML and htmx can't do, for the data-* attributes of docs/interface.md; delegated, since htmx swaps.
"use strict";
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const on = addEventListener;
const copyOf = (template) => find(template).content.firstElementChild.cloneNode(true);
const dialog = find("#dialog"), field = find("#q"), panel = find("#search-panel"); // not on the page to log in

const mark = (selector, current) => all(selector).forEach((one) => (one.ariaCurrent = one === current || null));
const announce = (text) => (find("[data-announce]").textContent = text); // a dialog's own comes first
const focusPage = () => find("#main").focus({ preventScroll: true }); // when what had the focus goes

// ---- theme: by a cookie the server writes it into <html data-theme>, and no page flashes
function switchTheme() {
  const { dataset } = document.documentElement;
  const isDark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.theme = isDark ? "light" : "dark";
  document.cookie = `theme=${dataset.theme}; path=/; max-age=31536000; samesite=lax`;
}

// ---- copy
async function copy(button) {
  const text = button.dataset.copy ?? find(button.dataset.copyFrom).textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https pages have no clipboard; this old way still works.
    const area = Object.assign(document.createElement("textarea"), { value: text });
    button.after(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  const menu = button.closest("[popover]");
  menu?.hidePopover();
  if (menu) return toast({ detail: { text: "Copied" } });
  button.dataset.done = "";
  announce("Copied");
  setTimeout(() => {
    delete button.dataset.done;
    announce("");
  }, 1500);
}

// ---- the dialog: opens with what htmx puts into it; the browser gives the focus back
on("htmx:afterSwap", ({ target }) => {
  if (target !== dialog) return;
  if (!dialog.open) dialog.showModal();
  const first = (selector) => find(selector, dialog);
  const wanted = first("[aria-invalid=true]") || first("[autofocus]");
  (wanted || first(".body :is(input, select, textarea):enabled:not([type=hidden])") || first("footer .btn"))?.focus();
});
dialog?.addEventListener("close", () => {
  dialog.replaceChildren();
  if (document.activeElement === document.body) focusPage();
});

// ---- toasts, as answers.py triggers them; controls.css lets them go
function toast({ detail: { text, link, undo } }) {
  const box = copyOf("#toast");
  find("span", box).prepend(text);
  if (link) Object.assign(find("a", box), { href: link.href, textContent: link.text });
  if (undo) find(".undo", box).setAttribute("hx-post", undo);
  if (find("#toasts :focus")) focusPage();
  find("#toasts").replaceChildren(box);
  htmx.process(box);
}
on("toast", toast);

// ---- htmx: the pressed control is busy; what fails says so beside it
const pressed = ({ requestConfig: { elt, triggeringEvent } }) => triggeringEvent?.submitter || elt;

function besides(control) {
  const place = control.closest("td, li, .field, form") || control.parentElement;
  return find(".body", place) || place;
}

on("htmx:beforeRequest", ({ detail }) => {
  const control = pressed(detail);
  find("[data-request-error]", besides(control))?.remove();
  control.ariaBusy = "true";
  if (detail.target === dialog && !dialog.open) control.focus(); // Safari doesn't by itself
});
on("htmx:beforeSwap", ({ detail }) => detail.isError || pressed(detail).closest(".menu:popover-open")?.hidePopover());
on("htmx:afterRequest", ({ detail }) => {
  const control = pressed(detail);
  control.ariaBusy = null;
  if (detail.successful && detail.target.id === "file-pane") mark(".tree .file", control);
  if (detail.xhr.status === 204 && dialog.contains(control)) dialog.close();
});

function fail({ detail }) {
  const { xhr } = detail, control = pressed(detail), failure = copyOf("#failure");
  if (xhr.getResponseHeader("Content-Type")?.startsWith("text/plain")) find("span", failure).textContent = xhr.responseText;
  besides(control).append(failure);
  if (control.matches("form:has([data-autosubmit])")) control.reset(); // nothing was changed
}
on("htmx:responseError", fail);
on("htmx:sendError", fail);

// A form that htmx doesn't send is busy until the next page comes, and is sent once.
on("submit", (event) => {
  const button = event.submitter;
  if (event.defaultPrevented || !button) return;
  if (button.ariaBusy) event.preventDefault();
  button.ariaBusy = "true";
  const rest = () => (button.ariaBusy = null);
  setTimeout(rest, 5000); // somebody may have stopped the browser
  on("pageshow", rest); // or come back
});

// ---- sending at once, narrowing, choosing rows
function showSelections() {
  for (const count of all("[data-selection]")) {
    const form = count.closest("form"), every = find("[data-select-all]", form);
    const rows = all("td.pick", form).length, chosen = all("td.pick :checked", form).length;
    every.checked = chosen === rows;
    every.indeterminate = chosen > 0 && chosen < rows;
    count.textContent = chosen;
    find("[type=submit]", form).disabled = chosen < 2;
  }
}
showSelections();
on("htmx:afterSettle", showSelections);
on("reset", () => setTimeout(showSelections));
on("change", ({ target }) => {
  if (target.matches("[data-autosubmit]")) target.form.requestSubmit();
  if (target.matches("[data-select-all]")) for (const box of all("td.pick input", target.form)) box.checked = target.checked;
  showSelections();
});
on("input", ({ target: { dataset, value } }) => {
  if (!dataset.narrow) return;
  for (const row of find(dataset.narrow).children) row.hidden = !row.textContent.toLowerCase().includes(value.toLowerCase());
});

// ---- search: choosing a hit
const hits = () => all("[role=option]", panel);

function showHits() {
  field.ariaExpanded = hits().length > 0;
  field.removeAttribute("aria-activedescendant");
}

function closeHits() {
  panel.replaceChildren();
  showHits();
}

function choose(hit) {
  for (const one of hits()) one.ariaSelected = one === hit;
  field.setAttribute("aria-activedescendant", hit.id);
  hit.scrollIntoView({ block: "nearest" });
}
on("htmx:afterSettle", ({ target }) => target === panel && showHits());

// ---- keys
// The next down or up, around the ends; from none the first or last.
function further(items, now, step) {
  const at = Math.max(items.indexOf(now), step > 0 ? -1 : 0);
  return items.at((at + step) % items.length);
}

on("keydown", (event) => {
  const { key, target } = event, step = { ArrowDown: 1, ArrowUp: -1 }[key];
  const isShortcut = key === "k" ? event.metaKey || event.ctrlKey : key === "/" && !target.matches(":read-write");
  if (isShortcut && field && !dialog.open) {
    event.preventDefault();
    field.focus();
    field.select();
  } else if (target === field) {
    const chosen = find("[aria-selected=true]", panel), hit = step && further(hits(), chosen, step);
    if (step || key === "Escape" || (key === "Enter" && chosen)) event.preventDefault();
    if (hit) choose(hit);
    if (key === "Enter") chosen?.click();
    if (key === "Escape") closeHits();
  } else {
    const menu = target.closest("[popover].menu, [role=tree], .combo") || find("[popover].menu:popover-open");
    const opens = menu?.role === "tree" && { ArrowRight: "false", ArrowLeft: "true" }[key];
    if (menu && (step || opens)) event.preventDefault();
    if (menu && step) further(all("a, button", menu), target, step)?.focus();
    if (opens && target.ariaExpanded === opens) target.click();
    else if (opens === "true") target.closest("[role=group]")?.previousElementSibling.focus();
  }
});

// ---- clicks
let down; // a selection dragged out of a field only ends on the backdrop
on("pointerdown", ({ target }) => (down = target));
on("click", (event) => {
  const within = (selector) => event.target.closest(selector);
  if (field && !within(".search")) closeHits();
  if (within("[data-theme-switch]")) switchTheme();
  if (within("[data-dismiss]")) {
    within(".toast").remove();
    focusPage();
  }
  const copying = within("[data-copy], [data-copy-from]");
  if (copying) copy(copying);
  // What a dialog holds covers it: a click that hits the dialog itself is on its backdrop.
  if (within("#dialog [data-close]") || (event.target === dialog && down === dialog)) {
    event.preventDefault();
    dialog.close();
  }
});
