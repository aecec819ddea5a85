// The server under test and ways to wait for it.
//
// Promise: every wait has an end; a daemon is given a free port and its own environment. The environment of this process
// names a host that takes commands (HOST, SSH_*).
const fs = require('fs');
const path = require('path');
const { spawn } = require('child_process');

const patience = 30000;

async function eventually(what, is) {
  for (const end = Date.now() + patience; Date.now() < end;) {
    const found = await is();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('did not happen: ' + what);
}

function within(promise, what) {
  let timer;
  const end = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('not in time: ' + what)), patience); });
  return Promise.race([promise, end]).finally(() => clearTimeout(timer));
}

// What a server is started with; `settings` is a file it reads again on SIGHUP.
function environmentIn(work) {
  const settings = path.join(work, 'env');
  fs.writeFileSync(settings, '');
  const environment = { I_ACCEPT_RISKS: 'true', PATH: process.env.PATH, HOME: work, MRE_STATE_DIR: path.join(work, 'state'), MRE_ENV_FILE: settings };
  for (const [name, value] of Object.entries(process.env)) {
    if (/^(HOST|SSH_|ASAN_|LSAN_|UBSAN_)/.test(name)) environment[name] = value;
  }
  return { environment, settings };
}

async function startDaemon(server, environment) {
  const daemon = spawn(server, ['serve', '--no-stdio'], {
    env: { ...environment, ENABLE_HTTP: 'true', HTTP_PORT: '0' }, stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  daemon.stderr.on('data', (data) => { said += data; });
  const over = new Promise((resolve) => daemon.on('exit', resolve));
  const found = await eventually('the daemon listens', () => {
    if (daemon.exitCode !== null) throw new Error('the daemon did not start: ' + said);
    return said.match(/http:\/\/127\.0\.0\.1:(\d+)\/mcp/);
  });
  return { url: found[0], port: Number(found[1]), signal: (name) => daemon.kill(name), over, said: () => said };
}

module.exports = { eventually, within, environmentIn, startDaemon, patience };
