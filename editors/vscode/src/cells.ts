/** The cells of each notebook, as `sessions/cellState` tells them: whole at first, then changes. */

import * as vscode from "vscode";

/** A rich output, in one of its types: the data, or the file with them. */
export interface Output {
  mime: string;
  data?: string;
  file?: string;
}

/** What a cell gave. */
export interface Given {
  stdout: string;
  stderr: string;
  outputs: Output[];
}

/** One cell, of what the message holds the keys that this extension uses. See docs/cell-state.md. */
export interface Cell extends Given {
  id: string;
  number: number;
  title: string | null;
  kind: "code" | "markdown";
  state: string;
  cold: boolean;
  reason: string | null;
  runtime_ms: number | null;
  range: { start: { line: number }; end: { line: number } };
  text: string;
  error: { type: string; message: string; traceback: string } | null;
  cut: string[];
  so_far: Given | null;
}

/** What a cell wrote in the run that goes on; none before it wrote anything. */
export function written({ so_far }: Cell): Given | undefined {
  const some = so_far && (so_far.stdout || so_far.stderr || so_far.outputs.length > 0);
  return some ? so_far : undefined;
}

/**
 * Whether what is shown of a cell may be taken for its result. An error with a reason did not come
 * from running: the cell cannot run, and what it gave is older.
 */
export function isTrue(cell: Cell): boolean {
  const failed = cell.state === "error" && cell.reason === null;
  return cell.state === "fresh" || failed || written(cell) !== undefined;
}

export interface Kernel {
  state: string;
  python?: string;
}

export interface CellState {
  uri: string;
  version: number | null;
  whole: boolean;
  kernel?: Kernel;
  order?: string[];
  cells: (Partial<Cell> & { id: string; nulls?: string[] })[];
}

export interface Notebook {
  order: string[];
  cells: Map<string, Cell>;
  kernel: Kernel;
}

export class Notebooks implements vscode.Disposable {
  private readonly known = new Map<string, Notebook>();
  private readonly changes = new vscode.EventEmitter<string>();

  /** Fires with the URI, as text, of a notebook that changed. */
  readonly changed = this.changes.event;

  take(message: CellState): void {
    const uri = vscode.Uri.parse(message.uri).toString();
    let notebook = this.known.get(uri);
    if (!notebook || message.whole) {
      notebook = { order: [], cells: new Map(), kernel: { state: "none" } };
      this.known.set(uri, notebook);
    }
    for (const { nulls, ...change } of message.cells) {
      const cell = { ...notebook.cells.get(change.id), ...change } as Cell;
      notebook.cells.set(change.id, cell);
    }
    if (message.order) {
      notebook.order = message.order;
      const there = new Set(message.order);
      for (const id of notebook.cells.keys()) {
        if (!there.has(id)) {
          notebook.cells.delete(id);
        }
      }
    }
    if (message.kernel) {
      notebook.kernel = message.kernel;
    }
    this.changes.fire(uri);
  }

  get(uri: vscode.Uri): Notebook | undefined {
    const notebook = this.known.get(uri.toString());
    return notebook && notebook.order.length > 0 ? notebook : undefined;
  }

  /** The cells of a document in its order; none for what is no notebook. */
  list(uri: vscode.Uri): Cell[] {
    const notebook = this.get(uri);
    return notebook ? notebook.order.flatMap((id) => notebook.cells.get(id) ?? []) : [];
  }

  /** The cell at a line, from 0. */
  at(uri: vscode.Uri, line: number): Cell | undefined {
    return this.list(uri).findLast((cell) => cell.range.start.line <= line);
  }

  /** A document was closed, or the server has ended: nothing is known of it, or of any. */
  forget(closed?: vscode.Uri): void {
    const uris = closed ? [closed.toString()] : [...this.known.keys()];
    for (const uri of uris) {
      if (this.known.delete(uri)) {
        this.changes.fire(uri);
      }
    }
  }

  dispose(): void {
    this.changes.dispose();
  }
}
