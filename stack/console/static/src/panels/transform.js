// @ts-check
import { reduce, REDUCER_NAMES } from "./reduce.js";
import { rowCount } from "./frames.js";

/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./frames.js").Column} Column */
/** @typedef {{id: string, options?: any, disabled?: boolean}} Transformation */

/** @type {Record<string, (frames: Frame[], options: any) => Frame[]>} */
const TRANSFORMATIONS = {
  merge: (frames) => [merged(frames)],
  organize: (frames, options) => frames.map((frame) => organized(frame, options)),
  filterFieldsByName: (frames, options) => frames.map((frame) => filtered(frame, options)),
  joinByField: (frames, options) => [joined(frames, options.byField ?? "Time")],
  seriesToColumns: (frames, options) => [joined(frames, options.byField ?? "Time")],
  sortBy: (frames, options) => frames.map((frame) => sorted(frame, options.sort?.[0])),
  limit: (frames, options) =>
    frames.map((frame) => picked(frame, order(frame).slice(0, Number(options.limitField ?? 10)))),
  reduce: (frames, options) => [reduced(frames, options.reducers ?? ["lastNotNull"])],
};

/**
 * The frames after the panel's transformations. An unknown one is passed over: its input is still true.
 * @param {Frame[]} frames
 * @param {Transformation[]} [transformations]
 */
export function transform(frames, transformations = []) {
  return transformations
    .filter(({ id, disabled }) => !disabled && id in TRANSFORMATIONS)
    .reduce((at, { id, options }) => TRANSFORMATIONS[id](at, options ?? {}), frames);
}

/**
 * One table of all frames; rows that agree in every shared text column become one.
 * @param {Frame[]} frames
 * @returns {Frame}
 */
export function merged(frames) {
  const columns = unionColumns(frames);
  /** @type {Map<string, Record<string, any>>} */
  const rows = new Map();
  for (const frame of frames) {
    for (const row of records(frame)) {
      const key = JSON.stringify(columns.filter(({ type }) => type !== "number").map(({ name }) => row[name] ?? null));
      rows.set(key, { ...rows.get(key), ...row });
    }
  }
  return table(columns, [...rows.values()]);
}

/**
 * @param {Frame[]} frames
 * @param {string} key
 */
function joined(frames, key) {
  const columns = unionColumns(frames);
  /** @type {Map<any, Record<string, any>>} */
  const rows = new Map();
  for (const row of frames.flatMap(records)) rows.set(row[key], { ...rows.get(row[key]), ...row });
  const first = columns.filter(({ name }) => name === key);
  return table([...first, ...columns.filter(({ name }) => name !== key)], [...rows.values()]);
}

/**
 * @param {Frame} frame
 * @param {{excludeByName?: Record<string, boolean>, includeByName?: Record<string, boolean>, indexByName?: Record<string, number>, renameByName?: Record<string, string>}} options
 */
function organized(frame, { excludeByName = {}, includeByName = {}, indexByName = {}, renameByName = {} }) {
  const only = Object.values(includeByName).some(Boolean);
  const columns = frame.columns
    .filter(({ name }) => !excludeByName[name] && (!only || includeByName[name]))
    .map((column, index) => ({ column, place: indexByName[column.name] ?? 1000 + index }))
    .sort((a, b) => a.place - b.place)
    .map(({ column }) => ({ ...column, name: renameByName[column.name] || column.name }));
  return { ...frame, columns };
}

/**
 * @param {Frame} frame
 * @param {{include?: {names?: string[], pattern?: string}, exclude?: {names?: string[], pattern?: string}}} options
 */
function filtered(frame, { include, exclude }) {
  const hit = (/** @type {{names?: string[], pattern?: string}} */ rule, /** @type {string} */ name) =>
    (rule.names ?? []).includes(name) ||
    (rule.pattern ? new RegExp(rule.pattern.replace(/^\/|\/$/g, "")).test(name) : false);
  return {
    ...frame,
    columns: frame.columns.filter(({ name }) => (!include || hit(include, name)) && !(exclude && hit(exclude, name))),
  };
}

/**
 * @param {Frame} frame
 * @param {{field: string, desc?: boolean} | undefined} rule
 */
function sorted(frame, rule) {
  const column = frame.columns.find(({ name }) => name === rule?.field);
  return column ? picked(frame, sortedRows(column, rule?.desc ?? false)) : frame;
}

/**
 * Row numbers in the order of a column; empty cells come last either way.
 * @param {Column} column
 * @param {boolean} descending
 */
export function sortedRows({ values }, descending) {
  const sign = descending ? -1 : 1;
  const rank = (/** @type {string | number | null} */ value) => (value === null || Number.isNaN(value) ? 1 : 0);
  return [...values.keys()].sort((i, j) => {
    const [a, b] = [values[i], values[j]];
    if (rank(a) || rank(b)) return rank(a) - rank(b);
    return (
      sign *
      (typeof a === "number" && typeof b === "number"
        ? a - b
        : String(a).localeCompare(String(b), undefined, { numeric: true }))
    );
  });
}

/**
 * One row per value column with its reductions.
 * @param {Frame[]} frames
 * @param {string[]} reducers
 * @returns {Frame}
 */
function reduced(frames, reducers) {
  const fields = frames.flatMap(({ columns }) => columns.filter(({ type }) => type === "number"));
  return {
    refId: frames[0]?.refId ?? "A",
    columns: [
      { name: "Field", type: "string", values: fields.map(({ name }) => name) },
      ...reducers.map((calc) => ({
        name: REDUCER_NAMES[calc] ?? calc,
        type: /** @type {const} */ ("number"),
        values: fields.map(({ values }) => reduce(/** @type {(number | null)[]} */ (values), calc)),
      })),
    ],
  };
}

/**
 * @param {Frame} frame
 * @param {number[]} rows
 */
export function picked(frame, rows) {
  return {
    ...frame,
    columns: frame.columns.map((column) => ({ ...column, values: rows.map((row) => column.values[row] ?? null) })),
  };
}

/** @param {Frame} frame */
function order(frame) {
  return Array.from({ length: rowCount(frame) }, (_, index) => index);
}

/** @param {Frame[]} frames */
function unionColumns(frames) {
  /** @type {Map<string, Column>} */
  const columns = new Map();
  for (const column of frames.flatMap((frame) => frame.columns))
    if (!columns.has(column.name)) columns.set(column.name, column);
  return [...columns.values()];
}

/** @param {Frame} frame */
function records(frame) {
  return order(frame).map((row) =>
    Object.fromEntries(frame.columns.map(({ name, values }) => [name, values[row] ?? null])),
  );
}

/**
 * @param {Column[]} columns
 * @param {Record<string, any>[]} rows
 * @returns {Frame}
 */
function table(columns, rows) {
  return {
    refId: "A",
    columns: columns.map(({ name, type }) => ({ name, type, values: rows.map((row) => row[name] ?? null) })),
  };
}
