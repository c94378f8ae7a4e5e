"use strict";
(() => {
  const { runs, charts } = JSON.parse(document.getElementById("data").textContent);
  const slider = document.getElementById("epoch");
  const shown = document.getElementById("epoch-shown");
  const play = document.getElementById("play");
  const all = runs.flatMap((run) => [...run.epochs, ...run.history.epoch]);
  const epochs = [...new Set(all.length ? all : [0])].sort((a, b) => a - b);
  const lastEpoch = Math.max(1, ...runs.map((run) => run.history.epoch.at(-1) ?? 0), ...epochs);
  const DASHES = ["", "7 4", "2 3", "10 3 2 3"];
  const several = runs.length > 1;

  const element = (name, attributes = {}, text) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const shape = (name, attributes, text) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const nearestNotAfter = (list, value) => {
    let found = 0;
    while (found + 1 < list.length && list[found + 1] <= value) found += 1;
    return found;
  };
  const format = (value) =>
    value === undefined || value === null ? "–" : Number(value.toPrecision(4)).toString();

  const pictures = runs.map((run) => {
    if (!run.epochs.length) return null;
    const figure = element("figure");
    const caption = element("figcaption");
    const picture = element("img", { width: 298, height: 298 });
    figure.append(caption, picture);
    document.getElementById("grids").append(figure);
    return { caption, picture };
  });

  const WIDTH = 560, HEIGHT = 300, LEFT = 56, RIGHT = 26, TOP = 12, BOTTOM = 48;

  const roundSteps = [-4, -3, -2, -1, 0, 1, 2, 3].flatMap((power) =>
    [1, 2, 5].map((n) => Number(`${n}e${power}`)));

  const niceTicks = (low, high) => {
    const rough = (high - low) / 4 || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
    const ticks = [];
    for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + step * 1e-6; tick += step)
      ticks.push(Number(tick.toPrecision(10)));
    return ticks;
  };

  const swatch = (colour, dash) => {
    const svg = shape("svg", { class: "swatch", viewBox: "0 0 28 8", "aria-hidden": "true" });
    svg.append(shape("line", {
      x1: 0, x2: 28, y1: 4, y2: 4, style: `stroke: ${colour}`, "stroke-width": 3, "stroke-dasharray": dash,
    }));
    return svg;
  };

  const drawChart = (chart) => {
    const curves = runs.flatMap((run, r) =>
      chart.series.flatMap(({ key, label }, s) => {
        const values = run.history[key] ?? [];
        const points = run.history.epoch
          .map((epoch, i) => [epoch, values[i]])
          .filter(([, value]) => value !== null && value !== undefined);
        if (!points.length) return [];
        return [{
          points,
          label: several ? `${run.name}: ${label}` : label,
          colour: `var(--c${(several ? r : s) % 6})`,
          dash: several ? DASHES[s % DASHES.length] : "",
        }];
      }));
    if (!curves.length) return null;
    const references = chart.references;
    const drawn = [
      ...curves.flatMap((curve) => curve.points.map(([, value]) => value)),
      ...references.map((reference) => reference.value),
    ];
    let low = chart.low ?? Math.min(...drawn), high = chart.high ?? Math.max(...drawn);
    const scale = chart.log ? Math.log10 : (value) => value;
    if (chart.log) {
      low = roundSteps.findLast((step) => step <= Math.min(...drawn)) ?? roundSteps[0];
      high = roundSteps.find((step) => step > Math.max(...drawn)) ?? Math.max(...drawn);
    } else if (chart.high === null || chart.high === undefined) {
      const margin = (high - low) * 0.05 || 0.5;
      high += margin;
      if (chart.low === null || chart.low === undefined) low -= margin;
    }
    const x = (epoch) => LEFT + ((WIDTH - LEFT - RIGHT) * epoch) / lastEpoch;
    const y = (value) =>
      TOP + ((HEIGHT - TOP - BOTTOM) * (scale(high) - scale(Math.max(value, chart.log ? low : value)))) /
        (scale(high) - scale(low));

    const figure = element("figure", { class: "chart" });
    figure.append(element("figcaption", {}, chart.title));
    const svg = shape("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`, tabindex: 0, role: "slider",
      "aria-label": `${chart.title}, against epochs`,
      "aria-valuemin": 0, "aria-valuemax": lastEpoch,
    });
    const ticks = chart.log
      ? roundSteps.filter((step) => step >= low && step <= high)
      : niceTicks(low, high);
    for (const tick of ticks) {
      svg.append(shape("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick) }));
      svg.append(shape("text", { x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end" }, format(tick)));
    }
    for (const tick of niceTicks(0, lastEpoch).filter(Number.isInteger))
      svg.append(shape("text", { x: x(tick), y: HEIGHT - 27, "text-anchor": "middle" }, tick));
    svg.append(shape("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, "epoch"));
    for (const reference of references)
      svg.append(shape("line", {
        class: "reference", x1: LEFT, x2: WIDTH - RIGHT, y1: y(reference.value), y2: y(reference.value),
      }));
    for (const curve of curves) {
      const path = curve.points.map(([epoch, value]) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`);
      svg.append(shape("polyline", {
        class: "curve", points: path.join(" "), style: `stroke: ${curve.colour}`,
        "stroke-dasharray": curve.dash,
      }));
      if (curve.points.length < 25)
        for (const [epoch, value] of curve.points)
          svg.append(shape("circle", { cx: x(epoch), cy: y(value), r: 3, style: `fill: ${curve.colour}` }));
    }
    const cursor = shape("line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM });
    svg.append(cursor);
    const readout = element("ul", { class: "readout" });
    const values = curves.map((curve) => {
      const item = element("li");
      const value = element("span", { class: "value" });
      item.append(swatch(curve.colour, curve.dash), element("span", {}, curve.label), value);
      readout.append(item);
      return value;
    });
    for (const reference of references) {
      const item = element("li");
      item.append(
        swatch("var(--soft)", "6 5"),
        element("span", {}, reference.label),
        element("span", { class: "value" }, format(reference.value)));
      readout.append(item);
    }
    figure.append(svg, readout);
    document.getElementById("charts").append(figure);

    const showAt = (epoch) => {
      svg.setAttribute("aria-valuenow", epoch);
      cursor.setAttribute("x1", x(epoch));
      cursor.setAttribute("x2", x(epoch));
      curves.forEach((curve, i) => {
        const before = curve.points.filter(([at]) => at <= epoch);
        const point = before.at(-1);
        values[i].textContent = point ? `${format(point[1])} (epoch ${point[0]})` : "–";
      });
      const said = curves.map((curve, i) => `${curve.label} ${values[i].textContent}`);
      svg.setAttribute("aria-valuetext", `epoch ${epoch}: ${said.join(", ")}`);
    };
    const pointed = (event) => {
      const box = svg.getBoundingClientRect();
      const at = ((event.clientX - box.left) / box.width) * WIDTH;
      return Math.round(Math.min(lastEpoch, Math.max(0, ((at - LEFT) / (WIDTH - LEFT - RIGHT)) * lastEpoch)));
    };
    svg.addEventListener("pointermove", (event) => showAt(pointed(event)));
    svg.addEventListener("pointerleave", () => showAt(epochs[slider.value]));
    svg.addEventListener("click", (event) => go(nearestNotAfter(epochs, pointed(event))));
    svg.addEventListener("keydown", (event) => {
      const steps = {
        ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10,
        Home: -epochs.length, End: epochs.length,
      };
      if (!(event.key in steps)) return;
      event.preventDefault();
      go(Number(slider.value) + steps[event.key]);
    });
    return showAt;
  };
  const markers = charts.map(drawChart).filter(Boolean);

  const go = (index) => {
    index = Math.min(epochs.length - 1, Math.max(0, index));
    slider.value = index;
    const epoch = epochs[index] ?? 0;
    const words = epoch === 0 ? "before training" : `epoch ${epoch}`;
    shown.textContent = epoch === 0 ? words : `${epoch} of ${lastEpoch}`;
    slider.setAttribute("aria-valuetext", words);
    runs.forEach((run, r) => {
      if (pictures[r] === null) return;
      const i = nearestNotAfter(run.epochs, epoch);
      const when = run.epochs[i] === 0 ? "before training" : `after epoch ${run.epochs[i]}`;
      pictures[r].picture.src = run.images[i];
      pictures[r].picture.alt = `a grid of generated images, ${when}`;
      pictures[r].caption.textContent = several ? `${run.name}, ${when}` : `Generated ${when}`;
    });
    markers.forEach((mark) => mark(epoch));
  };

  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  };
  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    if (Number(slider.value) === epochs.length - 1) go(0);
    play.textContent = "Stop";
    timer = setInterval(() => {
      go(Number(slider.value) + 1);
      if (Number(slider.value) === epochs.length - 1) stop();
    }, 120);
  });
  slider.max = epochs.length - 1;
  play.hidden = epochs.length < 2;
  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value));
  });
  go(epochs.length - 1);
})();
