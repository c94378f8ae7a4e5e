"use strict";
// Draws images in a Worker, one at a time. `steps.py` says what each step does.

const decode = ({ type, values }) => {
  const { buffer } = Uint8Array.from(atob(values), (letter) => letter.charCodeAt(0));
  return type === "int32" ? new Int32Array(buffer) : new Float32Array(buffer);
};

const ACTIVATIONS = {
  relu: (x) => (x > 0 ? x : 0),
  leaky_relu: (x, slope) => (x > 0 ? x : slope * x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  silu: (x) => x / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  positive: (x) => (x > 0 ? 1 : 0),
};

// Each gets what the step tells, the value to fill, and those it is made from.
const DO = {
  product({ weights, bias, width, places }, to, from) {
    const outputs = weights.length / width;
    for (let row = 0, start = 0; start < to.length; row += width, start += outputs) {
      const end = start + outputs;
      if (bias) to.set(bias, start);
      else to.fill(0, start, end);
      // Half of what a ReLU gives are zeros: they are left out.
      let count = 0;
      for (let k = 0; k < width; k += 1) if (from[row + k] !== 0) places[count++] = k;
      let n = 0;
      for (; n + 4 <= count; n += 4) {
        const a = from[row + places[n]], b = from[row + places[n + 1]];
        const c = from[row + places[n + 2]], d = from[row + places[n + 3]];
        let i = places[n] * outputs, j = places[n + 1] * outputs;
        let k = places[n + 2] * outputs, l = places[n + 3] * outputs;
        for (let place = start; place < end; place += 1)
          to[place] += a * weights[i++] + b * weights[j++] + c * weights[k++] + d * weights[l++];
      }
      for (; n < count; n += 1) {
        const a = from[row + places[n]];
        let i = places[n] * outputs;
        for (let place = start; place < end; place += 1) to[place] += a * weights[i++];
      }
    }
  },
  gather({ index, run }, to, from) {
    for (let n = 0, place = 0; n < index.length; n += 1) {
      let source = index[n] * run;
      for (let k = 0; k < run; k += 1) to[place++] = source < 0 ? 0 : from[source++];
    }
  },
  scatter({ index, run }, to, from) {
    to.fill(0);
    for (let n = 0; n < index.length; n += 1)
      if (index[n] >= 0)
        for (let k = 0; k < run; k += 1) to[index[n] * run + k] += from[n * run + k];
  },
  scale({ by, plus }, to, from) {
    for (let row = 0; row < to.length; row += by.length)
      for (let k = 0; k < by.length; k += 1) to[row + k] = from[row + k] * by[k] + plus[k];
  },
  activate({ name, details }, to, from) {
    const activation = ACTIVATIONS[name], detail = details[0];
    for (let n = 0; n < to.length; n += 1) to[n] = activation(from[n], detail);
  },
  add(step, to, ...values) {
    to.fill(0);
    for (const value of values) for (let n = 0; n < to.length; n += 1) to[n] += value[n];
  },
  multiply(step, to, ...values) {
    to.fill(1);
    for (const value of values) for (let n = 0; n < to.length; n += 1) to[n] *= value[n];
  },
  concatenate({ widths }, to, ...values) {
    for (let place = 0, row = 0; place < to.length; row += 1)
      for (let n = 0; n < values.length; n += 1)
        for (let k = 0; k < widths[n]; k += 1) to[place++] = values[n][row * widths[n] + k];
  },
};

const prepare = ({ steps, sizes, inputs, image }) => {
  const values = sizes.map((size) => new Float32Array(size));
  const calls = steps.map((step) => {
    const told = Object.fromEntries(Object.entries(step).map(
      ([name, part]) => [name, part?.type ? decode(part) : part]));
    if (told.weights) told.places = new Int32Array(told.width);
    const parts = [told, values[step.to], ...step.from.map((number) => values[number])];
    return () => DO[step.do](...parts);
  });
  return (...given) => {
    given.forEach((part, n) => values[inputs[n]].set(part));
    for (const call of calls) call();
    return values[image].slice();
  };
};

let draw;
onmessage = ({ data }) => {
  if (data.generator) draw = prepare(data.generator);
  else postMessage(draw(...data.inputs));
};
