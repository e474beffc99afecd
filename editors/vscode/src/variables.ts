/** What the names of a notebook hold, as a list to search in; each leads to the cell that made it. */

import * as vscode from "vscode";

interface Variable {
  name: string;
  kind: string;
  type: string;
  size: string;
  value: string;
  held: boolean;
  private: boolean;
  cell: number;
  state: string;
}

interface Answer {
  variables: Variable[];
  why: string | null;
}

/** Let the person choose a name; the number of its cell. */
export async function choose(uri: vscode.Uri): Promise<number | undefined> {
  const answer = await vscode.commands.executeCommand<Answer | undefined>("sessions.variables", {
    uri: uri.toString(),
  });
  const found = answer?.variables.filter((one) => !one.private && one.kind !== "module") ?? [];
  // Data first: what was imported from libraries would fill the list.
  const isCode = ({ kind }: Variable): number => Number(kind !== "value");
  const shown = found.sort((one, other) => isCode(one) - isCode(other));
  if (shown.length === 0) {
    void vscode.window.showInformationMessage(`No variables: ${answer?.why ?? "no cell binds a name"}.`);
    return undefined;
  }
  const items = shown.map((one) => ({
    label: one.name,
    description: [one.type, one.size, `cell ${one.cell}`, one.state === "fresh" ? "" : one.state]
      .filter(Boolean)
      .join(" · "),
    detail: one.held ? one.value : "changed in place since",
    cell: one.cell,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: "Variables",
    placeHolder: answer?.why ?? "Go to the cell that made a name",
    matchOnDescription: true,
  });
  return chosen?.cell;
}
