// Lineage: zoom, drag, keys, what is beside the graph. Without it links are pages.
(() => {
  const find = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const on = document.addEventListener.bind(document);
  const box = () => find(".lineage");
  const svg = () => find("svg.graph");
  const size = (name) => svg().getAttribute(name);
  const at = (element) => element.getBoundingClientRect();
  const within = ({ target }, selector) => target.closest?.(selector);
  const nodeOf = (key) => find(`#n-${key}`);
  const keyOf = (node) => node?.id.slice(2);
  const picked = () => find("#side")?.dataset.picked;
  let scale = 0;
  let before, grip; // its place before a swap, a drag

  // It grows in a box that scrolls.
  function resize(to) {
    scale = Math.min(4, Math.max(0.1, to));
    svg().style.width = `${size("width") * scale}px`;
  }

  function zoom(by, point) {
    const edge = at(box()), old = at(svg());
    const { x, y } = point || { x: edge.x + edge.width / 2, y: edge.y + edge.height / 2 };
    resize((old.width / size("width")) * by);
    const { left, top, width } = at(svg());
    const grown = width / old.width;
    box().scrollBy(left + (x - old.x) * grown - x, top + (y - old.y) * grown - y);
  }

  const zooms = {
    in: () => zoom(1.25),
    out: () => zoom(0.8),
    fit: () => resize(Math.min(box().clientWidth / size("width"), box().clientHeight / size("height"))),
  };

  on("wheel", (event) => {
    if (!event.ctrlKey || !within(event, ".lineage")) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 200), event);
  }, { passive: false });

  // A mouse drags, a finger scrolls.
  on("pointerdown", (event) => {
    const { x, y, button, pointerType } = event;
    grip = within(event, ".lineage") && !button && pointerType !== "touch" && { x, y, left: box().scrollLeft, top: box().scrollTop };
  });
  on("pointermove", (event) => {
    if (!event.buttons) grip = null;
    if (!grip) return;
    const [x, y] = [event.x - grip.x, event.y - grip.y];
    grip.moved ||= Math.hypot(x, y) > 4;
    if (grip.moved) box().scrollTo(grip.left - x, grip.top - y);
  });
  on("dragstart", (event) => within(event, ".lineage") && event.preventDefault());

  // What is joined to a node.
  function light(event) {
    const key = keyOf(within(event, ".node"));
    const near = new Set([key]);
    for (const edge of all(".edge")) {
      const { from, to } = edge.dataset;
      if (edge.classList.toggle("lit", from === key || to === key)) near.add(from).add(to);
    }
    for (const node of all(".node")) node.classList.toggle("lit", near.has(keyOf(node)));
    svg()?.classList.toggle("dim", !!key);
  }
  on("pointerover", light);
  on("focusin", light);

  // Left and right along the arrows, up and down a column.
  function next(node, key) {
    const { x, y } = at(node);
    const [near, far] = key === "ArrowRight" ? ["from", "to"] : ["to", "from"];
    const found = /t$/.test(key)
      ? all(`.edge[data-${near}="${keyOf(node)}"]`).map((edge) => nodeOf(edge.dataset[far]))
      : all(".node").filter((other) => Math.abs(at(other).x - x) < 20 && (key === "ArrowUp" ? at(other).y < y : at(other).y > y));
    const away = (other) => Math.abs(at(other).y - y);
    return found.sort((one, other) => away(one) - away(other))[0];
  }

  on("keydown", (event) => {
    const node = /^Arrow/.test(event.key) && within(event, ".node");
    const close = event.key === "Escape" && within(event, "#graph") && find("#side [data-close]");
    if (node || close) event.preventDefault();
    if (node) next(node, event.key)?.focus();
    else if (close) swap(close);
  });

  const swap = (link) =>
    htmx.ajax("GET", link.getAttribute("href"), { target: `#${link.dataset.swap || "side"}`, swap: "outerHTML", push: "true", source: link });

  on("click", (event) => {
    zooms[within(event, "[data-zoom]")?.dataset.zoom]?.();
    const link = within(event, "a.node, [data-swap]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!grip?.moved) swap(link);
  });

  function arrive() {
    if (!svg()) return;
    find(".zoom").hidden = false;
    if (scale) resize(scale);
    if (before) return box().scrollTo(before);
    const [edge, root] = [at(box()), at(find(".selected"))];
    box().scrollBy(root.x - edge.x - edge.width / 2, root.y - edge.y - edge.height / 2);
  }

  on("htmx:beforeSwap", () => (before = { left: box()?.scrollLeft, top: box()?.scrollTop, key: picked() }));
  on("htmx:afterSettle", ({ target: { id } }) => {
    if (id === "graph") arrive();
    if (id !== "graph" && id !== "side") return;
    find(".node[aria-current]")?.removeAttribute("aria-current");
    const node = nodeOf(picked());
    node?.setAttribute("aria-current", "true");
    node?.scrollIntoView({ block: "nearest" });
    find("[data-announce]").textContent = find("#side h2")?.textContent || "";
    if (document.activeElement === document.body) (nodeOf(before.key) || box()).focus({ preventScroll: true });
  });
  arrive();
})();
