// What may be pressed on a page, and what was: each control as a few facts (controls.py makes its name of them).
(() => {
  const CONTROLS = "button, summary, a[href], input:not([type=hidden]), select, textarea";
  const MARKS = ["autosubmit", "close", "copy", "copy-from", "dismiss", "narrow", "select-all", "swap", "theme-switch", "zoom"];
  const words = (element) => (element.getAttribute("aria-label") || element.textContent || element.title).trim().replace(/\s+/g, " ");
  const whole = (url) => new URL(url || "", document.baseURI).href;

  // What htmx would ask for, in place of the browser.
  function asks(element) {
    const method = ["get", "post"].find((name) => element?.hasAttribute(`hx-${name}`));
    return method && { method, url: whole(element.getAttribute(`hx-${method}`)) };
  }

  const sends = (form, by) => ({ method: form.method, url: whole(by?.getAttribute("formaction") || asks(form)?.url || form.getAttribute("action")) });

  function facts(element) {
    // A dialog is the same where it stands above a page and where it is one.
    const sheet = element.closest("dialog, .dialog-page")?.querySelector("form");
    const shared = {
      page: sheet ? sends(sheet).url : element.closest("main") ? location.href : "",
      marks: MARKS.filter((name) => element.hasAttribute(`data-${name}`)).join(" "),
      words: words(element),
      name: element.getAttribute("name") || "",
      value: element.value || "",
    };
    if (element.matches("summary")) return { ...shared, kind: "fold", name: element.closest("[id]:not(#dialog), nav, #dialog > *, .dialog-page").id || "here" };
    if (element.matches("a")) return { ...shared, kind: asks(element) ? "opens" : "link", ...(asks(element) || { url: whole(element.getAttribute("href")) }) };
    if (element.matches("button")) {
      if (asks(element)) return { ...shared, kind: "opens", ...asks(element) };
      return element.type === "submit" && element.form ? { ...shared, kind: "submit", ...sends(element.form, element) } : { ...shared, kind: "button" };
    }
    return { ...shared, kind: "field", ...(asks(element) || (element.form && sends(element.form)) || { method: "", url: location.href }) };
  }

  window.controlsHere = () => [...document.querySelectorAll(CONTROLS)].map(facts);
  const tell = (element) => element && console.debug(`pressed ${JSON.stringify(facts(element))}`);
  const listen = (names, which) => names.forEach((name) => addEventListener(name, (event) => tell(which(event)), true));
  listen(["click"], ({ target }) => target.closest?.("button, summary, a[href]"));
  listen(["submit"], ({ submitter }) => submitter);
  listen(["input", "change"], ({ target }) => target.closest?.("input, select, textarea"));
})();
