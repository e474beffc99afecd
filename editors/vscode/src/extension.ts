/** Starts the server with the first notebook, and shows what it says. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { Notebooks } from "./cells";
import { register } from "./commands";
import { Gutter } from "./gutter";
import { command, create, isNotebook } from "./server";
import { Status } from "./status";

const HOW =
  "The server sessions-ls was not found. Install it (`pipx install sessions-ls`) and run" +
  " `sessions editor vscode`, or set its path in `sessions.server`.";

let client: LanguageClient | undefined;
let missing = false;

export function activate(context: vscode.ExtensionContext): void {
  const notebooks = new Notebooks();
  const start = async (): Promise<void> => {
    const words = command(context);
    if (client || missing) {
      return;
    }
    if (!words) {
      missing = true; // say it once
      void vscode.window.showErrorMessage(HOW);
      return;
    }
    client = create(words, notebooks);
    try {
      await client.start();
    } catch (error) {
      void vscode.window.showErrorMessage(`sessions-ls did not start: ${String(error)}`);
    }
  };
  const stop = async (): Promise<void> => {
    const old = client;
    client = undefined;
    missing = false;
    notebooks.forget();
    await old?.dispose();
  };
  const look = (document: vscode.TextDocument | undefined): void => {
    if (document && isNotebook(document)) {
      void start();
    }
  };
  context.subscriptions.push(
    notebooks,
    new Gutter(notebooks),
    new Status(notebooks),
    ...register(notebooks),
    vscode.commands.registerCommand("sessions.server.restart", async () => {
      await stop();
      await start();
    }),
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.workspace.onDidSaveTextDocument(look),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("sessions.server")) {
        await stop();
        await start();
      }
    }),
  );
  vscode.workspace.textDocuments.forEach(look);
}

export async function deactivate(): Promise<void> {
  await client?.dispose();
}
