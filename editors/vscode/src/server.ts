/** The language server: which command starts it, and the client that talks to it. */

import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import * as vscode from "vscode";
import { LanguageClient, State } from "vscode-languageclient/node";
import type { CellState, Notebooks } from "./cells";
import type { Place, Results } from "./results";

const MARKER = /^#\s?%%/m;
const RUNS = /^sessions\.(run|restart|setBond|trust)/;

/** Whether a document is one that the server is for. */
export function isNotebook(document: vscode.TextDocument): boolean {
  return document.languageId === "python" && MARKER.test(document.getText());
}

/** The command of the server; none when there is no server. */
export function command(context: vscode.ExtensionContext): string[] | undefined {
  const set = vscode.workspace.getConfiguration("sessions").get<string[]>("server", []);
  if (set.length > 0) {
    return set;
  }
  // Where `sessions editor vscode` installed this extension, it says where its server is.
  const told = join(context.extensionPath, "installed.json");
  if (existsSync(told)) {
    const installed = JSON.parse(readFileSync(told, "utf8")) as { server: string[] };
    if (installed.server[0] && existsSync(installed.server[0])) {
      return installed.server;
    }
  }
  const name = process.platform === "win32" ? "sessions-ls.exe" : "sessions-ls";
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  return found ? [found] : undefined;
}

/** A client, not yet started. */
export function create(words: string[], notebooks: Notebooks, results: Results): LanguageClient {
  const [program, ...args] = words as [string, ...string[]];
  const client = new LanguageClient(
    "sessions",
    "Sessions",
    { command: program, args },
    {
      documentSelector: [
        { language: "python", scheme: "file" },
        { language: "python", scheme: "untitled" },
      ],
      // Many relatives of VS Code have names of their own, which the server need not know.
      initializationOptions: {
        sessions: { cellState: true, policy: "vscode", trusted: vscode.workspace.isTrusted },
      },
      middleware: {
        // A result is shown by us, whoever asks for it: a lens, a code action or one of our commands.
        executeCommand: (name, args, next) =>
          name === "sessions.showOutput" && results.open(args[0] as Place)
            ? undefined
            : carefully(name, args, next),
      },
    },
  );
  client.onDidChangeState(({ newState }) => {
    if (newState === State.Stopped) {
      notebooks.forget(); // it may have crashed: nobody watches over what it said last
    }
  });
  client.onNotification("sessions/cellState", (message: CellState) => notebooks.take(message));
  return client;
}

/** Tell a running server whether saving may run. */
export async function tellTrust(client: LanguageClient | undefined): Promise<void> {
  const settings = { sessions: { trusted: vscode.workspace.isTrusted } };
  await client?.sendNotification("workspace/didChangeConfiguration", { settings });
}

/** Carry out a command of the server: a lens, a code action or one of ours. */
async function carefully(
  name: string,
  args: unknown[],
  next: (name: string, args: unknown[]) => vscode.ProviderResult<unknown>,
): Promise<unknown> {
  if (RUNS.test(name) && !vscode.workspace.isTrusted) {
    await askForTrust();
    return undefined;
  }
  try {
    return await next(name, args);
  } catch {
    return undefined; // the server has said what went wrong: a second message would be one too many
  }
}

async function askForTrust(): Promise<void> {
  const manage = "Manage Workspace Trust";
  const answer = await vscode.window.showWarningMessage(
    "Cells run code, and this workspace is not trusted.",
    manage,
  );
  if (answer === manage) {
    await vscode.commands.executeCommand("workbench.trust.manage");
  }
}
