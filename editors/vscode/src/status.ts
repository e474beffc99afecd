/** What the notebook in front is at, in the status bar. */

import * as vscode from "vscode";
import type { Notebooks } from "./cells";

const TOLD = ["running", "queued", "error", "stale", "new", "blocked", "interrupted"];
const WORDS: Record<string, string> = { error: "failed" };

export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    "sessions.status",
    vscode.StatusBarAlignment.Right,
    95,
  );
  private readonly parts: vscode.Disposable[];

  constructor(private readonly notebooks: Notebooks) {
    this.item.name = "Sessions";
    this.item.command = "sessions.notebook.runStale";
    this.parts = [
      notebooks.changed(() => this.update()),
      vscode.window.onDidChangeActiveTextEditor(() => this.update()),
    ];
    this.update();
  }

  private update(): void {
    const document = vscode.window.activeTextEditor?.document;
    const text = document ? this.line(document.uri) : "";
    if (document && text) {
      this.item.text = text;
      this.item.tooltip = this.tooltip(document.uri);
      this.item.show();
    } else {
      this.item.hide();
    }
  }

  /** Such as `2 stale · idle`; "" for what is no notebook. */
  private line(uri: vscode.Uri): string {
    const notebook = this.notebooks.get(uri);
    if (!notebook) {
      return "";
    }
    const code = this.notebooks.list(uri).filter((cell) => cell.kind === "code");
    const parts = TOLD.flatMap((state) => {
      const count = code.filter((cell) => cell.state === state).length;
      return count ? [`${count} ${WORDS[state] ?? state}`] : [];
    });
    const busy = code.some((cell) => cell.state === "running" || cell.state === "queued");
    const icon = busy ? "$(sync~spin)" : parts.length ? "$(circle-filled)" : "$(check)";
    const kernel = notebook.kernel.state === "none" ? "no kernel" : notebook.kernel.state;
    return `${icon} ${parts.join(", ") || "all fresh"} · ${kernel}`;
  }

  private tooltip(uri: vscode.Uri): string {
    const python = this.notebooks.get(uri)?.kernel.python;
    const found = this.notebooks
      .list(uri)
      .filter((cell) => cell.kind === "code" && cell.state !== "fresh")
      .slice(0, 12)
      .map((cell) => {
        const title = cell.title ? ` (${cell.title})` : "";
        return `cell ${cell.number}${title}: ${cell.state}${cell.reason ? `, ${cell.reason}` : ""}`;
      });
    return [...(python ? [`Python: ${python}`] : []), ...found, "Click to run what is stale"].join("\n");
  }

  dispose(): void {
    [...this.parts, this.item].forEach((part) => part.dispose());
  }
}
