/** Text with the colours of terminals as HTML (SGR; all other escape sequences are dropped). */

import { escaped } from "./escaped";

const SEQUENCE = /\x1b(?:\[([0-9;:]*)m|\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])/;
const NAMES = ["Black", "Red", "Green", "Yellow", "Blue", "Magenta", "Cyan", "White"];

/** Of each code what it sets; "" takes it back. */
const STYLES: Record<number, [property: string, value: string][]> = {
  1: [["font-weight", "bold"]],
  2: [["opacity", "0.7"]],
  3: [["font-style", "italic"]],
  4: [["text-decoration", "underline"]],
  9: [["text-decoration", "line-through"]],
  22: [["font-weight", ""], ["opacity", ""]],
  23: [["font-style", ""]],
  24: [["text-decoration", ""]],
  29: [["text-decoration", ""]],
  39: [["color", ""]],
  49: [["background-color", ""]],
};

type Style = Map<string, string>;

export function colours(text: string): string {
  const style: Style = new Map();
  // What was split by an expression with one group: texts and, after each, what the group holds.
  const parts = text.split(SEQUENCE);
  return parts
    .map((part, place) => {
      if (place % 2 === 0) {
        return spanned(part, style);
      }
      take(part?.split(/[;:]/).map(Number), style);
      return "";
    })
    .join("");
}

function spanned(text: string, style: Style): string {
  const set = [...style].filter(([, value]) => value).map((pair) => pair.join(":"));
  return text && set.length ? `<span style="${set.join(";")}">${escaped(text)}</span>` : escaped(text);
}

function take(codes: number[] | undefined, style: Style): void {
  while (codes?.length) {
    const code = codes.shift() ?? 0;
    const ground = code % 60 >= 40 ? "background-color" : "color";
    if (code === 0) {
      style.clear();
    } else if (code === 38 || code === 48) {
      style.set(ground, mixed(codes));
    } else if (STYLES[code]) {
      STYLES[code].forEach(([property, value]) => style.set(property, value));
    } else if ((code >= 30 && code < 48) || (code >= 90 && code < 108)) {
      style.set(ground, named((code % 10) + (code >= 90 ? 8 : 0)));
    }
  }
}

/** The colour that follows a 38 or 48: one of 256, or red, green and blue. */
function mixed(codes: number[]): string {
  const [index = 0] = codes.shift() === 2 ? [-1] : codes.splice(0, 1);
  return index < 0 ? `rgb(${codes.splice(0, 3).join(",")})` : indexed(index);
}

function indexed(index: number): string {
  if (index < 16) {
    return named(index);
  }
  const level = (part: number): number => (part ? 55 + 40 * part : 0);
  const place = index - 16;
  const parts = index < 232 ? [place / 36, (place / 6) % 6, place % 6] : [];
  const grey = 8 + 10 * (index - 232);
  return `rgb(${parts.length ? parts.map(Math.floor).map(level).join(",") : [grey, grey, grey].join(",")})`;
}

function named(index: number): string {
  return `var(--vscode-terminal-ansi${index < 8 ? "" : "Bright"}${NAMES[index % 8]})`;
}
