// What every official client must be able to do with the built server, over stdio and over HTTP.
//
//   node scenarios.cjs SERVER FIXTURES WORK       prints a line for each scenario; exit 1 when one of them fails
//
// SERVER: the binary. FIXTURES: the folder of the test plugins. WORK: an empty folder. The environment names a host that
// takes commands (HOST, SSH_*). Nothing here waits for a time: whatever is awaited has an end in `patience`.
const assert = require('assert');
const fs = require('fs');
const net = require('net');
const path = require('path');
const { clients } = require('./clients.cjs');
const { environmentIn, eventually, patience, startDaemon, within } = require('./server.cjs');

const [server, fixtures, work] = process.argv.slice(2);
const token = 'a-token-for-the-tests';
const { environment, settings } = environmentIn(work);
environment.MRE_PLUGINS = path.join(fixtures, 'tiny_cpp.so');

// Commands that only a remote shell can have in its command line: the marker's parts are joined there.
let markers = 0;
function makeMarker() {
  markers += 1;
  const number = `${process.pid}${markers}`;
  return { command: `m=client; exec -a $m-sleep-${number} sleep 600`, name: `client-sleep-${number}` };
}
function runs(name) {
  return fs.readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')[0] === name;
    } catch { return false; }
  });
}
const bash = (script) => `bash -c '${script}'`;

// --- scenarios ---------------------------------------------------------------------------------------------------------
const scenarios = {
  async 'lists tools'({ connection, isHttp }) {
    const names = (await connection.listTools()).map((tool) => tool.name);
    for (const name of ['ssh_exec_command', 'ssh_read_output', 'ssh_list_hosts', 'ssh_read_file']) assert(names.includes(name), name);
    assert.equal(names.includes('ssh_upload_file'), !isHttp, 'local paths are for local clients');
  },

  async 'calls a tool and validates its result'({ connection }) {
    await connection.listTools(); // the client checks results against what it has listed
    const result = await connection.callTool('ssh_exec_command', { command: 'printf out; printf err >&2; exit 3' });
    assert.equal(result.isError, false);
    const { outcome, exit_code, stdout, stderr } = result.structuredContent;
    assert.deepEqual({ outcome, exit_code, stdout, stderr }, { outcome: 'exited', exit_code: 3, stdout: 'out', stderr: 'err' });
  },

  async 'takes errors as such'({ connection }) {
    await connection.listTools();
    const refused = await connection.callTool('ssh_exec_command', { command: 'true', nonsense: 1 });
    assert.equal(refused.isError, true);
    assert.equal(refused.structuredContent.error.code, 'bad_argument');
    await assert.rejects(connection.callTool('no_such_tool', {}), (error) => error.code === -32602);
  },

  async 'hears of progress'({ connection }) {
    const gate = path.join(work, `gate-${process.hrtime.bigint()}`);
    let heard = '';
    const call = connection.callTool('ssh_exec_command', { command: `echo first; until [ -e ${gate} ]; do sleep 0.05; done; echo second` },
      { onprogress: (progress) => { heard += progress.message || ''; }, timeout: patience });
    await eventually('progress', () => heard.includes('first'));
    fs.writeFileSync(gate, '');
    assert.equal((await call).structuredContent.stdout, 'first\nsecond\n');
  },

  async 'cancels, and the remote process ends'({ connection }) {
    const marker = makeMarker();
    const abort = new AbortController();
    const call = connection.callTool('ssh_exec_command', { command: bash(marker.command) }, { signal: abort.signal, timeout: patience });
    call.catch(() => {});
    await eventually('the command runs', () => runs(marker.name));
    abort.abort('the person changed their mind');
    await assert.rejects(call);
    await eventually('the command is gone', () => !runs(marker.name));
    await connection.callTool('ssh_list_hosts', {}); // the connection is as good as before
  },

  async 'answers questions'({ connection }) {
    connection.answer = { action: 'accept', content: { confirm: true } };
    assert.equal((await connection.callTool('confirm', {})).content[0].text, 'done');
    connection.answer = { action: 'accept', content: { confirm: false } };
    assert.equal((await connection.callTool('confirm', {})).content[0].text, 'declined');
    assert.equal(connection.questions.length, 2);
    assert.equal(connection.questions[0].message, 'Really?');
  },

  async 'hears of changed tools'({ connection, daemon }) {
    await connection.listen();
    const before = connection.changes;
    const denied = fs.readFileSync(settings, 'utf8').includes('ssh_read_file');
    fs.writeFileSync(settings, denied ? '' : 'MRE_TOOLS_DENY=ssh_read_file\n');
    if (daemon) daemon.signal('SIGHUP');
    else process.kill(connection.transport.pid, 'SIGHUP');
    await eventually('a notification', () => connection.changes > before);
    const names = (await connection.listTools()).map((tool) => tool.name);
    assert.equal(names.includes('ssh_read_file'), denied);
    fs.writeFileSync(settings, '');
    if (!denied && daemon) {
      daemon.signal('SIGHUP');
      await eventually('the tool is back', async () => (await connection.listTools()).some((tool) => tool.name === 'ssh_read_file'));
    }
  },

  async 'runs a call as a task'({ connection }) {
    if (!connection.callAsTask) return 'no tasks in this client';
    await connection.listTools();
    const { heard, result } = await connection.callAsTask('ssh_exec_command', { command: 'echo by a task' });
    assert(heard.includes('taskCreated'), heard.join());
    assert.equal(result.structuredContent.stdout, 'by a task\n');
  },

  async 'gets the rest of a stream that was cut'({ client, daemon }) {
    if (!daemon || client.era !== 'handshake') return 'streams are not resumed there';
    const cut = await cutter(daemon.port);
    const connection = await client.connect({ url: `http://127.0.0.1:${cut.port}/mcp` });
    try {
      const gate = path.join(work, `gate-${process.hrtime.bigint()}`);
      let heard = '';
      const call = connection.callTool('ssh_exec_command', { command: `echo first; until [ -e ${gate} ]; do sleep 0.05; done; echo second` },
        { onprogress: (progress) => { heard += progress.message || ''; }, timeout: patience });
      await eventually('progress', () => heard.includes('first'));
      cut.all();
      fs.writeFileSync(gate, '');
      assert.equal((await call).structuredContent.stdout, 'first\nsecond\n');
      assert(cut.count() > 0);
    } finally {
      await connection.close();
      cut.end();
    }
  },

  async 'ends its session'({ client, daemon }) {
    if (!daemon || client.era !== 'handshake') return 'there are no sessions';
    const connection = await client.connect({ url: daemon.url });
    const { sessionId } = connection.transport;
    assert(sessionId);
    await connection.transport.terminateSession();
    const answer = await fetch(daemon.url, { method: 'DELETE', headers: { 'Mcp-Session-Id': sessionId } });
    assert.equal(answer.status, 404);
    await connection.close();
  },

  async 'needs the token'({ client, daemon, guarded }) {
    if (!daemon) return 'stdio has none';
    const isRefused = (error) => error.code === 401 || error.status === 401;
    await assert.rejects(client.connect({ url: guarded.url }), isRefused);
    await assert.rejects(client.connect({ url: guarded.url, headers: { Authorization: 'Bearer another-token-of-nobody' } }), isRefused);
    const connection = await client.connect({ url: guarded.url, headers: { Authorization: `Bearer ${token}` } });
    assert((await connection.listTools()).length > 0);
    await connection.close();
  },
};

// A proxy whose connections can all be cut at once.
async function cutter(port) {
  const open = new Set();
  let count = 0;
  const proxy = net.createServer((near) => {
    const far = net.connect(port, '127.0.0.1');
    for (const [a, b] of [[near, far], [far, near]]) {
      open.add(a);
      a.on('error', () => {});
      a.on('close', () => { open.delete(a); b.destroy(); });
      a.pipe(b);
    }
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: proxy.address().port,
    all: () => { count += open.size; for (const socket of open) socket.destroy(); },
    count: () => count,
    end: () => proxy.close(),
  };
}

// --- all of them -------------------------------------------------------------------------------------------------------
async function main() {
  const daemon = await startDaemon(server, environment);
  const guarded = await startDaemon(server, { ...environment, HTTP_TOKEN: token });
  let passed = 0;
  let failed = 0;
  for (const client of clients) {
    for (const over of ['stdio', 'http']) {
      const isHttp = over === 'http';
      const where = isHttp ? { url: daemon.url } : { command: server, env: environment };
      let connection;
      try {
        connection = await within(client.connect(where), 'connect');
      } catch (error) {
        failed += 1;
        console.log(`FAILED ${client.name} over ${over}: connects: ${error.stack}`);
        continue;
      }
      for (const [name, run] of Object.entries(scenarios)) {
        try {
          const absent = await within(run({ client, connection, isHttp, daemon: isHttp ? daemon : null, guarded }), name);
          if (!absent) passed += 1;
        } catch (error) {
          failed += 1;
          console.log(`FAILED ${client.name} over ${over}: ${name}: ${error.stack}`);
        }
      }
      await connection.close();
    }
  }
  for (const each of [daemon, guarded]) {
    each.signal('SIGTERM');
    const code = await within(each.over, 'the end of the daemon');
    if (code !== 0 || /level=error/.test(each.said())) {
      failed += 1;
      console.log(`FAILED: the daemon ended with ${code}:\n${each.said()}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}
main();
