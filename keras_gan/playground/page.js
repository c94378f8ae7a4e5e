"use strict";
(() => {
  const told = JSON.parse(document.getElementById("data").textContent);
  const { generator, latentDim, distribution, classes, directions } = told;
  const COLUMNS = 5, CELLS = 25, SIDE = 28;
  const uniform = distribution === "uniform";
  const find = (id) => document.getElementById(id);
  const element = (name, attributes = {}, text) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // A picture has `inputs()`, what to draw it from, and `show(values)`. Those that wait are drawn
  // in turn, from the inputs of that moment: however slow the generator is, none is left out.
  const waiting = new Set();
  const fail = (message) => {
    find("failure").textContent = `Nothing can be drawn here: ${message}.`;
    find("failure").hidden = false;
  };
  window.addEventListener("error", (event) => fail(event.message));
  const source = URL.createObjectURL(new Blob([find("engine").textContent], { type: "text/javascript" }));
  const workers = Array.from({ length: Math.min(navigator.hardwareConcurrency || 2, 4) }, () => {
    const worker = new Worker(source);
    worker.postMessage({ generator });
    worker.onmessage = ({ data }) => {
      const { picture, turn } = worker;
      worker.picture = null;
      if (turn > (picture.shown ?? 0)) {
        picture.shown = turn;
        picture.show(data);
      }
      drawOn();
    };
    worker.onerror = (error) => fail(error.message ?? "the browser starts no Worker");
    return worker;
  });
  let turns = 0;
  const drawOn = () => {
    for (const worker of workers) {
      const [picture] = waiting;
      if (!picture) break;
      if (worker.picture) continue;
      waiting.delete(picture);
      worker.postMessage({ inputs: picture.inputs() });
      [worker.picture, worker.turn] = [picture, ++turns];
    }
    if (!isDrawing()) document.dispatchEvent(new Event("drawn"));
  };
  const isDrawing = () => waiting.size > 0 || workers.some((worker) => worker.picture);
  const redraw = (pictures) => {
    for (const picture of pictures) waiting.add(picture);
    drawOn();
  };

  const painter = (canvas) => {
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(SIDE, SIDE);
    pixels.data.fill(255);
    return (values) => {
      for (let n = 0; n < values.length; n += 1)
        pixels.data.fill(Math.round(255 * values[n]), 4 * n, 4 * n + 3);
      context.putImageData(pixels, 0, 0);
    };
  };

  // The same seed gives the same numbers: mulberry32, and from it normal ones by Box and Muller.
  const randomNumbers = (seed) => {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  };
  const drawLatents = (seed) => {
    const random = randomNumbers(seed);
    const one = () => uniform
      ? 2 * random() - 1
      : Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Array.from({ length: CELLS }, () => Float32Array.from({ length: latentDim }, one));
  };

  const shifts = directions.map(() => 0);
  let latents = [], chosen = -1;
  const moved = (cell) => latents[cell].map((value, place) => {
    const sum = directions.reduce((so_far, way, n) => so_far + shifts[n] * way[place], value);
    return uniform ? Math.max(-1, Math.min(1, sum)) : sum;
  });
  const classOf = (cell) => (chosen < 0 ? cell % classes.length : chosen);
  const oneHot = (label) => Float32Array.from(classes, (_, n) => Number(n === label));
  const inputsOf = (cell) => (classes ? [moved(cell), oneHot(classOf(cell))] : [moved(cell)]);

  const cells = Array.from({ length: CELLS }, (_, cell) => {
    const button = element("button", { type: "button", "aria-pressed": false, tabindex: cell ? -1 : 0 });
    const canvas = element("canvas", { width: SIDE, height: SIDE });
    button.append(canvas);
    find("grid").append(button);
    return { button, canvas, inputs: () => inputsOf(cell), show: painter(canvas) };
  });
  const nameCells = () => cells.forEach(({ button }, cell) =>
    button.setAttribute("aria-label", `image ${cell + 1}${classes ? `: ${classes[classOf(cell)]}` : ""}`));

  // Between two latents: on an arc where they are normal, which keeps them as far from 0.
  const between = (first, second, part) => {
    const product = (a, b) => a.reduce((sum, value, n) => sum + value * b[n], 0);
    const cosine = product(first, second) / Math.sqrt(product(first, first) * product(second, second));
    const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
    let [a, b] = [1 - part, part];
    if (!uniform && Math.sin(angle) > 1e-6)
      [a, b] = [Math.sin(a * angle) / Math.sin(angle), Math.sin(b * angle) / Math.sin(angle)];
    return first.map((value, n) => a * value + b * second[n]);
  };
  let pair = [];
  const middle = {
    inputs: () => {
      const part = Number(find("part").value);
      const [first, second] = pair.map(inputsOf);
      const latent = between(first[0], second[0], part);
      if (!classes) return [latent];
      return [latent, first[1].map((value, n) => (1 - part) * value + part * second[1][n])];
    },
    show: painter(find("middle")),
  };
  const redrawMiddle = () => redraw(pair.length === 2 ? [middle] : []);
  const redrawAll = () => redraw(pair.length === 2 ? [...cells, middle] : cells);

  const choose = (cell) => {
    if (pair.includes(cell)) pair = pair.filter((other) => other !== cell);
    else pair = pair.length === 2 ? [cell] : [...pair, cell];
    showChoice();
  };
  const showChoice = () => {
    cells.forEach(({ button }, n) => button.setAttribute("aria-pressed", pair.includes(n)));
    find("told").textContent = [
      "Choose two images in the grid: one turns into the other here.",
      "Choose another image.",
      `From image ${pair[0] + 1} to image ${pair[1] + 1}.`,
    ][pair.length];
    find("between").hidden = pair.length < 2;
    if (pair.length < 2) {
      stop();
      waiting.delete(middle);
    }
    redrawMiddle();
  };
  cells.forEach(({ button }, cell) => {
    button.addEventListener("click", () => {
      reach(cell);
      choose(cell);
    });
    button.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      if (cells[cell + step]) reach(cell + step);
    });
  });
  // The Tab key leads to one image of the grid: the one that was reached last.
  const reach = (cell) => {
    cells.forEach(({ button }, n) => { button.tabIndex = n === cell ? 0 : -1; });
    cells[cell].button.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    pair = [];
    showChoice();
  });

  let playing = null;
  const stop = () => {
    cancelAnimationFrame(playing);
    playing = null;
    find("play").textContent = "Play";
  };
  find("play").addEventListener("click", () => {
    if (playing !== null) return stop();
    find("play").textContent = "Stop";
    // There and back in four seconds, from where the slider is.
    const offset = Math.acos(1 - 2 * Number(find("part").value));
    const start = performance.now();
    const step = (now) => {
      find("part").value = (1 - Math.cos(offset + (now - start) / 4000 * 2 * Math.PI)) / 2;
      redrawMiddle();
      playing = requestAnimationFrame(step);
    };
    playing = requestAnimationFrame(step);
  });
  find("part").addEventListener("input", redrawMiddle);

  if (classes) {
    ["all", ...classes].forEach((name, n) => {
      const label = element("label");
      const radio = element("input", { type: "radio", name: "class", value: n - 1 });
      radio.checked = n === 0;
      radio.addEventListener("change", () => {
        chosen = n - 1;
        nameCells();
        redrawAll();
      });
      label.append(radio, element("span", {}, name));
      find("classes").append(label);
    });
    find("classes").hidden = false;
  }

  const sliders = directions.map((_, n) => {
    const limit = uniform ? 1 : 2;
    const slider = element("input", {
      type: "range", id: `direction-${n + 1}`, "aria-label": `direction ${n + 1}`,
      min: -limit, max: limit, step: 0.05, value: 0,
    });
    const shown = element("span", { "aria-hidden": true }, "0");
    slider.addEventListener("input", () => {
      shifts[n] = Number(slider.value);
      shown.textContent = shifts[n].toFixed(2);
      redrawAll();
    });
    find("sliders").append(element("label", { for: slider.id, "aria-hidden": true }, String(n + 1)), slider, shown);
    return { slider, shown };
  });
  const toTheMiddle = () => {
    shifts.fill(0);
    for (const { slider, shown } of sliders) {
      slider.value = 0;
      shown.textContent = "0";
    }
  };
  find("reset").addEventListener("click", () => {
    toTheMiddle();
    redrawAll();
  });

  const start = () => {
    latents = drawLatents(Number(find("seed").value));
    redrawAll();
  };
  find("others").addEventListener("click", () => {
    find("seed").value = Math.floor(Math.random() * 2 ** 32);
    start();
  });
  find("seed").addEventListener("input", start);

  const download = (name, canvases, columns) => {
    const scale = 4, rows = Math.ceil(canvases.length / columns);
    const sheet = element("canvas", { width: columns * SIDE * scale, height: rows * SIDE * scale });
    const context = sheet.getContext("2d");
    context.imageSmoothingEnabled = false;
    canvases.forEach((canvas, n) => context.drawImage(
      canvas, (n % columns) * SIDE * scale, Math.floor(n / columns) * SIDE * scale, SIDE * scale, SIDE * scale));
    sheet.toBlob((blob) => {
      const link = element("a", { download: name, href: URL.createObjectURL(blob) });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    }, "image/png");
  };
  find("save").addEventListener("click", () => download("images.png", cells.map(({ canvas }) => canvas), COLUMNS));
  find("save-middle").addEventListener("click", () => download("morph.png", [find("middle")], 1));

  // For the console: what the 25 images are drawn from, any image from a latent and a label, and
  // a promise that all is drawn.
  window.playground = {
    latents: () => cells.map((_, cell) => Array.from(moved(cell))),
    labels: () => classes && cells.map((_, cell) => classOf(cell)),
    draw: (latent, label) => new Promise((resolve) => redraw([{
      inputs: () => (classes ? [latent, oneHot(label)] : [latent]),
      show: (values) => resolve(Array.from(values)),
    }])),
    settled: () => new Promise((resolve) => {
      if (isDrawing()) document.addEventListener("drawn", () => resolve(), { once: true });
      else resolve();
    }),
  };

  nameCells();
  showChoice();
  start();
})();
