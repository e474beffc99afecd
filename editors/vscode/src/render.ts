/** A cell's whole result as HTML. Nothing in it runs: the page that shows it has no scripts but ours. */

import { readFile } from "node:fs/promises";
import * as vscode from "vscode";
import { colours } from "./ansi";
import { type Cell, isTrue, type Output, written } from "./cells";
import { escaped } from "./escaped";

/** One object that was displayed: its outputs by type. */
type Shown = Map<string, Output>;

const PICTURE = /^image\//;

export async function html(cell: Cell): Promise<string> {
  const running = written(cell);
  const given = running ?? cell;
  const parts = [`<h1>${escaped(heading(cell))}</h1>`];
  parts.push(block(given.stdout), block(given.stderr, "stderr"));
  for (const shown of objects(given.outputs, running ? "" : cell.text)) {
    parts.push(await object(shown, cell));
  }
  if (!running && cell.error) {
    const { traceback, type, message } = cell.error;
    parts.push(block(traceback || `${type}: ${message}`, "error"));
  }
  const shows = parts.slice(1).some((part) => part !== "");
  return parts.join("\n") + (shows || cell.state === "new" ? "" : "<p>It shows nothing.</p>");
}

/** Such as `Cell 4 (The week) · stale: it needs cell 1, which is stale`. */
function heading(cell: Cell): string {
  const { state } = cell;
  const title = cell.title ? ` (${cell.title})` : "";
  const words = [`Cell ${cell.number}${title}`];
  if (state === "error" && !isTrue(cell)) {
    words.push(`cannot run: ${cell.reason}`);
  } else if (state === "stale" || state === "blocked") {
    words.push(`${state}: ${cell.reason}`);
  } else {
    words.push(state === "error" ? "failed" : state);
    if (cell.runtime_ms !== null && state !== "running" && state !== "queued") {
      words.push(duration(cell.runtime_ms));
    }
  }
  if (cell.cold && state === "fresh") {
    words.push("from an earlier session");
  }
  return words.join(" · ");
}

function duration(ms: number): string {
  return ms < 1 ? "<1 ms" : ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** The objects that a cell displayed, each in several types; its value last. */
function objects(outputs: Output[], text: string): Shown[] {
  const found: Shown[] = [];
  for (const output of outputs) {
    const last = found.at(-1);
    if (last && output.mime !== "text/plain" && !last.has(output.mime)) {
      last.set(output.mime, output);
    } else {
      found.push(new Map([[output.mime, output]]));
    }
  }
  if (text !== "") {
    const last = found.at(-1);
    const value = last && !last.has("text/plain") ? last : new Map<string, Output>();
    if (value !== last) {
      found.push(value);
    }
    value.set("text/plain", { mime: "text/plain", data: text });
  }
  return found;
}

/** The richest form of an object that a page without scripts can show. */
async function object(shown: Shown, cell: Cell): Promise<string> {
  const plain = shown.get("text/plain")?.data ?? "";
  const picture = [...shown.values()].find(({ mime }) => PICTURE.test(mime));
  if (picture) {
    const words = plain.startsWith("<") && plain.endsWith(">") ? "" : block(plain);
    return words + image(picture, await bytes(picture), cell);
  }
  const page = shown.get("text/html");
  if (page) {
    const text = (await bytes(page)).toString();
    const still = /<script\b/i.test(text) && page.file;
    return `<div class="page">${text}</div>${still ? link(page, "the page with its scripts") : ""}`;
  }
  const markdown = shown.get("text/markdown");
  if (markdown) {
    const text = (await bytes(markdown)).toString();
    return await vscode.commands.executeCommand<string>("markdown.api.render", text);
  }
  const other = [...shown.values()].find(({ mime }) => mime !== "text/plain");
  return block(plain || (other?.data ?? "")) + (other?.file ? link(other, `the file (${other.mime})`) : "");
}

function image(output: Output, content: Buffer, cell: Cell): string {
  const source = `data:${output.mime};base64,${content.toString("base64")}`;
  const file = output.file ? ` data-file="${escaped(output.file)}"` : "";
  return `<p><img src="${source}" alt="picture of cell ${cell.number}"${file}></p>`;
}

function link(output: Output, what: string): string {
  return `<p><a href="#" data-file="${escaped(output.file ?? "")}">Open ${escaped(what)}</a></p>`;
}

async function bytes(output: Output): Promise<Buffer> {
  if (output.file === undefined) {
    return Buffer.from(output.data ?? "");
  }
  try {
    return await readFile(output.file);
  } catch {
    return Buffer.of(); // another run has taken its place: its message is on the way
  }
}

function block(text: string, kind = ""): string {
  return text.trim() ? `<pre class="${kind}">${colours(text.trimEnd())}</pre>` : "";
}
