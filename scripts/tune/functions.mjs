// Ten functions to minimise, the same as by-optuna.py gets: continuous, with many minima, narrow valleys, logarithmic, whole
// numbers and choices. Each has its space and its least value.
const { PI, abs, cos, exp, log10, sin, sqrt } = Math;
const real = (low, high, log = false) => ({ kind: 'real', low, high, ...(log ? { log } : {}) });
const box = (size, low, high) => Object.fromEntries(Array.from({ length: size }, (_, i) => [`x${i}`, real(low, high)]));
const sum = (x, of) => x.reduce((total, value, i) => total + of(value, i), 0);
const values = (point) => Object.values(point);

const branin = (x, y) =>
  (y - (5.1 / (4 * PI * PI)) * x * x + (5 / PI) * x - 6) ** 2 + 10 * (1 - 1 / (8 * PI)) * cos(x) + 10;

const A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const P = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];

export const functions = {
  sphere: { space: box(5, -5, 5), least: 0, of: (p) => sum(values(p), (x) => x * x) },
  rosenbrock: {
    space: box(3, -2, 2),
    least: 0,
    of: (p) => {
      const x = values(p);
      return sum(x.slice(1), (y, i) => 100 * (y - x[i] * x[i]) ** 2 + (1 - x[i]) ** 2);
    },
  },
  ackley: {
    space: box(3, -8, 8),
    least: 0,
    of: (p) => {
      const x = values(p);
      const n = x.length;
      return 20 + Math.E - 20 * exp(-0.2 * sqrt(sum(x, (v) => v * v) / n)) - exp(sum(x, (v) => cos(2 * PI * v)) / n);
    },
  },
  rastrigin: { space: box(3, -5, 5), least: 0, of: (p) => sum(values(p), (x) => x * x - 10 * cos(2 * PI * x) + 10) },
  griewank: {
    space: box(4, -60, 60),
    least: 0,
    of: (p) => {
      const x = values(p);
      return 1 + sum(x, (v) => v * v) / 4000 - x.reduce((product, v, i) => product * cos(v / sqrt(i + 1)), 1);
    },
  },
  branin: { space: { x: real(-5, 10), y: real(0, 15) }, least: 0.39788735772973816, of: ({ x, y }) => branin(x, y) },
  hartmann: {
    space: box(6, 0, 1),
    least: -3.322368011391339,
    of: (p) => {
      const x = values(p);
      return -sum([1, 1.2, 3, 3.2], (c, i) => c * exp(-sum(x, (v, j) => A[i][j] * (v - P[i][j]) ** 2)));
    },
  },
  styblinski: {
    space: box(4, -5, 5),
    least: -39.16616570377142 * 4,
    of: (p) => sum(values(p), (x) => x ** 4 - 16 * x * x + 5 * x) / 2,
  },
  // As the settings of a model: a rate by order of magnitude, a size, a kind.
  settings: {
    space: {
      rate: real(1e-5, 1, true),
      size: { kind: 'whole', low: 1, high: 40 },
      kind: { kind: 'choice', choices: ['a', 'b', 'c', 'd'] },
      drop: real(0, 0.9),
    },
    least: 0,
    of: ({ rate, size, kind, drop }) =>
      (log10(rate) + 2.7) ** 2 +
      ((size - 23) / 10) ** 2 +
      [1.5, 0.6, 0, 1][kind] +
      abs(drop - 0.3) * (kind === 2 ? 1 : 2),
  },
  // As an ensemble: who is in it, and how much one of them counts.
  members: {
    space: {
      ...Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`m${i}`, { kind: 'choice', choices: [true, false] }])),
      weight: real(0, 4),
    },
    least: 0,
    of: ({ weight, ...m }) => {
      const isOut = values(m);
      const wrong = [0, 1, 0, 0, 1, 0].filter((want, i) => want !== isOut[i]).length;
      return wrong / 2 + (isOut[0] !== isOut[2] ? 0.7 : 0) + ((1 + wrong / 4) * (1 - sin(weight))) / 2;
    },
  },
};
