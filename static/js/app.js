// Behaviour that HTML and htmx can't do by themselves. It attaches to data-* attributes by delegation, so that what
// htmx swaps in behaves at once. docs/interface.md lists the attributes.
(() => {
  "use strict";
  const root = document.documentElement;
  const find = (selector, within = document) => within.querySelector(selector);
  const on = (name, handler, capture = false) => document.addEventListener(name, handler, capture);
  const sign = (text) => {
    const icon = find(`#icons [data-name="${text}"] svg`); // base.html has them, hidden
    return icon ? icon.cloneNode(true) : "";
  };
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  // ---- saying something to screen readers; behind an open dialog nothing is heard, so it has a region of its own
  function announce(text) {
    const region = find("dialog[open] [data-announce]") || find("[data-announce]");
    if (region) region.textContent = text;
  }

  // ---- theme: a cookie, so that the server writes it into <html data-theme> and no page flashes
  function switchTheme() {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    root.dataset.theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax${secure}`;
  }

  // ---- copy
  async function copy(button) {
    const source = button.dataset.copyFrom && find(button.dataset.copyFrom);
    const text = button.dataset.copy || (source ? (source.value ?? source.textContent) : "");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https a browser has no clipboard for pages; this old way still works there.
      const area = make("textarea", { readonly: "" });
      area.value = text;
      (button.closest("dialog") || document.body).append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.dataset.done = "";
    setTimeout(() => delete button.dataset.done, 1500);
    const menu = button.closest("[popover]");
    if (menu) {
      menu.hidePopover();
      toast({ text: "Copied" });
    } else {
      announce("");
      setTimeout(() => announce("Copied"), 50);
    }
  }

  // ---- dialogs: htmx puts <dialog data-open> into #dialog
  let opener = null;

  function remember(element) {
    const menu = element.closest("[popover]");
    opener = (menu && find(`[popovertarget="${menu.id}"]`)) || element;
  }

  function returnFocus() {
    // The row that held the button may have been swapped for a newer one with the same id.
    const target = opener && (opener.isConnected ? opener : opener.id && document.getElementById(opener.id));
    opener = null;
    (target || find("#main"))?.focus({ preventScroll: true });
  }

  function openDialog() {
    const dialog = find("#dialog dialog[data-open]");
    if (!dialog) return returnFocus();
    if (!dialog.open) dialog.showModal();
    const fields = "input:not([type=hidden], :disabled), select:not(:disabled), textarea:not(:disabled)";
    (find("[aria-invalid=true]", dialog) || find("[autofocus]", dialog) || find(`.body :is(${fields})`, dialog) ||
      find("footer .btn", dialog))?.focus();
  }

  function closeDialog() {
    const box = find("#dialog");
    if (!box?.firstElementChild) return;
    find("dialog[open]", box)?.close();
    box.replaceChildren();
    returnFocus();
  }

  on("close", (event) => event.target.closest("#dialog") && closeDialog(), true);
  on("htmx:beforeSwap", (event) => {
    // A dialog that comes back with an error stands where it stood, it doesn't slide in again.
    if (event.target.id === "dialog") event.target.dataset.had = event.target.childElementCount ? "1" : "";
  });
  on("htmx:afterSwap", (event) => {
    if (event.target.id !== "dialog") return;
    const dialog = find("dialog[data-open]", event.target);
    if (dialog && event.target.dataset.had) dialog.dataset.still = "";
    openDialog();
  });
  on("closeDialog", closeDialog);

  // ---- toasts: HX-Trigger: {"toast": {"text": …, "link": {"href": …, "text": …}, "undo": "/address"}}
  let timer = 0;

  function watch(box) {
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => box.remove(), 6000);
    };
    for (const name of ["pointerenter", "focusin"]) box.addEventListener(name, () => clearTimeout(timer));
    for (const name of ["pointerleave", "focusout"]) box.addEventListener(name, wait);
    wait();
  }

  function token() {
    try {
      return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
    } catch {
      return "";
    }
  }

  function toast({ text, value, link, undo }) {
    const words = make("span", {}, `${text ?? value ?? ""} `);
    if (link) words.append(make("a", { href: link.href }, link.text));
    const box = make("div", { class: "toast" }, sign("circle-check"), words);
    if (undo) {
      const field = make("input", { type: "hidden", name: "csrfmiddlewaretoken", value: token() });
      const button = make("button", { class: "btn btn-sm undo", type: "submit" }, "Undo");
      box.append(make("form", { method: "post", action: undo, "hx-post": undo, "hx-swap": "none" }, field, button));
    }
    const close = make("button", { class: "btn btn-icon btn-sm", type: "button", "aria-label": "Dismiss", "data-dismiss": "" });
    close.append(sign("x"));
    box.append(close);
    const place = find("#toasts");
    if (place?.contains(document.activeElement)) returnFocus();
    place?.replaceChildren(box);
    htmx.process(box);
    watch(box);
  }

  on("toast", (event) => toast(event.detail));

  // ---- htmx: the pressed control is busy, and what fails says so beside it
  const pressed = new WeakMap();

  on("htmx:beforeRequest", (event) => {
    const { elt, requestConfig, xhr, target } = event.detail;
    const control = requestConfig?.triggeringEvent?.submitter || elt;
    const form = control.closest("form");
    find("[data-request-error]", form || control.parentElement || document)?.remove();
    if (target?.id === "dialog" && !control.closest("#dialog")) remember(control);
    control.setAttribute("aria-busy", "true");
    pressed.set(xhr, control);
  });

  on("htmx:afterRequest", (event) => {
    const { xhr, elt, successful, target } = event.detail;
    const control = pressed.get(xhr) || elt;
    control.removeAttribute("aria-busy");
    if (!successful) return;
    if (target.id === "file-pane") {
      find(".tree .file[aria-current]")?.removeAttribute("aria-current");
      if (elt.matches(".file")) elt.setAttribute("aria-current", "true");
    }
    const menu = control.closest("[popover].menu");
    if (menu?.matches(":popover-open")) menu.hidePopover();
    if (xhr.status === 204 && control.closest("#dialog")) closeDialog();
  });

  function sentence(xhr) {
    const kind = xhr.getResponseHeader("Content-Type") || "";
    if (kind.startsWith("text/plain") && xhr.responseText.length < 1000) return xhr.responseText;
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    const words = find("[data-error-message]", page)?.textContent.trim();
    return words || `The server answered ${xhr.status} and changed nothing. Try again; if it stays so, tell your administrator.`;
  }

  function fail(event, text) {
    const control = pressed.get(event.detail.xhr) || event.detail.elt;
    const words = make("p", { class: "error", role: "alert", "data-request-error": "" }, sign("triangle-alert"), make("span", {}, text));
    const form = control.closest("form");
    if (control === field()) return; // Enter still opens the page of results, which says what is wrong
    const place = find(".body", form || control) || control.closest("td, li, .field");
    if (place) place.append(words);
    else (form || control).after(words);
  }

  on("htmx:responseError", (event) => {
    fail(event, sentence(event.detail.xhr));
    if (find("[data-autosubmit]", event.detail.elt)) event.detail.elt.reset?.(); // nothing was changed
  });
  on("htmx:sendError", (event) => fail(event, "The server did not answer. Check your connection and try again."));

  // Forms that htmx doesn't send are busy too, until the next page comes; pressed again meanwhile, they are sent once.
  on("submit", (event) => {
    const button = event.submitter;
    if (event.defaultPrevented || !button) return;
    if (button.ariaBusy) return event.preventDefault();
    button.ariaBusy = "true";
    setTimeout(() => (button.ariaBusy = null), 5000); // somebody may have stopped the browser
  });
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("[type=submit][aria-busy]")) button.removeAttribute("aria-busy");
  });

  // ---- tables: choosing rows
  function showSelection(form) {
    const boxes = [...form.querySelectorAll(".pick input[type=checkbox]:not([data-select-all])")];
    const chosen = boxes.filter((box) => box.checked).length;
    const all = find("[data-select-all]", form);
    if (all) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    const bar = find("[data-selection]", form);
    if (bar) bar.hidden = chosen === 0;
    const count = find("[data-selection-count]", form);
    if (count) count.textContent = chosen;
    for (const button of form.querySelectorAll("[data-selection-min]")) button.disabled = chosen < button.dataset.selectionMin;
  }

  on("change", (event) => {
    const control = event.target;
    const form = control.closest("form");
    if (control.matches("[data-autosubmit]")) form?.requestSubmit();
    if (!form || !control.closest(".pick")) return;
    if (control.matches("[data-select-all]"))
      for (const box of form.querySelectorAll(".pick input[type=checkbox]")) box.checked = control.checked;
    showSelection(form);
  });

  on("input", ({ target }) => {
    const { narrow } = target.dataset;
    if (narrow) for (const row of find(narrow).children) row.hidden = !row.textContent.toLowerCase().includes(target.value.toLowerCase());
  });

  function clearSelection(form) {
    for (const box of form.querySelectorAll(".pick input[type=checkbox]")) box.checked = false;
    showSelection(form);
  }

  // ---- search: keys, and choosing from what is found
  const field = () => find("#q");
  const hits = () => [...document.querySelectorAll("#search-panel [role=option]")];

  function showHits() {
    field()?.setAttribute("aria-expanded", String(hits().length > 0));
    field()?.removeAttribute("aria-activedescendant");
  }

  function closeHits() {
    find("#search-panel")?.replaceChildren();
    showHits();
  }

  function chooseHit(step) {
    const all = hits();
    if (!all.length) return;
    const now = all.findIndex((hit) => hit.classList.contains("on"));
    const next = (now + step + all.length + (now < 0 && step < 0 ? 1 : 0)) % all.length;
    all.forEach((hit, index) => {
      hit.id ||= `hit-${index}`;
      hit.classList.toggle("on", index === next);
      hit.setAttribute("aria-selected", String(index === next));
    });
    field().setAttribute("aria-activedescendant", all[next].id);
    all[next].scrollIntoView({ block: "nearest" });
  }

  on("htmx:afterSettle", (event) => event.target.id === "search-panel" && showHits());
  on("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const shortcut = (event.key === "/" && !typing) || (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey));
    if (shortcut && field() && !find("dialog[open]")) {
      event.preventDefault();
      field().focus();
      return field().select();
    }
    if (event.target === field()) {
      const active = hits().find((hit) => hit.classList.contains("on"));
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        chooseHit(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter" && active) {
        event.preventDefault();
        active.click();
      } else if (event.key === "Escape") closeHits();
    }
    const menu = event.target.closest?.("[popover].menu, [role=tree], .combo") || (event.key === "ArrowDown" && find("[popover].menu:popover-open"));
    if (menu && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const items = [...menu.querySelectorAll("a, button")];
      const at = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      items.at(at % items.length)?.focus();
    }
    const opens = { ArrowRight: "false", ArrowLeft: "true" }[event.key];
    if (opens && menu?.role === "tree") {
      event.preventDefault();
      if (event.target.ariaExpanded === opens) event.target.click();
      else if (opens === "true") event.target.closest("[role=group]")?.previousElementSibling.focus();
    }
  });

  // ---- clicks
  let down = null; // a selection dragged out of a field ends on the backdrop, but doesn't begin there
  on("pointerdown", (event) => (down = event.target));
  on("click", (event) => {
    const { target } = event;
    const within = (selector) => target.closest(selector);
    if (!within(".search")) closeHits();
    if (within("[data-theme-switch]")) switchTheme();
    const copying = within("[data-copy], [data-copy-from]");
    if (copying) copy(copying);
    if (within("[data-dismiss]")) within(".toast, .note").remove();
    if (within("[data-clear]")) clearSelection(within("form"));
    // A dialog's header, body and footer cover it: a click that hits the dialog itself is on its backdrop.
    if (within("#dialog [data-close]") || (target === down && target.matches("#dialog > dialog"))) {
      event.preventDefault();
      closeDialog();
    }
  });

  // ---- what the page already holds when it arrives (this script is deferred)
  [...document.querySelectorAll(".toast:not(.static)")].forEach((box, index, all) => (index < all.length - 1 ? box.remove() : watch(box)));
  const showSelections = () => document.querySelectorAll("form:has([data-selection])").forEach(showSelection);
  showSelections();
  on("htmx:afterSettle", showSelections);
  for (const key of document.querySelectorAll("[data-shortcut]"))
    if (!/Mac|iPhone|iPad/.test(navigator.platform)) key.textContent = "Ctrl K";
})();
