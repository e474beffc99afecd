/** Starts the server with the first notebook, and shows what it says. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { Notebooks } from "./cells";
import { register } from "./commands";
import { Gutter } from "./gutter";
import { InFront } from "./infront";
import { Results } from "./results";
import { command, create, isNotebook, tellTrust } from "./server";
import { Status } from "./status";

const HOW =
  "The server sessions-ls was not found. Install it (`pipx install sessions-ls`) and run" +
  " `sessions editor vscode`, or set its path in `sessions.server`.";

let client: LanguageClient | undefined;
let started: Promise<boolean> | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const notebooks = new Notebooks();
  const results = new Results(notebooks);
  let trouble = "";
  const launch = async (): Promise<boolean> => {
    const words = command(context);
    client = words && create(words, notebooks, results);
    try {
      await client?.start();
      trouble = client ? "" : HOW;
    } catch (error) {
      trouble = `sessions-ls did not start: ${String(error)}`;
    }
    say();
    return trouble === "";
  };
  const say = (): void => {
    if (trouble) {
      void vscode.window.showErrorMessage(trouble);
    }
  };
  const start = (): Promise<boolean> => (started ??= launch()); // opening a file says it once
  const ready = async (): Promise<boolean> => {
    const before = started;
    const good = await start();
    if (before) {
      say(); // each command says why it does nothing
    }
    return good;
  };
  const stop = async (): Promise<void> => {
    const old = client;
    client = undefined;
    started = undefined;
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
    results,
    new Gutter(notebooks),
    new Status(notebooks),
    new InFront(),
    ...register(notebooks, ready),
    vscode.commands.registerCommand("sessions.server.restart", async () => {
      await stop();
      await start();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(async () => {
      if (await started) {
        await tellTrust(client);
      }
    }),
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.workspace.onDidSaveTextDocument(look),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => notebooks.forget(uri)),
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
