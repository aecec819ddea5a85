// The official clients behind one small face, so that one scenario is run by each of them.
//
// A client is {connect, era}; a connection has listTools, callTool(name, arguments, options), notifications, close and, where
// the generation has it, listen, tasks and session. The packages come from the folder CLIENT_PACKAGES.
const path = require('path');
const { createRequire } = require('module');
const load = createRequire(path.join(process.env.CLIENT_PACKAGES, 'package.json'));

const me = { name: 'client-tests', version: '1' };

// What a person would answer: set by a scenario before it calls.
function answerQuestions(connection) {
  connection.answer = { action: 'cancel' };
  connection.questions = [];
  return (request) => {
    connection.questions.push(request.params);
    return connection.answer;
  };
}

function transportOf(kinds, where) {
  if (where.url) {
    const options = { requestInit: { headers: where.headers || {} }, sessionId: where.sessionId };
    options.reconnectionOptions = { initialReconnectionDelay: 50, maxReconnectionDelay: 200, reconnectionDelayGrowFactor: 1.1, maxRetries: 50 };
    return new kinds.StreamableHTTPClientTransport(new URL(where.url), options);
  }
  return new kinds.StdioClientTransport({ command: where.command, args: where.args || [], env: where.env, stderr: 'ignore' });
}

// @modelcontextprotocol/sdk: the generation with a handshake.
async function connectSdk(where) {
  const { Client } = load('@modelcontextprotocol/sdk/client/index.js');
  const kinds = {
    ...load('@modelcontextprotocol/sdk/client/streamableHttp.js'),
    ...load('@modelcontextprotocol/sdk/client/stdio.js'),
  };
  const types = load('@modelcontextprotocol/sdk/types.js');
  const client = new Client(me, { capabilities: { elicitation: {} } });
  const transport = transportOf(kinds, where);
  const connection = { client, transport, changes: 0 };
  client.setRequestHandler(types.ElicitRequestSchema, answerQuestions(connection));
  client.setNotificationHandler(types.ToolListChangedNotificationSchema, () => { connection.changes += 1; });
  await client.connect(transport);
  connection.listTools = async () => (await client.listTools()).tools;
  connection.callTool = (name, args, options) => client.callTool({ name, arguments: args }, undefined, options);
  connection.listen = async () => {}; // it hears of changes without asking
  connection.callAsTask = async (name, args) => {
    const heard = [];
    const stream = client.experimental.tasks.callToolStream({ name, arguments: args }, types.CallToolResultSchema, { task: { ttl: 60000 } });
    for await (const message of stream) {
      heard.push(message.type);
      if (message.type === 'error') throw message.error;
      if (message.type === 'result') return { heard, result: message.result };
    }
    throw new Error('the stream of the task ended without a result: ' + heard);
  };
  connection.close = () => client.close();
  return connection;
}

// @modelcontextprotocol/client: both generations.
function connectClient(mode) {
  return async (where) => {
    const library = load('@modelcontextprotocol/client');
    const kinds = { ...library, ...load('@modelcontextprotocol/client/stdio') };
    const client = new library.Client(me, { capabilities: { elicitation: {} }, versionNegotiation: { mode } });
    const transport = transportOf(kinds, where);
    const connection = { client, transport, changes: 0 };
    client.setRequestHandler('elicitation/create', answerQuestions(connection));
    client.setNotificationHandler('notifications/tools/list_changed', () => { connection.changes += 1; });
    await client.connect(transport);
    connection.listTools = async () => (await client.listTools()).tools;
    connection.callTool = (name, args, options) => client.callTool({ name, arguments: args }, options);
    connection.listen = async () => {
      if (mode !== 'legacy') connection.subscription = await client.listen({ toolsListChanged: true });
    };
    connection.close = () => client.close();
    return connection;
  };
}

module.exports = {
  load,
  clients: [
    { name: 'sdk', era: 'handshake', connect: connectSdk },
    { name: 'client legacy', era: 'handshake', connect: connectClient('legacy') },
    { name: 'client 2026-07-28', era: 'stateless', connect: connectClient({ pin: '2026-07-28' }) },
    { name: 'client auto', era: 'stateless', connect: connectClient('auto') },
  ],
};
