import { withTimeout } from '../../platform/observability/timeout';
import { isSuccess, refusalOf, type AmiConnection } from './ami-connection';
import { AmiFailure } from './ami-failure';
import { fieldOf, isAmiText } from './ami-message';
import { findCaches } from './cached-objects';
import { viewOf, type ExpectedLogin, type NodeView } from './node-view';

const INSPECTION_MS = 3_000;

/** Opens connections to a node. */
interface NodeAccess {
  readonly name: string;
  connectAnew(): Promise<AmiConnection>;
}

/** Whether a node would take a request to forget. */
export interface NodeCheck {
  readonly node: string;
  readonly failure?: AmiFailure;
  /** The kinds of objects that this Asterisk caches. */
  readonly caches: readonly string[];
}

export async function checkNode(node: NodeAccess): Promise<NodeCheck> {
  const caches = await ask(node, findCaches);
  return caches instanceof AmiFailure ? { node: node.name, failure: caches, caches: [] } : { node: node.name, caches };
}

export async function inspectNode(node: NodeAccess, login: ExpectedLogin): Promise<NodeView> {
  // Asterisk knows no such endpoint, and an action cannot carry the name.
  if (!isAmiText(login.endpointId)) return { node: node.name };
  const events = await ask(node, async (connection) => {
    const messages = await connection.list('PJSIPShowEndpoint', [['Endpoint', login.endpointId]]);
    const [answer] = messages;
    if (answer === undefined || isSuccess(answer)) return messages;
    if (/unable to retrieve endpoint/i.test(fieldOf(answer, 'Message'))) return [];
    throw refusalOf(answer);
  });
  return events instanceof AmiFailure ? { node: node.name, failure: events } : viewOf(node.name, events, login);
}

/** In a connection of its own, which ends with the answer. */
async function ask<T>(node: NodeAccess, question: (connection: AmiConnection) => Promise<T>): Promise<T | AmiFailure> {
  let connection: AmiConnection | undefined;
  try {
    return await withTimeout(async () => {
      connection = await node.connectAnew();
      return question(connection);
    }, INSPECTION_MS);
  } catch (error) {
    return error instanceof AmiFailure ? error : new AmiFailure('TIMEOUT');
  } finally {
    connection?.close();
  }
}
