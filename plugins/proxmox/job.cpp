// See job.hpp.
#include "job.hpp"

#include "parse.hpp"
#include "schemas.hpp"

#include <string_view>

namespace proxmox {

namespace {

constexpr std::size_t kShownLines = 20;
constexpr std::size_t kLogBytes = std::size_t{1} << 20U;
constexpr std::string_view kGoesOn = "mre-proxmox:goes-on";
// Beyond the wait: finding the program, and the last look.
constexpr std::chrono::seconds kMargin{60};

// clang-format off: the script is not C++
// $1 seconds to wait, $2 an option whose value is a file with standard input, or nothing; then the
// command. It runs in a session of its own with its output in files, so nothing it prints is lost
// or blocks when nobody reads any more.
constexpr std::string_view kScript = R"sh(w=$1; k=$2; shift 2
umask 077
d=$(mktemp -d "${TMPDIR:-/tmp}/mre-job-XXXXXXXX") || exit
trap 'rm -rf "$d"; exit 143' HUP INT TERM
: >"$d/out"
[ -z "$k" ] || { cat >"$d/in" && set -- "$@" "$k" "$d/in"; } || exit
b=$(date +%s)
setsid sh -c 'd=$1; shift
"$@" >"$d/out" 2>"$d/err" </dev/null
echo $? >"$d/c"; mv "$d/c" "$d/code"
[ ! -e "$d/left" ] || rm -rf "$d"' sh "$d" "$@" >/dev/null 2>&1 </dev/null &
o=0
show() {
  s=$(($(wc -c <"$d/out")))
  [ $s -gt $o ] && { tail -c +$((o+1)) "$d/out" | head -c $((s-o)); o=$s; }
}
finish() { show; cat "$d/err" >&2; c=$(cat "$d/code"); rm -rf "$d"; exit $c; }
while :; do
  [ -e "$d/code" ] && finish
  [ $(($(date +%s)-b)) -ge $w ] && break
  sleep 0.1 2>/dev/null || sleep 1
  show
done
: >"$d/left"
[ -e "$d/code" ] && finish
echo "mre-proxmox:goes-on $b"
)sh";
// clang-format on

// The newest running task of the kind that began with the job.
std::string find_upid(const Node &node, const Job &job, std::int64_t begun) {
  try {
    const std::string text =
        node.run_one({"pvesh", {"get", "/cluster/tasks", "--output-format", "json"}});
    std::optional<Upid> found;
    for (const mre::json &row : parse_json(text, "pvesh get /cluster/tasks")) {
      const auto upid = row.is_object() && row.contains("upid") && row.at("upid").is_string()
                            ? parse_upid(row.at("upid").get<std::string>())
                            : std::nullopt;
      if (upid && upid->type == job.task_type && upid->id == std::to_string(job.id) &&
          upid->start + 1 >= begun && !row.contains("endtime") &&
          (!found || is_newer(*upid, *found))) {
        found = upid;
      }
    }
    return found ? found->text : std::string();
  } catch (const mre::Error &error) {
    if (error.status() == MRE_CANCELLED) {
      throw;
    }
    return {}; // the job runs; only its name is not known
  }
}

// Tells each line as progress and keeps all of them.
class JobLog {
public:
  explicit JobLog(const mre::Call &call) : call_(call) {}
  void take(std::string_view chunk) {
    text_.append(chunk.substr(0, kLogBytes - std::min(kLogBytes, text_.size())));
    ++chunks_;
    const std::vector<std::string> last = last_lines(chunk, 1);
    if (!last.empty() && last.front().substr(0, kGoesOn.size()) != kGoesOn) {
      call_.progress(static_cast<double>(chunks_), 0, last.front());
    }
  }
  std::string &text() { return text_; }

private:
  const mre::Call &call_;
  std::string text_;
  std::uint64_t chunks_ = 0;
};

} // namespace

JobResult run_job(const Node &node, const Job &job) {
  const std::vector<std::string> words{std::to_string(job.wait.count()), job.input_option};
  mre::Command command =
      node.command_for(script_line(kScript, words, job.command, node.login()), job.wait + kMargin);
  command.input = job.input;
  JobLog log(node.call());
  std::string err;
  mre::Sink out_sink([&log](std::string_view chunk) { log.take(chunk); });
  mre::Sink err_sink([&err](std::string_view chunk) {
    err.append(chunk.substr(0, kLogBytes - std::min(kLogBytes, err.size())));
  });
  const mre::Executed done = mre::Ssh(node.host()).run(node.call(), command, out_sink, err_sink);
  const Attempt attempt{describe(job.command), node.name()};
  check_outcome(done, attempt);
  JobResult result;
  result.log = std::move(log.text());
  if (done.exit_code != 0) {
    const mre::Error error = refusal(attempt, err, result.log);
    if (is_missing_guest(err)) {
      throw MissingGuest(error, node_in(err));
    }
    throw error;
  }
  const std::size_t mark = result.log.rfind(kGoesOn);
  if (mark == std::string::npos) {
    result.is_finished = true;
    return result;
  }
  std::int64_t begun = 0;
  for (const char c : result.log.substr(mark + kGoesOn.size() + 1)) {
    begun = c >= '0' && c <= '9' ? begun * 10 + (c - '0') : begun;
  }
  result.log.resize(mark);
  result.upid = find_upid(node, job, begun);
  return result;
}

mre::json to_json(const JobResult &result) {
  return {{"state", result.is_finished ? "finished" : "running"},
          {"upid", result.upid.empty() ? mre::json() : mre::json(result.upid)},
          {"log", last_lines(result.log, kShownLines)}};
}

mre::Schema job_output(std::initializer_list<const char *> required, mre::Schema properties) {
  properties["state"] = one_of({"finished", "running"});
  properties["upid"] = text_or_null();
  properties["log"] = {{"type", "array"}, {"items", text()}};
  return output(required, std::move(properties));
}

std::string outcome_text(const JobResult &result) {
  if (result.is_finished) {
    return "finished.";
  }
  return "is still running; follow it with proxmox_task" +
         (result.upid.empty() ? std::string(" (action list).")
                              : " (action status, upid " + result.upid + ").");
}

} // namespace proxmox
