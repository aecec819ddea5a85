// Counts the checks of one run of the conformance suite: passed, failed, warnings, skipped.
//
//   node count.js RESULTS [--explain]      --explain: one line for each check that did not pass
const fs = require('fs');
const path = require('path');

const counts = { SUCCESS: 0, FAILURE: 0, WARNING: 0, SKIPPED: 0, INFO: 0 };
const folder = process.argv[2];
const explain = process.argv[3] === '--explain';

function visit(name) {
  for (const entry of fs.existsSync(name) ? fs.readdirSync(name, { withFileTypes: true }) : []) {
    const inside = path.join(name, entry.name);
    if (entry.isDirectory()) visit(inside);
    else if (entry.name === 'checks.json') count(inside);
  }
}
function count(file) {
  for (const check of JSON.parse(fs.readFileSync(file, 'utf8'))) {
    counts[check.status] = (counts[check.status] || 0) + 1;
    if (explain && (check.status === 'FAILURE' || check.status === 'WARNING')) {
      const scenario = path.basename(path.dirname(file)).replace(/-\d{4}-\d\d-\d\dT.*$/, '');
      console.log(`  ${check.status} ${scenario}: ${check.id}: ${check.errorMessage || check.description}`);
    }
  }
}

visit(folder);
if (!explain) console.log(counts.SUCCESS, counts.FAILURE, counts.WARNING, counts.SKIPPED);
