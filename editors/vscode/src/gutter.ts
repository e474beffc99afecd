/** The state of each cell, as a mark in the gutter beside its marker. */

import * as vscode from "vscode";
import type { Notebooks } from "./cells";

const CHECK = '<path d="M3 8.5l3.2 3.2L13 4.8" fill="none" stroke="COLOUR" stroke-width="2"/>';
const CROSS = '<path d="M4 4l8 8M12 4l-8 8" fill="none" stroke="COLOUR" stroke-width="2"/>';
const RING = '<circle cx="8" cy="8" r="4" fill="none" stroke="COLOUR" stroke-width="1.5"/>';
const DISC = '<circle cx="8" cy="8" r="4.5" fill="COLOUR"/>';
const ARROW = '<path d="M5 3l8 5-8 5z" fill="COLOUR"/>';
const DOTS =
  '<g fill="COLOUR"><circle cx="3.5" cy="8" r="1.5"/><circle cx="8" cy="8" r="1.5"/><circle cx="12.5" cy="8" r="1.5"/></g>';
const BLOCK = '<rect x="4" y="4" width="8" height="8" fill="COLOUR"/>';
const DASH = '<path d="M4 8h8" stroke="COLOUR" stroke-width="2"/>';

/** Shape and colour of each state; the colours are seen on light and on dark. */
const MARKS: Record<string, [shape: string, colour: string]> = {
  new: [RING, "#8a8a8a"],
  fresh: [CHECK, "#3fa45b"],
  stale: [DISC, "#d08a17"],
  queued: [DOTS, "#4b8fdd"],
  running: [ARROW, "#4b8fdd"],
  error: [CROSS, "#e05252"],
  blocked: [BLOCK, "#e05252"],
  interrupted: [DISC, "#e05252"],
  disabled: [DASH, "#8a8a8a"],
};

export class Gutter implements vscode.Disposable {
  private readonly types = new Map<string, vscode.TextEditorDecorationType>();
  private readonly parts: vscode.Disposable[];

  constructor(private readonly notebooks: Notebooks) {
    for (const [state, [shape, colour]] of Object.entries(MARKS)) {
      this.types.set(state, decoration(shape.replaceAll("COLOUR", colour)));
    }
    this.parts = [
      notebooks.changed((uri) => this.drawAll((editor) => editor.document.uri.toString() === uri)),
      vscode.window.onDidChangeVisibleTextEditors(() => this.drawAll()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("sessions.gutter")) {
          this.drawAll();
        }
      }),
    ];
  }

  private drawAll(which: (editor: vscode.TextEditor) => boolean = () => true): void {
    vscode.window.visibleTextEditors.filter(which).forEach((editor) => this.draw(editor));
  }

  private draw(editor: vscode.TextEditor): void {
    const { uri } = editor.document;
    const wanted = vscode.workspace.getConfiguration("sessions", uri).get("gutter", true);
    const cells = wanted ? this.notebooks.list(uri).filter((cell) => cell.kind === "code") : [];
    for (const [state, type] of this.types) {
      const lines = cells.filter((cell) => cell.state === state);
      editor.setDecorations(
        type,
        lines.map(({ range }) => new vscode.Range(range.start.line, 0, range.start.line, 0)),
      );
    }
  }

  dispose(): void {
    [...this.parts, ...this.types.values()].forEach((part) => part.dispose());
  }
}

function decoration(shape: string): vscode.TextEditorDecorationType {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${shape}</svg>`;
  const icon = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
  return vscode.window.createTextEditorDecorationType({
    gutterIconPath: vscode.Uri.parse(icon),
    gutterIconSize: "75%",
  });
}
