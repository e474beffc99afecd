/** The whole result of the cell at the cursor, in a panel beside the notebook that follows both. */

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { type Cell, isTrue, type Notebooks } from "./cells";
import { html } from "./render";

/** How a command of the server names a cell. */
export interface Place {
  uri: string;
  id?: string;
  line?: number;
}

const KIND = "sessions.result";
const GONE = "<h1>Nothing is known of this cell any more: put the cursor on another one.</h1>";

const STYLE = `
body { padding: 0 1em 1em; color: var(--vscode-editor-foreground); }
h1 { font-size: inherit; font-weight: normal; color: var(--vscode-descriptionForeground); }
.outdated > :not(h1) { opacity: 0.6; }
pre { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size);
  white-space: pre-wrap; overflow-wrap: anywhere; }
.stderr { color: var(--vscode-editorWarning-foreground); }
.error { color: var(--vscode-errorForeground); }
.page { overflow-x: auto; }
table.dataframe { border-collapse: collapse; border: none; }
table.dataframe :is(td, th) { border: none; padding: 0.2em 0.8em; text-align: right; }
table.dataframe tbody tr:nth-child(odd) { background: var(--vscode-list-hoverBackground); }
img { max-width: 100%; background: white; }
img[data-file] { cursor: zoom-in; }
`;

const SCRIPT = `
const editor = acquireVsCodeApi();
let id;
addEventListener("message", ({ data }) => {
  document.body.innerHTML = data.html;
  document.body.classList.toggle("outdated", data.outdated);
  if (data.id !== id) scrollTo(0, 0);
  id = data.id;
});
addEventListener("click", (event) => {
  const file = event.target.closest("[data-file]")?.dataset.file;
  if (file) editor.postMessage({ file });
});
editor.postMessage({});
`;

export class Results implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  /** The cell; `chosen` where it was asked for, and need not be the one at the cursor. */
  private place: { uri: vscode.Uri; id: string; chosen: boolean } | undefined;
  private shown: Cell | undefined;
  private readonly parts: vscode.Disposable[];

  constructor(private readonly notebooks: Notebooks) {
    this.parts = [
      notebooks.changed((uri) => this.update(uri)),
      vscode.window.registerWebviewPanelSerializer(KIND, {
        deserializeWebviewPanel: async (panel) => this.take(panel),
      }),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.follow(textEditor)),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (editor && this.place) {
          this.place.chosen = false; // what comes to the front is shown as soon as it is known
        }
        this.update(editor?.document.uri.toString());
      }),
    ];
  }

  /** Show the cell, and from now on the one at the cursor. False: it is not known. */
  open({ uri, id, line }: Place): boolean {
    const notebook = vscode.Uri.parse(uri);
    const cell =
      this.notebooks.list(notebook).find((one) => one.id === id) ??
      (line === undefined ? undefined : this.notebooks.at(notebook, line - 1));
    if (!cell) {
      return false;
    }
    this.place = { uri: notebook, id: cell.id, chosen: true };
    if (this.panel) {
      this.panel.reveal(undefined, true);
      void this.draw();
    } else {
      const where = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      this.take(vscode.window.createWebviewPanel(KIND, "Result", where, { enableFindWidget: true }));
    }
    return true;
  }

  /** Show results in this panel; its page asks for what it shows whenever it is loaded. */
  private take(panel: vscode.WebviewPanel): void {
    this.panel?.dispose();
    this.panel = panel;
    panel.webview.options = { enableScripts: true, localResourceRoots: [] };
    panel.webview.onDidReceiveMessage(({ file }: { file?: string }) => {
      if (file === undefined) {
        this.shown = undefined;
        void this.draw();
      } else if (this.shown?.outputs.some((output) => output.file === file)) {
        void visit(file);
      }
    });
    panel.onDidDispose(() => {
      if (panel === this.panel) {
        this.panel = this.shown = undefined;
      }
    });
    const own = randomUUID();
    const far = vscode.workspace.isTrusted ? " https:" : "";
    const allowed = `default-src 'none'; img-src data:${far}; style-src 'unsafe-inline'; script-src 'nonce-${own}'`;
    panel.webview.html =
      `<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="${allowed}">` +
      `<style>${STYLE}</style><body></body><script nonce="${own}">${SCRIPT}</script>`;
  }

  private follow(editor: vscode.TextEditor): void {
    const { uri } = editor.document;
    const cell = this.notebooks.at(uri, editor.selection.active.line);
    if (this.panel && cell?.kind === "code") {
      this.place = { uri, id: cell.id, chosen: false };
      void this.draw();
    }
  }

  /** A notebook changed: another cell may be at the cursor now, or the shown one gone. */
  private update(changed: string | undefined): void {
    const { place } = this;
    const { activeTextEditor: front, visibleTextEditors } = vscode.window;
    const kept = place?.chosen && this.notebooks.get(place.uri)?.cells.has(place.id);
    const seen = (editor: vscode.TextEditor): boolean => editor.document.uri.toString() === changed;
    if (!kept && front && seen(front)) {
      this.follow(front);
    } else if (!kept && (!place || place.uri.toString() === changed)) {
      visibleTextEditors.filter(seen).slice(0, 1).forEach((editor) => this.follow(editor));
    }
    void this.draw();
  }

  /** Bring the panel up to date. */
  private async draw(): Promise<void> {
    const { panel, place } = this;
    if (!panel || !place) {
      return;
    }
    const cell = this.notebooks.get(place.uri)?.cells.get(place.id);
    if (!cell) {
      this.shown = undefined;
      await panel.webview.postMessage({ html: GONE, outdated: false, id: "" });
      return;
    }
    if (cell === this.shown) {
      return;
    }
    this.shown = cell;
    const text = await html(await whole(cell, place.uri));
    if (cell === this.shown && panel === this.panel) {
      panel.title = cell.title ?? `Cell ${cell.number}`;
      await panel.webview.postMessage({ html: text, outdated: !isTrue(cell), id: cell.id });
    }
  }

  /** The panel stays: a window that is loaded again gives it back. */
  dispose(): void {
    this.parts.forEach((part) => part.dispose());
  }
}

/** The cell with its texts in full: messages hold long ones cut. */
async function whole(cell: Cell, uri: vscode.Uri): Promise<Cell> {
  if (cell.cut.length === 0) {
    return cell;
  }
  const asked = { uri: uri.toString() };
  const status = await vscode.commands.executeCommand<{ cells: Cell[] } | undefined>(
    "sessions.status",
    asked,
  );
  const full = status?.cells.find(({ id }) => id === cell.id);
  return full ? { ...cell, text: full.text, stdout: full.stdout, stderr: full.stderr } : cell;
}

/** Open a file with an output: a page in the browser, where that can see the file. */
async function visit(file: string): Promise<void> {
  const uri = vscode.Uri.file(file);
  const near = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  if (/\.(html?|pdf)$/i.test(file) && near) {
    await vscode.env.openExternal(uri);
  } else {
    await vscode.commands.executeCommand("vscode.open", uri, vscode.ViewColumn.Beside);
  }
}
