/** Whether the file in front is a notebook, for keys: by its text, before a server can answer. */

import * as vscode from "vscode";
import { isNotebook } from "./server";

export class InFront implements vscode.Disposable {
  private told: boolean | undefined;
  private readonly parts: vscode.Disposable[];

  constructor() {
    this.parts = [
      vscode.window.onDidChangeActiveTextEditor(() => this.update()),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document === vscode.window.activeTextEditor?.document) {
          this.update();
        }
      }),
    ];
    this.update();
  }

  private update(): void {
    const document = vscode.window.activeTextEditor?.document;
    const now = document !== undefined && isNotebook(document);
    if (now !== this.told) {
      this.told = now;
      void vscode.commands.executeCommand("setContext", "sessions.isNotebook", now);
    }
  }

  dispose(): void {
    this.parts.forEach((part) => part.dispose());
  }
}
