/** What the palette and the keys do: each asks the server about the notebook in front. */

import { basename } from "node:path";
import * as vscode from "vscode";
import type { Cell, Notebooks } from "./cells";
import { isNotebook } from "./server";
import { choose } from "./variables";

/** Of each command here, the one of the server. */
const ASKED: Record<string, string> = {
  "sessions.cell.run": "sessions.runCell",
  "sessions.cell.runAbove": "sessions.runAbove",
  "sessions.cell.runBelow": "sessions.runBelow",
  "sessions.cell.clear": "sessions.clearOutputs",
  "sessions.cell.show": "sessions.showOutput",
  "sessions.notebook.runStale": "sessions.runStale",
  "sessions.notebook.runAll": "sessions.runAll",
  "sessions.notebook.interrupt": "sessions.interrupt",
  "sessions.notebook.restart": "sessions.restart",
};

/** Waits for the server; false: there is none. */
export type Ready = () => Promise<boolean>;

/** Register all of them. */
export function register(notebooks: Notebooks, ready: Ready): vscode.Disposable[] {
  const asked = Object.entries(ASKED).map(([name, command]) =>
    vscode.commands.registerTextEditorCommand(
      name,
      (editor) => void ask(editor, command, name.startsWith("sessions.notebook."), ready),
    ),
  );
  return [
    ...asked,
    vscode.commands.registerTextEditorCommand("sessions.cell.runAndAdvance", (editor) => {
      void ask(editor, "sessions.runCell", false, ready);
      go(editor, notebooks, 1);
    }),
    vscode.commands.registerTextEditorCommand(
      "sessions.notebook.variables",
      (editor) => void variables(editor, notebooks, ready),
    ),
    vscode.commands.registerTextEditorCommand("sessions.cell.next", (editor) =>
      go(editor, notebooks, 1),
    ),
    vscode.commands.registerTextEditorCommand("sessions.cell.previous", (editor) =>
      go(editor, notebooks, -1),
    ),
  ];
}

async function ask(
  editor: vscode.TextEditor,
  command: string,
  whole: boolean,
  ready: Ready,
): Promise<void> {
  const uri = editor.document.uri.toString();
  const line = editor.selection.active.line + 1; // where the cursor is now: it may move meanwhile
  if (await served(editor, ready)) {
    await vscode.commands.executeCommand(command, whole ? { uri } : { uri, line });
  }
}

/** List the variables, and go to the cell of the one that is chosen. */
async function variables(
  editor: vscode.TextEditor,
  notebooks: Notebooks,
  ready: Ready,
): Promise<void> {
  if (await served(editor, ready)) {
    const number = await choose(editor.document.uri);
    const cell = notebooks.list(editor.document.uri).find((one) => one.number === number);
    if (cell) {
      to(editor, cell);
    }
  }
}

/** Whether the editor holds a notebook and the server is there; says so where not. */
async function served(editor: vscode.TextEditor, ready: Ready): Promise<boolean> {
  if (isNotebook(editor.document)) {
    return ready();
  }
  const name = basename(editor.document.fileName);
  const what = `${name} is not a notebook: it has no cell marker, a line that begins with \`# %%\`.`;
  void vscode.window.showInformationMessage(what);
  return false;
}

/** Put the cursor on the first line of the next or previous cell with code. */
function go(editor: vscode.TextEditor, notebooks: Notebooks, step: 1 | -1): void {
  const cells = notebooks.list(editor.document.uri);
  const here = cells.findLastIndex((cell) => cell.range.start.line <= editor.selection.active.line);
  const others = step > 0 ? cells.slice(here + 1) : cells.slice(0, Math.max(here, 0)).reverse();
  const next = others.find((cell: Cell) => cell.kind === "code");
  if (next) {
    to(editor, next);
  }
}

function to(editor: vscode.TextEditor, cell: Cell): void {
  const first = Math.min(cell.range.start.line + 1, cell.range.end.line);
  const place = new vscode.Position(first, 0);
  editor.selection = new vscode.Selection(place, place);
  editor.revealRange(new vscode.Range(place, place), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
