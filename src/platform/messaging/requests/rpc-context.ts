/** Handlers of routes run in this Nest context type, so that a request is told apart from the delivery that carried it. */
export const RPC_CONTEXT = 'rpc';
