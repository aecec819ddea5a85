// The MCP Inspector's command line lists and calls tools of the built server, over stdio and HTTP, in both generations.
//
//   node inspector.cjs SERVER WORK        prints a line for each run that failed; exit 1 when there is one
const assert = require('assert');
const path = require('path');
const { execFile } = require('child_process');
const { environmentIn, patience, startDaemon, within } = require('./server.cjs');

const [server, work] = process.argv.slice(2);
const inspector = path.join(process.env.CLIENT_PACKAGES, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');
const { environment } = environmentIn(work);

// Its own settings lie in HOME; a stdio server gets from it what -e names and nothing else.
function inspect(words) {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, HOME: work }, timeout: patience, maxBuffer: 1 << 24 };
    execFile(process.execPath, [inspector, '--cli', ...words, '--format', 'json', '--quiet'], options, (error, output, said) => {
      let answer = {};
      try { answer = JSON.parse(output); } catch { /* an error has its words on the other stream */ }
      resolve({ code: error ? error.code : 0, result: answer.result, said });
    });
  });
}

const runs = {
  async 'tools/list'(where) {
    const { code, result, said } = await inspect([...where, '--method', 'tools/list', '--strict']);
    assert.equal(code, 0, said); // 6: a schema that not every client can read
    assert(result.tools.some((tool) => tool.name === 'ssh_exec_command'));
  },
  async 'tools/call'(where) {
    const words = ['--method', 'tools/call', '--tool-name', 'ssh_exec_command', '--tool-args-json', '{"command":"printf seen; exit 3"}'];
    const { code, result, said } = await inspect([...where, ...words]);
    assert.equal(code, 0, said);
    assert.equal(result.structuredContent.exit_code, 3);
    assert.equal(result.structuredContent.stdout, 'seen');
  },
  async 'a tool that is not there'(where) {
    const { code } = await inspect([...where, '--method', 'tools/call', '--tool-name', 'no_such_tool']);
    assert.notEqual(code, 0);
  },
};

async function main() {
  const daemon = await startDaemon(server, environment);
  const given = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const places = { stdio: [server, ...given], http: [daemon.url] };
  let passed = 0;
  let failed = 0;
  for (const [over, place] of Object.entries(places)) {
    for (const era of ['legacy', 'modern']) {
      for (const [name, run] of Object.entries(runs)) {
        try {
          await run([...place, '--protocol-era', era]);
          passed += 1;
        } catch (error) {
          failed += 1;
          console.log(`FAILED inspector ${era} over ${over}: ${name}: ${error.stack}`);
        }
      }
    }
  }
  daemon.signal('SIGTERM');
  await within(daemon.over, 'the end of the daemon');
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}
main();
