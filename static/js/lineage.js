// Zoom, drag, keys, what is beside the graph; without it links are pages. `find`, `all`, `on`, `mark`, `announce`: app.js.
const box = () => find(".lineage");
const svg = () => find("svg.graph");
const whole = () => svg().viewBox.baseVal;
const within = ({ target }, selector) => target.closest?.(selector);
const keyOf = (node) => node?.id.slice(2);
const spot = (node) => node.transform.baseVal[0].matrix;
const picked = () => find(`#n-${find("#side").dataset.picked}`);
const moved = new Map(); // how far, by key
let scale, before, grip, pinch; // `before` a swap; a drag; two fingers

function resize(to) {
  scale = Math.min(4, Math.max(0.1, to));
  svg().setAttribute("width", whole().width * scale);
  svg().classList.add("own-size");
}

function middle(element) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}

// What lay at one point comes to lie at another.
function zoom(times, to = middle(box()), from = to) {
  const old = svg().getScreenCTM();
  resize(old.a * times);
  const { a, e, f } = svg().getScreenCTM(), grown = a / old.a;
  box().scrollBy((from.x - old.e) * grown + e - to.x, (from.y - old.f) * grown + f - to.y);
}

// As graph.py draws, with what was moved.
function redraw() {
  const places = {};
  for (const node of all(".node")) {
    const key = keyOf(node), { e, f } = spot(node), [x, y] = moved.get(key) || [0, 0];
    node.setAttribute("transform", `translate(${e} ${f}) translate(${x} ${y})`);
    places[key] = [e + x, f + y + 25];
  }
  for (const { dataset, children } of all(".edge")) {
    const [left, y] = places[dataset.from], [tip, y2] = places[dataset.to];
    const x = left + 136, x2 = tip - 5, bend = x2 > x ? Math.max(14, (x2 - x) >> 1) : 60;
    children[0].setAttribute("d", `M${x} ${y}C${x + bend} ${y} ${x2 - bend} ${y2} ${x2} ${y2}`);
    children[1].setAttribute("d", `M${tip} ${y2}l-7 -4v8z`);
  }
  find("#reset-layout").hidden = !moved.size;
}

function move(key, right, down) {
  const [x, y] = moved.get(key) || [0, 0];
  moved.set(key, [x + right, y + down]);
  redraw();
}

const presses = {
  in: () => zoom(1.25),
  out: () => zoom(0.8),
  fit: () => resize(Math.min(box().clientWidth / whole().width, box().clientHeight / whole().height)),
  reset() {
    moved.clear();
    redraw();
    box().focus({ preventScroll: true });
  },
};

on("wheel", (event) => {
  if (!event.ctrlKey || !within(event, ".lineage")) return;
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 200), event);
}, { passive: false });

on("touchmove", (event) => {
  const [one, two] = event.touches;
  if (!two || !within(event, ".lineage")) return;
  event.preventDefault();
  const x = (one.clientX + two.clientX) / 2, y = (one.clientY + two.clientY) / 2;
  const now = { x, y, span: Math.hypot(one.clientX - x, one.clientY - y) };
  if (pinch) zoom(now.span / pinch.span, now, pinch);
  pinch = now;
}, { passive: false });

// A mouse drags a node (none hidden: its key changes) or the picture, a finger the marked node: else it scrolls.
on("pointerdown", (event) => {
  const { x, y, button, pointerType } = event, node = within(event, "a.node");
  const drags = pointerType === "touch" ? node?.ariaCurrent : !button && within(event, ".lineage");
  grip = drags && { x, y, key: keyOf(node) };
  pinch = null;
});
on("pointermove", ({ x, y, buttons }) => {
  if (!buttons) grip = null;
  if (!grip || (!grip.moved && Math.hypot(x - grip.x, y - grip.y) < 5)) return;
  const { a } = svg().getScreenCTM();
  if (grip.key) move(grip.key, (x - grip.x) / a, (y - grip.y) / a);
  else box().scrollBy(grip.x - x, grip.y - y);
  grip = { ...grip, x, y, moved: true };
});
on("dragstart", (event) => within(event, ".lineage") && event.preventDefault());

// What is joined to a node.
function light(event) {
  const key = keyOf(within(event, ".node")), near = new Set([key]);
  for (const edge of all(".edge")) {
    const { from, to } = edge.dataset;
    if (edge.classList.toggle("lit", [from, to].includes(key))) near.add(from).add(to);
  }
  for (const node of all(".node")) node.classList.toggle("lit", near.has(keyOf(node)));
  svg()?.classList.toggle("dim", !!key);
}
on("pointerover", light);
on("focusin", light);

// Left and right to what is joined, up and down a column.
function next(node, right, down) {
  const here = spot(node), away = (other) => Math.abs(spot(other).f - here.f);
  const isThere = (other) => {
    const { e, f } = spot(other);
    return right ? (e - here.e) * right > 0 : e === here.e && (f - here.f) * down > 0;
  };
  return all(right ? ".node.lit" : ".node").filter(isThere).sort((one, other) => away(one) - away(other))[0];
}

const ways = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] };
on("keydown", (event) => {
  const node = within(event, ".node"), way = node && ways[event.key];
  if (event.key === "Escape" && within(event, "#graph")) find("#side [data-close]")?.click();
  if (!way) return;
  event.preventDefault();
  light(event);
  if (event.shiftKey && node.href) move(keyOf(node), ...way);
  else next(node, ...way)?.focus();
});

on("click", (event) => {
  presses[within(event, "[data-press]")?.dataset.press]?.();
  const link = within(event, "a.node, [data-swap]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (grip?.moved && event.detail) return; // the end of a drag
  const target = `#${link.dataset.swap || "side"}`;
  htmx.ajax("GET", link.getAttribute("href"), { target, swap: "outerHTML", push: "true", source: link });
});

function arrive() {
  const hub = find(".hub");
  if (!hub) return;
  if (scale) resize(scale);
  if (moved.size) redraw();
  if (before?.hub === hub.id) return box().scrollTo(before);
  const from = middle(box()), to = middle(picked() || hub);
  box().scrollBy(to.x - from.x, to.y - from.y);
}

on("htmx:beforeSwap", () => (before = box() && { left: box().scrollLeft, top: box().scrollTop, hub: find(".hub")?.id }));
on("htmx:afterSettle", ({ target: { id } }) => {
  if (id === "graph") arrive();
  else if (id !== "side") return;
  const old = find(".node[aria-current]");
  mark(".node", picked());
  picked()?.scrollIntoView({ block: "nearest" });
  announce(find("#side h2")?.textContent);
  if (document.activeElement === document.body) (old || box()).focus({ preventScroll: true });
});
arrive();
