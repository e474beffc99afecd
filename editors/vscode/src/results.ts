/** A result that the server shows in full: beside the notebook, wherever the window is. */

import { env, UIKind, Uri, ViewColumn, commands } from "vscode";
import { CancellationToken } from "vscode-languageclient/node";
import type {
  ShowDocumentParams,
  ShowDocumentRequest,
  ShowDocumentResult,
} from "vscode-languageclient/node";

const PICTURE = /\.(png|jpe?g|gif|svg|webp|bmp)$/i;
const PAGE = /\.(html?|pdf)$/i;

/** Open it. A program outside cannot be told of a file that is on another machine. */
export async function show(
  params: ShowDocumentParams,
  next: ShowDocumentRequest.HandlerSignature,
): Promise<ShowDocumentResult> {
  const uri = Uri.parse(params.uri);
  const near = env.uiKind === UIKind.Desktop && env.remoteName === undefined;
  if (uri.scheme !== "file" || (PAGE.test(uri.path) && near)) {
    return (await next(params, CancellationToken.None)) as ShowDocumentResult;
  }
  const preserveFocus = PICTURE.test(uri.path); // a long text is there to be moved in
  const where = { viewColumn: ViewColumn.Beside, preview: true, preserveFocus };
  try {
    await commands.executeCommand("vscode.open", uri, where);
    return { success: true };
  } catch {
    return { success: false };
  }
}
